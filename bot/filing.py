"""A report is filed: sealed to its readers, routed, numbered, posted, and counted if she agreed; all or nothing.

Nothing here knows who dialled. What is confirmed to her has been sealed and is committed with it, or nothing is.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    Table,
    bindparam,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot import outbox, ping
from bot.answers import divides
from bot.country import Country
from bot.effects import FileMessage, FileReport
from bot.ledger import adding
from bot.models import PAPER, Copy, Person, Receipt, Reply, Report, Tally, random_id
from bot.office import Office, Performed
from bot.routing import Case, Reader, Route, Urgency, route
from bot.routing_table import rule_for
from bot.sealing import box, pad, seal_line, seal_report
from bot.statements import Kept, KeptInsert, Line, line_of, place_in
from bot.switches import off, takes_reports
from bot.vault import Vault

log = logging.getLogger("ijwi")
PERSON = cast(Table, Person.__table__)
COPY = cast(Table, Copy.__table__)
GIVEN_COPY = ("person", "rung", "public_key", "sealed_key")  # of each, to `_copied`
NUMBER = Kept(select(PERSON.c.tasks).where(PERSON.c.id == bindparam("person0")), ["person0"])
REPORTED = KeptInsert(cast(Table, Report.__table__))
ROUTED = ("id", "role", "kind", "sex", "zones", "duty", "trained_until", "tasks", "away", "languages")  # of a Reader
SEALED_TO = (*ROUTED, "public_key", "vouch", "expires", "unit")
READERS = select(*(PERSON.c[name] for name in (*SEALED_TO, "phone_digest", "confirmed_on", "demo", "ref")))
READERS = READERS.where(PERSON.c.active)
AREA = [f"area{number}" for number in range(6)]  # a zone and what it lies in; no country has more levels
ZONES: ColumnElement[str] = literal_column("','") + PERSON.c.zones + literal_column("','")
EVERYWHERE = (PERSON.c.role == "oversight") | (PERSON.c.role == PAPER)
NEAR = Kept(  # who could be a reader: a country has thousands, a zone a dozen; `route` looks closer
    select(*(PERSON.c[name] for name in SEALED_TO)).where(
        PERSON.c.active, or_(EVERYWHERE, *(place_in(ZONES, bindparam(name, type_=String)) > 0 for name in AREA))
    ),
    AREA,
)
COUNTED = {  # one statement: two who are the first of a month must not undo one another
    name: Kept(adding(Tally, name, "count"), [column.name for column in Tally.__table__.columns])
    for name in ("sqlite", "postgresql")
}
GIVEN = Kept(select(Receipt.locator).where(Receipt.locator == bindparam("code")), ["code"])
RECEIVED, SAID = KeptInsert(cast(Table, Receipt.__table__)), KeptInsert(cast(Table, Reply.__table__))
WITH_RECEIPT = {
    "sent": "receipt",
    "no_woman": "receipt_no_woman",
    "parked": "receipt_parked",
}  # what she reads
WORDS_BLOCK, BOXED = 2048, 40  # bytes: 400 letters of Devanagari; what a box adds
OVERDUE, TELL_WITHIN = "overdue:", 24 * 3600  # seconds: POCSO, section 19 (S39)
ON_PAPER = 99  # the rung that nobody climbs to
KEPT_WISHES = frozenset({"woman", "plain", "no_visit"})


UNTOLD = frozenset({"pin_handle", "ping", "number_handle", "language", "word"})  # no part of what she told


class Taken(SQLAlchemyError):
    """One code in nine million was given twice within minutes: nothing is kept, she is asked to come again."""


def file_report(db: Session | Line, effect: FileReport, office: Office, at: int) -> Performed:
    """Seal the report to its readers, keep what routing needs, post the alert; count it if she agreed (S19)."""
    local = datetime.fromtimestamp(at, office.country.timezone)
    case = case_of(effect, office.country)
    line = line_of(db)  # plain tables and kept statements: the ORM costs as much again as the rows
    land, near = office.country, asked_near(line, case.area)
    if not takes_reports(effect.zone, off(line)):
        return Performed("nobody")
    people = {row.id: row for row in serving(near(), office.vault, local.date())}
    readers = [_reader(*row[: len(ROUTED)]) for row in people.values() if row.role != PAPER]
    way = route(case, readers, local, must_tell(land, effect), land.patience, land.is_holiday(local.date()))
    if not way.ladder:
        return Performed("nobody")
    report = random_id()
    week = week_of(local.date())
    rungs = {rung.person: rung.rung for rung in way.ladder}
    rungs |= {row.id: ON_PAPER for row in people.values() if row.role == PAPER}
    keys = {who: people[who].public_key for who in rungs}
    sealed, words, wrapped = seal(effect, report, keys, week, office.vault)
    kept = open_part(report, case, way, local)
    kept |= {"zone": effect.zone, "week": week, "sealed": sealed, "words": words}
    receipt = made_receipt(effect, report, week, office.vault) if effect.pin_handle else None
    pings = receipt and effect.ping in ping.HOURS and effect.who == "self"
    hers = ping.wanted(office.vault, report, effect) if pings else None
    REPORTED.run(line, kept)  # all that takes long has been done: from here on others may wait
    bound = [overdue(report, at)] if case.child and must_tell(land, effect) else []
    first, *_later = outbox.post(line, *alerts(report, way, at, office.often), *bound)
    keep_copies(line, report, [(who, rung, keys[who], wrapped[who]) for who, rung in rungs.items()])
    if "count" in effect.wishes.split(","):
        count(line, effect, str(kept["month"]))
    outcome = said(way, effect)
    if not receipt:
        return Performed(outcome, {}, (first,))
    keep_receipt(line, receipt)
    if hers:
        ping.KEPT.run(line, hers)
    return Performed(WITH_RECEIPT[outcome], {"receipt": f"{receipt.code[:4]} {receipt.code[4:]}"}, (first,))


def open_part(report: str, case: Case, way: Route, local: datetime) -> dict[str, Any]:
    """What stands in the clear: what routing and the clock need, and the day."""
    return {
        "id": report,
        "urgent": case.urgency == Urgency.DANGER,
        "destination": way.destination,
        "wishes": ",".join(sorted(case.wishes & KEPT_WISHES)),
        "month": f"{local:%Y-%m}",
        "filed": f"{local:%Y-%m-%d}",
    }


def seal(
    effect: FileReport, report: str, keys: dict[str, bytes], week: str, vault: Vault
) -> tuple[bytes, bytes, dict[str, bytes]]:
    """What she told, padded and sealed; her free words, sealed under a key in it; the key to it sealed to each reader.

    All are wrapped under the week's keys, the words under one that dies sooner. Where she wrote none, noise of the same
    length lies in their place: nobody can see who wrote.
    """
    told = {n: v for n, v in vars(effect).items() if v and n not in UNTOLD}
    if hers := "" if told.get("words") == "skip" else told.pop("words", ""):
        told["words_key"] = (key := os.urandom(32)).hex()
        (words,) = vault.wrap(week, [box(key, pad(hers.encode(), WORDS_BLOCK))], True)
    else:
        words = os.urandom(WORDS_BLOCK + 2 * BOXED)
    sealed, sealed_keys = seal_report(json.dumps(told, ensure_ascii=False).encode(), report, keys)
    return sealed, words, dict(zip(sealed_keys, vault.wrap(week, [*sealed_keys.values()]), strict=True))


def alerts(report: str, way: Route, at: int, often: bool = False) -> list[dict[str, Any]]:
    """A task for each rung of the ladder, due when its time comes; behind all others if a number files `often`."""
    rungs = sorted({(rung.rung, due(at, rung.after)) for rung in way.ladder})
    return [
        outbox.task(
            f"route:{report}:{rung}",
            "route",
            {"report": report, "rung": rung},
            when,
            outbox.NOTICE if often else outbox.ALERT,
        )
        for rung, when in rungs
    ]


def overdue(report: str, at: int) -> dict[str, Any]:
    """The task that sounds when the police should have been told (bot.legal_duty)."""
    return outbox.task(OVERDUE + report, "overdue", {"report": report}, at + TELL_WITHIN, outbox.ALERT)


@dataclass(frozen=True)
class MadeReceipt:
    """A receipt that is to be kept: its code, its row and, if she wants one, her word as a line of her report."""

    code: str = field(repr=False)
    row: dict[str, Any] = field(repr=False)
    words: list[dict[str, Any]] = field(repr=False)


def made_receipt(effect: FileReport, report: str, week: str, vault: Vault) -> MadeReceipt:
    """The receipt she made a minute ago belongs to this report from now on.

    Her word, if she wants one, is the line before all others, sealed to nobody but her receipt (S7).
    """
    new, words = vault.issued(effect.pin_handle), []
    if effect.word not in ("", "skip"):
        said = json.dumps({"node": "word", "value": effect.word}, ensure_ascii=False).encode()
        (sealed,) = vault.wrap(week, [seal_line(said, report, 0, "", new.public)])
        words.append({"id": random_id(), "report": report, "number": 0, "reader": "", "sealed": sealed})
    row = {"locator": vault.locator(new.code), "report": report, "public_key": new.public + new.word}
    return MadeReceipt(new.code, row, words)


def keep_receipt(line: Connection | Line, receipt: MadeReceipt) -> None:
    """Write it down. Raises `Taken`."""
    if GIVEN.rows(line, {"code": receipt.row["locator"]}):
        raise Taken("another woman was given this code a moment ago")
    RECEIVED.run(line, receipt.row)
    SAID.run_all(line, receipt.words)


def people_near(line: Connection | Line, vault: Vault, area: frozenset[str], day: date) -> Iterator[Any]:
    """Who can be given a copy of what happened in a zone; `area` is the zone and what it lies in."""
    return serving(asked_near(line, area)(), vault, day)


def asked_near(line: Connection | Line, area: frozenset[str]) -> Callable[[], list[Any]]:
    """Ask for the rows of people who could be."""
    codes = [f",{code}," for code in area]
    return NEAR.asked(line, dict(zip(AREA, codes + codes[:1] * len(AREA), strict=False)))


def serving(rows: Iterable[Any], vault: Vault, day: date) -> Iterator[Any]:
    """Who can be given a copy: enrolled until at least this day, with a key for which the vault vouches."""
    there = [r for r in rows if r.public_key and not (r.expires and r.expires < day.isoformat())]
    for row, vouched in zip(there, vault.vouched([(r.id, r.public_key, r.vouch) for r in there]), strict=True):
        if vouched:
            yield row
        else:
            log.error("ALARM: the key of person %s was not made by the vault: nothing is sealed to it", row.id)


def week_of(day: date) -> str:
    """The ISO week of a day, like 2026-W48: they sort by time."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def due(at: int, after: int) -> int:
    """When a rung is alerted; later ones at a full minute or hour: a row that waits must not tell when she called."""
    step = 3600 if after >= 60 else 60
    return at if not after else at + after * 60 + -(at + after * 60) % step


