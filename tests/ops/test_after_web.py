"""What begins after the web: at once when its port takes a caller, and soon when it never does."""

from __future__ import annotations

import socket
import subprocess
import sys
import time

from bot.settings import ROOT

SAY = ("echo", "begun")


def begin(port: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "ops.after_web", "127.0.0.1", str(port), *SAY]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_the_worker_begins_when_the_web_takes_a_caller() -> None:
    with socket.socket() as web:
        web.bind(("127.0.0.1", 0))
        worker = begin(web.getsockname()[1])
        time.sleep(0.7)
        assert worker.poll() is None  # nobody listens yet
        web.listen()
        assert worker.communicate(timeout=20)[0] == "begun\n"


def test_the_worker_begins_though_the_web_never_does() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and never listening
        assert begin(nobody.getsockname()[1]).communicate(timeout=30)[0] == "begun\n"
