"""An installation of the last release goes on under this one: nobody who is in the middle of something loses it.

The release before is taken from the repository's own history, runs in a process of its own, and is left with reports,
an answer, a meeting, two open talks, jobs in the store and a backup. The last release with a flat `bot/` is 7a0424a.
"""

from __future__ import annotations

import configparser
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import func, select

import workers
from app import create_app
from bot.channels.registry import faults
from bot.delivery.alert_texts import ALERTS
from bot.services import Services
from bot.settings import ROOT, Settings, from_env
from bot.storage import migrate, outbox, switches
from bot.storage.tables.delivery import DeliveryStatus, Message
from bot.storage.tables.meetings import Meeting
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Report
from bot.storage.tables.runtime import Task
from bot.vault import wire
from ops import start
from ops.load.running import free_port
from tests.ops import installation
from tests.ops.installation import OFFICERS, OTHER, WOMAN, Installation
from tests.support.provider import Provider
from tests.support.units import what_runs
from workers import run
from workers.clock import rq_enqueuer


@contextmanager
def vault_of(tree: Path, folder: Path) -> Iterator[Path]:
    """The vault's process of a release on a data folder: where it listens."""
    socket = folder / "v.sock"
    command = [sys.executable, "-m", "bot.vault.server", str(folder / "vault"), str(socket)]
    with subprocess.Popen(command, cwd=tree) as server:
        until = time.monotonic() + 60
        while not socket.exists() and time.monotonic() < until:
            time.sleep(0.02)
        try:
            yield socket
        finally:
            server.terminate()


