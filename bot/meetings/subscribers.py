"""Who wants to hear of meetings, who says that she comes, and opinions: by phone number, found by digests that lead to
no report (S70).

Whoever holds a phone cannot find out whether its number is on the list: joining twice, and leaving without having
joined, give the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from bot.country.pack import Country
from bot.meetings.steps import member, works_in
from bot.meetings.terms import MeetingKind, PartOfDay
from bot.storage.base import hour_of
from bot.storage.outbox import SessionFactory, now
from bot.storage.tables.delivery import Notice, OptOut
from bot.storage.tables.meetings import Coming, Concern, Meeting, MeetingStatus, Opinion, Subscriber
from bot.storage.tables.people import Person
from bot.storage.unit_of_work import Outcome, Work
from bot.vault import journal
from bot.vault.sealing import open_line, seal_line
from bot.vault.vault import Vault

READABLE = 14 * 86400  # seconds after the end for which it can be read what was decided
RSVP_LIFE_S = 86400  # seconds after the end for which it is known who said that she comes, and opinions are taken
RESTED = 3  # failures "no such number" in a row after which nobody writes to it until its holder joins again
NOON = 12  # of the country's clock: what begins before it is in the morning
MOST_A_WEEK = 4  # meetings that one person hears of in seven days (a proposal)
FEW = 5  # people; of fewer nobody is told how many they are
QUESTIONS = ("safe", "spoke", "again")


def join(
    work: Work,
    sealed_number: bytes,
    zone: str,
    language: str = "",
    kinds: Sequence[MeetingKind] = (),
    hours: PartOfDay | None = None,
) -> Outcome[Literal["done"]]:
    """Put a number, sealed for this talk, on the list of a zone: for all kinds of meeting or those named, at any
    hour or in one part of the day; in the country's first language where none is given. Outcomes: done.

    One number has one entry: joining again changes zone and language. An earlier opt-out is taken back. Raises
    `Unsealable`, as all services that take a sealed number.
    """
    phone = work.vault.kept_number(sealed_number)
    digest = work.vault.mark("subscriber", phone)
    row = work.db.scalar(select(Subscriber).where(Subscriber.phone_digest == digest).with_for_update())
    if row is None:
        row = Subscriber(phone_digest=digest, phone_sealed=work.vault.seal_to_sender(phone))
        work.db.add(row)
    row.zone, row.language, row.refused = zone, language or work.country.languages[0], 0
    row.kinds, row.hours = f",{','.join(kinds)}," if kinds else "", hours or ""
    journal.append(work.vault, work.at, journal.JOINED, digest)
    start(work.db, work.vault, phone, work.at)
    return Outcome("done")


def audience(country: Country, meeting: Meeting, at: int) -> tuple[ColumnElement[bool], ...]:
    """The conditions on `Subscriber` for who is told of a meeting: of its zone, of its kind, who can come at that hour,
    and was not told of too many others this week (moving from zone to zone gives nobody more).
    """
    part = part_of_day(country, meeting)
    lately = select(Notice.subscriber).join(Meeting, Meeting.id == Notice.meeting).where(
        Notice.kind == "new", Notice.meeting != meeting.id, Meeting.public_at > at - 7 * 86400
    )  # fmt: skip
    often = lately.group_by(Notice.subscriber).having(func.count(func.distinct(Notice.meeting)) >= MOST_A_WEEK)
    return (
        Subscriber.id.not_in(often),
        Subscriber.zone == meeting.zone,
        Subscriber.refused < RESTED,
        (Subscriber.kinds == "") | Subscriber.kinds.contains(f",{meeting.kind},"),
        (Subscriber.hours == "") | (Subscriber.hours == part),
    )


def part_of_day(country: Country, meeting: Meeting) -> PartOfDay:
    """Whether a meeting begins in the morning or in the afternoon."""
    return PartOfDay.MORNING if country.clock(meeting.starts).hour < NOON else PartOfDay.AFTERNOON


def known(db: Session, vault: Vault, phone: str) -> Subscriber | None:
    """The row of a number, for whoever dials from it; None when it is on no list."""
    return db.scalar(select(Subscriber).where(Subscriber.phone_digest == vault.mark("subscriber", phone)))


def wished(db: Session, country: Country, meeting: Meeting) -> tuple[int, int]:
    """How many subscribers of the zone said when they can come, and how many of them cannot at the hour of
    a meeting.
    """
    part = part_of_day(country, meeting)
    answered = select(Subscriber.hours, func.count()).where(Subscriber.zone == meeting.zone, Subscriber.hours != "")
    counts = {hours: number for hours, number in db.execute(answered.group_by(Subscriber.hours))}
    return sum(counts.values()), sum(number for hours, number in counts.items() if hours != part)


def leave(work: Work, sealed_number: bytes) -> Outcome[Literal["done"]]:
    """Erase a number from the list. Outcomes: done, also for a number that was never on it."""
    erase_number(work.db, work.vault, work.vault.kept_number(sealed_number), work.at)
    return Outcome("done")


def stop(db: Session, vault: Vault, phone: str, at: int) -> None:
    """Record that a number wants no notices from any provider, and erase it from the list."""
    digest = vault.digest("opt-out", phone)
    journal.append(vault, at, journal.OUT, digest)
    db.merge(OptOut(phone_digest=digest, at=hour_of(at)))
    erase_number(db, vault, phone, at)


def start(db: Session, vault: Vault, phone: str, at: int) -> None:
    """Delete what `stop` recorded."""
    digest = vault.digest("opt-out", phone)
    journal.append(vault, at, journal.IN, digest)
    db.execute(delete(OptOut).where(OptOut.phone_digest == digest))


def opt_out(sessions: SessionFactory, vault: Vault, phone: str, out: bool) -> None:
    """Record (`out`), or delete the record, that a number wants no notices, in a transaction of its own. Raises one of
    `UNAVAILABLE`.
    """
    with sessions.begin() as db:
        (stop if out else start)(db, vault, phone, now())


def erase_number(db: Session, vault: Vault, phone: str, at: int) -> None:
    """Erase a number from the list, and note it for a restored backup."""
    digest = vault.mark("subscriber", phone)
    journal.append(vault, at, journal.LEFT, digest)
    db.execute(delete(Subscriber).where(Subscriber.phone_digest == digest))


def public(db: Session, country: Country, at: int) -> list[Meeting]:
    """The announced meetings: released, their hold over, and over for less than a day; with minutes, for a
    fortnight.
    """
    shown = (Meeting.status == MeetingStatus.RELEASED) & (Meeting.public_at <= at)
    recent = (Meeting.ends > at - RSVP_LIFE_S) | (Meeting.ends > at - READABLE) & Meeting.decided.is_not(None)
    return list(db.scalars(select(Meeting).where(shown & recent).order_by(Meeting.starts)))


def public_one(work: Work, meeting_id: str) -> Meeting | None:
    """An announced meeting; None when it is not announced (any more)."""
    meeting = work.db.get(Meeting, meeting_id)
    return meeting if meeting in public(work.db, work.country, work.at) else None


def say_coming(
    work: Work, sealed_number: bytes, meeting_id: str, comes: bool
) -> Outcome[Literal["done", "place", "gone"]]:
    """Record, under a digest that is kept until the day after, whether a number comes. Who says yes reads the place.

    Outcomes: done | place (the value `place` is its name) | gone (it has begun, or is not announced any more).
    """
    meeting = public_one(work, meeting_id)
    if meeting is None or work.at >= meeting.starts:
        return Outcome("gone")
    phone = work.vault.kept_number(sealed_number)
    who = work.vault.mark("coming", f"{meeting.id}:{phone}")
    work.db.merge(Coming(meeting=meeting.id, who=who, comes=comes))
    return Outcome("place", {"place": work.country.venues[meeting.venue].name}) if comes else Outcome("done")


def said_yes(db: Session, vault: Vault, meeting: str, phone: str) -> bool:
    """Whether that number has said that she comes."""
    answer = db.get(Coming, (meeting, vault.mark("coming", f"{meeting}:{phone}")))
    return answer is not None and answer.comes


def say_opinion(
    work: Work, sealed_number: bytes, meeting_id: str, *, safe: bool, spoke: bool, again: bool
) -> Outcome[Literal["done", "gone"]]:
    """Count the opinion of a number: whether she was safe on the way, could speak, will come again. Only totals are
    stored, and each number counts once.

    Outcomes: done | gone (it has not begun, or has been over for a day).
    """
    meeting = public_one(work, meeting_id)
    if meeting is None or not meeting.starts <= work.at < meeting.ends + RSVP_LIFE_S:
        return Outcome("gone")
    phone = work.vault.kept_number(sealed_number)
    who = work.vault.mark("coming", f"opinion:{meeting.id}:{phone}")
    if work.db.get(Coming, (meeting.id, who)) is not None:
        return Outcome("done")
    work.db.add(Coming(meeting=meeting.id, who=who, comes=False))
    for question, said in zip(QUESTIONS, (safe, spoke, again), strict=True):
        _count_opinion(work.db, meeting.id, question, said)
    return Outcome("done")


def _count_opinion(db: Session, meeting_id: str, question: str, said_yes: bool) -> None:
    if db.get(Opinion, (meeting_id, question)) is None:
        db.add(Opinion(meeting=meeting_id, question=question, yes=0, no=0))
        db.flush()
    said = Opinion.yes if said_yes else Opinion.no
    one = (Opinion.meeting == meeting_id) & (Opinion.question == question)
    db.execute(update(Opinion).where(one).values({said: said + 1}))


def say_concern(work: Work, meeting_id: str, words: str) -> Outcome[Literal["done", "nobody", "gone"]]:
    """Seal a concern to each women's advocate of the zone; nothing is stored of who wrote it.

    Outcomes: done | nobody (no advocate there could read it) | gone.
    """
    meeting = public_one(work, meeting_id)
    if meeting is None:
        return Outcome("gone")
    readers = _who_read_concerns(work, meeting.zone)
    for person in readers:
        sealed = seal_line(words.encode(), meeting.id, 0, person.id, person.public_key)
        work.db.add(Concern(meeting=meeting.id, person=person.id, sealed=sealed))
    return Outcome("done" if readers else "nobody")


def _who_read_concerns(work: Work, zone: str) -> list[Person]:
    """The women's advocates of a zone whose keys the vault has made."""
    serve = select(Person).where(Person.role == "advocate", Person.active, func.length(Person.public_key) > 0)
    near = [person for person in work.db.scalars(serve) if works_in(member(person), zone, work.country)]
    vouched = work.vault.vouched([(person.id, person.public_key, person.vouch) for person in near])
    return [person for person, sure in zip(near, vouched, strict=True) if sure]


def concerns(db: Session, meeting: str, person: str, private: bytes) -> list[str]:
    """The concerns about a meeting that an advocate can open, in an order that does not tell which came first."""
    mine = select(Concern.sealed).where(Concern.meeting == meeting, Concern.person == person).order_by(Concern.id)
    return [open_line(sealed, meeting, 0, person, private).decode() for sealed in db.scalars(mine)]


def coming(db: Session, meeting: str) -> int | None:
    """How many said that they come, for the organiser; None for fewer than `FEW` (S69)."""
    yes = select(func.count()).select_from(Coming).where(Coming.meeting == meeting, Coming.comes)
    people = db.scalar(yes) or 0
    return people if people >= FEW else None


def erase_rsvps(db: Session, at: int) -> None:
    """Delete, the day after a meeting, who said that she comes, and a month after it the concerns."""
    past = select(Meeting.id).where(Meeting.ends <= at - RSVP_LIFE_S)
    db.execute(delete(Coming).where(Coming.meeting.in_(past)))
    old = select(Meeting.id).where(Meeting.ends <= at - 30 * RSVP_LIFE_S)
    db.execute(delete(Concern).where(Concern.meeting.in_(old)))
