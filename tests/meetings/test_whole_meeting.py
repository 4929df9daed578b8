"""A meeting from the first key to the promise kept, over all phones at once, as the phones show it in five versions.

`pytest --update` rewrites `tests/talks/whole`: what a women's organisation reads and signs off.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from bot.settings import ROOT
from bot.storage import outbox
from bot.storage.tables.people import Person
from bot.words.languages import in_latin
from tests.support.meeting_story import FIRST, Story
from tests.support.meetings import MONDAY, WOMEN, work_off
from tests.support.office import Caller, Office
from tests.support.provider import Provider
from tests.support.staff import phone_of

pytestmark = pytest.mark.usefixtures("clock")

FOLDER = ROOT / "tests" / "talks" / "whole"
LATER = {
    "the hold is over": timedelta(minutes=11),
    "the day before": timedelta(days=9, minutes=5),
    "it is over": timedelta(days=10, hours=8),
    "the next morning": timedelta(days=11, minutes=5),
}
STAFF = {"leader": "L1", "officer": "C1A", "advocate": "A1", "coordinator": "K1", "delegate": "P-TALK-1"}


class InMemory:
    """A phone of the office; what it shows is written down."""

    def __init__(self, office: Office, provider: Provider, who: str, number: str, written: list[str]) -> None:
        self.office, self.provider, self.who, self.number, self.written = office, provider, who, number, written
        self.caller: Caller | None = None
        self.heard = 0

    @property
    def sees(self) -> str:
        return self.caller.sees if self.caller else ""

    def dials(self) -> None:
        self.written += [f"# {self.who}", "> *384*55#"]
        self.caller = self.office.call(f"w{len(self.written)}", self.number)
        self.written += [self.sees, ""]

    def types(self, text: str) -> None:
        assert self.caller
        self.caller.says(text)
        self.written += [f"> {text}", self.sees, ""]

    def writes(self, text: str) -> None:
        self.written += [f"# {self.who} writes an SMS", f"> {text}"]
        answer = self.office.talk_sessions.sms("africastalking", f"m{len(self.written)}", self.number, text)
        self.answered = answer.text

    def hears(self) -> str:
        work_off(self.office)
        mine = [one.form["message"] for one in self.provider.asked if self.number in one.form["to"].split(",")]
        text = mine[-1] if len(mine) > self.heard else self.answered
        self.heard = len(mine)
        self.written += [f"# {self.who} reads an SMS", text, ""]
        return text


@pytest.mark.parametrize("language", FIRST)
def test_a_meeting_goes_from_the_first_key_to_the_promise_kept(
    office: Office, stand_in: Provider, clock: time_machine.Traveller, request: pytest.FixtureRequest, language: str
) -> None:
    with office.services.sessions.begin() as db:
        db.execute(update(Person).values(languages=f"{language},{in_latin(language)}"))
    written = ["# A meeting from the first key to the promise kept."]
    numbers = {who: phone_of(office, ref) for who, ref in STAFF.items()}
    numbers |= dict(zip(("first", "second", "third"), WOMEN, strict=True))
    hands = {who: InMemory(office, stand_in, who, number, written) for who, number in numbers.items()}

    def later(what: str) -> str:
        written.append(f"# later: {what}")
        clock.move_to(MONDAY + LATER[what])
        work_off(office)
        return "3/12"

    Story(language, "3/12", "20/12", hands, later).told()
    assert outbox.now() == int((MONDAY + LATER["the next morning"]).timestamp())
    path, today = FOLDER / f"meeting.{language}.txt", "\n".join(written)
    if request.config.getoption("--update"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(today)
    assert path.read_text() == today
