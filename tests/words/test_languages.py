"""One list of languages: who adds one reads what it lacks, by name and file, before anybody is on the line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import cast

import pytest

from app import create_app
from bot.settings import ROOT, ConfigError
from bot.words import catalogues
from bot.words.lacks import lacks
from bot.words.languages import ALL, BY_CODE, HourWords, Language
from flows.convene import convene
from flows.language import spoken
from tests.support.office import Office
from tests.support.small_world import World

LOCALES = ROOT / "locales"
SWAHILI = Language(code="sw", name="Kiswahili", column=6, weekdays=("Jumatatu", "Jumanne"))
DAYS = tuple("abcdefg")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.services.engine.dispose()


@pytest.fixture
def half(monkeypatch: pytest.MonkeyPatch) -> Language:
    """A language that somebody has begun to add."""
    monkeypatch.setitem(cast(dict[str, Language], BY_CODE), "sw", SWAHILI)
    return SWAHILI


def test_no_language_of_the_service_lacks_anything() -> None:
    assert [lack for language in ALL for lack in lacks(language)] == []


@pytest.mark.parametrize(
    "lack",
    [
        "sw: 2 names of days, not 7, Monday first (bot/words/languages.py).",
        "sw: no texts: locales/sw/LC_MESSAGES/messages.po is missing",
        "sw: no keyword for attendance, exit, help,",
        "sw: no words of despair: what somebody writes who thinks of ending her life",
        "sw: no words of divides:",
        "sw: no words of promises:",
        "sw: no words of mediation:",
        "sw: no words that an SMS may not hold (base in locales/forbidden_words.json).",
        "sw: no words that an SMS may not hold (strict_extra in locales/forbidden_words.json).",
    ],
)
def test_who_begins_a_language_reads_what_it_lacks(lack: str) -> None:
    assert [said for said in lacks(SWAHILI) if said.startswith(lack)]


@pytest.mark.parametrize(
    ("language", "lack"),
    [
        (Language("sw", "कि", 6, DAYS), "no name in letters that every phone shows"),
        (Language("sw", "Sw", 6, DAYS, script="Devanagari"), "no version in Latin letters"),
        (Language("sw", "Sw", 6, DAYS, HourWords("{hour}", ((12, "a"),), "")), "until 24 o'clock"),
        (Language("sw", "Sw", 6, DAYS, HourWords("{hour}", ((24, "a"),), "", ("x",))), "1 names of hours, not 12"),
    ],
)
def test_who_begins_a_language_reads_what_its_block_lacks(language: Language, lack: str) -> None:
    assert [said for said in lacks(language) if lack in said]


def test_a_list_that_loses_a_language_is_named(tmp_path: Path) -> None:
    folder = copytree(LOCALES, tmp_path / "locales")
    rows = (folder / "despair.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "despair.csv").write_text("".join(r for r in rows if not r.startswith("rn,")), encoding="utf-8")
    assert [said.partition(":")[0] for language in ALL for said in lacks(language, folder)] == ["rn"]


def test_the_check_names_what_a_half_language_lacks_and_fails(office: Office, half: Language) -> None:
    app = create_app(services=office.services)
    told = app.test_cli_runner().invoke(args=["check"])
    assert told.exit_code == 1
    assert "FAULT sw: no texts: locales/sw/LC_MESSAGES/messages.po is missing" in told.output
    assert told.exception is None or isinstance(told.exception, SystemExit)


def test_nothing_starts_with_a_language_that_has_no_texts(half: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogues, "LANGUAGES", tuple(BY_CODE))
    with pytest.raises(ConfigError) as said:
        catalogues.load(LOCALES)
    assert str(said.value).splitlines() == lacks(SWAHILI)


def test_she_chooses_a_language_by_the_name_that_the_list_has() -> None:
    offered = {language.code: language.name for language in ALL if not language.spoken}
    rows = spoken(World(languages=tuple(offered)), {})
    assert {row.value: row.label for row in rows} == offered


def test_a_meeting_can_be_held_in_every_language_of_the_list() -> None:
    offered = {option.value for option in convene.nodes["languages"].options}  # type: ignore[attr-defined]
    assert {language.code for language in ALL if not language.spoken} <= offered
