"""Sends messages, one at a time.

`sending` and a row for the attempt are committed before the call, and no transaction is open during it. A message that
was `sending` when a worker died is in doubt: an alert is sent again (it says nothing, so twice is better than never),
an answer to a caller is not. A message that a provider has surely not taken goes to the next provider at once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.channels.messages import Reason, SendError, Sent
from bot.delivery import prices, providers
from bot.delivery.alert_texts import ALERTS, ERASED, NEWS
from bot.delivery.attempts import kept_id
from bot.delivery.providers import ProviderChoice
from bot.meetings.subscribers import stop
from bot.reports.ladders import is_hers
from bot.reports.not_reached import not_reached
from bot.reports.queries import my_reports, new_reports
from bot.services import Services
from bot.storage import outbox
from bot.storage.base import hour_of
from bot.storage.outbox import Claim
from bot.storage.tables.delivery import Attempt, DeliveryStatus, EarlyDeliveryReport, Message, MessageKind, OptOut
from bot.storage.tables.people import Person
from bot.words.gsm import fold
from bot.words.languages import own_language

log = logging.getLogger("ijwi")
MOST_TRIES = 12  # with back-off up to a quarter of an hour: about two hours; by then oversight was alerted
MOST_CALL = 18  # seconds that a provider may take, time-outs and all
USEFUL = 3 * 3600  # seconds from the hour in which it was written: after two or three nobody waits for an answer


@dataclass(frozen=True, repr=False)
class Going:
    """A message on its way to a provider; its repr holds neither number nor words."""

    choice: ProviderChoice
    attempt: int
    phone: str
    text: str
    alert: bool


def deliver(services: Services, claim: Claim, at: int) -> tuple[str, ...]:
    """Send one message through the first provider that is open, and the next one if it was surely not taken."""
    began, asked, error = at, list[str](), SendError(Reason.UNKNOWN)
    while at - began < outbox.LEASE - MOST_CALL:
        left = [provider for provider in services.providers if provider not in asked]
        choice = providers.choose(services, left, at)
        if isinstance(choice, int):
            return _wait_for_provider(services, claim, at, error if asked else None, choice)
        going = _begin(services, claim, at, choice)
        if going is None:
            return ()
        try:
            with providers.wait_for_turn(services, choice.provider, 1, urgent=True):
                sent = services.channel(choice.provider).send(going.phone, going.text)
        except SendError as refused:
            at, error = outbox.now(), refused
            providers.record_failure(services.sessions, choice, error, at)
            if (following := _failed(services, claim, at, error, going)) is not None:
                return following
            asked.append(choice.provider)
            continue
        providers.record_success(services.sessions, choice)
        return _sent(services, claim, outbox.now(), going, sent)
    outbox.retry_later(services.sessions, claim, at, str(error.reason), error.retry_after)
    return ()


def _begin(services: Services, claim: Claim, at: int, choice: ProviderChoice) -> Going | None:
    """The number and the words, with `sending` committed; None when there is nothing to send any more."""
    with services.sessions.begin() as db:
        message = db.scalar(select(Message).where(Message.id == claim.args["message"]).with_for_update())
        if message is None or message.status not in (DeliveryStatus.PENDING, DeliveryStatus.SENDING):
            outbox.done(db, claim, at)
            return None
        in_doubt, alert = message.status == DeliveryStatus.SENDING, message.kind in ALERTS
        if in_doubt:
            _in_doubt(db, message, at)
        if in_doubt and not alert:
            _final(db, claim, at, message, DeliveryStatus.UNKNOWN)
            return None
        if not alert and at - message.created > USEFUL:
            _final(db, claim, at, message, DeliveryStatus.EXPIRED)
            return None
        addressed = _addressed(db, services, message)
        if addressed is None:
            _final(db, claim, at, message, DeliveryStatus.SUPPRESSED)
            not_reached(db, services.vault, message.id, "", at)  # the clock finds what is due now
            return None
        message.status, message.tries = DeliveryStatus.SENDING, message.tries + 1
        attempt = Attempt(message=message.id, task=claim.key, provider=choice.provider, began=hour_of(at))
        db.add(attempt)
        db.flush()
        return Going(choice, attempt.id, *addressed, alert)


def _in_doubt(db: Session, message: Message, at: int) -> None:
    """Record that a worker died while it sent this message."""
    left = (Attempt.message == message.id) & (Attempt.state == DeliveryStatus.SENDING)
    db.execute(update(Attempt).where(left).values(state=DeliveryStatus.UNKNOWN, ended=hour_of(at), code="died"))


def _addressed(db: Session, services: Services, message: Message) -> tuple[str, str] | None:
    """The number and the words; None for staff who serve no more or have lost the task, and for numbers that want no
    notices.
    """
    values = {"number": message.number, "code": services.settings.service_code}
    if message.kind in ALERTS:
        person = db.get_one(Person, message.person)
        if not (person.active and person.phone_sealed and is_hers(db, message)):
            return None
        if message.kind == MessageKind.WAITING:
            values["number"] = len(new_reports(db, person.id)) + len(my_reports(db, person.id))
            if not values["number"]:
                return None
        offered = services.country.languages
        language = own_language(person.languages.split(","), offered) or offered[0]
        text = fold(services.words.say(language, ALERTS[message.kind], values))
        return services.vault.open_for_sender(person.phone_sealed), text
    phone = services.vault.open_for_sender(message.recipient or b"")
    body = services.vault.open_for_sender(message.body or b"")
    if message.kind != MessageKind.PING:
        return phone, body
    out = db.get(OptOut, services.vault.digest("opt-out", phone))
    language = body or services.country.languages[0]
    return None if out else (phone, fold(services.words.say(language, NEWS, values)))


def _final(db: Session, claim: Claim, at: int, message: Message, status: DeliveryStatus) -> None:
    """Finish a message that will not be sent: a caller's number and words are deleted at once."""
    if outbox.done(db, claim, at):
        message.status, message.recipient, message.body = status, None, None


