"""The web has its port to itself: who listens there too is named before anything starts, and by `flask doctor`."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import ROOT
from bot.upkeep.listeners import listeners, webs_of
from ops.load.running import Running, free_port, running

linux = pytest.mark.skipif(sys.platform != "linux", reason="only there a port is shared so")


@contextlib.contextmanager
def sharing(host: str, port: int) -> Iterator[None]:
    """Listen as the web does, so that the system gives each a part of the callers."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind((host, port))
        other.listen()
        yield


def alone(port: int, host: str = "127.0.0.1") -> subprocess.CompletedProcess[str]:
    """A command that is only run if the port is free."""
    command = [sys.executable, "-m", "ops.alone", host, str(port), sys.executable, "-c", "print('it runs')"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)


@linux
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_server_does_not_start_beside_one_that_would_share_its_port(host: str) -> None:
    port = free_port()
    with sharing(host, port):
        ended = alone(port)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"Port {port} is taken by process {os.getpid()} (" in ended.stderr
    assert f"kill {os.getpid()}." in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_server_starts_on_a_port_of_its_own() -> None:
    assert alone(free_port()).stdout == "it runs\n"


@linux
def test_of_two_servers_that_start_together_one_is_told_so() -> None:
    port = free_port()
    sleeps = [sys.executable, "-m", "ops.alone", "127.0.0.1", str(port), "sh", "-c", "echo it runs; exec sleep 60"]
    with subprocess.Popen(sleeps, cwd=ROOT, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "it runs\n"  # and does not listen yet
        ended = alone(port)
        first.kill()
    assert ended.stderr.startswith(f"Another web of Ijwi starts on port {port}.")
    assert alone(port).returncode == 0


def doctor(ijwi: Running) -> str:
    """What it says about this installation."""
    command = [sys.executable, "-m", "flask", "--app", "app", "doctor"]
    known = os.environ | {"DATA_DIR": str(ijwi.folder), "MODE": "demo"}
    return subprocess.run(command, cwd=ROOT, env=known, capture_output=True, text=True, timeout=90, check=False).stdout


@linux
def test_the_doctor_names_who_takes_callers_away_and_nobody_else(tmp_path: Path) -> None:
    with running(tmp_path) as ijwi:
        port = int(ijwi.url.rpartition(":")[2])
        until = time.monotonic() + 20
        while len(webs_of(tmp_path, listeners(port))) < 2:  # its two web processes are one server
            assert time.monotonic() < until
            time.sleep(0.1)
        assert "ok       nobody listens beside the web" in doctor(ijwi)
        for host in ("127.0.0.1", "0.0.0.0"):
            with sharing(host, port):
                said = doctor(ijwi)
            assert f"fault    process {os.getpid()} (" in said
            assert f"listens on port {port} beside the web and answers a part of the callers" in said
            assert f"-> kill {os.getpid()}\n" in said
