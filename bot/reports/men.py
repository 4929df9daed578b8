"""She wishes a woman after men of the police have it: they keep it, or she takes it from them (S53, S45)."""

from __future__ import annotations

from sqlalchemy import select

from bot.country.rows import Role
from bot.reports.care import shut_out
from bot.reports.ladders import hand_on, keep_ringing
from bot.storage.audit import AuditAction, note
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Copy, Report
from bot.storage.unit_of_work import Work
from bot.vault import journal

MEN = "men"


def have_it(work: Work, report: str) -> bool:
    """Whether an officer who is no woman holds a copy of a report."""
    men = select(Copy.person).join(Person, Person.id == Copy.person)
    men = men.where(Copy.report == report, Person.role == Role.CHAMPION, Person.sex != "f")
    return work.db.scalar(men.limit(1)) is not None


def officers_read(work: Work, report: str) -> bool:
    """Whether any officer holds a copy of a report."""
    officers = select(Copy.person).join(Person, Person.id == Copy.person)
    return work.db.scalar(officers.where(Copy.report == report, Person.role == Role.CHAMPION).limit(1)) is not None


def take_from_men(work: Work, report: Report) -> tuple[str, ...]:
    """Revoke the copies of these officers; what one of them had, or was to be asked for, goes to the next reader. The
    keys of the tasks that are due now.
    """
    journal.append(work.vault, work.at, journal.EXCLUDED, report.id, MEN)
    moved, left = shut_out(work.db, report, MEN)
    note(work.db, work.vault, work.at, "", AuditAction.EXCLUDED, report.id, MEN)
    tasks = [key for request in moved for key in hand_on(work.db, work.vault, request, work.at)]
    return (*tasks, *keep_ringing(work.db, work.vault, {*left} - {*moved}, work.at))
