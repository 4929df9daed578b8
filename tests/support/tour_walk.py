"""The stories of the tour walked through a whole service in memory: which key each step is, and what is seen then."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.simulator import time_travel
from bot.simulator.people import CALLERS
from bot.simulator.tour import CLOCK, DAYS_OFF, SHE, Scene, Story
from bot.storage.outbox import now
from bot.words.gsm import fold
from bot.words.languages import BY_CODE
from tests.support.meetings import work_off
from tests.support.office import Caller, Office
from tests.support.provider import Provider
from tests.support.staff import phone_of

Step = dict[str, str]
LONG = 90  # characters of a line that a step shows
CODE = re.compile(r"\b\d{4} \d{4}\b")


class Walk:
    """One story in one language: `steps` are those of the scenes that were walked."""

    def __init__(self, office: Office, stand_in: Provider, language: str) -> None:
        self.office, self.stand_in, self.language = office, stand_in, language
        self.country, self.words = office.services.country, office.services.words.entries[language]
        self.caller: Caller | None = None
        self.code = self.date = self.answered = ""
        self.phone, self.steps = "", list[Step]()

    def walk(self, story: Story) -> list[list[Step]]:
        """The steps of each scene. Raises AssertionError where a line that is to be chosen is nowhere."""
        return [self.scene(scene) for scene in story.scenes]

    def scene(self, scene: Scene) -> list[Step]:
        self.steps, self.caller = [], None
        if scene.who != CLOCK:
            self.phone = CALLERS[self.country.code][0] if scene.who == SHE else self.rung(scene.who)
        for choice in scene.does:
            if scene.who == CLOCK:
                time_travel.move(self.office.services, choice)
                self.note("clock", choice)
            else:
                self.does(choice)
            work_off(self.office)
        assert self.caller is None or self.caller.answer.ends, f"{scene.why['en']} ends in {self.sees!r}"
        return self.steps

    def rung(self, who: str) -> str:
        """The number of that person; of several, of the one who was written to last."""
        phones = [phone_of(self.office, ref) for ref in who.split("|")]
        told = [phone for asked in self.stand_in.asked for phone in phones if phone in asked.form["to"].split(",")]
        return (told or phones)[-1]

    @property
    def sees(self) -> str:
        return self.caller.sees if self.caller else ""

    def note(self, do: str, key: str, label: str = "", sees: str = "", **more: str) -> None:
        self.steps.append({"do": do, "key": key, "label": label, "sees": steady(sees), **more})

    def does(self, choice: str) -> None:
        if choice == "dial":
            self.dials()
        elif choice == "sms":
            self.note("sms", "", sees=self.newest())
        elif choice.startswith("write:"):
            self.writes(choice.removeprefix("write:"))
        elif choice.startswith("="):
            self.types(choice[1:])
        else:
            self.chooses("@date 14:00" if choice == "@meeting" else self.line(choice), maybe=choice.endswith("?"))

    def dials(self) -> None:
        code = self.office.settings.service_code
        self.caller = self.office.call(f"t{len(self.office.store.kept)}-{now()}-{self.phone}", self.phone)
        self.note("dial", code, sees=self.sees)
        if self.sees.startswith(self.line("menu.title")):  # whoever works here begins in her own language
            return
        spoken = BY_CODE[BY_CODE[self.language].same_as].name
        if not self.digit(spoken):  # it is not that of the story
            self.chooses(self.line("lang.title"), maybe=False)
        self.press(self.digit(spoken) or "", spoken)
        if self.language.startswith("hi"):  # whether her phone shows Devanagari
            self.types("1" if self.language == "hi" else "2")

    def line(self, choice: str) -> str:
        """The line that a choice means, as it stands on the page."""
        country, zone = self.country, self.country.served[0]
        named = {
            "@zone": lambda: zone.name,
            "@venue": lambda: next(venue.name for venue in country.venues.values() if venue.zone == zone.code),
            "@contact": lambda: self.contact(),
        }
        key = choice.removesuffix("?")
        return named[key]() if key in named else fold(self.words[key].text) if self.latin else self.words[key].text

    @property
    def latin(self) -> bool:
        return BY_CODE[self.language].gsm

    def contact(self) -> str:
        """The women's organisation to which one can turn at the meeting, and which counts too."""
        person = next(person for person in self.country.people if person.ref == "P-TALK-1")
        return f"{self.country.units[person.unit].name} {person.ref}"

    def chooses(self, label: str, maybe: bool) -> None:
        if maybe and not self.digit(label):
            self.note("press", "", label, maybe="yes")
            return
        for _page in range(9):
            if digit := self.digit(label):
                self.press(digit, label, **({"maybe": "yes"} if maybe else {}))
                return
            more = fold(self.words["common.more"].text) if self.latin else self.words["common.more"].text
            assert f"9 {more}" in self.sees, f"{label!r} is nowhere in {self.sees!r}"
            self.press("9", more)
        raise AssertionError(f"{label!r} is nowhere in {self.sees!r}")

    def digit(self, label: str) -> str | None:
        line = re.escape(label.replace("@date", self.date))
        found = re.search(rf"^(\d+) {line}$", self.sees, re.MULTILINE)
        return found[1] if found else None

    def press(self, digit: str, label: str, **more: str) -> None:
        self.say(digit)
        self.note("press", digit, label, self.sees, **more)

    def types(self, text: str) -> None:
        if text == "@date":
            day = self.country.clock(now()) + timedelta(days=DAYS_OFF)
            self.date = f"{day.day}/{day.month}"
        label = self.label_of(text)
        self.say({"@code": self.code, "@date": self.date}.get(text, text))
        self.note("type", text, label, self.sees)

    def label_of(self, text: str) -> str:
        """The line that a typed digit chooses, where it does."""
        found = re.search(rf"^{re.escape(text)} (.+)$", self.sees, re.MULTILINE)
        return "" if found is None or re.search(r"\d", found[1]) else found[1]

    def say(self, text: str) -> None:
        assert self.caller
        self.caller.says(text)
        if found := CODE.search(self.sees):
            self.code = found[0].replace(" ", "")

    def writes(self, text: str) -> None:
        self.answered = self.office.talk_sessions.sms("africastalking", f"{now()}", self.phone, text).text
        self.note("write", text)

    def newest(self) -> str:
        if self.answered:
            return self.answered
        told = [asked.form["message"] for asked in self.stand_in.asked if self.phone in asked.form["to"].split(",")]
        assert told, f"nobody wrote to {self.phone}"
        return told[-1]


def steady(page: str) -> str:
    """The first line of a page, figures replaced: what a step shows and a browser compares. A long one ends at a word,
    with an ellipsis; one with a date ends behind it, since the part of the day follows, which is that of the walk."""
    line = re.sub(r"\d+", "#", page.split("\n")[0])
    line = re.sub(r"(#/#),.*", r"\1…", line)
    return line if len(line) < LONG else line[:LONG].rsplit(" ", 1)[0].rstrip(" .,:") + "…"
