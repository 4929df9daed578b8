"""A task of somebody's that no filing has made: an alert that tells of nobody's task is not sent."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.storage.base import random_id
from bot.storage.tables.reports import Copy, Report, Request, Step


def task_of(db: Session, person: str, number: int = 1) -> int:
    """The number of a task of that person: of a new request to the police, if there is none yet."""
    if db.scalar(select(Step.request).where(Step.person == person, Step.number == number)) is None:
        report = random_id()
        db.add(Report(id=report, zone="z", wishes="", month="", filed="", sealed=b""))
        db.flush()
        db.add(Request(id=report, report=report, service="police", urgency="person"))
        db.add(Copy(report=report, person=person, sealed_key=b""))
        db.flush()
        db.add(Step(request=report, report=report, person=person, rung=0, number=number))
    return number