def _wait_for_provider(
    services: Services, claim: Claim, at: int, error: SendError | None, until: int
) -> tuple[str, ...]:
    """Put a message back when every provider is closed or has been asked."""
    if error is not None:
        outbox.retry_later(services.sessions, claim, at, str(error.reason), error.retry_after)
    else:
        with services.sessions.begin() as db:
            outbox.put_back(db, claim, until)
    return ()


def _sent(services: Services, claim: Claim, at: int, going: Going, sent: Sent) -> tuple[str, ...]:
    """Record that a provider has taken a message; the keys of tasks that follow where its report came first and says
    that it never arrives.
    """
    its = kept_id(services.vault, sent.id)
    with services.sessions.begin() as db:
        early = db.get(EarlyDeliveryReport, its) if its else None
        status = DeliveryStatus(early.status) if early else DeliveryStatus.SENT
        reason, code = (early.reason, early.code) if early else ("", "")
        if early:
            db.delete(early)
        provider = going.choice.provider
        _note(db, claim, {"status": status, "reason": reason, "provider": provider, "provider_id": its} | ERASED)
        _end(db, going, at, status, reason, code, its)
        _pay(db, services, at, going)
        failed = outbox.done(db, claim, at) and status == DeliveryStatus.FAILED
        return _next(db, services, claim, reason or status, at) if failed else ()


def _failed(services: Services, claim: Claim, at: int, error: SendError, going: Going) -> tuple[str, ...] | None:
    """Record a failure. None when the message goes on, to the next provider or later; else the keys of the tasks that
    follow. Final are failures that a repeat cannot mend, and answers that may have been sent. A number that has opted
    out at one provider has done so for all.
    """
    unknown = error.unknown_outcome and not going.alert
    another = error.reason == Reason.BAD_NUMBER and going.choice.provider != services.providers[-1]
    again = (error.retryable or another) and not unknown and claim.tries < MOST_TRIES
    doubt = DeliveryStatus.UNKNOWN if error.unknown_outcome else DeliveryStatus.FAILED
    with services.sessions.begin() as db:
        if error.reason == Reason.OPTED_OUT:
            stop(db, services.vault, going.phone, at)
        _end(db, going, at, doubt, str(error.reason), error.provider_code)
        if error.unknown_outcome:
            _pay(db, services, at, going)
        if again:
            _note(db, claim, {"status": DeliveryStatus.PENDING, "reason": str(error.reason)})
            return None
        _note(db, claim, {"status": doubt, "reason": str(error.reason)} | ERASED)
        return _next(db, services, claim, str(error), at) if outbox.done(db, claim, at) else ()


def _pay(db: Session, services: Services, at: int, going: Going) -> None:
    demo = services.settings.is_demo
    prices.spend(db, services.country, going.choice.provider, [going.phone], going.text, at, demo=demo)


def _next(db: Session, services: Services, claim: Claim, why: str, at: int) -> tuple[str, ...]:
    """A member of staff cannot be reached: an alarm, and the next is rung; the keys of the tasks that do it."""
    return tuple(not_reached(db, services.vault, claim.args["message"], why, at))


def _end(
    db: Session, going: Going, at: int, state: DeliveryStatus, reason: str, code: str, provider_id: str = ""
) -> None:
    """Record how the attempt ended, as far as it is known."""
    ended = {"state": state, "reason": reason, "code": code[:40], "provider_id": provider_id, "ended": hour_of(at)}
    db.execute(update(Attempt).where(Attempt.id == going.attempt).values(**ended))


def _note(db: Session, claim: Claim, values: dict[str, Any]) -> None:
    db.execute(update(Message).where(Message.id == claim.args["message"]).values(**values))
