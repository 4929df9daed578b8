"""A text lost its words while the service runs: she is told something in her own language, and the log says which."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.words.gsm import fold
from tests.support.office import CALLER, Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.services.engine.dispose()


def lose(office: Office, language: str, *keys: str) -> None:
    words = office.services.words
    words.base = {**words.base, language: {k: e for k, e in words.base[language].items() if k not in keys}}
    words.speak({})


def test_she_is_told_to_dial_again_in_her_language_and_the_log_names_the_text_and_nothing_of_her(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caller = office.call("s")
    lose(office, "fr", "menu.title")
    with caplog.at_level(logging.ERROR):
        said = caller.says("2")
    assert said == fold(office.services.words.entries["fr"]["common.dial_again"].text)
    (line,) = [record.getMessage() for record in caplog.records if record.name == "ijwi"]
    assert line == "a page could not be shown: menu.title has no words in fr"
    assert CALLER[1:] not in caplog.text


def test_where_even_that_is_missing_every_language_of_the_country_says_it(office: Office) -> None:
    caller = office.call("s")
    lose(office, "fr", "menu.title", "common.dial_again")
    said = caller.says("2").splitlines()
    entries = office.services.words.entries
    assert said[0] == entries["rn"]["common.dial_again"].text
    assert entries["en"]["common.dial_again"].text in said
