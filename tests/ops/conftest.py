"""The last release and what it left, our own tree, the units of systemd: copies that a test may use."""

from __future__ import annotations

import io
import json
import logging
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import logs
from bot.settings import ROOT, memory_of, socket_of
from tests.ops import installation
from tests.support.last_release import BEFORE, NOBODY, git
from tests.support.units import UNIT_NAMES, UNITS


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units as on a machine where Ijwi lies in /opt/ijwi."""
    shutil.copytree(UNITS, tmp_path / "system")
    python = tmp_path / "ijwi" / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    for program in (python, tmp_path / "ijwi" / "ops" / "run"):
        program.parent.mkdir(exist_ok=True)
        program.touch(mode=0o755)
    for name in UNIT_NAMES:
        unit = tmp_path / "system" / name
        unit.write_text(unit.read_text().replace("/opt/ijwi", str(tmp_path / "ijwi")))
    return tmp_path / "system"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What was written; the logger is as before afterwards."""
    log = logging.getLogger(logs.NAME)
    before = log.handlers[:], log.level, log.propagate
    yield io.StringIO()
    log.handlers[:], log.level, log.propagate = before


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree of our own, in which faults may be planted."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for part in ("bot", "flows", "workers", "ops"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture(scope="module")
def last_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of the release before this one."""
    if not shutil.which("git"):
        pytest.skip("NOT RUN: there is no git here to take the last release from.")
    tree = git("archive", BEFORE)
    if tree.returncode:
        pytest.skip(f"NOT RUN: {BEFORE} is not in this repository's history (a shallow clone? git fetch --unshallow).")
    folder = tmp_path_factory.mktemp("last")
    with tarfile.open(fileobj=io.BytesIO(tree.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder with a short path, for sockets."""
    made = Path(tempfile.mkdtemp(prefix="ijwi-"))
    monkeypatch.setenv("DATA_DIR", str(made))
    yield made
    for left in (made, memory_of(made), socket_of(made, "store").parent):
        shutil.rmtree(left, ignore_errors=True)


@pytest.fixture
def left(last_release: Path, folder: Path) -> dict[str, Any]:
    """What the last release has left in the folder, as whoever called it knows it."""
    command = [sys.executable, "-W", "ignore", installation.__file__, str(folder)]
    known = {name: value for name, value in os.environ.items() if name != "TEST_POSTGRES"}
    known |= {"PYTHONPATH": str(last_release), "AT_BASE_URL": NOBODY, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=last_release, env=known, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said
