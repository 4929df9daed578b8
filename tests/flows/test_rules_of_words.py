"""Rules of the words alone: what she reads of threats by phone (S98), and what calms too soon (S99)."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from bot.actions.reports import FileReport
from bot.words.languages import LANGUAGES
from tests.support.phone import Phone
from tests.support.small_world import WORDS

CALMING: Mapping[str, tuple[str, ...]] = {
    "en": ("you are safe", "you're safe", "don't worry", "do not worry", "not be afraid", "nobody will"),
    "fr": ("vous êtes en sécurité", "ne vous inqui", "pas peur", "rassurez", "personne ne saura", "soyez sûr"),
    "rn": ("uri mu mutekano", "ntutinye", "ugire ubwoba", "humura", "nta muntu azo"),
    "hi": ("आप सुरक्षित हैं", "चिंता न", "चिंता मत", "डरें नहीं", "डरिए", "मत डर"),
    "hi_Latn": ("aap surakshit hain", "chinta na", "chinta mat", "daren nahi", "mat dar"),
}
ARRIVED = {"en": "arrived", "fr": "bien arrivé", "rn": "yashitse", "hi": "मिल गया", "hi_Latn": "mil gaya"}


def choose(phone: Phone, value: str) -> str:
    """Turn the pages until the choice is there, and press its number; gives every page that was read."""
    read = phone.sees
    while value not in phone.turn.state.shown:
        assert phone.turn.state.more, read
        read += phone.says("9")
    phone.says(str(phone.turn.state.shown.index(value) + 1))
    return read


def tells(language: str, *values: str) -> tuple[Phone, str]:
    """A phone on which these choices were made one after the other, from the limits on; and all that was read."""
    phone = Phone(language=language, flow="report")
    return phone, "".join(choose(phone, value) for value in values)


def calms(language: str, text: str) -> list[str]:
    """The words in a text that tell her to be calm, or that she is safe; a question and an `if` tell her neither."""
    sentences = re.findall(r"[^.?!।]+[.?!।]?", text.lower())
    told = " ".join(one for one in sentences if not one.endswith("?") and not one.strip().startswith("niwaba"))
    return [word for word in CALMING[language] if word in told]


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_is_threatened_by_phone_reads_what_to_keep_before_she_goes_on(language: str) -> None:
    phone, _read = tells(language, "on", "self", "other", "ph")
    assert phone.turn.screen.name == "evidence"
    assert phone.sees.startswith(WORDS.entries[language]["report.evidence"].text.split(".")[0].split("।")[0][:40])
    assert phone.done == []
    while phone.turn.screen.name == "evidence":
        phone.says("9" if phone.turn.state.more else "1")
    for value in ("Z1", "health", "now"):
        choose(phone, value)
    assert phone.done == [FileReport("self", "other", "health", "Z1", "ph")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_tells_her_to_be_calm_or_that_she_is_safe(language: str) -> None:
    found = {key: calms(language, entry.text) for key, entry in WORDS.entries[language].items()}
    assert {key: words for key, words in found.items() if words} == {}


@pytest.mark.parametrize(("language", "text"), [
    ("en", "Do not worry, we are here."),
    ("fr", "N'ayez pas peur."),
    ("rn", "Ntugire ubwoba."),
    ("rn", "Uri mu mutekano."),
    ("hi", "अब आप सुरक्षित हैं।"),
    ("hi_Latn", "Chinta mat kijiye."),
])  # fmt: skip
def test_a_text_that_calms_is_found(language: str, text: str) -> None:
    assert calms(language, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_it_arrived_stands_on_no_page_before_she_has_sent_it(language: str) -> None:
    phone, read = tells(language, "on", "self", "hurt", "Z1", "health")
    assert ARRIVED[language] not in (read + phone.sees).lower()
    choose(phone, "now")
    assert ARRIVED[language] in (phone.sees + choose(phone, "done") + phone.sees).lower()