def test_whoever_was_in_the_middle_of_something_goes_on_after_an_upgrade(
    left: dict[str, Any],
    folder: Path,
    last_release: Path,
    stand_in: Provider,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AT_BASE_URL", stand_in.url)
    start.prepare("127.0.0.1", free_port())
    assert "demo people are there" in capsys.readouterr().out  # and nobody was enrolled twice
    with installation.store(folder), vault_of(last_release, folder) as socket:  # processes are replaced one by one
        monkeypatch.setenv("VAULT_SOCKET", str(socket))
        services, here = opened(from_env(faults), folder)
        assert migrate.differences(services.engine) == []
        her_talk_goes_on(here, left)
        she_reads_her_answer(here, left)
        what_was_in_the_queue_is_done(services, left, stand_in)
        the_officer_reads_and_answers(here, left)
        the_officer_says_that_she_comes(here, left, services)
        services.engine.dispose()
    monkeypatch.delenv("VAULT_SOCKET")
    the_backup_is_restored(left, folder, monkeypatch)
    nothing_is_called_otherwise(left, here, services)


def opened(settings: Settings, folder: Path) -> tuple[Services, Installation]:
    app = create_app(settings)
    services: Services = app.extensions["ijwi"]
    return services, Installation(app, folder)


def her_talk_goes_on(here: Installation, left: dict[str, Any]) -> None:
    """Where the gateway sends everything, and where it sends the last answer only and nothing could be replayed."""
    talk = here.phone(WOMAN, "open")
    talk.typed = ["3", "3"]
    assert talk.types("2") != left["open"]
    assert talk.sees.startswith("CON ")
    assert here.asked_by_hubtel("h1", 2, "3") == left["gateway"][1]  # the gateway asks once more
    assert here.asked_by_hubtel("h1", 3, "3") == left["open"].removeprefix("CON ")


def she_reads_her_answer(here: Installation, left: dict[str, Any]) -> None:
    page = here.opens(WOMAN, "a2", left["answered"]).sees
    assert page.startswith("CON A person you can trust is following it. Read on ")
    assert "Go to a doctor." in page


def the_officer_reads_and_answers(here: Installation, left: dict[str, Any]) -> None:
    assert "It has not been read yet." in here.opens(OTHER, "b2", left["waiting"]).sees
    here.is_answered("c4", here.is_taken("c3"))
    assert "Go to a doctor." in here.opens(OTHER, "b3", left["waiting"]).sees


def what_was_in_the_queue_is_done(services: Services, left: dict[str, Any], provider: Provider) -> None:
    """Jobs under the name of the last release, and what nobody had rung for."""
    queue = Queue("ijwi", connection=services.redis, serializer=JSONSerializer)
    assert {job.func_name for job in queue.jobs} == {"workers.keep"}
    assert left["rung"]
    with services.reads() as db:
        open_tasks = select(func.count()).select_from(Task).where(Task.key.in_(left["rung"]), Task.done_at.is_(None))
        assert db.scalar(open_tasks) == len(left["rung"])
    run.run(services, burst=True)
    assert queue.failed_job_registry.count == 0
    with services.reads() as db:
        assert db.scalar(open_tasks) == 0
    rq_enqueuer(services.redis)(outbox.due(services.sessions, outbox.now() + 1))
    run.run(services, burst=True)
    workers.SERVICES.clear()
    with services.reads() as db:
        assert {*db.scalars(select(Message.status).where(Message.kind.in_(ALERTS)))} == {DeliveryStatus.SENT}
    assert any(asked.form["to"] in OFFICERS for asked in provider.asked)


def the_officer_says_that_she_comes(here: Installation, left: dict[str, Any], services: Services) -> None:
    officer = here.works(OFFICERS[0], "c5", "Meetings")
    officer.chooses(left["meeting"], "I will come")
    assert officer.sees == "END It is written. Thank you."
    with services.reads() as db:
        assert db.scalars(select(Meeting.woman_says)).one() == "yes"


def the_backup_is_restored(left: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Into an empty database, with the vault's folder opened by this release itself."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder / 'restored.sqlite'}")
    services, here = opened(from_env(faults), folder)
    files = [str(folder / name) for name in ("backup.age", "backup.key")]
    assert "rows are back" in here.command("restore", files[0], "--key", files[1])
    with services.reads() as db:
        assert db.scalar(select(func.count()).select_from(Report)) == 2
        assert db.scalar(select(func.count()).select_from(Person)) == 22
    assert "We cannot do it." in here.opens(WOMAN, "a2", left["answered"]).sees
    with services.sessions.begin() as db:  # as two people decide with `reopen`
        assert switches.reopen(db)
    services.roster.refresh()
    assert "Go to a doctor." in here.opens(WOMAN, "a3", left["answered"]).sees
    assert "It has not been read yet." in here.opens(OTHER, "b4", left["waiting"]).sees
    services.engine.dispose()


def nothing_is_called_otherwise(left: dict[str, Any], here: Installation, services: Services) -> None:
    """Addresses, commands, settings and what a vault is asked: more may come, none goes."""
    now = {address for rule in here.app.url_map.iter_rules() for address in addresses(rule.rule)}
    assert {address for rule in left["routes"] for address in addresses(rule)} <= now
    assert {*left["commands"]} <= {*here.app.cli.commands}
    assert {*left["settings"]} <= {*type(services.settings).model_fields}
    assert {*left["vault"]} <= wire.METHODS


def addresses(rule: str) -> list[str]:
    """A rule of the web application, one for each of the names it takes, without the names of what varies."""
    before, any_of, after = rule.partition("<any(")
    names, _closed, rest = after.partition("):name>")
    each = [f"{before}{name}{rest}" for name in names.split(",")] if any_of else [rule]
    return [re.sub(r"<(path:)?\w+(:\w+)?>", r"<\1>", one) for one in each]


def test_an_operators_machine_starts_the_same_programs_under_the_same_names(last_release: Path) -> None:
    """Her own drop-ins, her monitoring and the lines in her runbook name them."""
    for name in (
        "ops/supervisord.conf",
        *(str(one.relative_to(ROOT)) for one in (ROOT / "ops/systemd").rglob("*.service")),
    ):
        before, now = (configparser.RawConfigParser(strict=False) for _ in range(2))
        before.read(last_release / name)
        now.read(ROOT / name)
        assert before.sections() == now.sections()
        for section in before.sections():
            for key in ("command", "execstart"):
                was, runs = (what_runs(unit.get(section, key, fallback="")) for unit in (before, now))
                assert was == runs, (name, section)
            for key in ("user", "environment", "workingdirectory"):
                assert before.get(section, key, fallback="") == now.get(section, key, fallback=""), (name, section)
    named = {path.name for path in (last_release / "ops" / "systemd").iterdir()}
    assert named <= {path.name for path in (ROOT / "ops" / "systemd").iterdir()}


@pytest.mark.usefixtures("left")
def test_a_process_of_the_last_release_is_answered_by_the_new_vault(last_release: Path, folder: Path) -> None:
    """And a process of this release by the old one: whichever is replaced first (the first test asks the old one). In a
    folder that the last release has left: on a new one nobody is answered so.
    """
    asks = (
        "import sys; from pathlib import Path; from bot.vault.client import RemoteVault;"
        "vault = RemoteVault(Path(sys.argv[1])); sealed = vault.seal_to_sender('+25779123456');"
        "print(vault.open_for_sender(sealed), vault.digest('staff', 'x'), vault.unlock('p', vault.enrol('p', '246810')"
        ".wrapped, '246810').outcome)"
    )
    told = []
    for tree in (last_release, ROOT):
        with vault_of(ROOT, folder) as socket:
            told.append(
                subprocess.run(
                    [sys.executable, "-c", asks, str(socket)], cwd=tree, capture_output=True, text=True, check=False
                )
            )
        socket.unlink(missing_ok=True)
    assert told[0].stdout.startswith("+25779123456 "), told[0].stderr
    assert told[0].stdout == told[1].stdout
    assert told[0].stdout.endswith(" open\n")