def file_message(db: Session | Line, effect: FileMessage, office: Office, at: int) -> Performed:
    """An SMS is a report of which only her words are known."""
    report = FileReport("skip", "skip", "skip", effect.help, effect.zone, words=effect.words)
    return file_report(db, report, office, at)


def case_of(effect: FileReport, country: Country) -> Case:
    """The open part of a report, with whom she agreed to instead of those who are not there."""
    services = {*effect.help.split(","), *({"talk"} & {effect.instead, effect.instead_woman, effect.crisis})}
    wishes = {*effect.wishes.split(",")} - ({"woman"} if effect.instead_woman == "officer" else set())
    wishes |= {"no_visit"} if effect.who == "other" else set()  # somebody else told it: nobody goes to her (S47)
    area = frozenset(place.code for place in country.way_up(effect.zone))
    rule = rule_for(country.routing, effect.what, kind_of(effect), effect.when, area)
    return Case(
        area=area,
        services=frozenset(services - {""}),
        wishes=frozenset(wishes - {""}),
        power=effect.power,
        child=effect.who in {"self_child", "child"} or effect.kind_other in {"ch", "cv"},
        about_police=effect.kind_other == "po",
        urgency=urgency_of(effect, rule.urgency),
        first=rule.order,
        language=effect.language,
        parked=divides(effect.words) and effect.what in {"other", "skip"} and effect.when != "now",
    )


