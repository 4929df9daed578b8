"""One meeting over all phones, from the first key to the promise kept: told once, for phones in memory and on a page.

A leader calls it, a woman officer says that she comes, an advocate signs, a coordinator lets it go; three women hear of
it, say that they come, worry, say how it was; leader and women's delegate count; what was decided and promised is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.words.gsm import fold
from tests.support.small_world import WORDS

FIRST = {"rn": ("1",), "fr": ("2",), "en": ("3",), "hi": ("4", "1"), "hi_Latn": ("4", "2")}  # opens her language
NAMED = "2 Francais"  # a line of the page that asks for the language
JOIN = {"rn": "injira V1", "fr": "inscrire V1", "en": "join V1", "hi": "शुरू V1", "hi_Latn": "shuru V1"}


class Hand(Protocol):
    """Somebody's hand on a phone."""

    @property
    def sees(self) -> str: ...
    def dials(self) -> None: ...
    def types(self, text: str) -> None: ...
    def writes(self, text: str) -> None: ...
    def hears(self) -> str: ...  # the SMS that has come, read and put away


@dataclass
class Story:
    """The people, the language that all of them speak here, the days (12/3) of the meeting and by which something is
    promised, and how time passes: `later` gives the day of the meeting as it is read then."""

    language: str
    day: str
    due: str
    hands: Mapping[str, Hand]
    later: Callable[[str], str]

    def word(self, key: str) -> str:
        return fold(WORDS.entries[self.language][key].text)

    def dials(self, who: str, *choices: str) -> Hand:
        """Dials, opens her language and chooses; a choice is a text's key, or with `=` what is typed."""
        hand = self.hands[who]
        hand.dials()
        if not hand.sees.startswith(self.word("menu.title")):  # whoever works here begins in her own
            self.opens_her_language(hand)
        for choice in choices:
            self.chooses(hand, choice)
        return hand

    def opens_her_language(self, hand: Hand) -> None:
        if NAMED not in hand.sees:  # another language than hers: she works here
            self.chooses(hand, f"'{self.word('lang.title')}")
        for key in FIRST[self.language]:
            hand.types(key)

    def chooses(self, hand: Hand, choice: str) -> None:
        """Turns pages until the line is there, and presses its number."""
        if choice.startswith("="):
            hand.types(choice[1:])
            return
        label = choice.removeprefix("'") if choice.startswith("'") else self.word(choice)
        for _page in range(9):
            for line in hand.sees.splitlines():
                if line[1:] == f" {label}" and line[0].isdecimal():
                    hand.types(line[0])
                    return
            hand.types("9")
        raise AssertionError(f"{label!r} is nowhere in {hand.sees!r}")

    def works(self, who: str, *choices: str) -> Hand:
        """Dials, goes to the meetings she works for, gives her PIN."""
        hand = self.dials(who, "menu.tasks")
        if self.word("menu.meetings") in hand.sees:  # she has reports to read, too
            self.chooses(hand, "menu.meetings")
        for choice in ("=246810", *choices):
            self.chooses(hand, choice)
        return hand

    def reads(self, hand: Hand) -> str:
        """All pages, as one text."""
        more, pages = f"\n9 {self.word('common.more')}", [hand.sees]
        while more in pages[-1]:
            hand.types("9")
            pages.append(hand.sees)
        return " ".join(" ".join(pages).replace(more, "").split())

    def end(self, hand: Hand, key: str) -> None:
        assert hand.sees.strip() == self.word(key), hand.sees

    # -- the story ---------------------------------------------------------------------------------------------------
    def told(self) -> None:
        self.they_join()
        self.it_is_called_and_agreed_to()
        self.they_hear_of_it()
        self.they_came()
        self.it_was_answered_for()

    @property
    def meeting(self) -> str:
        return f"'{self.day} 14:00"

    def they_join(self) -> None:
        for who in ("first", "second"):
            hand = self.dials(who, "menu.meetings")
            self.chooses(hand, "meet.join" if self.word("meet.join") in hand.sees else "meet.sms_about")
            if self.word("meet.join") in hand.sees:
                self.chooses(hand, "meet.join")
            for choice in ("'Buyenzi", "meet.all_kinds", "meet.any_hour"):
                self.chooses(hand, choice)
            self.end(hand, "optin.done")
        self.hands["third"].writes(JOIN[self.language])
        assert self.word("optin.done") in self.hands["third"].hears()

    def it_is_called_and_agreed_to(self) -> None:
        leader = self.works(
            "leader", "leader.new", "'Buyenzi", "'Centre (demo) Buyenzi", "kind.consultation", f"={self.day}", "=14:00",
            "common.yes", "leader.hours2", "leader.format.women",
        )  # fmt: skip
        self.chooses(leader, "=1")  # the first woman officer
        for choice in ("=1", "=1", "leader.most30"):
            self.chooses(leader, choice)
        self.chooses(leader, "'Women's group (demo) P-TALK-1")
        self.chooses(leader, "common.yes")
        self.chooses(leader, "leader.why_asked")  # nobody goes home with the women: she says why all the same
        self.end(leader, "leader.sent")
        self.hands["officer"].hears()
        self.end(self.works("officer", self.meeting, "meet.yes"), "leader.saved")
        self.hands["advocate"].hears()
        self.end(self.works("advocate", self.meeting, "meet.agree"), "leader.saved")
        self.hands["coordinator"].hears()
        self.end(self.works("coordinator", self.meeting, "common.yes"), "meet.hold")

    def they_hear_of_it(self) -> None:
        self.day = self.later("the hold is over")
        for who in ("first", "second", "third"):
            assert "*384*55#" in self.hands[who].hears()
        first = self.dials("first", "menu.meetings", self.meeting)
        assert "Centre" not in first.sees  # the place is for who comes
        self.chooses(first, "meet.yes")
        assert "Centre (demo) Buyenzi" in first.sees
        again = self.dials("first", "menu.meetings", self.meeting)
        assert "Centre (demo) Buyenzi" in self.reads(again)
        worry = self.dials("second", "menu.meetings", self.meeting, "concern.say")
        worry.types("umwiza mu nzira")
        self.end(worry, "leader.sent")
        self.end(self.dials("third", "menu.meetings", self.meeting, "meet.no"), "common.thanks")
        self.day = self.later("the day before")
        for who in ("first", "second", "third"):
            assert "*384*55#" in self.hands[who].hears()

    def they_came(self) -> None:
        self.day = self.later("it is over")
        self.end(self.works("leader", self.meeting, "leader.counts", "=23 11 4 0"), "leader.saved")
        self.end(self.works("delegate", self.meeting, "leader.counts", "=22 11 4 0"), "leader.differs")
        read = self.reads(self.works("leader", self.meeting))
        assert "23 11 4 0" in read
        assert "22 11 4 0" in read
        said = self.dials("first", "menu.meetings", self.meeting, "common.yes", "common.yes", "common.yes")
        self.end(said, "common.thanks")

    def it_was_answered_for(self) -> None:
        promising = self.works("leader", self.meeting, "promise.make", "promise.light", "promise.commune")
        promising.types(self.due)
        self.end(promising, "leader.saved")
        worries = self.works("advocate", self.meeting, "concern.title")
        assert "umwiza mu nzira" in worries.sees
        decided = self.works("advocate", self.meeting, "minutes.title", "=1", "common.yes")
        self.end(decided, "leader.saved")
        self.day = self.later("the next morning")
        for who in ("first", "second", "third"):
            assert "*384*55#" in self.hands[who].hears()
        read = self.reads(self.dials("third", "menu.meetings", self.meeting))
        assert self.word("promise.light") in read
        assert self.word("promise.commune") in read
        promised = self.reads(self.dials("second", "menu.meetings", "promise.title"))
        assert self.word("promise.light") in promised
        self.end(self.works("advocate", self.meeting, "promise.kept", "promise.light"), "leader.saved")
        assert self.word("promise.title") not in self.reads(self.dials("second", "menu.meetings"))
