"""SMS in: answered later by the provider's own road, or in the response itself where it takes the answer there."""

from __future__ import annotations

import contextlib

from flask import Response
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.channels.messages import Inbound
from bot.channels.provider import Provider, Webhook
from bot.delivery import redaction
from bot.delivery.attempts import is_reply_loop
from bot.meetings import subscribers
from bot.phone.replies import answer, ask_again, taken
from bot.phone.sessions import Answer, TalkSessions
from bot.services import Services
from bot.storage.base import random_id
from bot.storage.database import UNAVAILABLE
from bot.storage.outbox import ANSWER, TaskName, now, post, signal_workers, task
from bot.storage.tables.delivery import Message, MessageKind
from bot.storage.tables.runtime import Task


def sms_in(services: Services, talk_sessions: TalkSessions, provider: Provider, asked: Webhook) -> Response:
    """An SMS in. It is answered in this very response where the provider takes the answer there."""
    inbound = provider.parse_sms(asked) if provider.parse_sms else None
    if provider.answers is None:
        return sms_later(services, talk_sessions, inbound)
    if inbound is None or _opted(services, inbound):
        return answer(provider, None)
    said = talk_sessions.sms(inbound.provider, inbound.id, inbound.phone, inbound.text).text
    if provider.erases:
        with contextlib.suppress(*UNAVAILABLE):
            redaction.ask(services.sessions, inbound.provider, inbound.id, now())
    return answer(provider, None if _is_reply_loop(services, inbound.phone, said) else said)


def sms_later(services: Services, talk_sessions: TalkSessions, inbound: Inbound | None) -> Response:
    """The answer goes out by the provider's own road, so it waits sealed in the outbox and is gone when it has left.

    While it cannot be kept the provider is asked to bring her SMS again: both do, and a repeat is known by its id.
    """
    try:
        if inbound is not None and not _opted(services, inbound):
            _hear(services, talk_sessions, inbound)
    except UNAVAILABLE as error:
        return ask_again("an SMS", error)
    return taken()


def _hear(services: Services, talk_sessions: TalkSessions, inbound: Inbound) -> None:
    key = "answer:" + services.vault.digest("request", f"{inbound.provider}:{inbound.id}")
    if not _answered(services, key):
        said = talk_sessions.sms(inbound.provider, inbound.id, inbound.phone, inbound.text)
        if not _is_reply_loop(services, inbound.phone, said.text):
            _answer_later(services, inbound, key, said)


def _answered(services: Services, key: str) -> bool:
    """Whether this SMS has its answer: a repeat that comes after her next SMS must not be heard as a new word."""
    with services.reads() as db:
        return db.scalar(select(Task.key).where(Task.key == key)) is not None


def _is_reply_loop(services: Services, phone: str, said: str) -> bool:
    """True if the same reply went to this number too often: an answering machine answers us, and nobody answers it
    any more. False when the database is away."""
    try:
        with services.sessions.begin() as db:
            return is_reply_loop(db, services.vault.digest("request", f"circle:{phone}:{said}"), now())
    except UNAVAILABLE:
        return False


def _answer_later(services: Services, inbound: Inbound, key: str, said: Answer) -> None:
    message = Message(
        id=random_id(),
        kind=MessageKind.ANSWER,
        recipient=services.vault.seal_to_sender(inbound.phone),
        body=services.vault.seal_to_sender(said.text),
        created=now(),
    )
    try:
        with services.sessions.begin() as db:
            db.add(message)
            post(db, task(key, TaskName.DELIVER, {"message": message.id}, now(), ANSWER))
    except IntegrityError:
        return  # a repeat of the same SMS: its answer is on the way
    signal_workers(services.signal, [key])


def _opted(services: Services, inbound: Inbound) -> bool:
    """Whether this was a stop or start word that the provider itself has answered; recorded, not answered again."""
    if inbound.optout in ("STOP", "START"):
        subscribers.opt_out(services.sessions, services.vault, inbound.phone, inbound.optout == "STOP")
    return inbound.optout != ""
