"""What an author, a reviewer and an operator type in a terminal."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import delete

from app import create_app
from bot.settings import ROOT
from bot.storage import migrate
from bot.storage.audit import AuditAction, note
from bot.storage.tables.runtime import Event
from bot.upkeep import releases
from bot.words.languages import LANGUAGES
from tests.support.office import Office


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


def test_an_operator_reads_which_release_ran_since_when_and_nobody_can_take_a_line_out(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create_app(office.settings, office.services).test_cli_runner().invoke
    for version in ("0.1.0 with tables 0017", "0.1.0 with tables 0017", "0.2.0 with tables 0018"):
        monkeypatch.setattr(releases, "this", lambda _wiring, version=version: version)
        assert run(args=["migrate"]).output == "The tables are up to date.\n"
    with office.services.sessions.begin() as db:  # of a meeting
        note(db, office.services.vault, 1, "somebody", AuditAction.RELEASE_STOPPED, "m")
        note(db, office.services.vault, 1, "somebody", AuditAction.RELEASE_REFUSED, "m", "its author")
    said = run(args=["releases"]).output.splitlines()
    assert [line.split("  ")[1] for line in said] == ["0.1.0 with tables 0017", "0.2.0 with tables 0018"]
    assert said[0].startswith("20")
    assert run(args=["record"]).exit_code == 0
    with office.services.sessions.begin() as db:
        db.execute(delete(Event).where(Event.what.endswith("0017")))
    assert run(args=["record"]).exit_code == 1


def test_this_release_is_the_version_of_the_project_and_the_last_step_of_its_tables(office: Office) -> None:
    last = max(step.name for step in (ROOT / "ops" / "migrations" / "versions").glob("*.py"))[:4]
    assert releases.this(office.services).endswith(f"with tables {last}")


def test_an_operator_goes_back_to_an_older_release_and_on_again(office: Office) -> None:
    run = create_app(office.settings, office.services).test_cli_runner().invoke
    assert "The tables are those of 0016" in run(args=["migrate", "--back-to", "0016"]).output
    assert migrate.differences(office.services.engine) != []
    assert run(args=["migrate"]).exit_code == 0
    assert migrate.differences(office.services.engine) == []
