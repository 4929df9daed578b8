"""Whatever is broken around it, a command ends with a sentence and no trace. Every command that is registered is tried
in every broken world, with arguments made from what it asks for: so a new one is tried the day it is added.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from flask.cli import FlaskGroup
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

import workers.clock
import workers.run
from app import create_app
from bot.commands.sentences import sentence_for
from bot.country import pack
from bot.country.pack import CountryError
from bot.folder import line
from bot.settings import ROOT, first_run
from bot.storage import migrate
from bot.storage.database import database
from bot.vault import client
from bot.words import catalogues
from tests.support.office import furnished

APP = str(ROOT / "app.py")
NO_HOUSE = {"bench"}  # it starts an installation of its own


def leaves(command: click.Command, *names: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below this one, with the words that are typed for it."""
    below = getattr(command, "commands", None)
    if below is None:
        yield names, command
    for name, child in (below or {}).items():
        yield from leaves(child, *names, name)


@pytest.fixture(scope="module")
def group() -> FlaskGroup:
    return FlaskGroup()


def commands() -> dict[tuple[str, ...], click.Command]:
    """What `flask` knows, ours and its own, by the words that are typed."""
    with FlaskGroup().make_context("flask", ["--app", APP, "--help"], resilient_parsing=True):
        app = create_app()
    known = [*leaves(app.cli), *leaves(FlaskGroup())]
    return {names: found for names, found in known if names[0] not in NO_HOUSE}


COMMANDS = commands()


def value(kind: object, there: Path) -> str:
    """Something that this kind of argument takes."""
    if isinstance(kind, click.Choice):
        return str(kind.choices[0])
    if isinstance(kind, click.Path):
        return str(there if kind.exists else there.with_name("new"))
    if isinstance(kind, click.DateTime):
        return "2026-12-01"
    return "1" if isinstance(kind, click.IntRange) else "x"


def typed(names: tuple[str, ...], there: Path) -> list[str]:
    """The words for a command with all that it cannot do without."""
    words = [*names]
    for asked in COMMANDS[names].params:
        if asked.required:
            words += [asked.opts[0]] * isinstance(asked, click.Option) + [value(asked.type, there)]
    return words


World = Callable[[Path, pytest.MonkeyPatch], None]


def no_server(folder: Path, world: pytest.MonkeyPatch) -> None:
    world.setenv("DATABASE_URL", "postgresql+psycopg://ijwi@127.0.0.1:1/ijwi")


def no_database(folder: Path, world: pytest.MonkeyPatch) -> None:
    (folder / "ijwi.sqlite").unlink()


def a_folder_for_a_database(folder: Path, world: pytest.MonkeyPatch) -> None:
    no_database(folder, world)
    (folder / "ijwi.sqlite").mkdir()


def rubbish(folder: Path, world: pytest.MonkeyPatch) -> None:
    (folder / "ijwi.sqlite").write_bytes(b"no database " * 400)


def no_tables(folder: Path, world: pytest.MonkeyPatch) -> None:
    (folder / "ijwi.sqlite").write_bytes(b"")


def older_tables(folder: Path, world: pytest.MonkeyPatch) -> None:
    engine = database(f"sqlite:///{folder / 'ijwi.sqlite'}")
    migrate.downgrade(engine, "0016")
    engine.dispose()


def newer_tables(folder: Path, world: pytest.MonkeyPatch) -> None:
    with contextlib.closing(sqlite3.connect(folder / "ijwi.sqlite")) as db, db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")


def no_vault(folder: Path, world: pytest.MonkeyPatch) -> None:
    shutil.rmtree(folder / "vault")


def a_dead_vault(folder: Path, world: pytest.MonkeyPatch) -> None:
    world.setenv("VAULT_SOCKET", str(folder / "dead.sock"))
    world.setattr(client, "PAUSES", (0,))


def no_store(folder: Path, world: pytest.MonkeyPatch) -> None:
    world.setenv("REDIS_URL", "redis://127.0.0.1:1/0")


def a_broken_country(folder: Path, world: pytest.MonkeyPatch) -> None:
    def broken(*_given: object, **_more: object) -> None:
        raise CountryError(["places.csv, line 3: BI-X is no zone"])

    world.setattr("bot.services.pack.load", broken)


def a_wrong_setting(folder: Path, world: pytest.MonkeyPatch) -> None:
    world.setenv("KEEP_WEEKS", "abc")


def nothing_started(folder: Path, world: pytest.MonkeyPatch) -> None:
    shutil.rmtree(folder)


def a_file_for_a_folder(folder: Path, world: pytest.MonkeyPatch) -> None:
    shutil.rmtree(folder)
    folder.write_text("")


def no_mode(folder: Path, world: pytest.MonkeyPatch) -> None:
    world.delenv("MODE")


def a_rubbish_file(folder: Path, world: pytest.MonkeyPatch) -> None:
    (folder.parent / "table").write_bytes(bytes(range(256)))


def all_well(folder: Path, world: pytest.MonkeyPatch) -> None:
    """Not broken: with these arguments a command is refused, or does what it does."""