def kind_of(effect: FileReport) -> str:
    """What exactly it was, if she was asked."""
    return effect.kind or effect.kind_forced or effect.kind_other or "skip"


def urgency_of(effect: FileReport, else_: Urgency) -> Urgency:
    """The class of a report: what happens now and despair stand above the country's table."""
    if effect.when == "now":
        return Urgency.DANGER
    return Urgency.MEDICINE if effect.crisis and else_ != Urgency.DANGER else else_


def reader_of(person: Any) -> Reader:
    """What routing may know of a person."""
    return _reader(*(getattr(person, name) for name in ROUTED))


@lru_cache(4096)  # nearly all of them are as they were at the last report
def _reader(
    id: str, role: str, kind: str, sex: str, zones: str, duty: str, trained: str, tasks: int, away: str, languages: str
) -> Reader:
    covers, speaks = frozenset(zones.split(",")), frozenset(languages.split(",")) - {""}
    return Reader(id, role, kind, sex, covers, duty, trained, tasks, away, speaks)


def must_tell(country: Country, effect: FileReport) -> bool:
    """Whether the law wants the police to know of a child's case (POCSO s.19, S39)."""
    return country.code == "in" and effect.what == "sexual"


def police_bound(way: Route, readers: Iterable[Reader]) -> bool:
    """Whether an officer is on the ladder, be it beside the doctor whom she named first."""
    officers = {reader.id for reader in readers if reader.role == "champion"}
    return any(rung.person in officers for rung in way.ladder)


