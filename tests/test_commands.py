"""What an author, a reviewer and an operator type in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from bot.i18n import LANGUAGES
from tests.office import Office


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    office = Office(tmp_path, redis_url="redis://127.0.0.1:1/0")
    yield create_app(office.settings, office.wiring)
    office.wiring.engine.dispose()


def test_check_prints_a_table_and_says_that_all_is_well(app: Flask) -> None:
    ran = app.test_cli_runner().invoke(args=["check"])
    assert ran.exit_code == 0
    assert ran.output.count("\nreport ") == len(LANGUAGES)
    assert "0 faults." in ran.output


def test_a_reviewer_reads_the_pages_with_their_lengths_and_back_translations(app: Flask) -> None:
    ran = app.test_cli_runner().invoke(args=["script", "report", "rn"])
    assert ran.exit_code == 0
    assert "Vyashikiye nde?" in ran.output
    assert "means: " in ran.output
    assert "of 160 septets" in ran.output


def test_an_author_dials_in_the_terminal(app: Flask) -> None:
    ran = app.test_cli_runner().invoke(args=["phone"], input="3\n1\n")
    assert ran.exit_code == 0
    assert "Language / Langue / Ururimi" in ran.output
    assert "There is no meeting now." in ran.output


def test_the_demo_people_are_added_once(app: Flask) -> None:
    assert app.test_cli_runner().invoke(args=["demo"]).output == "0 demo people added.\n"
