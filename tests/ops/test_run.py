"""`./ops/run` on the computer of somebody who also does other things on it: nothing of hers is ended or believed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest

from bot.settings import ROOT
from ops.load.running import free_port, running
from ops.start import Unable, usable

linux = pytest.mark.skipif(sys.platform != "linux", reason="only there her processes could be taken for ours")
EDITS = "import sys, time; page = open('settings.env', 'r+'); time.sleep(300)"
HERS = {
    "a shell": ["sh", "-c", "sleep 300; true"],
    "an editor": [sys.executable, "-c", EDITS],
    "tail -f": ["tail", "-f", "log/web.log"],
    "a server of her own": [sys.executable, "-m", "http.server", "0"],
}
OTHERS_SETTINGS = {
    "PYTHONPATH": "/nowhere",
    "PYTHONHOME": "/nowhere",
    "PYTHONSAFEPATH": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "FLASK_APP": "hers",
    "FLASK_DEBUG": "1",
    "GRANIAN_PORT": "1",
    "PORT": "1",
    "HOST": "10.0.0.1",
    "http_proxy": "http://127.0.0.1:9",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "no_proxy": "example.org",
    "LANG": "C",
    "LC_ALL": "POSIX",
}


@contextlib.contextmanager
def hers(folder: Path) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """What she does in the data folder meanwhile."""
    there = {
        name: subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name, command in HERS.items()
    }
    try:
        yield there
    finally:
        for process in there.values():
            process.kill()
            process.wait()


@linux
def test_what_she_has_open_in_the_data_folder_survives_start_stop_kill_and_start(tmp_path: Path) -> None:
    folder = tmp_path / "my folder" / "var"
    with running(folder):
        pass
    with hers(folder) as there:
        with running(folder):
            pass
        with running(folder) as ijwi:
            os.kill(ijwi.pid, signal.SIGKILL)
        with running(folder):
            pass
        assert [name for name, process in there.items() if process.poll() is not None] == []


def start(folder: Path, port: int, **environment: str) -> subprocess.Popen[str]:
    """`./ops/run` as she types it."""
    known = os.environ | {"DATA_DIR": str(folder)} | environment
    command = [str(ROOT / "ops" / "run"), "--port", str(port)]
    return subprocess.Popen(command, env=known, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def until_ready(process: subprocess.Popen[str]) -> str:
    """What it says until it is ready, or has ended."""
    assert process.stdout is not None
    said = ""
    while line := process.stdout.readline():
        said += line
        if line.strip().startswith("open "):
            break
    return said


def stop(process: subprocess.Popen[str]) -> str:
    """Stop it as Ctrl-C does; what it says."""
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=60)[0]


def test_what_her_shell_has_set_for_other_programs_changes_nothing(tmp_path: Path) -> None:
    port = free_port()
    process = start(tmp_path, port, **OTHERS_SETTINGS)
    try:
        assert f"open  http://127.0.0.1:{port}/" in until_ready(process)
        with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}/simulator") as page:
            assert page.status == 200
    finally:
        stop(process)


def test_of_two_runs_in_one_folder_at_once_one_says_that_there_is_another(tmp_path: Path) -> None:
    both = [start(tmp_path, free_port()) for _ in range(2)]
    said = [until_ready(process) for process in both]
    for process in both:
        stop(process)
    assert sorted("  ready  in" in one for one in said) == [False, True]
    (refused,) = [one for one in said if "  ready  in" not in one]
    assert refused.startswith("Ijwi runs already. Stop it with Ctrl-C where it was started, or: kill ")
    assert refused.count("\n") == 1


def test_who_presses_ctrl_c_while_it_starts_sees_no_trace(tmp_path: Path) -> None:
    for moment in (0.6, 1.2, 2.5):
        process = start(tmp_path, free_port())
        time.sleep(moment)
        assert "Traceback" not in stop(process)


WRAPPED = """
import os, signal, sys

class Field:
    def __set_name__(self, owner, name):  # whatever is raised here is wrapped into another exception by old Pythons
        os.kill(os.getpid(), signal.SIGINT)

class Pressed:
    def find_spec(self, name, *_):
        if name == "bot.services" and "ops.start" in sys.orig_argv:
            try:
                type("Range", (), {"bounds": Field()})
            except KeyboardInterrupt:
                raise RuntimeError("Error calling __set_name__") from None

sys.meta_path.insert(0, Pressed())
"""


def test_who_presses_ctrl_c_while_it_imports_sees_no_trace(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WRAPPED)
    command = [sys.executable, "-m", "ops.start", "--port", str(free_port())]
    known = os.environ | {"DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(tmp_path)}
    process = subprocess.Popen(
        command, env=known, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    said = process.communicate(timeout=60)[0]
    assert "Traceback" not in said
    assert process.returncode == -signal.SIGINT


@pytest.mark.parametrize("name", ['quo"te', "50%", "what?", "caf\udce9"])
def test_a_folder_that_ijwi_cannot_work_in_is_said_in_a_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(Unable, match="Rename the folder"):
        usable(tmp_path / name)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("name", ["it's mine", "über", "$HOME; a\\b", "a=b", "l" * 200])
def test_any_other_folder_is_well(tmp_path: Path, name: str) -> None:
    assert usable(tmp_path / name).is_dir()
