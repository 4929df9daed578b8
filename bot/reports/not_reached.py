"""An alert that reached nobody: its delivery report says that it never will arrive, every provider has refused it, or
its person has no number any more.

Then nobody waits for a clock: the next rung is rung at once, and it is an alarm. No delivery report ever stops a clock
(S51): a phone that has rung has not yet helped anybody.
"""

from __future__ import annotations

import logging

from sqlalchemy import Select, false, select
from sqlalchemy.orm import Session

from bot.reports.ladders import bring_forward, hand_on, has_living, has_passed
from bot.storage.audit import AuditAction, note
from bot.storage.tables.delivery import Message, MessageKind
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Request, RequestStatus, Step
from bot.vault.vault import Vault

log = logging.getLogger("ijwi")


def not_reached(db: Session, vault: Vault, message: str, why: str, at: int) -> list[str]:
    """Ring the next of each new request that the alert `message` told of, because it reached nobody; the keys of the
    tasks that are due now. Nothing for a message to a caller.

    `why` is the reason of a provider, without a number, for the alarm; empty for whoever was stopped, which is none.
    Where nobody is left whose phone takes an SMS, that is an alarm too: the request stays in the lists of all who can
    read it.
    """
    alert = db.get(Message, message)
    if alert is None or not alert.person:
        return []
    if why:
        ref = db.scalar(select(Person.ref).where(Person.id == alert.person))
        log.error("ALARM: the phone of %s takes no SMS: %s", ref, why)
    new = select(Request.id).where(Request.id.in_(_told_of(alert)), Request.status == RequestStatus.NEW)
    tasks: list[str] = []
    for request in db.scalars(new.order_by(Request.id).with_for_update()).all():
        note(db, vault, at, alert.person, AuditAction.NOT_REACHED, request)
        tasks += bring_forward(db, request, at) or _ask_another(db, vault, request, at)
    return tasks


def _ask_another(db: Session, vault: Vault, request: str, at: int) -> list[str]:
    """Every rung was rung: ask somebody again whose phone takes an SMS. Nobody else is: that would go on for ever."""
    if has_living(db, request):
        return hand_on(db, vault, request, at)
    log.error("ALARM: nobody whose phone takes an SMS is left for an open request")
    return []


def _told_of(alert: Message) -> Select[str]:
    """The query for the ids of the requests of which an alert tells."""
    about = select(Step.request).where(Step.person == alert.person)
    if alert.kind in (MessageKind.NEW, MessageKind.URGENT):
        return about.where(Step.number == alert.number)
    if alert.kind == MessageKind.WAITING:  # of any of them
        return about.where(Step.alerted > 0, ~has_passed())
    return about.where(false())
