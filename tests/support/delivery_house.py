"""An office with two providers that are real small servers, and every way in which one fails."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import select, update

import workers
from bot.storage import outbox
from bot.storage.base import random_id
from bot.storage.tables.delivery import Attempt, Message, ProviderState
from bot.storage.tables.people import Person
from bot.storage.tables.runtime import Task
from tests.support.office import CALLER, Office
from tests.support.provider import Provider, Reply
from tests.support.steps import task_of

TWO_PROVIDERS = {
    "at_base_url": "{ends[0].url}",
    "twilio_base_url": "{ends[1].url}",
    "twilio_account_sid": "AC" + "0" * 32,
    "twilio_auth_token": "t" * 32,
    "twilio_sender": "+15005550006",
    "sms_providers": "africastalking,twilio",
    "public_base_url": "https://ijwi.example",
    "provider_timeout": "0.3",
}  # fmt: skip  (settings; `ends` is a fixture)
PEOPLE = [f"+2577910{n:04d}" for n in range(12)]
TAKEN = Reply(201, json.dumps({"sid": "SM1", "status": "queued"}))


@dataclass
class House:
    """An office with two providers that are real small servers, and a clock that the test moves."""

    office: Office
    first: Provider
    second: Provider
    at: int = field(default_factory=outbox.now)

    def works(self, rounds: int = 8, seconds: int = 0) -> None:
        """All that is due is done; so many seconds pass between two rounds."""
        for _ in range(rounds):
            for key in outbox.due(self.office.services.sessions, self.at):
                workers.run_tasks(key)
            with self.office.services.sessions.begin() as db:
                db.execute(update(Task).values(enqueued_at=0))
            self.at += seconds

    def message(self, kind: str = "new") -> str:
        """One message to the first officer, or an answer to a caller."""
        vault, id = self.office.services.vault, random_id()
        rank = outbox.ALERT if kind == "new" else outbox.ANSWER
        with self.office.services.sessions.begin() as db:
            officer = db.scalars(select(Person.id).where(Person.ref == "C1A")).one()
            to = {"person": officer, "number": task_of(db, officer)} if kind == "new" else {
                "recipient": vault.seal_to_sender(CALLER), "body": vault.seal_to_sender("Amakuru.")
            }  # fmt: skip
            db.add(Message(id=id, kind=kind, created=self.at, **to))
            outbox.post(db, outbox.task(f"deliver:{id}", outbox.TaskName.DELIVER, {"message": id}, self.at, rank))
        return id

    def attempts(self) -> list[tuple[str, str, str, str]]:
        with self.office.services.reads() as db:
            rows = db.scalars(select(Attempt).order_by(Attempt.id))
            return [(row.provider, row.state, row.reason, row.code) for row in rows]

    def status(self, message: str) -> str:
        with self.office.services.reads() as db:
            return db.get_one(Message, message).status

    def line(self, name: str = "africastalking") -> ProviderState | None:
        with self.office.services.reads() as db:
            return db.get(ProviderState, name)

    def told(self) -> Counter[str]:
        """How often each number was in a request that a provider took."""
        at_first = Counter(n for ask in self.first.asked for n in ask.form["to"].split(",") if self.first.usual is None)
        return at_first + Counter(ask.form["To"] for ask in self.second.asked)


REFUSALS = {
    "an error of theirs": Reply(500, "<html>500</html>", "text/html"),
    "too many": Reply(429, "Too Many Requests", "text/plain"),
    "a wrong key": Reply(401, "The supplied authentication is invalid", "text/plain"),
    "201 and nobody": Reply(201, '{"SMSMessageData":{"Message":"InvalidSenderId","Recipients":[]}}'),
}
DOUBTS = {
    "no answer in time": Reply(201, "{}", wait=0.6),
    "HTML instead of JSON": Reply(200, "<html>Welcome</html>", "text/html"),
    "another content type, cut off": Reply(201, '{"SMSMessageData":', "application/json; charset=utf-8"),
    "nothing": Reply(201, ""),
}
