"""The daily task: once a day each oversight member gets an SMS with the number of requests that nobody has taken, also
when it is zero, so that a missing SMS shows a dead service.

It also logs alarms about what no report shows: zones that are closed, hours without a woman officer.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.country.rows import Role
from bot.delivery.staff_alerts import post_alert
from bot.meetings.promises import silent_zones
from bot.people import enrolment
from bot.reports import clocks
from bot.reports.case import week_of
from bot.reports.routing import Reader, may_act
from bot.services import Services
from bot.storage import audit, outbox
from bot.storage.audit import AuditAction
from bot.storage.outbox import Claim, TaskName
from bot.storage.tables.delivery import MessageKind
from bot.storage.tables.people import RECOVERY, Person
from bot.storage.tables.reports import Report, Request, RequestStatus
from bot.storage.tables.runtime import Event, Task
from bot.upkeep import alarms as outgoing
from bot.upkeep.recovery import stranded

log = logging.getLogger("ijwi")
WARNING = 4  # weeks before an open report is erased in which oversight is warned every day
MOST_A_WEEK = 20  # reports that one person opens; a proposal, to be settled with those who do
WAITS = (RequestStatus.NEW, RequestStatus.UNHELPED)  # nobody has taken it, or nobody could help
MONDAY = 0
HOUR = 8  # of the country's own clock


def announce(services: Services, at: int) -> tuple[str, ...]:
    """Post today's task once, from eight o'clock on; its key. Nothing on the day of installation."""
    local = datetime.fromtimestamp(at, services.country.timezone)
    key = f"daily:{local:%Y-%m-%d}"
    if local.hour < HOUR:
        return ()
    with services.sessions.begin() as db:
        days = set(db.scalars(select(Task.key).where(Task.name == TaskName.DAILY)))
        if key in days:
            return ()
        outbox.post(db, outbox.task(key, TaskName.DAILY, {}, at))
        if not days:
            db.execute(update(Task).where(Task.key == key).values(done_at=at))
        return (key,) if days else ()


def daily(services: Services, claim: Claim, at: int) -> tuple[str, ...]:
    """Send each oversight member an SMS with a number and nothing else; alarms go to the log."""
    for alarm in alarms(services, datetime.fromtimestamp(at, services.country.timezone)):
        log.error("ALARM: %s", alarm)
    for alarm in outgoing.alarms(services, at):
        log.error("ALARM: %s", alarm)
    for line in outgoing.report(services, at):
        log.info("delivery: %s", line)
    with services.reads() as db:
        if (chain := audit.check(db, services.vault)).broken:
            log.error("ALARM: row %d of the record was changed, put in, or follows one that is gone", chain.broken)
        if lost := len(stranded(db)):
            log.error("ALARM: nobody who serves can open %d open requests: ops/ijwi recover", lost)
        for zone, days in silent_zones(db, services.country, services.country.clock(at).date()):
            log.error("ALARM: %s has had no meeting for %d days", zone, days)
        _about_people(db, services, at)
        _about_clocks(db, services, at)
        if dying := expiring(db, services, at):
            log.error("ALARM: %d open reports will be erased within %d weeks", dying, WARNING)
    return _tell_oversight(services, claim, at)


def _about_people(db: Session, services: Services, at: int) -> None:
    """Log alarms about staff: stopped by one person, about to end, with too many reports."""
    confirmed = (Person.public_key != b"") | ((Person.phone_digest != "") & (Person.confirmed_on != ""))
    half = ~Person.active & confirmed & (Person.confirmed_by == "") & (Person.role != RECOVERY)
    for ref in db.scalars(select(Person.ref).where(half)):
        log.error("ALARM: %s was stopped by one person: another disables her too, or confirms her", ref)
    for ref, until in enrolment.ending(db, services.country.clock(at).date()):
        log.error("ALARM: the year or the training of %s ends on %s: ops/ijwi people confirm or change", ref, until)
    for ref, number in tired(db, at):
        log.error("ALARM: %s has opened %d reports in a week: let somebody else serve, and talk", ref, number)


def _about_clocks(db: Session, services: Services, at: int) -> None:
    """Log how many requests went on since yesterday because nobody had answered; once a week what stays open long."""
    went_on = select(func.count()).select_from(Event).where(clocks.not_answered(at - 86400))
    if number := db.scalar(went_on):
        log.error("ALARM: %d requests went on since yesterday, because nobody had answered in time", number)
    untrained = (
        select(func.count()).select_from(Event).where(Event.what == AuditAction.NOT_TRAINED, Event.at >= at - 86400)
    )
    if number := db.scalar(untrained):
        log.error("ALARM: %d requests went on since yesterday, because a training was over", number)
    day = services.country.clock(at).date()
    if day.weekday() == MONDAY:
        for service, filed, number in clocks.open_long(db, day):
            log.error("ALARM: %d requests for %s are open since %s", number, service, filed)


def _tell_oversight(services: Services, claim: Claim, at: int) -> tuple[str, ...]:
    """Post messages with the number of reports that nobody has opened, and mark the task done; the keys of
    their tasks.
    """
    keys: list[str] = []
    with services.sessions.begin() as db:
        if not outbox.done(db, claim, at):
            return ()
        clocks.start_missing(db, services.country, at)
        waiting = db.scalar(select(func.count()).select_from(Request).where(Request.status.in_(WAITS))) or 0
        for person in db.scalars(select(Person.id).where(Person.role == Role.OVERSIGHT, Person.active)):
            keys += post_alert(db, MessageKind.DAILY, person, waiting, at, outbox.NOTICE)
    return tuple(keys)


def expiring(db: Session, services: Services, at: int) -> int:
    """How many open reports will be erased within `WARNING` weeks."""
    day = datetime.fromtimestamp(at, services.country.timezone).date()
    before = week_of(day - timedelta(weeks=services.settings.keep_weeks - WARNING))
    open_ones = select(Request.report).where(Request.status.in_((*WAITS, RequestStatus.TAKEN)))
    waits = Report.id.in_(open_ones) & (Report.week != "") & (Report.week < before)
    return db.scalar(select(func.count()).select_from(Report).where(waits)) or 0


def tired(db: Session, at: int) -> list[tuple[str, int]]:
    """Reference and number of those who have opened more different reports in seven days than one can bear (S94)."""
    week = (Event.at > at - 7 * 86400) & Event.what.startswith(AuditAction.OPENED)
    number = func.count(func.distinct(Event.report))
    many = select(Person.ref, number).join(Event, Event.person == Person.id).where(week).group_by(Person.ref)
    many = many.having(number > MOST_A_WEEK)
    return [(ref, number) for ref, number in db.execute(many.order_by(Person.ref))]


def alarms(services: Services, day: datetime) -> Iterator[str]:
    """What is wrong in the zones today: places and hours, never people."""
    staff = services.roster.staff()
    for zone in services.country.served:
        if zone not in staff.opened.zones:
            yield f"{zone.name} is closed: somebody it needs is missing"
            continue
        area = {place.code for place in services.country.way_up(zone.code)}
        women = [r for r in staff.readers if r.role == Role.CHAMPION and r.sex == "f" and not area.isdisjoint(r.zones)]
        holiday = services.country.is_holiday(day.date())
        if hours := [hour for hour in range(24) if not _serves(women, day, hour, holiday)]:
            yield f"{zone.name} has no woman officer on duty in {len(hours)} hours of today"


def _serves(women: list[Reader], day: datetime, hour: int, holiday: bool) -> bool:
    return any(may_act(woman, datetime.combine(day, time(hour), day.tzinfo), holiday) for woman in women)
