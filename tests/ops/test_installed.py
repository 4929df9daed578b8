"""A command speaks to the installation of this machine, or says how it would; it never makes one by the way."""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot.commands
import workers.commands
from bot.cli import Tables
from bot.settings import ROOT, ConfigError, Settings, first_run, from_env
from bot.storage import migrate
from bot.storage.database import database
from bot.upkeep import installation
from bot.vault.disk import note_mode
from bot.vault.vault import Vault
from flows import FLOWS
from ops import installed, start
from ops.load.running import free_port
from tests.support.country_tables import in_service
from tests.support.office import Office, furnished

IJWI = ROOT / "ops" / "ijwi"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="NOT RUN: only root can become another user")
NOBODY = "nobody"
FAKE = """#!/bin/sh
[ "$2" = -c ] && exit 0
echo "user=$(id -un) mode=$MODE data=$DATA_DIR vault=$VAULT_SOCKET extra=$EXTRA cwd=$(pwd) args=$*"
cat
exit 7
"""


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """What a start in this process sets for those that it begins is not left to the next test."""
    before, mask = dict(os.environ), os.umask(0o077)
    os.umask(mask)
    yield
    os.umask(mask)
    os.environ.clear()
    os.environ.update(before)


def said_by(*command: str | Path, at: Path, typed: str = "", **known: str) -> subprocess.CompletedProcess[str]:
    """What a program says in a shell without MODE; `known` is added to its environment."""
    bare = {name: text for name, text in os.environ.items() if name not in ("MODE", "DATA_DIR", "VAULT_SOCKET")}
    return subprocess.run(
        [str(part) for part in command], cwd=at, env={**bare, "IJWI_UNITS": str(at / "units"), **known}, input=typed,
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip


@pytest.fixture
def machine() -> Iterator[Path]:
    """A folder with a blank in its name that every user may enter."""
    made = Path(tempfile.mkdtemp(prefix="ijwi machine ", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def service(machine: Path, user: str) -> Path:
    """A service on a machine: its code, whose Python only says how it was called, and its unit with a drop-in."""
    code = machine / "opt ijwi"
    python = code / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(FAKE)
    python.chmod(0o755)
    (code / "app.py").touch()
    units = machine / "units"
    (units / "ijwi.service.d").mkdir(parents=True)
    unit = (ROOT / "ops" / "systemd" / "ijwi.service").read_text()
    unit = unit.replace("User=ijwi", f"User={user}").replace("WorkingDirectory=/opt/ijwi", f"WorkingDirectory={code}")
    (units / "ijwi.service").write_text(unit)
    (units / "ijwi.service.d" / "override.conf").write_text('[Service]\nEnvironment="EXTRA=of the drop-in"\n')
    return code


@pytest.mark.parametrize("command", ["people list", "backup x.age", "doctor", "migrate", "check", "work", "clock"])
def test_in_a_bare_shell_a_command_says_the_line_that_is_right_and_writes_nothing(tmp_path: Path, command: str) -> None:
    ran = said_by(sys.executable, "-m", "flask", "--app", ROOT / "app.py", *command.split(), at=tmp_path)
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert f"{shlex.quote(str(IJWI))} {command.removesuffix(' x.age')}" in ran.stderr
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    "process",
    [["-c", "from ops.web import application; application()"], ["-m", "bot.vault.server", "{at}/vault", "{at}/v.sock"]],
    ids=["web", "vault"],
)
def test_a_process_that_serves_does_not_start_without_a_mode(tmp_path: Path, process: list[str]) -> None:
    words = [word.format(at=tmp_path) for word in process]
    ran = said_by(sys.executable, *words, at=tmp_path, PYTHONPATH=str(ROOT))
    assert ran.returncode == 1
    assert ran.stderr.startswith("MODE is not set")
    assert ran.stderr.count("\n") == 1
    assert [*tmp_path.iterdir()] == []


def test_where_nothing_is_installed_both_ways_are_said_and_what_needs_nothing_runs(tmp_path: Path) -> None:
    here = tmp_path / "a folder"
    here.mkdir()
    data = str(here / "data")
    ran = said_by(IJWI, "people", "list", at=here, DATA_DIR=data)
    assert ran.returncode == 1
    assert "./ops/run" in ran.stderr
    assert "In service" in ran.stderr
    assert said_by(IJWI, "backup-key", "k.key", at=here, DATA_DIR=data).returncode == 0
    assert said_by(IJWI, at=here, DATA_DIR=data).returncode == 2  # its usage
    assert [path.name for path in here.iterdir()] == ["k.key"]


def test_who_types_no_command_reads_what_there_is_for_her_in_a_few_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert installed.main([]) == 2
    said = capsys.readouterr().out
    assert said.startswith("Usage: ops/ijwi COMMAND")
    assert "flask" not in said.lower()
    assert len(said.splitlines()) < 15
    named = {line.split()[0] for line in said.splitlines() if line.startswith("  ")}
    assert named <= {command.name for command in (*bot.commands.COMMANDS, *workers.commands.COMMANDS)}


@pytest.mark.parametrize("left", ["nothing", "pip.log"])
def test_while_packages_are_being_installed_a_command_says_so(machine: Path, left: str) -> None:
    python = machine / ".venv" / "bin" / "python"
    for folder in (python.parent, machine / "ops"):
        folder.mkdir(parents=True)
    shutil.copy(IJWI, machine / "ops")
    python.write_text('#!/bin/sh\n[ "$1" = -c ] && exit 1\necho Traceback >&2\nexit 1\n')
    python.chmod(0o755)
    (machine / ".venv" / left).touch()
    ran = said_by(machine / "ops" / "ijwi", "doctor", at=machine)
    assert (ran.returncode, ran.stderr.count("\n")) == (1, 1)
    assert "not all installed yet" in ran.stderr


@as_root
def test_on_a_server_a_command_runs_as_the_service_would(machine: Path) -> None:
    code = service(machine, NOBODY)
    ran = said_by(IJWI, "backup", "my x.age", at=machine, typed="typed\n")
    assert ran.returncode == 7  # its own exit code
    assert ran.stdout.startswith(
        f"user={NOBODY} mode=production data=/var/lib/ijwi vault=/run/ijwi-vault/vault.sock extra=of the drop-in "
        f"cwd={machine} args="
    )
    assert f"{code / 'app.py'} backup my x.age\ntyped\n" in ran.stdout


@as_root
def test_whoever_cannot_become_the_user_of_the_service_reads_the_line_that_is_right(machine: Path) -> None:
    service(machine, "root")
    ran = said_by(IJWI, "doctor", at=machine)
    assert "user=root" in ran.stdout
    (machine / "units" / "ijwi.service").write_text(
        "[Service]\nUser=not-there\nEnvironment=MODE=production DATA_DIR=/var/lib/ijwi\n"
    )
    ran = said_by(IJWI, "doctor", at=machine)
    assert (ran.returncode, "a user not-there, and there is none" in ran.stderr) == (1, True)


def test_a_command_asks_on_no_socket_of_a_units_own_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IJWI_UNITS", str(tmp_path))
    said = "[Service]\nUser=ijwi\nEnvironment=MODE=production VAULT_SOCKET=/run/ijwi-vault/vault.sock"
    for own in ("", ".worker", ".clock"):
        (tmp_path / "ijwi-worker@.service").write_text(f"{said}{own}\n")
        found = installed.of_units()
        assert found
        assert found.environment["VAULT_SOCKET"] == "/run/ijwi-vault/vault.sock"


def test_who_is_not_root_is_told_to_become_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    someone = next(user for user in pwd.getpwall() if user.pw_uid not in (0, 1234))
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    with pytest.raises(installed.Unable, match=rf"sudo -u {someone.pw_name} .*ops/ijwi.* backup x\.age"):
        installed.become(someone.pw_name, ["backup", "x.age"])


def test_the_demonstration_of_the_checkout_is_spoken_to_and_its_vault_if_it_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MODE", raising=False)
    monkeypatch.setenv("IJWI_UNITS", str(tmp_path / "units"))
    folder = Path(tempfile.mkdtemp(prefix="ijwi-"))
    monkeypatch.setenv("DATA_DIR", str(folder))
    assert [*installed.found()] == []
    first_run(folder)
    (demo,) = installed.found()
    assert demo.environment == {"MODE": "demo", "DATA_DIR": str(folder)}
    with socket.socket(socket.AF_UNIX) as vault:
        vault.bind(str(folder / "vault.sock"))
        vault.listen()
        (demo,) = installed.found()
    assert demo.environment["VAULT_SOCKET"] == str(folder / "vault.sock")
    shutil.rmtree(folder)


@as_root
def test_where_there_are_both_the_service_is_spoken_to_and_that_is_said(machine: Path) -> None:
    service(machine, NOBODY)
    first_run(machine / "data")
    ran = said_by(IJWI, "doctor", at=machine, DATA_DIR=str(machine / "data"))
    assert "mode=production" in ran.stdout
    assert ran.stderr.startswith("This speaks to ijwi.service, not to the demo in ")
    assert ran.stderr.count("\n") == 1


def test_a_mode_that_was_said_is_as_it_is(tmp_path: Path) -> None:
    ran = said_by(IJWI, "people", "list", at=tmp_path, MODE="demo", DATA_DIR=str(tmp_path / "data"))
    assert (ran.returncode, "Nothing was started in" in ran.stderr) == (1, True)
    assert [*tmp_path.iterdir()] == []


def demonstration(folder: Path) -> Path:
    """A folder as a demonstration leaves it."""
    first_run(folder)
    shutil.copytree(furnished().folder / "vault", folder / "vault", dirs_exist_ok=True)
    shutil.copy(furnished().folder / "ijwi.sqlite", folder / "ijwi.sqlite")
    return folder


def seen(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """All that lies in a folder: mode, owner and content."""
    found = {str(path): (path.stat(), path.read_bytes() if path.is_file() else b"") for path in folder.rglob("*")}
    return {name: (about.st_mode, about.st_uid, content) for name, (about, content) in found.items()}


@as_root
def test_another_user_than_the_folders_owner_writes_nothing_into_it(machine: Path) -> None:
    folder = demonstration(machine / "data")
    owner = pwd.getpwnam(NOBODY)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner.pw_uid, owner.pw_gid)
    before = seen(folder)
    for command in ("migrate", "people list", "check", "work", "doctor"):
        flask: list[str | Path] = [sys.executable, "-m", "flask", "--app", ROOT / "app.py", *command.split()]
        ran = said_by(*flask, at=machine, MODE="demo", DATA_DIR=str(folder))
        assert (ran.returncode, ran.stderr.count("\n")) == (1, 1)
        assert "belongs to nobody, not to root" in ran.stderr
        assert f"{shlex.quote(str(IJWI))} {command}" in ran.stderr
    ran = said_by(sys.executable, "-m", "ops.start", at=machine, DATA_DIR=str(folder), PYTHONPATH=str(ROOT))
    assert (ran.returncode, "belongs to nobody" in ran.stderr) == (1, True)
    assert seen(folder) == before


@pytest.mark.parametrize("command", ["migrate", "demo", "people list", "doctor"])
def test_before_the_first_start_a_command_leaves_nothing_that_the_service_could_not_read(
    tmp_path: Path, command: str
) -> None:
    flask: list[str | Path] = [sys.executable, "-m", "flask", "--app", ROOT / "app.py", *command.split()]
    for mode in ("demo", "production"):
        ran = said_by(*flask, at=tmp_path, MODE=mode, DATA_DIR=str(tmp_path / "data"))
        assert (ran.returncode, ran.stderr.count("\n")) == (1, 1)
        assert "Nothing was started" in ran.stderr
        assert "./ops/run" in ran.stderr
    assert [*tmp_path.iterdir()] == []


SECRET = "s" * 32
SERVICE = {
    "MODE": "production", "SECRET_KEY": SECRET, "AT_USERNAME": "ijwi", "AT_API_KEY": SECRET,
    "AT_CALLBACK_SECRET": SECRET, "ALLOW_DRAFT": "1", "PUBLIC_BASE_URL": "https://ijwi.example",
}  # fmt: skip


def planted(folder: Path, what: str) -> None:
    """Of a demonstration, put one thing into a service's folder."""
    made = demonstration(folder.parent / "demo")
    folder.mkdir(mode=0o700)
    if what == "settings":
        shutil.copy(made / "settings.env", folder)
    elif what == "settings of an older release":
        text = (made / "settings.env").read_text().replace("MODE=demo\n", "").replace("demo-", "")
        (folder / "settings.env").write_text(text)
    elif what == "secrets":
        lines = (made / "settings.env").read_text().splitlines()
        (folder / "settings.env").write_text("\n".join(line for line in lines if line.startswith("GATEWAY_SECRET")))
    elif what == "vault":
        shutil.copytree(made / "vault", folder / "vault")
        note_mode(folder / "vault", "demo")
    elif what == "database":
        shutil.copy(made / "ijwi.sqlite", folder)
    shutil.rmtree(made)


@pytest.mark.parametrize(
    "what", ["settings", "settings of an older release", "secrets", "vault", "database", "another vault's database"]
)
def test_in_service_nothing_of_a_demonstration_is_taken(
    tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "service"
    planted(folder, what)
    if what == "another vault's database":
        belongs_elsewhere(folder)
    for name, text in {**SERVICE, "DATA_DIR": str(folder), "COUNTRY_DIR": str(in_service(tmp_path))}.items():
        monkeypatch.setenv(name, text)
    before = seen(folder)
    for way in (installation.for_server, lambda flows: installation.for_command(flows, Tables.MADE, False)):
        with pytest.raises(ConfigError) as refused:
            way(FLOWS)
        assert str(refused.value).count("\n") == 0
    assert start.main(["--port", "1"]) == 1
    assert seen(folder) == before


def belongs_elsewhere(folder: Path) -> None:
    """Put a service's database here, and the vault of another one."""
    office = Office(folder / "first")
    settings = office.settings.model_copy(update={"mode": "production"})
    office.services.settings = settings
    installation.note(office.services)
    office.services.engine.dispose()
    (folder / "first" / "ijwi.sqlite").rename(folder / "ijwi.sqlite")
    shutil.rmtree(folder / "first")
    Vault(folder / "vault")


def test_a_services_folder_is_no_place_for_a_demonstration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "service"
    folder.mkdir(mode=0o700)
    (folder / "settings.env").write_text(f"SECRET_KEY={SECRET}\n")
    monkeypatch.setenv("DATA_DIR", str(folder))
    monkeypatch.delenv("MODE", raising=False)
    before = seen(folder)
    assert start.main(["--port", "1"]) == 1
    assert "is not a demonstration's, and MODE is demo" in capsys.readouterr().err
    assert seen(folder) == before
    (folder / "settings.env").unlink()
    Vault(folder / "vault")
    note_mode(folder / "vault", "production")
    before = seen(folder)
    assert start.main(["--port", "1"]) == 1
    assert "is a service's vault" in capsys.readouterr().err
    assert seen(folder) == before
    os.environ.pop("MODE", None)


def test_a_services_database_is_refused_by_a_demonstration_and_its_own_is_taken(office: Office, tmp_path: Path) -> None:
    installation.note(office.services)
    installation.note(office.services)  # once
    installation.belongs(office.settings)
    with pytest.raises(ConfigError, match="made for MODE=demo, and MODE is production"):
        installation.belongs(office.settings.model_copy(update={"mode": "production"}))
    assert (office.settings.data_dir / "vault" / "mode").read_text() == "demo"
    other = tmp_path / "other"
    Vault(other / "vault")
    with pytest.raises(ConfigError, match="belongs to another vault"):
        installation.belongs(office.settings.model_copy(update={"data_dir": other}))
    with pytest.raises(ConfigError, match="belongs to another vault"):  # and none is made
        installation.belongs(office.settings.model_copy(update={"data_dir": tmp_path / "none"}))
    assert not (tmp_path / "none").exists()


def test_a_row_that_somebody_changed_is_an_alarm_and_no_reason_to_leave_callers_alone(office: Office) -> None:
    installation.note(office.services)
    with office.services.engine.begin() as line:
        line.exec_driver_sql("UPDATE event SET at = at + 1")
    installation.belongs(office.settings)


def test_all_that_a_command_writes_is_its_users_alone_whatever_the_umask(tmp_path: Path) -> None:
    folder = demonstration(tmp_path / "data")
    (folder / "ijwi.sqlite").unlink()
    line = f"umask 0; '{IJWI}' migrate && '{IJWI}' demo && '{IJWI}' figures --oversight out.csv"
    ran = said_by("sh", "-c", line, at=tmp_path, MODE="demo", DATA_DIR=str(folder))
    assert ran.returncode == 0, ran.stderr
    open_ = [path for path in (tmp_path / "out.csv", *folder.rglob("*")) if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert [path for path in open_ if not path.is_dir()] == []


def test_settings_say_all_at_once_in_our_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {"MODE": "production", "DATA_DIR": str(tmp_path), "KEEP_WEEKS": "abc", "BALANCE_LOW": ""}.items():
        monkeypatch.setenv(name, text)
    with pytest.raises(ConfigError) as said:
        from_env(lambda _settings: ["and one of a provider"])
    lines = str(said.value).splitlines()
    assert "KEEP_WEEKS is no whole number. Example: KEEP_WEEKS=53" in lines
    assert "and one of a provider" in lines
    assert not [line for line in lines if "BALANCE_LOW" in line]  # a blank value is none
    monkeypatch.setenv("KEEP_WEEKS", "0")
    with pytest.raises(ConfigError, match="KEEP_WEEKS is less than 1"):
        from_env(lambda _settings: [])


FILES = {
    "SECRET_KEY=a\n\nSECRET_KEY=b\n": "line 3: SECRET_KEY has another value in line 1",
    "LOG_LEVEL INFO\n": "line 1: this is no line like NAME=value",
    "SECRET_KEY=\xe9\n": "is no UTF-8 text",
}


@pytest.mark.parametrize("text", FILES)
def test_a_line_of_the_settings_that_nobody_can_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "settings.env").write_bytes(text.encode("latin-1"))
    monkeypatch.setenv("MODE", "production")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    with pytest.raises(ConfigError, match=FILES[text]):
        from_env(lambda _settings: [])


def test_blank_lines_and_a_line_that_stands_twice_alike_are_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "settings.env").write_text(f"\n\ufeff\n# mine\nSECRET_KEY={SECRET}\n\nSECRET_KEY={SECRET}\n".lstrip())
    monkeypatch.setenv("MODE", "production")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COUNTRY_DIR", str(in_service(tmp_path)))
    assert isinstance(from_env(lambda _settings: []), Settings)


def test_tables_that_do_not_fit_are_told_apart(tmp_path: Path) -> None:
    engine = database(f"sqlite:///{tmp_path / 'x.sqlite'}")
    assert "has no tables of Ijwi yet" in migrate.misfit(engine)
    migrate.upgrade(engine)
    assert migrate.misfit(engine) == ""
    migrate.downgrade(engine, "0016")
    assert "of an older release" in migrate.misfit(engine)
    engine.dispose()


def test_a_start_that_was_refused_leaves_no_folder_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "new"))
    monkeypatch.setenv("MODE", "production")
    assert start.main(["--port", str(free_port())]) == 1
    assert "SECRET_KEY is not set" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
