"""The list of languages. A new one is a block here, and its texts and word lists under `locales/`.

All code that depends on a language reads this list: its script, names of days, words of hours, how long a talk may be.
`bot.words.lacks` names what a language still lacks. Every word below is a draft until a native speaker has read it, and
is written in letters that GSM-7 has, unless the script itself is outside of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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

    `spoken`: where this is another script of a language, the code of that language. `column`: its place among the
    columns of a country's tables. `latin`: where not every phone can show this script, the code of the one in Latin.
    """

    code: str
    name: str  # as its speakers call it, in letters that every phone shows
    column: int
    weekdays: tuple[str, ...]  # Monday first
    hours: HourWords | None = None  # None: hours are shown in digits only
    digits: str = "{hour}:{minute:02d}"
    script: Script = "Latin"
    spoken: str = ""
    latin: str = ""
    back_translated: bool = False  # every text must have a literal translation beside it

    @property
    def gsm(self) -> bool:
        """Whether GSM-7 can write it. Devanagari needs UCS-2, in which a page holds less than half."""
        return self.script == "Latin"

    @property
    def same_as(self) -> str:
        """The code of the spoken language, the same for all its scripts."""
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
    """The code of the spoken language of which `code` is a script; `code` itself when it is not in the list."""
    return BY_CODE[code].same_as if code in BY_CODE else code


def in_latin(code: str) -> str:
    """The version of a language in letters that every phone can show."""
    return BY_CODE[code].latin or code


def spoken_in(languages: Iterable[str]) -> tuple[str, ...]:
    """The versions that a phone may show where these languages are offered: each, and the one in Latin letters."""
    return tuple(dict.fromkeys(code for language in languages for code in (language, in_latin(language))))


def own_language(said: Iterable[str], offered: Iterable[str]) -> str:
    """The version in which somebody who works here is spoken to without being asked: the first of the languages that
    the people's table names for her (`said`) and that are `offered`; empty where none is.

    Where the table does not name its Latin letters too, it says which language and not whether her phone shows the
    script: then it is the one that every phone shows. `hi|hi_Latn` is Devanagari, `hi` and `hi_Latn` are Latin letters.
    """
    hers, here = [one for one in said if one in BY_CODE], {same_spoken(one) for one in offered}
    first = next((one for one in hers if same_spoken(one) in here), "")
    return first if not first or in_latin(first) in hers else in_latin(first)


def asks_script(code: str) -> bool:
    """Whether a language has several scripts, so that a caller is asked which her phone shows."""
    return sum(language.same_as == same_spoken(code) for language in ALL) > 1


def spoken_names() -> tuple[str, ...]:
    """Each language once, by its name, in the order in which they are offered."""
    return tuple(dict.fromkeys(language.name for language in ALL))
