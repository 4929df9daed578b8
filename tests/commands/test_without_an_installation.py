"""What runs on a machine where Ijwi was never started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import create_app
from bot.settings import ROOT

FLASK = [sys.executable, "-m", "flask", "--app", str(ROOT / "app.py")]


def types(folder: Path, *arguments: str, **known: str) -> subprocess.CompletedProcess[str]:
    """What a command says that is typed in an empty folder; its data folder would be in it."""
    environment = {**os.environ, "DATA_DIR": str(folder / "data"), **known}
    return subprocess.run(
        [*FLASK, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("asked", [["--help"], ["check", "--help"], ["backup-key", "ijwi.key"]])
def test_what_needs_no_installation_runs_without_one_and_makes_none(tmp_path: Path, asked: list[str]) -> None:
    ran = types(tmp_path, *asked, MODE="production", COUNTRY="nowhere")
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    assert {path.name for path in tmp_path.iterdir()} <= {"ijwi.key"}


def test_a_command_that_needs_one_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    ran = types(tmp_path, "people", "list", MODE="production", COUNTRY="nowhere")
    assert ran.returncode == 1
    assert "COUNTRY=nowhere" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_whoever_serves_callers_gets_the_whole_application_from_the_same_function(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODE", "demo")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    assert create_app().test_client().get("/healthz").status_code == 200
    assert types(tmp_path, "migrate", MODE="demo").returncode == 0
    assert "/healthz" in types(tmp_path, "routes", MODE="demo").stdout
