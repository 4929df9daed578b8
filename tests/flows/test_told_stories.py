"""Golden stories: what several phones show, one after the other, in the whole service, for women's organisations to
read and sign off. Each file of `tests/stories` is written by a story below; `pytest --update` rewrites them.

`> 1` is what somebody types, `[SMS to C1A]` what a phone receives, `(10 minutes later)` what the clock does, `$` what
is typed in the office.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import time_machine
from sqlalchemy import select, update

import workers
from app import create_app
from bot.conversation import answers
from bot.settings import ROOT
from bot.storage import outbox
from bot.storage.tables.people import Person
from bot.words.gsm import fold
from bot.words.languages import LANGUAGES, in_latin
from tests.support.office import TASK, Caller, Office
from tests.support.provider import Provider
from tests.support.small_world import WORDS

FOLDER = ROOT / "tests" / "stories"
NAMES = {"rn": "Ikirundi", "fr": "Francais", "en": "English", "hi": "Hindi", "hi_Latn": "Hindi"}
WOMAN, CODE, PIN, STAFF_PIN = "+25779123456", "79123451", "5293", "246810"
TELLS = ("menu.tell", "report.continue", "report.who.me")
HURT = ("report.type.hurt", "=Buyenzi")
ASKS_POLICE = ("help.police", "common.no")
FIRST = ("C1A", "C4A", "P-HEALTH-1", "P-TALK-1", "O1")
UNSERVED = ("Buhumuza", "Butaganzwa", "Bisinde")


@dataclass
class Told:
    """A story as it is told: the service, one language, and the lines so far."""

    office: Office
    language: str
    provider: Provider
    clock: time_machine.Traveller
    lines: list[str] = field(default_factory=list)
    sessions: int = 0
    phone: Caller | None = None

    def dials(self, who: str, number: str = WOMAN) -> None:
        """Somebody dials and chooses her language, where she is asked for it."""
        self.office.services.roster.refresh()  # fifteen seconds later
        self.sessions += 1
        self.phone = self.office.call(f"s{self.sessions}", number)
        self.lines += [f"## {who}", "> *384*55#", self.phone.sees, ""]
        if NAMES["rn"] not in self.sees:
            return
        self.chooses(f"={NAMES[self.language]}")
        if NAMES[self.language] == "Hindi":
            self.writes("1" if self.language == "hi" else "2")

    def works(self, ref: str, *keys: str) -> None:
        """Somebody who answers dials, gives her PIN and goes on."""
        self.dials(ref, self.number(ref))
        self.chooses("menu.tasks", *(["tasks.new"] if ref.startswith("O") else []))  # oversight has a menu more
        self.writes(STAFF_PIN)
        self.chooses(*keys)

    def reads(self, *keys: str) -> None:
        """She dials with her code and her digits, and goes on."""
        self.dials("She")
        self.chooses("menu.replies")
        self.writes(CODE)
        self.writes(PIN)
        self.chooses(*keys)

    def chooses(self, *keys: str) -> None:
        """Turn the pages until the label of a text (or the word after `=`) is there, and press its number."""
        for key in keys:
            self.chooses_all(key)

    def chooses_all(self, *keys: str) -> None:
        """Write the numbers of several labels together; those of a page before the 9 that leads on."""
        numbers = ""
        for key in keys:
            label = key[1:] if key.startswith("=") else fold(WORDS.entries[self.language][key].text)
            while not (found := re.search(rf"^(\d) {TASK}{re.escape(label)}$", self.sees, re.MULTILINE)):
                assert re.search(r"^9 ", self.sees, re.MULTILINE), (key, self.sees)
                self.writes(numbers + "9")
                numbers = ""
            numbers += found[1]
        self.writes(numbers)

    def writes(self, text: str) -> None:
        """Type a text."""
        assert self.phone
        self.phone.says(text)
        self.lines += [f"> {text}", self.sees, ""]

    @property
    def sees(self) -> str:
        assert self.phone
        return self.phone.sees

    def passes(self, minutes: int = 0) -> None:
        """Time passes, and what is due is done: the SMS that arrive."""
        if minutes:
            self.clock.shift(minutes * 60)
            self.lines += [f"({minutes} minutes later)", ""]
        came = len(self.provider.asked)
        while keys := [*self.office.rung, *outbox.due(self.office.services.sessions, outbox.now())]:
            self.office.rung.clear()
            for key in keys:
                workers.run_tasks(key)
        sent = [(self.ref(asked.form["to"]), asked.form["message"]) for asked in self.provider.asked[came:]]
        self.lines += [line for who, text in sorted(sent) for line in (f"[SMS to {who}] {text}", "")]

    def types(self, *command: str, by: str = "K1") -> None:
        """A command in the office, with the reference and the PIN for which it asks."""
        run = create_app(self.office.settings, self.office.services).test_cli_runner().invoke
        said = run(args=command, input=f"{by}\n{STAFF_PIN}\n")
        self.lines += [f"$ flask {' '.join(command)}", said.output.strip(), ""]

    def number(self, ref: str) -> str:
        with self.office.services.reads() as db:
            sealed = db.scalars(select(Person.phone_sealed).where(Person.ref == ref)).one()
        return self.office.services.vault.open_for_sender(sealed)

    def ref(self, number: str) -> str:
        with self.office.services.reads() as db:
            found = select(Person.ref).where(Person.phone_digest == self.office.services.vault.digest("staff", number))
            return db.scalar(found) or "her"


def she_tells(told: Told, *more: str) -> None:
    """To the police of Buyenzi, of a blow, and she wants a reply."""
    told.dials("She")
    told.chooses(*TELLS, *HURT, *(more or ASKS_POLICE), "report.send_now")
    she_takes_a_code(told)


def she_takes_a_code(told: Told, *, sms: bool = True) -> None:
    """It arrived; she takes a code, wants no SMS, and has done."""
    told.chooses("told.code")
    told.writes(PIN)
    told.chooses("report.no_word", *(["common.no"] if sms else []), "told.done")
    told.passes()


def she_is_asked_and_answered(told: Told) -> None:
    """She tells; the officer reads it, takes it, asks her back and answers; she reads and answers."""
    she_tells(told)
    told.works("C1A", "=1", "officer.ack", "report.continue")
    told.works("C1A", "officer.mine", "=1", "officer.ask", "report.safe")
    told.passes()
    told.reads("common.yes")
    told.passes()
    told.works("C1A", "officer.mine", "=1", "officer.reply", "follow.doctor")
    told.works("C1A", "officer.mine", "=1", "officer.close", "officer.helped")
    told.reads("common.exit")


def nobody_answers(told: Told) -> None:
    """It happens now. Officer and partner do not answer, nor their deputies; oversight reads it. She sees each step."""
    told.dials("She")
    told.chooses(*TELLS, *HURT)
    told.chooses_all("help.shelter", "help.police")
    told.chooses("common.no", "report.send_now", "told.more", "report.when.now")
    told.writes("0")
    she_takes_a_code(told)
    told.passes(10)
    told.reads("common.exit")
    told.passes(50)
    told.works("O1", "=1", "follow.new", "officer.ack", "report.continue")
    told.reads("common.exit")


def no_woman_officer(told: Told) -> None:
    """She asks the police and no woman officer is on duty: she says who may read it, and no man is rung."""
    with told.office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.role == "champion", Person.sex == "f").values(duty="sun 08:00-17:00"))
    told.dials("She")
    told.chooses(*TELLS, *HURT, *ASKS_POLICE, "help.talk", "report.send_now")
    she_takes_a_code(told)
    told.works("P-TALK-1", "=1", "officer.ack", "report.continue")
    told.reads("common.exit")


def about_an_officer(told: Told) -> None:
    """She complains about the police: only oversight hears of it, which is said before she sends and after."""
    told.dials("She")
    told.chooses(*TELLS, "report.type.complaint", "report.type.police", "=Buyenzi", "report.when.days3")
    told.chooses("report.nothing_to_add", "report.send_now")
    she_takes_a_code(told, sms=False)
    told.works("C1A", "common.exit")
    told.works("O1", "=1", "report.type.police", "officer.ack", "report.continue")
    told.reads("common.exit")


def about_us_from_an_unserved_place(told: Told) -> None:
    """She complains about somebody who answers here, from a place that nobody serves: oversight alone reads it."""
    told.dials("She")
    told.chooses(*TELLS, "report.type.hurt")
    elsewhere = ("report.where.other", f"={UNSERVED[0]}", f"={UNSERVED[1]}", f"={UNSERVED[2]}")
    told.chooses(*elsewhere, "report.type.complaint", "complaint.staff", *elsewhere, "report.when.days3")
    told.writes("he asked me for money")
    told.chooses("report.send_now")
    she_takes_a_code(told, sms=False)
    told.works("P-TALK-1", "common.exit")
    told.works("O1", "=1", "report.type.police", "officer.ack", "report.continue")
    told.reads("common.exit")


def doctor_and_police(told: Told) -> None:
    """Forced sex, told to the police. When she says when, she is asked about a doctor, and says yes: both are rung and
    both take it. She reads one line of each."""
    told.dials("She")
    told.chooses(*TELLS, "report.type.forced", "report.continue", "=Buyenzi", *ASKS_POLICE, "report.send_now")
    told.chooses("told.more", "report.type.rape", "report.when.days3", "common.yes")
    told.writes("0")
    she_takes_a_code(told)
    told.works("P-HEALTH-1", "=1", "officer.ack", "report.continue")
    told.works("C1A", "=1", "officer.ack", "report.continue")
    told.reads("common.exit")


def a_lost_phone(told: Told) -> None:
    """The officer who has it loses her phone: one person stops it, the deputy is rung, two destroy the key."""
    she_tells(told)
    told.works("C1A", "=1", "officer.ack", "report.continue")
    told.types("people", "disable", "C1A")
    told.passes()
    told.dials("Whoever has the phone", told.number("C1A"))
    told.chooses("menu.replies")
    told.works("C1B", "=11", "officer.ack", "report.continue")
    told.types("people", "disable", "C1A")
    told.passes()
    told.dials("O1", told.number("O1"))
    told.chooses("menu.tasks", "agree.confirm")
    told.writes(STAFF_PIN)
    told.chooses("=1", "meet.agree")
    told.types("people", "disable", "C1A", "--agreed", "1")
    told.reads("common.exit")


def taken_back(told: Told) -> None:
    """She takes back what she told: nobody reads it any more, and her code is as if it had never been."""
    she_tells(told)
    told.reads("follow.erase", "common.yes")
    told.works("C1A", "common.exit")
    told.reads()


def unhelped_rated_and_opened_again(told: Told) -> None:
    """The officer could not help, and oversight agreed. She says so, opens it again, and the next officer is rung."""
    she_tells(told)
    told.works("C1A", "=1", "officer.ack", "report.continue")
    told.works("C1A", "officer.mine", "=1", "officer.close", "closing.unhelped")
    told.passes()
    told.works("O1", "=1", "follow.new", "officer.close")
    told.reads("follow.rate", "common.no")
    told.reads("follow.reopen")
    told.passes()
    told.works("C1A", "common.exit")
    told.works("C1B", "=11", "officer.ack", "report.continue")
    told.reads("common.exit")


def two_districts(told: Told) -> None:
    """It happened in another zone. The officer who has it proposes that; she is asked with her code and says yes, and
    only then those of that zone are rung and read it."""
    she_tells(told)
    told.works("C1A", "=1", "officer.ack", "report.continue")
    told.works("C1A", "officer.mine", "=1", "officer.elsewhere", "=Musaga")
    told.passes()
    told.works("C4A", "common.exit")
    told.reads("common.yes")
    told.passes()
    told.works("C4A", "=1", "officer.ack", "report.continue")
    told.works("C1A", "common.exit")
    told.reads("common.exit")


STORIES: dict[str, Callable[[Told], None]] = {
    story.__name__: story
    for story in (
        she_is_asked_and_answered, nobody_answers, no_woman_officer, about_an_officer, about_us_from_an_unserved_place,
        doctor_and_police, a_lost_phone, taken_back, unhelped_rated_and_opened_again,
        two_districts,
    )
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", STORIES)
def test_the_story_goes_as_it_was_signed_off(
    name: str,
    language: str,
    clock: time_machine.Traveller,
    office: Office,
    stand_in: Provider,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.setattr(answers, "new_code", lambda: CODE)
    with office.services.sessions.begin() as db:  # who is rung first is the same in every run
        for person in db.scalars(select(Person)):
            person.tasks, person.order = (0, 1) if person.ref in FIRST else (10, 2)
            person.languages = f"{language},{in_latin(language)}"  # both: her phone shows Devanagari
    story = STORIES[name]
    told = Told(office, language, stand_in, clock, [f"# {' '.join((story.__doc__ or '').split())}", ""])
    story(told)
    today, path = "\n".join(told.lines), FOLDER / f"{name}.{language}.txt"
    if request.config.getoption("--update"):
        path.write_text(today)
    assert path.read_text() == today


def test_every_story_stands_in_all_five_versions_and_no_other_does() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.{lang}.txt" for name in STORIES for lang in LANGUAGES}
