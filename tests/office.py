"""A whole service in one process for a test: a database file, the demo people of Burundi, a store, a silent bell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.config import Settings
from bot.models import Base
from bot.people import enrol
from bot.store import MemoryStore
from bot.talk import Talker
from bot.wiring import Wiring, wire
from flows import FLOWS

CHAMPION = "+25778000001"
CALLER = "+25779123456"


class Office:
    """The wiring, a talker, and what the bell was rung for."""

    def __init__(self, folder: Path, database_url: str = "", **settings: str) -> None:
        self.rung: list[str] = []
        known = {"secret_key": "s" * 32, "at_username": "sandbox", "at_api_key": "key", "at_callback_secret": "c" * 32}
        self.settings = Settings.model_validate(
            {**known, "data_dir": folder, "database_url": database_url, "allow_draft": True, **settings}
        )
        self.wiring: Wiring = wire(self.settings, FLOWS, self._ring)
        Base.metadata.create_all(self.wiring.engine)
        with self.wiring.sessions.begin() as db:
            enrol(db, self.wiring.country, self.wiring.vault)
        self.store = MemoryStore()
        self.talker = Talker(self.wiring, self.store)

    def _ring(self, keys: Sequence[str]) -> None:
        self.rung.extend(keys)

    def call(self, session: str, phone: str = CALLER) -> Caller:
        """A phone that dials."""
        return Caller(self.talker, session, phone)


class Caller:
    """One USSD session as Africa's Talking sends it: everything typed so far, joined by stars."""

    def __init__(self, talker: Talker, session: str, phone: str) -> None:
        self.talker, self.session, self.phone = talker, session, phone
        self.heard: list[str] = []
        self.answer = talker.ussd("africastalking", session, phone, "")

    @property
    def sees(self) -> str:
        """The page on the phone."""
        return self.answer.text

    def says(self, *texts: str) -> str:
        """Answer one page after the other; gives the last page."""
        for text in texts:
            self.heard.append(text)
            self.again()
        return self.sees

    def again(self) -> str:
        """The gateway sends the last request once more."""
        self.answer = self.talker.ussd("africastalking", self.session, self.phone, "*".join(self.heard))
        return self.sees
