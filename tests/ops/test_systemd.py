"""The units of a machine of its own: understood by systemd, shut in, and the same commands as on a laptop."""

from __future__ import annotations

import configparser
import json
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.settings import ROOT
from bot.vault.guard import Caller
from bot.vault.place import socket_for
from tests.support.units import UNIT_NAMES, UNITS, what_runs

ALONE = [name for name in UNIT_NAMES if name != "ijwi.service"]  # which is all of them under supervisor
EXPOSED = 20  # of 100, in systemd's own count; 10 means nothing that it knows of is left open
UNIT_OF = {"web": "ijwi-web@.service", "worker": "ijwi-worker@.service", "clock": "ijwi-clock.service"}
here = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")


def analysed(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


@here
@pytest.mark.parametrize("name", UNIT_NAMES)
def test_an_operators_machine_understands_every_line_of_a_unit(units: Path, name: str) -> None:
    seen = analysed("verify", "--man=no", str(units / name))
    assert (seen.returncode, seen.stderr) == (0, "")


@here
@pytest.mark.parametrize("name", ALONE)
def test_a_process_that_was_broken_into_has_few_ways_out(units: Path, name: str) -> None:
    seen = analysed("security", "--offline=true", "--no-pager", f"--threshold={EXPOSED}", str(units / name))
    assert seen.returncode == 0, seen.stdout


def test_a_machine_of_its_own_runs_what_a_laptop_runs() -> None:
    laptop = configparser.RawConfigParser()
    laptop.read(ROOT / "ops" / "supervisord.conf")
    for program, name in UNIT_OF.items():
        unit = configparser.RawConfigParser(strict=False)
        unit.read(UNITS / name)
        its = what_runs(unit["Service"]["ExecStart"].replace("${HOST}", "HOST").replace("%i", "PORT"))
        command = laptop[f"program:{program}"]["command"]
        assert its == what_runs(command.replace("%(ENV_IJWI_HOST)s", "HOST").replace("%(ENV_IJWI_PORT)s", "PORT"))
        assert "ops.tied" in command
        assert ("ops.alone" in command, "ops.alone" in unit["Service"]["ExecStart"]) == (program == "web",) * 2


def test_an_image_runs_what_a_laptop_runs() -> None:
    laptop = configparser.RawConfigParser()
    laptop.read(ROOT / "ops" / "supervisord.conf")
    image = (ROOT / "ops" / "container" / "Containerfile").read_text().replace("\\\n", "")
    its = json.loads(image.rpartition("CMD ")[2])
    command = laptop["program:web"]["command"].replace("%(ENV_IJWI_HOST)s", "0.0.0.0")
    assert its[:3] == ["python", "-m", "ops.tied"]  # its workers are told the server's pid
    assert its[3:8] == ["python", "-m", "ops.alone", "0.0.0.0", "8000"]
    assert what_runs(shlex.join(its)) == what_runs(command.replace("%(ENV_IJWI_PORT)s", "8000"))


def groups_of(name: str) -> set[str]:
    """The groups of callers of the vault in which a unit is."""
    unit = configparser.RawConfigParser(strict=False)
    unit.read([UNITS / name, UNITS / f"{name}.d" / "caller.conf"])
    named = f"{unit['Service']['Group']} {unit['Service'].get('SupplementaryGroups', '')}"
    return {group for group in named.split() if group.startswith("ijwi-")}


def test_each_process_reaches_the_vault_on_its_own_socket_and_on_no_other() -> None:
    of_all = {f"ijwi-{caller}" for caller in Caller}
    assert groups_of("ijwi-vault.service") == of_all
    for program, name in UNIT_OF.items():
        assert groups_of(name) == {f"ijwi-{program}"}
    assert groups_of("ijwi-tunnel.service") == {"ijwi-web"}
    assert groups_of("ijwi-tunnel@.service") == {"ijwi-%i"}
    assert groups_of("ijwi.service") == of_all - {"ijwi-desk"}


def test_a_way_to_another_machines_vault_carries_one_socket_which_only_its_group_opens() -> None:
    named = Path("/run/ijwi-vault/vault.sock")
    for name, caller, at in (
        ("ijwi-tunnel.service", "web", socket_for(named, Caller.WEB)),
        ("ijwi-tunnel@.service", "%i", Path(f"{named}.%i")),
    ):
        unit = configparser.RawConfigParser(strict=False)
        unit.read(UNITS / f"{name}.d" / "caller.conf")
        command = shlex.split(unit["Service"]["ExecStart"])
        assert [command[place + 1] for place, word in enumerate(command) if word == "-L"] == [f"{at}:{at}"]
        assert command[-1] == f"ijwi-{caller}@${{VAULT_HOST}}"
        assert f"/var/lib/ijwi-tunnel/{caller}.key" in command
        assert "StreamLocalBindMask=0117" in command
        assert unit["Service"]["User"] == "ijwi-tunnel"


@here
def test_the_way_of_another_caller_is_a_copy_of_the_unit_as_the_runbook_says(units: Path) -> None:
    shutil.copytree(UNITS / "ijwi-tunnel@.service.d", units / "ijwi-tunnel@.service.d", dirs_exist_ok=True)
    shutil.copy(units / "ijwi-tunnel.service", units / "ijwi-tunnel@worker.service")
    seen = analysed("verify", "--man=no", str(units / "ijwi-tunnel@worker.service"))
    assert (seen.returncode, seen.stderr) == (0, "")
    told = (ROOT / "ops" / "runbooks" / "operating.md").read_text()
    assert "ijwi-tunnel.service /etc/systemd/system/ijwi-tunnel@.service" in told


def test_whoever_installs_makes_every_group_that_a_unit_names() -> None:
    told = (ROOT / "ops" / "runbooks" / "settings.md").read_text()
    (line,) = [line for line in told.splitlines() if "groupadd -r ijwi-$who" in line]
    made = {f"ijwi-{who}" for who in line.partition(" in ")[2].partition(";")[0].split()}
    assert made == set().union(*(groups_of(name) for name in UNIT_NAMES)) - {"ijwi-%i"}