WORLDS: tuple[World, ...] = (
    no_server, no_database, a_folder_for_a_database, rubbish, no_tables, older_tables, newer_tables, no_vault,
    a_dead_vault, no_store, a_broken_country, a_wrong_setting, nothing_started, a_file_for_a_folder, no_mode,
    a_rubbish_file, all_well,
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def words_are_read_once() -> Iterator[None]:
    """Words, and the verdict on them, are the same in every world; reading them anew would take most of the time."""
    with pytest.MonkeyPatch.context() as once:
        words = cache(catalogues.load)
        once.setattr("bot.services.catalogues.load", lambda folder, english: words(folder))
        once.setattr("bot.services.pack.load", cache(pack.load))
        once.setattr("bot.commands.talks.report", lambda _services, _found: True)
        yield


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a demonstration that was started, and a table to import beside it."""
    made = tmp_path / "data"
    first_run(made)
    shutil.copytree(furnished().folder / "vault", made / "vault", dirs_exist_ok=True)
    shutil.copy(furnished().folder / "ijwi.sqlite", made / "ijwi.sqlite")
    (tmp_path / "table").write_text("ref,role\n", encoding="utf-8")
    for name, text in {"MODE": "demo", "DATA_DIR": str(made), "LOG_LEVEL": "INFO"}.items():
        monkeypatch.setenv(name, text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    monkeypatch.setattr("flask.cli.run_simple", lambda *_given, **_more: None)
    for process in (workers.run, workers.clock):
        monkeypatch.setattr(process, "run", lambda _services: None)
    return made


def says(group: FlaskGroup, *words: str) -> Result:
    return CliRunner().invoke(group, ["--app", APP, *words])


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: str(world.__name__))
def test_no_command_ends_in_a_trace(
    folder: Path, group: FlaskGroup, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    world(folder, monkeypatch)
    for names in COMMANDS:
        ran = says(group, *typed(names, folder.parent / "table"))
        said = f"{' '.join(names)}: {ran.output} {ran.exception!r}"
        assert ran.exception is None or isinstance(ran.exception, SystemExit), said
        assert ran.exit_code in (0, 1, 2), said
        assert "Traceback" not in ran.output, said
        assert "a fault of Ijwi" not in ran.output, said
        assert ran.output or ran.exit_code == 0, said


UNWRITTEN = (no_mode, nothing_started, no_database)


@pytest.mark.parametrize("world", UNWRITTEN, ids=lambda world: str(world.__name__))
def test_a_command_that_is_refused_writes_nothing(
    folder: Path, group: FlaskGroup, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    world(folder, monkeypatch)
    before = {path: path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")] if path.exists()}
    for names in COMMANDS:
        if names in {("backup-key",), ("migrate",)}:
            continue  # these are there to write
        says(group, *typed(names, folder.parent / "table"))
        after = {path: path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")] if path.exists()}
        assert after == before, names


def test_a_fault_of_ours_says_its_kind_and_how_to_see_more_and_nothing_of_anybody(
    folder: Path, group: FlaskGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*_given: object) -> None:
        raise KeyError("+25779123456")

    monkeypatch.setattr("bot.people.enrolment.listed", faulty)
    ran = says(group, "people", "list")
    assert ran.exit_code == 1
    assert "a fault of Ijwi (KeyError)" in ran.output
    assert "LOG_LEVEL=DEBUG" in ran.output
    assert "people list" in ran.output
    assert "257" not in ran.output.replace(str(folder), "")
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    assert isinstance(says(group, "people", "list").exception, KeyError)  # whoever mends it sees it all


def test_what_a_database_says_of_a_row_is_not_repeated() -> None:
    said = sentence_for(OperationalError("", None, sqlite3.IntegrityError("Key (phone)=(+25779123456) exists")))
    assert said
    assert "257" not in said


@pytest.mark.parametrize("mode", ["ro", "rw"])
def test_a_database_that_may_not_be_written_or_opened_is_said(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "x.sqlite"
    if mode == "ro":
        sqlite3.connect(path).close()
        path.write_bytes(b"")
    uri = f"file:{path}?mode={mode}"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(uri, uri=True))
    with pytest.raises(OperationalError) as error, engine.begin() as line:
        line.exec_driver_sql("CREATE TABLE x (y)")
    assert {"ro": "may not be written", "rw": "cannot be opened"}[mode] in sentence_for(error.value)


def test_whoever_reads_only_the_beginning_sees_no_trace(folder: Path) -> None:
    line = f"'{sys.executable}' -m flask --app '{APP}' script report rn | head -n 1"
    ran = subprocess.run(["sh", "-c", line], env=os.environ, capture_output=True, text=True, timeout=60, check=False)
    assert ran.stderr == ""


def test_a_full_disk_for_what_is_printed_is_said_without_a_trace(folder: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no full disk here")
    with open("/dev/full", "w", encoding="utf-8") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "flask", "--app", APP, "script", "report", "rn"], env=os.environ, stdout=full,
            stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert ran.returncode != 0
    assert "No space left" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_every_command_is_tried() -> None:
    assert len(COMMANDS) >= 31
    assert {("people", "import"), ("restore",), ("check",), ("work",)} <= COMMANDS.keys()
    assert {("run",), ("routes",), ("shell",)} <= COMMANDS.keys()  # of Flask itself


@pytest.mark.parametrize("command", ["run", "routes", "shell"])
def test_flasks_own_commands_begin_no_installation(
    tmp_path: Path, group: FlaskGroup, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """A volunteer who knows Flask types what its manual says, before the first start."""
    monkeypatch.setattr("flask.cli.run_simple", lambda *_given, **_more: None)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    said = {}
    for mode in ("", "demo", "production"):
        monkeypatch.setenv("MODE", mode)
        ran = says(group, command)
        assert ran.exit_code == 1
        assert isinstance(ran.exception, SystemExit)
        said[mode] = ran.output
    assert f"MODE is not set, so nothing says which installation is meant. Right: {line(command)}" in said[""]
    assert "Nothing was started in" in said["demo"]
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", ["run", "routes", "shell"])
def test_flasks_own_commands_work_on_no_demonstration_in_service(
    folder: Path, group: FlaskGroup, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("MODE", "production")
    ran = says(group, command)
    assert (ran.exit_code, "was made for a demonstration, and MODE is production" in ran.output) == (1, True)
    monkeypatch.setenv("MODE", "demo")
    assert says(group, command).exit_code == 0  # its own
