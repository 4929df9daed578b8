"""Retention: deletes rows that are too old, and destroys the keys of old weeks.

Requests live as long as the row of their report; steps and copies go when it is erased.
Wordings of this installation (`bot.storage.tables.words`) have no end: nothing in them is about a caller.
"""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta

from sqlalchemy import delete

from bot.delivery.attempts import count
from bot.delivery.pruning import MOST, prune
from bot.folder import line
from bot.meetings.subscribers import erase_rsvps as forget_who_comes
from bot.people import enrolment
from bot.people.pairs import PairAction
from bot.reports import reply_notice, training
from bot.reports.case import week_of
from bot.reports.erasure import delete_expired_receipts, erase_again, erase_expired, erase_free_text, erase_messages
from bot.reports.publication import publish_months
from bot.services import Services
from bot.storage import audit
from bot.storage.outbox import SessionFactory
from bot.storage.sqlite_journal import truncate
from bot.storage.tables.delivery import AlertHour, Attempt, AttemptCount, EarlyDeliveryReport, OddCount, Repeat
from bot.storage.tables.pairs import Proposal
from bot.storage.tables.reports import Tally
from bot.storage.tables.runtime import Inbound, Talk, Task
from bot.vault.client import VaultRefused
from bot.vault.guard import LATE

log = logging.getLogger("ijwi")
REQUEST_LIFE = 3 * 86400  # seconds: longer than any provider repeats a request
MIRROR_LATE = 86400  # seconds for which an erasure may wait for the mirror of the vault
MOST_ROUNDS = 100  # of messages that are deleted at once; what is left is deleted five minutes later
PROPOSAL_LIFE = 400 * 86400  # seconds: a year's decisions can be read beside the record
ATTEMPT_LIFE = 35 * 86400  # seconds: longer than the month of a provider's bill


def destroy_week_keys(services: Services, at: int, weeks: int = 0) -> tuple[int, list[str]]:
    """Erase reports that are older than so many weeks (default: the setting), then destroy the keys of these weeks; how
    many reports, and which weeks.

    The keys go last: with them goes what a backup of the rows still holds.
    """
    day = datetime.fromtimestamp(at, services.country.timezone).date()
    before = week_of(day - timedelta(weeks=weeks or services.settings.keep_weeks))
    codeless = min(before, week_of(day - timedelta(weeks=services.settings.keep_receipt_weeks)))
    wordless = max(before, week_of(day - timedelta(weeks=services.settings.keep_words_weeks)))
    with services.sessions.begin() as db:
        erased = erase_expired(db, services.vault, before, at)
        erase_messages(db, week_of(day - timedelta(weeks=services.settings.keep_reply_weeks)))
        erase_free_text(db, wordless)
        delete_expired_receipts(db, codeless)
        db.execute(delete(Attempt).where(Attempt.began <= at - ATTEMPT_LIFE))
        for counts in (OddCount, AttemptCount):
            db.execute(delete(counts).where(counts.day <= at - ATTEMPT_LIFE))
        db.execute(delete(Tally).where(Tally.month < months_before(day, services.settings.keep_count_months)))
        reply_notice.expire(db, months_before(day, services.settings.keep_number_months))
        reply_notice.end(db, services.vault, day)
    services.vault.shred(wordless, True)
    return erased, services.vault.shred(before)


def finish_erasures(services: Services, at: int) -> None:
    """Destroy keys of erased reports that are there again, and truncate SQLite's journal; an alarm in the log for the
    first, and when erasures have waited for the mirror of the vault for a day.
    """
    day = datetime.fromtimestamp(at, services.country.timezone).date()
    with services.reads() as db:
        again = erase_again(db, services.vault, week_of(day - timedelta(weeks=services.settings.keep_weeks)))
    if again:
        log.error("ALARM: %d erased reports had keys again, now destroyed: was an old vault's folder put back?", again)
    since, _copied = services.vault.mirrored()
    if services.settings.vault_mirror and since and at - since > MIRROR_LATE:
        log.error("ALARM: erasures have waited for the mirror of the vault for %d hours", (at - since) // 3600)
    truncate(services.engine)


def expire_terms(services: Services, at: int) -> list[str]:
    """Stop everybody whose year is over, and ring nobody any more whose training is, within minutes of midnight; the
    keys of the tasks that hand on what they had taken.
    """
    today = services.country.clock(at).date()
    with services.sessions.begin() as db:
        lapsed = enrolment.lapse(db, today, services.vault)
    with services.sessions.begin() as db:
        return lapsed + training.end(db, services.vault, today, at)


def months_before(day: date, months: int) -> str:
    """The month that lies so many months before a day, like 2026-05."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return f"{year}-{month + 1:02d}"


def publish_counts(services: Services, at: int) -> None:
    """Publish the counts of months that are over. What fails is tried again in five minutes, and named in the log."""
    try:
        for month in publish_months(services.sessions, services.reads, services.vault, services.country, at):
            log.info("the counts of %s are published", month)
    except (VaultRefused, ValueError) as error:
        log.error("ALARM: the vault does not publish counts: %s", error)


def witness_audit_head(services: Services) -> None:
    """Let the vault keep the last row of the audit chain, so that a chain whose end is cut off later is noticed."""
    with services.reads() as db:
        if not audit.witness(db, services.vault):
            log.error("ALARM: the end of the record of who did what is gone: %s", line("record"))


def tell_of_refusals(services: Services) -> None:
    """Log an alarm for each method that the vault has refused to a kind of caller, as long as it is not started
    anew; none for handles that were only late.
    """
    for caller, method, times in services.vault.refused():
        if method != LATE:
            log.error("ALARM: the vault has refused %s to %s %d times since its start", method, caller, times)


def delete_expired_rows(sessions: SessionFactory, at: int) -> None:
    """Delete what must not be kept: messages that are final with their attempts and tasks, who said that she comes to
    past meetings, sessions of a Redis outage, keys of old requests, done tasks, and delivery reports about messages
    that nobody knows.
    """
    for _ in range(MOST_ROUNDS):
        with sessions.begin() as db:
            if prune(db, at) < MOST:
                break
    with sessions.begin() as db:
        forget_who_comes(db, at)
        db.execute(delete(Talk).where(Talk.until <= at))
        db.execute(delete(Inbound).where(Inbound.at <= at - REQUEST_LIFE))
        ended = (Proposal.until <= at - PROPOSAL_LIFE) & (Proposal.action != PairAction.BEGIN)
        db.execute(delete(Proposal).where(ended))
        db.execute(delete(Task).where(Task.done_at <= at - REQUEST_LIFE))
        db.execute(delete(Repeat).where(Repeat.hour < at // 3600))
        db.execute(delete(AlertHour).where(AlertHour.hour < at // 3600))
        strangers = db.execute(
            delete(EarlyDeliveryReport)
            .where(EarlyDeliveryReport.at <= at - REQUEST_LIFE)
            .returning(EarlyDeliveryReport.at)
        )
        if times := len(strangers.all()):
            count(db, "receipt for a stranger", at, times)
