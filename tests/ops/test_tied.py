"""Nobody outlives whoever started it: an orphan would answer callers with yesterday's state."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from bot.settings import ROOT
from ops.load.outlive import Outcome, kill_others, kill_servers
from ops.load.running import running
from ops.start import processes

STARTS_ONE = """
import os, subprocess, sys, time
os.environ["IJWI_PARENT"] = str(os.getpid())
child = subprocess.Popen([sys.executable, "-m", "ops.tied", "sleep", "60"])
print(child.pid, flush=True)
time.sleep(60)
"""
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills a process with its parent")


def is_there(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pids: list[int], seconds: float = 5) -> list[int]:
    """Those that are still there after so long."""
    until = time.monotonic() + seconds
    while (left := [pid for pid in pids if is_there(pid)]) and time.monotonic() < until:
        time.sleep(0.05)
    return left


def answers(url: str, seconds: float = 40) -> bool:
    """Whether somebody answers there before so long."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(OSError), urlopen(url, timeout=2) as reply:
            return bool(reply.status == 200)
        time.sleep(0.1)
    return False


@linux
def test_what_is_tied_dies_with_whoever_started_it() -> None:
    with subprocess.Popen([sys.executable, "-c", STARTS_ONE], cwd=ROOT, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        child = int(starter.stdout.readline())
        time.sleep(0.5)
        assert is_there(child)
        starter.kill()
    assert gone([child]) == []


@linux
def test_a_process_whose_parent_is_another_than_it_was_told_ends_at_once() -> None:
    command = [sys.executable, "-m", "ops.tied", "sleep", "60"]
    seen = subprocess.run(command, cwd=ROOT, env=os.environ | {"IJWI_PARENT": "1"}, timeout=20, check=False)
    assert seen.returncode == 1


@linux
def test_who_runs_a_command_by_hand_needs_no_parent() -> None:
    seen = subprocess.run([sys.executable, "-m", "ops.tied", "true"], cwd=ROOT, timeout=20, check=False)
    assert seen.returncode == 0


@linux
def test_after_kill_9_of_the_server_or_of_the_supervisor_no_process_of_it_is_left(tmp_path: Path) -> None:
    with running(tmp_path) as ijwi:
        seen, moments = Outcome(), random.Random(3)
        kill_servers(ijwi, 6, seen, moments)  # while it serves, while its workers start, while it is stopped
        kill_others(ijwi, 4, seen, moments)
        assert seen.kills.total() == 10
        assert (seen.left, seen.older, seen.wrong) == ([], [], [])
        assert seen.named
        everything = [*processes(tmp_path)]
        os.kill(int((tmp_path / "log" / "supervisord.pid").read_text()), signal.SIGKILL)
        assert gone(everything) == []