def said(way: Route, effect: FileReport) -> str:
    """The outcome that she reads: who has said who may read it instead of a woman officer knows that there is none."""
    return "sent" if way.outcome == "no_woman" and effect.instead_woman else way.outcome


def keep_copies(line: Connection | Line, report: str, copies: Sequence[tuple[str, int, bytes, bytes]]) -> None:
    """Copies for people, each with her next task number: (who, her rung, her public key, the key sealed to her).

    Fails (a copy without a number) if somebody has another key by now than the one to which it was sealed.
    """
    _more_tasks(len(copies)).run(line, {f"person{place}": copy[0] for place, copy in enumerate(copies)})
    given: dict[str, Any] = {"report": report}
    for place, copy in enumerate(copies):
        given |= {f"{name}{place}": value for name, value in zip(GIVEN_COPY, copy, strict=True)}
    _copied(len(copies)).run(line, given)


def next_number(line: Connection | Line, person: str) -> int:
    """Somebody's next task number."""
    _more_tasks(1).run(line, {"person0": person})
    (row,) = NUMBER.rows(line, {"person0": person})
    return int(row.tasks)


@cache
def _more_tasks(people: int) -> Kept:
    """One more task for each of so many people.

    Rows are locked one after the other in the order of their ids, so that two reports share no number and 64 filed at
    once do not lock each other out (PostgreSQL ended half of them).
    """
    names = [f"person{place}" for place in range(people)]
    theirs = select(PERSON.c.id).where(or_(*(PERSON.c.id == bindparam(name) for name in names)))
    locked = theirs.order_by(PERSON.c.id).with_for_update()
    return Kept(update(PERSON).where(PERSON.c.id.in_(locked)).values(tasks=PERSON.c.tasks + 1), names)


@cache
def _copied(people: int) -> Kept:
    """A copy for each of so many people: the number is read where it is written, and nobody waits for it to travel."""
    rows = [
        {
            "report": bindparam("report"),
            "person": bindparam(f"person{place}"),
            "rung": bindparam(f"rung{place}"),
            "number": select(PERSON.c.tasks)
            .where(PERSON.c.id == bindparam(f"person{place}"), PERSON.c.public_key == bindparam(f"public_key{place}"))
            .scalar_subquery(),
            "sealed_key": bindparam(f"sealed_key{place}"),
        }
        for place in range(people)
    ]
    names = ["report", *(f"{name}{place}" for place in range(people) for name in GIVEN_COPY)]
    return Kept(insert(COPY).values(rows), names)


def count(line: Connection | Line, effect: FileReport, month: str) -> None:
    """One more in the tally of consented reports; it shares no key with the report."""
    key = {"group": effect.what, "zone": effect.zone, "month": month, "reporter": effect.who}
    COUNTED[line.dialect.name].run(line, {**key, "count": 1})
