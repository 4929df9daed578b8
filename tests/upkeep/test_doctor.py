"""The volunteer asks what is wrong: each fault is found, and the next step is said; figures tell nothing of anybody."""

from __future__ import annotations

import os
import re
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, text, update

from app import create_app
from bot import folder
from bot.settings import ROOT, socket_of
from bot.storage import outbox
from bot.storage.outbox import post, task
from bot.storage.tables.delivery import ProviderState
from bot.storage.tables.people import Person
from bot.storage.tables.runtime import Lease
from bot.upkeep import doctor
from bot.upkeep.health import Health, measure, metrics
from tests.support.office import CALLER, Office
from tests.support.reports import HER_PIN, file_report

pytestmark = pytest.mark.usefixtures("running_clock")

TOKEN = "m" * 32


def faults(office: Office, level: str = "fault") -> str:
    found = [one for one in doctor.examine(office.services) if one.level == level]
    assert all(one.next for one in found)
    return "\n".join(one.said for one in found)


def others_can_read(office: Office) -> None:
    office.settings.data_dir.chmod(0o755)


def an_old_schema(office: Office) -> None:
    with office.services.engine.begin() as line:
        line.execute(text("UPDATE alembic_version SET version_num = '0001'"))


def no_clock(office: Office) -> None:
    with office.services.sessions.begin() as db:
        db.execute(delete(Lease).where(Lease.name == "clock"))


def an_alert_waits(office: Office) -> None:
    with office.services.sessions.begin() as db:
        post(db, task("route:x:0", outbox.TaskName.ROUTE, {"report": "x", "rung": 0}, outbox.now() - 600, outbox.ALERT))


def a_dead_vault(office: Office) -> None:
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(socket_of(office.settings.data_dir, "vault")))


def no_database(office: Office) -> None:
    office.loses_its_database()


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (others_can_read, "can be read by others"),
        (an_old_schema, "schema does not answer"),
        (no_clock, "clock does not answer"),
        (an_alert_waits, "1 of class alert wait, the oldest for 10 minutes"),
        (no_database, "database does not answer"),
        (a_dead_vault, "vault does not answer"),
    ],
)
def test_what_is_wrong_is_found_and_the_next_step_said(
    office: Office, planted: Callable[[Office], None], said: str
) -> None:
    assert said not in faults(office)
    planted(office)
    assert said in faults(office)


def test_a_store_that_is_away_is_a_fault_and_the_rest_is_still_looked_at(office: Office) -> None:
    assert "store does not answer" in faults(office)  # there is none in this test
    assert "drafts" in faults(office, "warning")


def a_line_rests(office: Office) -> None:
    with office.services.sessions.begin() as db:
        db.merge(ProviderState(provider="africastalking", closed_until=outbox.now() + 60))


def nobody_serves(office: Office) -> None:
    with office.services.sessions.begin() as db:
        db.execute(update(Person).values(active=False))
    office.services.roster.refresh()


@pytest.mark.parametrize(
    ("planted", "said"), [(a_line_rests, "africastalking rests"), (nobody_serves, "is closed: somebody it needs")]
)
def test_what_is_not_well_is_a_warning(office: Office, planted: Callable[[Office], None], said: str) -> None:
    assert said not in faults(office, "warning")
    planted(office)
    assert said in faults(office, "warning")


def nobody_is_enrolled(office: Office) -> None:
    with office.services.sessions.begin() as db:
        db.execute(update(Person).values(active=False))
    office.services.roster.refresh()


def nobody_who_is_needed(office: Office) -> None:
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.ref != "L1").values(active=False))
    office.services.roster.refresh()


def no_helpline(office: Office) -> None:
    office.services.country = replace(office.services.country, services=())


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (nobody_is_enrolled, "nobody is enrolled, so nobody would read a report"),
        (nobody_who_is_needed, "no zone is open, so no report can be told"),
        (no_helpline, "no helpline has been test-called"),
    ],
)
def test_a_service_in_which_nobody_would_read_a_report_is_at_fault_and_a_demonstration_is_not(
    office: Office, planted: Callable[[Office], None], said: str
) -> None:
    planted(office)
    assert said not in faults(office)
    office.services.settings.mode = "production"
    assert said in faults(office)


