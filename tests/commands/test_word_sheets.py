"""A reviewer gets a sheet of every text, writes into it as people do, and sends it back: all of it is taken, or every
fault is named by its cell."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import select

from app import create_app
from bot.commands import word_files, word_material
from bot.settings import ROOT
from bot.storage.tables.words import Wording
from bot.words import shown, source
from bot.words.languages import LANGUAGES
from bot.words.sheet import SheetRow
from tests.support.doors import NO_REDIS
from tests.support.office import Office
from tests.support.small_world import WORDS

TEXTS = len(WORDS.entries["rn"])  # every language has all of them

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
KEY = "report.who.title"
NEW, MEANS = "Vyabaye kuri nde?", "To whom did it happen?"
CORRECTION, CORRECTED_MEANS, NOTE = 8, 9, 10


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path, redis_url=NO_REDIS)
    yield office
    office.services.engine.dispose()


@pytest.fixture
def app(office: Office) -> Flask:
    return create_app(office.settings, office.services)


def given(office: Office) -> word_material.Material:
    of = office.services
    return word_material.Material(of.flow_set, of.words, of.country, of.settings.service_code, of)


def sheet(office: Office, path: Path, language: str = "rn") -> list[SheetRow]:
    """A sheet as it is exported, without the lengths, which take long."""
    with create_app(office.settings, office.services).app_context():
        found = word_material.rows(given(office), language)
    word_files.write(path, language, found)
    return found


def book(path: Path) -> tuple[Workbook, Worksheet, dict[str, int]]:
    """A sheet to write into, with the row of each key."""
    opened = load_workbook(path)
    table = opened[opened.sheetnames[0]]
    return opened, table, {str(table.cell(row, 1).value): row for row in range(2, table.max_row + 1)}


def correct(path: Path, key: str = KEY, text: str = NEW, means: str = MEANS) -> int:
    opened, table, at = book(path)
    table.cell(at[key], CORRECTION).value = text
    table.cell(at[key], CORRECTED_MEANS).value = means
    table.cell(at[key], NOTE).value = "MN"
    opened.save(path)
    return at[key]


def bring(app: Flask, path: Path) -> Result:
    return app.test_cli_runner().invoke(args=["words", "import", str(path)])


def kept(office: Office) -> dict[str, tuple[str, bool]]:
    with office.services.reads() as db:
        return {row.key: (row.text, row.own) for row in db.scalars(select(Wording))}


def test_the_sheet_holds_every_text_that_a_phone_can_show_the_safety_critical_ones_first(
    office: Office, tmp_path: Path
) -> None:
    rows = sheet(office, tmp_path / "rn.xlsx")
    keys = [row.key for row in rows]
    assert {*source.english(source.marked())} <= {*keys}
    assert {"card.K01", "day.7", "hour.12", "name.service", "plan.curfew", "officer.sms.urgent"} <= {*keys}
    critical = [bool(shown.subject(key)) for key in keys]
    assert critical == sorted(critical, reverse=True)
    assert len(keys) == len({*keys})
    assert keys.index("report.limits") < keys.index("meet.sms.hint")


@pytest.mark.parametrize("pattern", [one for keys in shown.CRITICAL.values() for one in keys])
def test_every_safety_critical_key_is_a_key_of_the_code(pattern: str) -> None:
    from fnmatch import filter

    assert filter([*source.listed(ROOT / "locales")], pattern)


def test_a_sheet_says_how_much_longer_a_text_may_become(app: Flask, tmp_path: Path) -> None:
    done = app.test_cli_runner().invoke(args=["words", "export", "fr", str(tmp_path / "fr.xlsx")])
    assert done.exit_code == 0, done.output
    opened, table, at = book(tmp_path / "fr.xlsx")
    assert str(table.cell(at[KEY], 7).value).endswith(" left")
    assert (table.freeze_panes, table.protection.sheet) == ("B2", True)
    assert not table.cell(at[KEY], CORRECTION).protection.locked


@pytest.mark.parametrize("ending", ["xlsx", "ods", "csv"])
def test_what_comes_back_as_it_went_out_proposes_the_words_as_they_are(
    office: Office, app: Flask, tmp_path: Path, ending: str
) -> None:
    sheet(office, tmp_path / f"hi.{ending}", "hi")
    done = bring(app, tmp_path / f"hi.{ending}")
    assert done.exit_code == 0, done.output
    assert f"0 corrections, {TEXTS} texts as they are, in hi." in done.output
    assert {own for _text, own in kept(office).values()} == {False}


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not here")
@pytest.mark.parametrize("ways", [("ods", "xlsx"), ("csv",), ("xlsx",)])
def test_a_sheet_that_was_saved_by_libreoffice_is_taken(
    office: Office, app: Flask, tmp_path: Path, ways: tuple[str, ...]
) -> None:
    path = tmp_path / "rn.xlsx"
    sheet(office, path)
    correct(path)
    for number, ending in enumerate(ways):
        out = tmp_path / f"out{number}"
        kind = "csv:Text - txt - csv (StarCalc):59,34,76,1" if ending == "csv" else ending
        command = [str(SOFFICE), f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to",
                   kind, "--outdir", str(out), str(path)]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        path = out / f"rn.{ending}"
    done = bring(app, path)
    assert done.exit_code == 0, done.output
    assert f"1 corrections, {TEXTS - 1} texts as they are, in rn." in done.output
    assert kept(office)[KEY] == (NEW, True)


def test_every_fault_of_a_sheet_is_named_by_its_cell_and_nothing_is_taken(
    office: Office, app: Flask, tmp_path: Path
) -> None:
    path = tmp_path / "rn.xlsx"
    sheet(office, path)
    opened, table, at = book(path)
    wrong: dict[str, tuple[int, object, str]] = {
        "report.limits": (CORRECTION, "Reka 00", "the placeholder {org} is lost"),
        "report.send_now": (CORRECTION, "Rungika {code}", "the placeholder {code} is not in the English"),
        "report.danger_people": (CORRECTION, "Genda {health", "a brace without a name or a partner"),
        "common.yes": (CORRECTION, "Ego ✔", "no phone shows ✔"),
        "common.no": (CORRECTION, "Yego cyangwa", "reads like Kinyarwanda"),
        "report.who.me": (CORRECTION, "=A1", "a formula where a text belongs"),
        "report.who.child": (CORRECTION, 12.5, "a number or a date where a text belongs"),
        "report.who.title": (CORRECTION, "nde " * 60, "too long: "),
        "report.type.title": (3, "What did he do?", "is not today's English"),
        "report.when.title": (4, "Ryari?", "is not the text of today"),
        "officer.sms.new": (CORRECTION, "Igipolisi {number}: {code}", "an SMS may not hold"),
        "meet.none": (1, "meet.nun", "there is no text meet.nun; was it meet.none?"),
        "meet.agree": (1, "common.back", "common.back stands twice"),
    }
    for key, (column, value, _said) in wrong.items():
        table.cell(at[key], column).value = value
        if column == CORRECTION:
            table.cell(at[key], CORRECTED_MEANS).value = "x"
    table.cell(at["report.word"], CORRECTION).value = "Andika"
    table.merge_cells(start_row=at["help.title"], end_row=at["help.title"] + 1, start_column=8, end_column=8)
    opened.save(path)
    done = bring(app, path)
    assert done.exit_code == 1
    assert kept(office) == {}
    lines = done.output.splitlines()
    letters = {1: "A", 3: "C", 4: "D", CORRECTION: "H"}
    for key, (column, _value, said) in wrong.items():
        found = [line for line in lines if said in line]
        if key == "common.back":
            continue
        row = at["common.back"] if said.endswith("stands twice") and at["common.back"] > at[key] else at[key]
        assert any(line.startswith(f"rn.xlsx:{row}, column {letters[column]} ") for line in found), (key, lines)
    assert (
        f"rn.xlsx:{at['report.word']}, column I (it means): a correction needs its literal meaning beside it." in lines
    )
    assert [line for line in lines if line.startswith(f"rn.xlsx:{at['help.title']}, column H ") and "merged" in line]
    assert lines[-1].endswith("faults. Nothing was taken.")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"key;English;text rn;it means\nx;y;z;w\n", "the columns your correction are missing"), (b"", "is empty"),
     (b"PK\x03\x04\x14\0\0\0", "is a spreadsheet with the name of a text"), (b"a,b\n1,2\n", "are missing")],
)  # fmt: skip
def test_what_is_no_sheet_gets_one_sentence(app: Flask, tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "rn.csv").write_bytes(content)
    done = bring(app, tmp_path / "rn.csv")
    assert done.exit_code == 1
    assert said in done.output
    assert "Traceback" not in done.output


def test_a_sheet_with_macros_is_refused(office: Office, app: Flask, tmp_path: Path) -> None:
    sheet(office, tmp_path / "rn.xlsx")
    (tmp_path / "rn.xlsx").rename(tmp_path / "rn.xlsm")
    assert "has macros" in bring(app, tmp_path / "rn.xlsm").output


def test_a_correction_of_a_card_is_named_for_the_table_where_it_belongs(
    office: Office, app: Flask, tmp_path: Path
) -> None:
    path = tmp_path / "fr.xlsx"
    sheet(office, path, "fr")
    correct(path, "card.K01", "La résolution 1325 date de 2000.")
    done = bring(app, path)
    assert done.exit_code == 0, done.output
    assert "To be written into cards.csv by hand, card.K01: La résolution 1325 date de 2000." in done.output


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_booklet_shows_every_text_and_fetches_nothing(
    office: Office, app: Flask, tmp_path: Path, language: str
) -> None:
    done = app.test_cli_runner().invoke(args=["words", "booklet", language, str(tmp_path / "b.html")])
    assert done.exit_code == 0, done.output
    page = (tmp_path / "b.html").read_text(encoding="utf-8")
    for lacking in ("<script", "http://", "https://", "src=", "@import", "url("):
        assert lacking not in page
    from html import escape

    from bot.words.gsm import fold

    for key, entry in office.services.words.entries[language].items():
        first = fold(entry.text).split("{")[0].split("\n")[0].strip()[:20]
        assert escape(first) in page, key
        assert escape(entry.back) in page, key


def test_who_asks_for_a_text_that_is_not_there_reads_what_is_near(app: Flask) -> None:
    run = app.test_cli_runner().invoke
    assert "Near it: report.limits" in run(args=["words", "say", "report.limit"]).output
    said = run(args=["words", "say", "report.limits"]).output
    for part in ("safety-critical: limits", "shown at report.limits to a woman who tells", "means: ", "septets"):
        assert part in said
