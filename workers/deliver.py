"""Messages leave the house, one at a time.

`sending` is committed before the call and no transaction is open during it. What was `sending` when a worker died is
in doubt: an alert is sent again (it says nothing, so twice is better than never), an answer to a caller is not.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot import outbox
from bot.channels.messages import Reason, SendError, Sent
from bot.flow import _
from bot.models import DeliveryStatus, EarlyReceipt, Message, OptOut, Person
from bot.outbox import Claim
from bot.screens import fold
from bot.wiring import Wiring

NEW = _("officer.sms.new", "New task {number}. Dial {code}.")
URGENT = _("officer.sms.urgent", "Urgent. New task {number}. Dial {code}.")
DAILY = _("oversight.daily", "Tasks waiting: {number}. Dial {code}.")
NEWS = _("cover.news", "Local news: this week's news is here. Dial {code}, free.")  # as everybody gets it
OVERDUE = _("officer.sms.overdue", "Do not forget task {number}. Dial {code}.")
ALERTS = {
    "new": NEW,
    "urgent": URGENT,
    "daily": DAILY,
    "overdue": OVERDUE,
    "meeting": NEW,
}  # to staff: they say nothing, so twice is better than never
ERASED = {"recipient": None, "body": None}  # a caller's number and words go when the message is final
MOST_TRIES = 12  # with back-off up to a quarter of an hour: about two hours, then oversight's clock has long rung


def deliver(wiring: Wiring, claim: Claim, at: int) -> tuple[str, ...]:
    """Send one message through the first provider, the next one on the next try. Raises what the outbox retries."""
    addressed = _begin(wiring, claim, at)
    if addressed is None:
        return ()
    phone, text = addressed
    provider = wiring.providers[(claim.tries - 1) % len(wiring.providers)]
    try:
        sent = wiring.channel(provider).send(phone, text)
    except SendError as error:
        _failed(wiring, claim, at, error, phone)
        return ()
    _sent(wiring, claim, at, provider, sent)
    return ()


def _begin(wiring: Wiring, claim: Claim, at: int) -> tuple[str, str] | None:
    """The number and the words, with `sending` committed; None when there is nothing to send any more."""
    with wiring.sessions.begin() as db:
        message = db.scalar(select(Message).where(Message.id == claim.args["message"]).with_for_update())
        if message is None or message.status not in (DeliveryStatus.PENDING, DeliveryStatus.SENDING):
            outbox.done(db, claim, at)
            return None
        in_doubt = message.status == DeliveryStatus.SENDING
        if in_doubt and message.kind not in ALERTS:
            _final(db, claim, at, message, DeliveryStatus.UNKNOWN)
            return None
        message.status, message.tries = DeliveryStatus.SENDING, message.tries + 1
        if message.kind in ALERTS:
            person = db.get_one(Person, message.person)
            if not person.active:
                _final(db, claim, at, message, DeliveryStatus.SUPPRESSED)
                return None
            language = person.languages.split(",")[0]
            values = {"number": message.number, "code": wiring.settings.service_code}
            text = fold(wiring.words.say(language, ALERTS[message.kind], values))
            return wiring.vault.open_for_sender(person.phone_sealed), text
        phone = wiring.vault.open_for_sender(message.recipient or b"")
        if db.get(OptOut, wiring.vault.digest("opt-out", phone)) is not None and message.kind in ("notice", "ping"):
            _final(db, claim, at, message, DeliveryStatus.SUPPRESSED)
            return None
        if message.kind == "ping":
            values = {"code": wiring.settings.service_code}
            language = wiring.vault.open_for_sender(message.body or b"")
            return phone, fold(wiring.words.say(language, NEWS, values))
        return phone, wiring.vault.open_for_sender(message.body or b"")


def _final(db: Session, claim: Claim, at: int, message: Message, status: DeliveryStatus) -> None:
    """A message that will not be sent: a caller's number and words go at once."""
    if outbox.done(db, claim, at):
        message.status, message.recipient, message.body = status, None, None


def _sent(wiring: Wiring, claim: Claim, at: int, provider: str, sent: Sent) -> None:
    with wiring.sessions.begin() as db:
        early = db.get(EarlyReceipt, sent.id) if sent.id else None
        status = DeliveryStatus(early.status) if early else DeliveryStatus.SENT
        if early:
            db.delete(early)
        _note(db, claim, {"status": status, "provider": provider, "provider_id": sent.id} | ERASED)
        outbox.done(db, claim, at)


def _failed(wiring: Wiring, claim: Claim, at: int, error: SendError, phone: str) -> None:
    """Final when trying again cannot help; else the same message again, later, through the next provider.

    A number that its provider says has opted out has done so for all of them.
    """
    unknown_answer = error.unknown_outcome and not _is_alert(wiring, claim)
    again = error.retryable and not unknown_answer and claim.tries < MOST_TRIES
    with wiring.sessions.begin() as db:
        if error.reason == Reason.OPTED_OUT:
            db.merge(OptOut(phone_digest=wiring.vault.digest("opt-out", phone), at=at))
        if again:
            _note(db, claim, {"status": DeliveryStatus.PENDING, "reason": str(error.reason)})
        else:
            status = DeliveryStatus.UNKNOWN if unknown_answer else DeliveryStatus.FAILED
            _note(db, claim, {"status": status, "reason": str(error.reason)} | ERASED)
            outbox.done(db, claim, at)
    if again:
        outbox.retry_later(wiring.sessions, claim, at, str(error.reason))


def _note(db: Session, claim: Claim, values: dict[str, Any]) -> None:
    db.execute(update(Message).where(Message.id == claim.args["message"]).values(**values))


def _is_alert(wiring: Wiring, claim: Claim) -> bool:
    with wiring.reads() as db:
        return db.scalar(select(Message.kind).where(Message.id == claim.args["message"])) in ALERTS