def test_a_next_step_runs_as_it_is_printed_from_another_folder_and_with_blanks(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spaced = tmp_path / "my data"
    shutil.copytree(office.settings.data_dir, spaced)
    spaced.chmod(0o755)
    office.services.settings.data_dir = spaced
    an_old_schema(office)
    steps = [one.next for one in doctor.examine(office.services) if one.next]
    assert f"chmod -R go= '{spaced}'" in steps
    subprocess.run(["sh", "-c", f"chmod -R go= '{spaced}'"], check=True)
    assert stat.S_IMODE(spaced.stat().st_mode) == 0o700
    assert folder.line("migrate") in steps
    assert not [step for step in steps if re.search(r"(^|[ `])(ops/ijwi|flask) ", step)]


def test_a_backup_that_is_too_old_is_a_warning(office: Office) -> None:
    assert "no backup was ever made" in faults(office, "warning")
    (office.settings.data_dir / "last-backup").touch()
    assert "backup" not in faults(office, "warning")


def test_the_command_ends_with_one_when_something_must_be_mended(office: Office) -> None:
    done = create_app(office.settings, office.services).test_cli_runner().invoke(args=["doctor"])
    assert done.exit_code == 1
    assert "-> see " in done.output
    assert done.output.endswith(" faults.\n")
    assert "k" * 16 not in done.output


def test_figures_are_nobodys_address_without_the_token(office: Office, tmp_path: Path) -> None:
    client = create_app(office.settings, office.services).test_client()
    for given in ("", "Bearer ", f"Bearer {TOKEN}"):
        assert client.get("/metrics", headers={"Authorization": given}).status_code == 404
    office.services.settings.metrics_token = type(office.settings.secret_key)(TOKEN)
    assert client.get("/metrics", headers={"Authorization": "Bearer x"}).status_code == 404
    reply = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert reply.status_code == 200
    assert 'ijwi_up{part="database"} 1.0' in reply.text


def test_figures_hold_no_number_no_word_no_zone_and_no_second(office: Office) -> None:
    file_report(office)
    said = metrics(office.services).decode()
    for planted in (CALLER, CALLER.lstrip("+"), HER_PIN, "BI-ZO", "Buyenzi", "C1A"):
        assert planted not in said
    figures = [float(line.rpartition(" ")[2]) for line in said.splitlines() if not line.startswith("#")]
    assert all(figure == int(figure) and figure < 10**6 for figure in figures)
    assert measure(office.services).waiting["alert"] >= 1


def test_every_alert_speaks_of_figures_that_exist_and_has_its_section(office: Office) -> None:
    rules = (ROOT / "ops" / "prometheus" / "alerts.yml").read_text()
    runbook = (ROOT / "ops" / "runbooks" / "operating.md").read_text()
    said = metrics(office.services).decode()
    alerts = re.findall(r"alert: (\w+)", rules)
    assert len(alerts) == rules.count("expr:") >= 7
    assert [name for name in alerts if f"### {name}\n" not in runbook] == []
    assert [name for name in re.findall(r"### (\w+)\n", runbook) if name not in alerts] == []
    figures = set(re.findall(r"ijwi_\w+", rules))
    assert [figure for figure in figures if f"# TYPE {figure} gauge" not in said] == []


def test_a_setting_that_is_missing_is_named_without_a_trace(tmp_path: Path) -> None:
    known = {"PATH": os.environ["PATH"], "MODE": "production", "DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "doctor"], cwd=ROOT, env=known, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "SECRET_KEY is not set. Example:" in done.stderr
    assert "Traceback" not in done.stderr


def test_where_nothing_runs_the_volunteer_is_told_to_start_it(office: Office) -> None:
    found = [*doctor.parts(office.services, Health(database=True, schema=True))]
    assert [(one.level, one.said) for one in found] == [
        ("fault", "Ijwi is not running"), ("ok", "database answers"), ("ok", "schema answers"),
    ]  # fmt: skip
    assert found[0].next == "start it: ./ops/run"


def test_texts_that_would_keep_the_service_from_starting_are_a_fault(office: Office) -> None:
    assert "drafts" in faults(office, "warning")
    object.__setattr__(office.services, "settings", office.settings.model_copy(update={"allow_draft": False}))
    assert "drafts" in faults(office)
