"""SMS in: answered later through the outbox, or in the response itself where the provider takes the answer there."""

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
from bot.storage.base import hour_of, random_id
from bot.storage.database import UNAVAILABLE
from bot.storage.outbox import ANSWER, TaskName, now, post, signal_workers, task
from bot.storage.tables.delivery import Message, MessageKind
from bot.storage.tables.runtime import Task


def sms_in(services: Services, talk_sessions: TalkSessions, provider: Provider, asked: Webhook) -> Response:
    """Answer an SMS, in the response where the provider takes the answer there."""
    inbound = provider.parse_sms(asked) if provider.parse_sms else None
    if provider.answers is None:
        return sms_later(services, talk_sessions, inbound)
    if inbound is None or _opted(services, inbound):
        return answer(provider, None)
    reply = talk_sessions.sms(inbound.provider, inbound.id, inbound.phone, inbound.text).text
    if provider.erases:
        with contextlib.suppress(*UNAVAILABLE):
            redaction.ask(services.sessions, services.vault, inbound.provider, inbound.id, now())
    return answer(provider, None if _is_reply_loop(services, inbound.phone, reply) else reply)


def sms_later(services: Services, talk_sessions: TalkSessions, inbound: Inbound | None) -> Response:
    """Answer an SMS by a message of its own: it waits sealed in the outbox and is deleted when it has been sent.

    While it cannot be stored the provider is asked to repeat the SMS; session and outbox both recognise a repeat by its
    id.
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
        reply = talk_sessions.sms(inbound.provider, inbound.id, inbound.phone, inbound.text)
        if not _is_reply_loop(services, inbound.phone, reply.text):
            _answer_later(services, inbound, key, reply)


def _answered(services: Services, key: str) -> bool:
    """Whether this SMS has its answer: a repeat that comes after the next SMS must not be taken for a new word."""
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
        created=hour_of(now()),
    )
    try:
        with services.sessions.begin() as db:
            db.add(message)
            post(db, task(key, TaskName.DELIVER, {"message": message.id}, now(), ANSWER))
    except IntegrityError:
        return  # a repeat of the same SMS: its answer is on the way
    signal_workers(services.signal, [key])


def _opted(services: Services, inbound: Inbound) -> bool:
    """Whether this was a stop or start word that the provider itself has answered; it is recorded and not answered
    again.
    """
    if inbound.optout in ("STOP", "START"):
        subscribers.opt_out(services.sessions, services.vault, inbound.phone, inbound.optout == "STOP")
    return inbound.optout != ""
