"""What becomes of a report after it was filed: who takes it, who hands it on."""

from __future__ import annotations

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from bot.effects import PassReport, TakeReport
from bot.models import Copy, Event, Report, ReportStatus, Task
from bot.office import Office, Performed


def take_report(db: Session, effect: TakeReport, office: Office, at: int) -> Performed:
    """One owner: who comes second is told so."""
    office.vault.private(office.caller, effect.pin_handle)
    free = Report.id.in_(held(office, effect.new)) & (Report.status == ReportStatus.NEW)
    values = {"status": ReportStatus.TAKEN, "owner": office.caller}
    taken = db.execute(update(Report).where(free).values(**values).returning(Report.id)).first()
    if taken is None:
        return Performed("late")
    db.add(Event(at=at, person=office.caller, what="taken", report=taken[0]))
    return Performed("done")


def pass_report(db: Session, effect: PassReport, office: Office, at: int) -> Performed:
    """Who cannot take it keeps nobody waiting: the next rung is alerted now. The last one is told that she is."""
    office.vault.private(office.caller, effect.pin_handle)
    free = Report.id.in_(held(office, effect.new)) & (Report.status == ReportStatus.NEW)
    report = db.scalar(select(Report.id).where(free).with_for_update())
    if report is None:
        return Performed("late")
    waiting = Task.key.startswith(f"route:{report}:") & Task.done_at.is_(None)
    following = db.scalar(select(Task.key).where(waiting).order_by(Task.due_at).limit(1))
    if following is None:
        return Performed("last")
    db.execute(update(Task).where(Task.key == following).values(due_at=at, rung_at=0))
    db.add(Event(at=at, person=office.caller, what="passed", report=report))
    return Performed("done", {}, (following,))


def held(office: Office, number: str) -> Select[str]:
    """The report behind the caller's own task number."""
    return select(Copy.report).where(Copy.person == office.caller, Copy.number == int(number))
