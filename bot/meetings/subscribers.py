"""Who wants to hear of meetings, who comes, and how it was: by number, found by digests that lead to no report (S70).

Whether a number is on the list is shown to nobody who holds the phone: joining twice and leaving without having joined
read the same.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from bot.actions.meetings import JoinNews, LeaveNews, SayComing, SayConcern, SayOpinion
from bot.country.pack import Country
from bot.storage.outbox import SessionFactory, now
from bot.storage.tables.delivery import Notice, OptOut
from bot.storage.tables.meetings import Coming, Concern, Meeting, MeetingStatus, Opinion, Subscriber
from bot.storage.tables.people import Person
from bot.storage.unit_of_work import Office, Outcome
from bot.vault import journal
from bot.vault.sealing import open_line, seal_line
from bot.vault.vault import Vault
from bot.words.dates import When

READABLE = 14 * 86400  # seconds after the end for which it can be read what was decided
RSVP_LIFE_S = 86400  # seconds after the end for which it is known who said that she comes, and opinions are taken
RESTED = 3  # times in a row that there was no such number: then nobody writes to it until its holder joins again
NOON = 12  # of the country's clock: what begins before it is in the morning
MOST_A_WEEK = 4  # meetings that one person hears of in seven days (a proposal)
PARTS = ("morning", "afternoon")
FEW = 5  # fewer are said as "few"
QUESTIONS = ("safe", "spoke", "again")


def join_news(db: Session, effect: JoinNews, office: Office, at: int) -> Outcome[str]:
    """One person, one entry: who joins again changes zone and language. A stop of before is taken back."""
    phone = office.vault.open_for_sender(bytes.fromhex(effect.number_handle))
    digest = office.vault.mark("subscriber", phone)
    row = db.scalar(select(Subscriber).where(Subscriber.phone_digest == digest).with_for_update())
    if row is None:
        row = Subscriber(phone_digest=digest, phone_sealed=office.vault.seal_to_sender(phone))
        db.add(row)
    row.zone, row.language, row.refused = effect.zone, effect.language or office.country.languages[0], 0
    row.kinds, row.hours = f",{effect.kinds}," if effect.kinds else "", effect.hours if effect.hours in PARTS else ""
    journal.append(office.vault, at, journal.JOINED, digest)
    start(db, office.vault, phone, at)
    return Outcome("done")


def audience(country: Country, meeting: Meeting, at: int) -> tuple[ColumnElement[bool], ...]:
    """Who of the list hears of a meeting: of its zone, of its kind, who can come at that hour, and has not heard of too
    many others this week (a move from zone to zone gives nobody more)."""
    part = PARTS[country.clock(meeting.starts).hour >= NOON]
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


def known(db: Session, vault: Vault, phone: str) -> Subscriber | None:
    """What is kept of a number, for whoever dials from it."""
    return db.scalar(select(Subscriber).where(Subscriber.phone_digest == vault.mark("subscriber", phone)))


def wished(db: Session, country: Country, meeting: Meeting) -> tuple[int, int]:
    """How many of the zone said when they can come, and how many of them cannot at the hour of a meeting."""
    part = PARTS[country.clock(meeting.starts).hour >= NOON]
    said = select(Subscriber.hours, func.count()).where(Subscriber.zone == meeting.zone, Subscriber.hours != "")
    counts = {hours: number for hours, number in db.execute(said.group_by(Subscriber.hours))}
    return sum(counts.values()), sum(number for hours, number in counts.items() if hours != part)


def leave_news(db: Session, effect: LeaveNews, office: Office, at: int) -> Outcome[str]:
    """Her number is erased; the same words for a number that was never there."""
    leave(db, office.vault, office.vault.open_for_sender(bytes.fromhex(effect.number_handle)), at)
    return Outcome("done")


def stop(db: Session, vault: Vault, phone: str, at: int) -> None:
    """The number wants no notices, from any provider; it is on no list any more."""
    digest = vault.digest("opt-out", phone)
    journal.append(vault, at, journal.OUT, digest)
    db.merge(OptOut(phone_digest=digest, at=at))
    leave(db, vault, phone, at)


def start(db: Session, vault: Vault, phone: str, at: int) -> None:
    """What `stop` wrote is forgotten."""
    digest = vault.digest("opt-out", phone)
    journal.append(vault, at, journal.IN, digest)
    db.execute(delete(OptOut).where(OptOut.phone_digest == digest))


def opt_out(sessions: SessionFactory, vault: Vault, phone: str, out: bool) -> None:
    """Remember, or forget, that a number wants no notices; it is on no list then. Raises one of `MISSING`."""
    with sessions.begin() as db:
        (stop if out else start)(db, vault, phone, now())


def leave(db: Session, vault: Vault, phone: str, at: int) -> None:
    """The number is on no list any more."""
    digest = vault.mark("subscriber", phone)
    journal.append(vault, at, journal.LEFT, digest)
    db.execute(delete(Subscriber).where(Subscriber.phone_digest == digest))


def public(db: Session, country: Country, at: int) -> list[Meeting]:
    """The meetings that anybody may hear of: released, their hold over, not a day past; with minutes, a fortnight."""
    shown = (Meeting.status == MeetingStatus.RELEASED) & (Meeting.public_at <= at)
    recent = (Meeting.ends > at - RSVP_LIFE_S) | (Meeting.ends > at - READABLE) & Meeting.decided.is_not(None)
    return list(db.scalars(select(Meeting).where(shown & recent).order_by(Meeting.starts)))


def say_coming(db: Session, effect: SayComing, office: Office, at: int) -> Outcome[str]:
    """Kept by a digest until the day after. Who says yes reads the place. Outcomes: done | place | gone."""
    meeting = db.get(Meeting, effect.which)
    if meeting is None or meeting not in public(db, office.country, at) or at >= meeting.starts:
        return Outcome("gone")
    phone = office.vault.open_for_sender(bytes.fromhex(effect.number_handle))
    who = office.vault.mark("coming", f"{meeting.id}:{phone}")
    db.merge(Coming(meeting=meeting.id, who=who, comes=effect.coming == "yes"))
    if effect.coming != "yes":
        return Outcome("done")
    return Outcome("place", shown(office.country, meeting))


def comes(db: Session, vault: Vault, meeting: str, phone: str) -> bool:
    """Whether that number has said that she comes."""
    said = db.get(Coming, (meeting, vault.mark("coming", f"{meeting}:{phone}")))
    return said is not None and said.comes


def shown(country: Country, meeting: Meeting) -> dict[str, object]:
    """Where and when, for a text."""
    starts = When(country.clock(meeting.starts))
    return {"when": starts, "place": country.venues[meeting.venue].name}


def say_opinion(db: Session, effect: SayOpinion, office: Office, at: int) -> Outcome[str]:
    """Counts without numbers; a phone is heard once. Outcomes: done | gone."""
    meeting = db.get(Meeting, effect.which)
    if meeting is None or meeting not in public(db, office.country, at):
        return Outcome("gone")
    if not meeting.starts <= at < meeting.ends + RSVP_LIFE_S:
        return Outcome("gone")
    phone = office.vault.open_for_sender(bytes.fromhex(effect.number_handle))
    who = office.vault.mark("coming", f"opinion:{meeting.id}:{phone}")
    if db.get(Coming, (meeting.id, who)) is not None:
        return Outcome("done")
    db.add(Coming(meeting=meeting.id, who=who, comes=False))
    for question in QUESTIONS:
        if db.get(Opinion, (meeting.id, question)) is None:
            db.add(Opinion(meeting=meeting.id, question=question, yes=0, no=0))
            db.flush()
        said = Opinion.yes if getattr(effect, question) == "yes" else Opinion.no
        one = (Opinion.meeting == meeting.id) & (Opinion.question == question)
        db.execute(update(Opinion).where(one).values({said: said + 1}))
    return Outcome("done")


def say_concern(db: Session, effect: SayConcern, office: Office, at: int) -> Outcome[str]:
    """Sealed to each women's advocate of the zone; nothing is kept of who wrote it. Outcomes: done | nobody | gone."""
    meeting = db.get(Meeting, effect.which)
    if meeting is None or meeting not in public(db, office.country, at):
        return Outcome("gone")
    around = {place.code for place in office.country.way_up(meeting.zone)}
    serve = select(Person).where(Person.role == "advocate", Person.active, func.length(Person.public_key) > 0)
    readers = [p for p in db.scalars(serve) if not around.isdisjoint(p.zones.split(","))]
    vouched = office.vault.vouched([(p.id, p.public_key, p.vouch) for p in readers])
    readers = [person for person, sure in zip(readers, vouched, strict=True) if sure]
    for person in readers:
        sealed = seal_line(effect.concern.encode(), meeting.id, 0, person.id, person.public_key)
        db.add(Concern(meeting=meeting.id, person=person.id, sealed=sealed))
    return Outcome("done" if readers else "nobody")


def concerns(db: Session, meeting: str, person: str, private: bytes) -> list[str]:
    """What was written about a meeting for that advocate; in no order that tells who came first."""
    mine = select(Concern.sealed).where(Concern.meeting == meeting, Concern.person == person).order_by(Concern.id)
    return [open_line(sealed, meeting, 0, person, private).decode() for sealed in db.scalars(mine)]


def coming(db: Session, meeting: str) -> str:
    """How many said that they come, for the organiser: a total, small ones as `< 5` (S69)."""
    yes = select(func.count()).select_from(Coming).where(Coming.meeting == meeting, Coming.comes)
    found = db.scalar(yes) or 0
    return str(found) if found >= FEW else f"< {FEW}"


def erase_rsvps(db: Session, at: int) -> None:
    """The day after, nobody knows any more who came; a month after, what people worried about is gone."""
    past = select(Meeting.id).where(Meeting.ends <= at - RSVP_LIFE_S)
    db.execute(delete(Coming).where(Coming.meeting.in_(past)))
    old = select(Meeting.id).where(Meeting.ends <= at - 30 * RSVP_LIFE_S)
    db.execute(delete(Concern).where(Concern.meeting.in_(old)))
