"""THE list of languages: a new one is a block here, its texts and its word lists under `locales/`.

What depends on a language asks this list: its script, names of days, words of hours, how long a talk may be. What a
language of the list does not have yet, `bot.words.lacks` says by name. Every word below is a draft until a native
speaker has read it, and stands in letters that GSM-7 has, unless the script itself is outside of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Script = Literal["Latin", "Devanagari"]


@dataclass(frozen=True)
class HourWords:
    """How an hour is spoken; the digits of the 24-hour clock always stand beside it.

    `shape` holds {part}, {hour}, {half} and, where quarters are spoken, {minutes}. `parts`: until which hour (not
    included) which words say the part of the day. `names`: the hours from one to twelve, counted from `counted_from`.
    `half` is said for :30, except at the hours (of twelve) of `no_half_at`.
    """

    shape: str
    parts: tuple[tuple[int, str], ...]
    half: str
    names: tuple[str, ...] = tuple(str(number) for number in range(1, 13))
    counted_from: int = 0
    no_half_at: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Language:
    """A language in one script.

    `spoken`: the code of the language as one hears it, where this is another script of it. `column`: its place among
    the columns of a country's tables. `latin`: the version of it that every phone can show, where this one is not.
    """

    code: str
    name: str  # as its speakers call it, in letters that every phone shows
    column: int
    weekdays: tuple[str, ...]  # Monday first
    hours: HourWords | None = None  # None: the digits are what people say
    digits: str = "{hour}:{minute:02d}"
    script: Script = "Latin"
    spoken: str = ""
    latin: str = ""
    most_pages: int = 10  # of the shortest report
    back_translated: bool = False  # every text has its literal translation beside it, for whoever cannot read it

    @property
    def gsm(self) -> bool:
        """Whether it is written in GSM-7: Devanagari needs UCS-2, and a page holds less than half."""
        return self.script == "Latin"

    @property
    def same_as(self) -> str:
        """The code of the language as it is spoken, whatever the script."""
        return self.spoken or self.code


ALL = (
    Language(
        code="rn",
        name="Ikirundi",
        column=3,
        weekdays=("ku wa mbere", "ku wa kabiri", "ku wa gatatu", "ku wa kane", "ku wa gatanu", "ku wa gatandatu",
                  "ku wa mungu"),
        hours=HourWords(
            shape="isaha {hour}{half} {part}",
            parts=((5, "z'ijoro"), (12, "zo mu gatondo"), (13, ""), (17, "z'umuhingamo"), (19, "z'umugoroba"),
                   (24, "z'ijoro")),
            half=" n'igice",
            names=("imwe", "zibiri", "zitatu", "zine", "zitanu", "sita", "indwi", "umunani", "icenda", "cumi",
                   "cumi n'imwe", "cumi na zibiri"),
            counted_from=6,  # from sunrise
        ),
        back_translated=True,
    ),
    Language(
        code="fr",
        name="Francais",
        column=2,
        weekdays=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
        digits="{hour} h {minute:02d}",
    ),
    Language(
        code="hi",
        name="Hindi",
        column=4,
        weekdays=("सोमवार", "मंगलवार", "बुधवार", "गुरुवार", "शुक्रवार", "शनिवार", "रविवार"),
        hours=HourWords(
            shape="{part} {half}{hour}{minutes} बजे",
            parts=((4, "रात"), (12, "सुबह"), (16, "दोपहर"), (20, "शाम"), (24, "रात")),
            half="साढ़े ",
            no_half_at=frozenset({0, 1, 2}),  # half past one and two have words of their own
        ),
        script="Devanagari",
        latin="hi_Latn",
        most_pages=12,
    ),
    Language(
        code="hi_Latn",
        name="Hindi",
        column=5,
        weekdays=("Somwaar", "Mangalwaar", "Budhwaar", "Guruwaar", "Shukrawaar", "Shaniwaar", "Raviwaar"),
        hours=HourWords(
            shape="{part} {half}{hour}{minutes} baje",
            parts=((4, "raat"), (12, "subah"), (16, "dopahar"), (20, "shaam"), (24, "raat")),
            half="saadhe ",
            no_half_at=frozenset({0, 1, 2}),
        ),
        spoken="hi",
    ),
    Language(
        code="en",
        name="English",
        column=1,
        weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    ),
)  # fmt: skip
BY_CODE: Mapping[str, Language] = {language.code: language for language in ALL}
LANGUAGES = tuple(BY_CODE)  # in the order in which they are offered
TABLE_COLUMNS = tuple(sorted(BY_CODE, key=lambda code: BY_CODE[code].column))
BACK_TRANSLATED = tuple(code for code in TABLE_COLUMNS if BY_CODE[code].back_translated)


def same_spoken(code: str) -> str:
    """The language that one hears, whatever script the code names; a code of no language of ours is itself."""
    return BY_CODE[code].same_as if code in BY_CODE else code


def in_latin(code: str) -> str:
    """The version of a language in letters that every phone can show."""
    return BY_CODE[code].latin or code


def asks_script(code: str) -> bool:
    """Whether who speaks this language is asked which of its scripts her phone shows."""
    return sum(language.same_as == same_spoken(code) for language in ALL) > 1


def spoken_names() -> tuple[str, ...]:
    """Each language once, by its name, in the order in which they are offered."""
    return tuple(dict.fromkeys(language.name for language in ALL))
