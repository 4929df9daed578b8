"""`flask check`, `flask script` and `flask phone`: commands for whoever writes a flow or a text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import click

from bot.cli import Tables, needing, with_services
from bot.conversation.answers import LONGEST_CODEWORD
from bot.conversation.engine import FlowSet
from bot.conversation.message import Msg, Said
from bot.conversation.state import Screen
from bot.country.pack import Country, CountryError
from bot.meetings.labels import (
    ANSWERED,
    CHILDREN,
    DECIDED,
    KINDS,
    LATE_PROMISE,
    PAID,
    SPOKEN,
    TALK,
    TOGETHER,
    UP_TO,
    WARNINGS,
    WHAT,
    WHEN,
    WHO,
)
from bot.phone.report_words import ANSWER_HERE, LINE, ReportWords, in_a_phrase
from bot.phone.world_meetings import COST, LEFT, OFFICER, PLACED, WOMEN_ONLY, YOURS
from bot.phone.world_receipts import NO_REPLY, READ, STATUS, SUPERVISOR
from bot.phone.world_reports import APART, OFF_DUTY
from bot.phone.world_watch import URGENT
from bot.reports.oversight import MOST
from bot.services import Services
from bot.settings import ConfigError
from bot.storage.tables.reports import RequestStatus
from bot.words import faults
from bot.words.catalogues import Catalogues, Entry
from bot.words.dates import When
from bot.words.gsm import segments, septets, units
from bot.words.languages import LANGUAGES, spoken_names
from bot.words.tasks import NoWay
from bot.words.verify import CANNOT_BE_SHOWN, Samples, Verifier

SMS_FLOWS = frozenset({"sms"})


@dataclass(frozen=True)
class Nearest:
    """The places and numbers that a danger page shows in the longest case."""

    centre: str

    def health_centre(self) -> str:
        return self.centre

    def emergency(self) -> Sequence[str]:
        return ("+257 22 22 22 22",)


@dataclass(frozen=True)
class Longest:
    """The part of the world that the danger page needs, with the longest values."""

    places: Nearest


def verifier(services: Services) -> Verifier:
    """The verifier with the longest values that this country has."""
    return verifier_of(services.flow_set, services.words, services.country, services.settings.service_code)


def verifier_of(flow_set: FlowSet, words: Catalogues, country: Country, service_code: str) -> Verifier:
    """The same for these talks and words."""
    names = sorted((place.name for place in country.places.values()), key=len, reverse=True)
    women = [unit.name for unit in country.units.values() if unit.kind == "women"]
    health = [unit.name for unit in country.units.values() if unit.kind == "health"]
    nearest = {"health": max(health, key=len, default="")}
    danger = flow_set.flows["report"].nodes["danger"]
    values = {
        "org": max(women, key=len, default=country.service_name["en"]),
        **nearest,
        "danger": danger.values(Longest(Nearest(nearest["health"])), {})["danger"],
        "report": names[0],
        "receipt": "7999 9999",
        **dict.fromkeys(("whom", "readers"), in_a_phrase([*ReportWords(flow_set, country).helpers.values()][:-1])),
        "helper": ReportWords(flow_set, country).helpers["child"],
        "news": (
            "w" * LONGEST_CODEWORD,
            Said(LINE, {"day": ReportWords(flow_set, country).helpers["talk"], "text": STATUS[RequestStatus.NEW]}),
            STATUS[RequestStatus.TAKEN],
            Said(READ, {"day": "30/12", "who": SUPERVISOR}),
            NO_REPLY,
        ),
        "rules": (ANSWER_HERE, APART),
        "absent": longest_absence(ReportWords(flow_set, country)),
        "lines": longest_watched(ReportWords(flow_set, country)),
        "code": service_code,
        "cards": longest_topic(country),
        **of_a_meeting(max((venue.name for venue in country.venues.values()), key=len, default="")),
    }
    first, *_others = ReportWords(flow_set, country).helpers.values()
    shortest = {"whom": first, "readers": first}
    return Verifier(flow_set, words, Samples(values, names[:9], country.languages, shortest), SMS_FLOWS)


def worse(services: Services, language: str, texts: Mapping[str, str]) -> list[str]:
    """What the verifier finds in a language that said these texts and does not find in the words of today: a screen
    that becomes too long when a heading and an option are corrected at once is found here alone."""
    words, checks = services.words, verifier(services)
    entries = dict(words.entries[language])
    for key, text in texts.items():
        before = entries.get(key, Entry(""))
        entries[key] = replace(before, text=text, back=before.back or "x")
    new = Catalogues({**words.entries, language: entries}, words.before_choice, words.english)
    known = {*checks.of_language(language)}
    then = Verifier(checks.flow_set, new, checks.samples, checks.sms_flows)
    return [fault for fault in then.of_language(language) if fault not in known]


def longest_absence(words: ReportWords) -> tuple[Msg, ...]:
    """What is said where nobody of two services is on duty."""
    when = When(datetime(2026, 12, 26, 6, 30))  # noqa: DTZ001  (a local hour)
    return tuple(Said(OFF_DUTY, {"who": words.helpers[one], "when": when}) for one in ("talk", "child"))


def longest_watched(words: ReportWords) -> tuple[Msg, ...]:
    """The longest that oversight may see on one screen."""
    return (Said(URGENT, {"day": "30/12", "number": 999, "service": words.helpers["talk"]}),) * MOST


def longest_topic(country: Country) -> tuple[str, ...]:
    """The cards of rights of the topic that has the most to read; they are shown together."""
    groups = sorted({card.group for card in country.cards})
    topics = [tuple(card.text["en"] for card in country.cards if card.group == group) for group in groups]
    return max(topics, key=lambda cards: len("".join(cards)), default=())


def of_a_meeting(place: str) -> dict[str, object]:
    """The longest values that texts about a meeting show; the hour is the longest in Kirundi."""
    when = When(datetime(2026, 12, 26, 6, 30))  # noqa: DTZ001  (a local hour)
    cost, left = Said(COST, {"segments": "99999", "amount": "99999 USD"}), Said(LEFT, {"amount": "99999 USD"})
    plan = (Said(PLACED, {"when": when, "place": place}), WOMEN_ONLY, OFFICER, cost, left)
    against = (WARNINGS["past"], WARNINGS["notice"])
    late = Said(LATE_PROMISE, {"what": WHAT["woman"], "who": WHO["leader"], "day": "26/12", "place": place})
    spoken = Said(SPOKEN, {"languages": ", ".join(spoken_names())})
    offers = (CHILDREN, TOGETHER, PAID, TALK, spoken, Said(UP_TO, {"most": "60"}), late)
    mine = (Said(YOURS, {"place": place}), *KINDS.values(), WHEN["afternoon"])
    shown = {
        "meeting": plan,
        "findings": against,
        "promises": (late,),
        "concerns": (NO_REPLY,),
        "offers": offers,
        "mine": mine,
        "minutes": (Said(DECIDED, {"what": tuple(WHAT.values())}), late, ANSWERED),
    }
    return {
        **shown,
        "spoken_time": when,
        "when": when,
        "place": place,
        "count": f"99999 ({', '.join(f'{language} 9999' for language in sorted(LANGUAGES))})",
    }


def table(checks: Verifier) -> None:
    """Print how many screens and pages each flow has in each language, then what each main task costs, in pages, keys
    and seconds (`whole`: of whoever reads each page to its end). Raises one of `CANNOT_BE_SHOWN` for a screen
    that has no words."""
    click.echo(f"{'flow':10} {'language':8} {'channel':7} {'screens':>7} {'pages':>5} {'longest':>7}")
    for line in checks.table():
        click.echo(
            f"{line.flow:10} {line.language:8} {line.channel:7} {line.screens:7} {line.pages:5} {line.longest:7}"
        )
    click.echo(
        f"\n{'main task':44} {'role':11} {'language':8} {'pages':>5} {'keys':>4} {'s':>4} {'limit':>9} {'aim':>9} whole"
    )
    for task in checks.tasks:
        for language in LANGUAGES:
            limit, aim = (slashed(most.get(language, ())) for most in (task.limits, task.aims))
            cost = checks.cost(task, language)
            click.echo(
                f"{task.name:44} {task.role:11} {language:8} {cost.pages:5} {cost.keys:4} {cost.seconds:4} "
                f"{limit:>9} {aim:>9} {cost.whole:5}"
            )


def slashed(most: Sequence[int]) -> str:
    """A limit as the table prints it: pages/keys/seconds, `-` where there is none."""
    return "/".join(map(str, most)) or "-"


def report(services: Services, found: Sequence[str]) -> bool:
    """Print the faults (those of words that were `found`, and the verifier's), then the tables; whether there is none.

    The faults come first."""
    services.wordings.refresh(now=True)
    checks = verifier(services)
    faults = [*found, *lapsed(services), *checks.faults()]
    said(faults)
    try:
        table(checks)
    except (*CANNOT_BE_SHOWN, NoWay):
        click.echo("The table follows when these are mended.")
    drafts = services.words.drafts()
    click.echo(f"{len(drafts)} texts are drafts: no native speaker has approved them yet.")
    click.echo(f"{len(faults)} faults." if faults else "Everything fits, everything is translated. 0 faults.")
    return not faults


def lapsed(services: Services) -> Iterator[str]:
    """The approved wordings of this installation that hold no more."""
    for language, key in services.wordings.lapsed:
        yield f"{key} in {language} is a draft again: English or words have changed since two people approved them."
    for language, key in services.wordings.unsayable:
        yield f"{key} in {language} was approved and cannot be shown, for what stands in braces: it is not spoken."


def said(faults: Sequence[str]) -> None:
    """Print faults, a line each."""
    for fault in faults:
        click.echo(f"FAULT {fault}")


def print_script(services: Services, flow: str, language: str) -> None:
    """Each screen as the phone shows it, with its length and the status of its words."""
    services.wordings.refresh(now=True)
    checks = verifier(services)
    for screen in checks.shown(services.flow_set.flows[flow]):
        entry = services.words.entries[language].get(key_of(screen))
        click.secho(f"\n{flow}.{screen.name} [{entry.status if entry else '-'}]", bold=True)
        if entry and entry.back:
            click.secho(f"    means: {entry.back}", dim=True)
        for page in checks.layout.pages(screen, language):
            click.echo("\n".join("    | " + line for line in page.text.splitlines()))
            click.echo(f"    {length(page.text)}")


def key_of(screen: Screen) -> str:
    """The key of the text at the top of a screen."""
    return screen.text.key if isinstance(screen.text, Msg) else ""


def length(text: str) -> str:
    """The length of a page in the units of its encoding."""
    counted = septets(text)
    size = f"{counted} of 160 septets" if counted is not None else f"{units(text)} of 70 units"
    return f"{size}, {segments(text)} SMS"


def talk(services: Services, number: str) -> None:
    """A phone in the terminal, until the talk ends or Ctrl-D."""
    import secrets

    from bot.phone.sessions import TalkSessions
    from bot.storage.session_store import MemoryStore

    talk_sessions, session, heard = TalkSessions(services, MemoryStore()), secrets.token_hex(8), ""
    answer = talk_sessions.ussd("terminal", session, number, heard)
    first = True
    while True:
        click.echo(f"\n{answer.text}\n{'-' * 24} {length(answer.text)}")
        if answer.ends:
            return
        try:
            typed = input("> ")
        except (EOFError, KeyboardInterrupt):
            talk_sessions.hang_up("terminal", session)
            click.echo()
            return
        heard, first = (typed if first else f"{heard}*{typed}"), False
        answer = talk_sessions.ussd("terminal", session, number, heard)


@click.command()
def check() -> None:
    """Every text and screen, in each language and channel, with the longest values: faults first, then a table."""
    found = faults.faults()
    try:
        check_screens(found=found)
    except (ConfigError, CountryError) as error:  # nothing can be shown
        said(found)
        if found:
            click.echo(f"{len(found)} faults. The tables follow when all of it is mended.")
        others = [line for line in str(error).splitlines() if line not in found]  # settings, the country's tables
        raise (ConfigError("\n".join(others)) if others else SystemExit(1)) from None


@needing(Tables.NONE)
def check_screens(services: Services, found: Sequence[str]) -> None:
    """The screens with the words that this installation speaks; ends with 1 when there is a fault."""
    raise SystemExit(0 if report(services, found) else 1)


@click.command()
@click.argument("flow")
@click.argument("language", type=click.Choice(LANGUAGES))
@needing(Tables.NONE)
def script(services: Services, flow: str, language: str) -> None:
    """Print a whole talk, with the length of every page, for a native speaker to review."""
    if flow not in services.flow_set.flows:
        raise click.BadParameter(f"there is no talk {flow!r}; there are {', '.join(sorted(services.flow_set.flows))}")
    print_script(services, flow, language)


@click.command()
@click.option("--number", default="+25779123456", help="who dials, E.164")
@with_services
def phone(services: Services, number: str) -> None:
    """Dial in the terminal; nothing is kept but what a phone would leave behind."""
    talk(services, number)
