"""The task that tells those who wanted to hear of an answer: one a day for the morning, one for the evening.

All numbers are opened and posted in one go and in no order, by a task that names no report: neither the tables nor the
steps of the journal say which number belongs to which answer.
"""

from __future__ import annotations

from sqlalchemy import select

from bot.reports import reply_notice
from bot.services import Services
from bot.storage import outbox
from bot.storage.outbox import Claim, TaskName
from bot.storage.tables.runtime import Task


def announce(services: Services, at: int) -> tuple[str, ...]:
    """Post the task of this hour once, if it is one of those in which such SMS come; its key. In a demonstration, whose
    clock jumps, later on the same day too. Before it, the vault is told of the follow-ups that are due.
    """
    local = services.country.clock(at)
    begun = [
        hours for hours, hour in reply_notice.HOURS.items()
        if local.hour == hour or services.settings.is_demo and local.hour > hour
    ]  # fmt: skip
    keys: list[str] = []
    with services.sessions.begin() as db:
        for hours in begun:
            day = f"{local:%Y-%m-%d}"
            if db.scalar(select(Task.key).where(Task.key == (key := f"ping:{day}:{hours}"))) is None:
                reply_notice.follow_up(db, services.vault, local.date())
                args = {"day": day, "hours": hours}
                keys += outbox.post(db, outbox.task(key, TaskName.PING, args, at, outbox.NOTICE))
    return tuple(keys)


def ping(services: Services, claim: Claim, at: int) -> tuple[str, ...]:
    """Post the SMS of these hours, and mark the task as done in the same transaction. The vault gives the same numbers
    to a worker that asks again because the first one died.
    """
    contacts = services.vault.open_contacts(claim.args["hours"], claim.args["day"])
    with services.sessions.begin() as db:
        if not outbox.done(db, claim, at):
            return ()
        reply_notice.post(db, contacts, services.country, at)
    return ()
