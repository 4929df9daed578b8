"""A report before it is sealed, with plain names for its parts: a phone makes one of a talk, a desk of a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

KIND_KEYS = {"sexual": "kind_forced", "other": "kind_other"}  # what exactly it was is sealed under a key of its own
PARTS = ((5, "night"), (12, "morning"), (17, "afternoon"), (21, "evening"))  # until which hour, not included


@dataclass  # not frozen: to set its fields so took a hundredth of the time of filing
class NewReport:
    """A report to be sealed and routed (S29: the minimum; everything after `services` may be empty).

    Values are keys of choices, and `skip` is what she did not want to say; `words` alone are her own.
    """

    who: str  # it happened to: self | self_child (herself, under 18) | other | child | skip
    what: str  # hurt | sexual | denied | other | skip
    when: str  # now | days3 | days5 | older | skip; empty: not asked yet
    zone: str  # the code of the place where it happened
    services: tuple[str, ...]  # who may read it: health | talk | legal | shelter | child | police (S18)
    excluded: tuple[str, ...] = ()  # police, or a station as unit-POST-1: may not read it (S45)
    kind: str = ""  # which kind of `what`, like sv1, fm or po
    power: str = ""  # whether the person is police, soldier, official or powerful: yes | no | skip (S44)
    instead_of_chosen: str = ""  # who may read it where nobody of `services` is there: talk (S53)
    setting: str = ""  # home | road | market | school | fields | else | skip
    wishes: tuple[str, ...] = ()  # woman | plain | no_visit | elsewhere | message | count (S19)
    instead_of_woman: str = ""  # who may read it where no woman officer is on duty: talk | officer (S53)
    words: str = field(default="", repr=False)
    despair: str = ""  # her words are of ending her life: talk, if she agreed to somebody to talk to, or skip (S55)
    refused: tuple[str, ...] = ()  # services that she was asked about, or chose, and that may not read it
    language: str = ""  # in which she told it
    part: str = ""  # of the day in which she told it: morning | afternoon | evening | night


def sealed_answers(report: NewReport) -> dict[str, str]:
    """The answers as they are sealed to the readers, without the free words. Keys and order are those of stored
    reports.
    """
    answers = {
        "who": report.who,
        "what": report.what,
        "when": report.when,
        "help": ",".join(report.services),
        "zone": report.zone,
        KIND_KEYS.get(report.what, "kind"): report.kind,
        "power": report.power,
        "instead": report.instead_of_chosen,
        "near": report.setting,
        "wishes": ",".join(report.wishes),
        "instead_woman": report.instead_of_woman,
        "words": "skip" if report.words == "skip" else "",
        "crisis": report.despair,
        "refused": ",".join(report.refused),
        "language": report.language,
        "part": report.part,
    }
    return {key: answer for key, answer in answers.items() if answer}


def with_answers(told: Mapping[str, str], excluded: Sequence[str] = ()) -> NewReport:
    """The report of these sealed answers; the inverse of `sealed_answers`. Its words are not among them."""
    return NewReport(
        who=told["who"],
        what=told["what"],
        when=told.get("when", ""),
        zone=told["zone"],
        services=listed(told.get("help", "")),
        excluded=tuple(excluded),
        kind=told.get(KIND_KEYS.get(told["what"], "kind"), ""),
        power=told.get("power", ""),
        instead_of_chosen=told.get("instead", ""),
        setting=told.get("near", ""),
        wishes=listed(told.get("wishes", "")),
        instead_of_woman=told.get("instead_woman", ""),
        despair=told.get("crisis", ""),
        refused=listed(told.get("refused", "")),
        language=told.get("language", ""),
        part=told.get("part", ""),
    )


def part_of_day(hour: int) -> str:
    """The part of the day of an hour of the country's own clock: morning | afternoon | evening | night."""
    return next((part for until, part in PARTS if hour < until), "night")


def listed(answer: str) -> tuple[str, ...]:
    """The values of an answer that joins several with commas."""
    return tuple(answer.split(",")) if answer else ()
