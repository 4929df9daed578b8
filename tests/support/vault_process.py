"""A vault in its own process."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bot.settings import ROOT
from bot.vault.answers import Keys
from bot.vault.client import RemoteVault, ask_as
from bot.vault.guard import ADMIN, Caller
from bot.vault.place import socket_for
from bot.vault.vault import Vault
from bot.vault.wire import dump


@contextmanager
def vault_process(folder: Path, at: Path, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A vault in its own process."""
    with subprocess.Popen([sys.executable, "-m", "bot.vault.server", str(folder), str(at), *more], cwd=ROOT) as server:
        for _ in range(600):
            if at.exists():
                break
            time.sleep(0.05)
        try:
            yield server
        finally:
            server.kill()


@contextmanager
def asking_as(vault: Vault, caller: Caller) -> Iterator[Vault]:
    """The vault of an office, asked for a while as another kind of process asks."""
    former = vault._caller if isinstance(vault, RemoteVault) else caller
    ask_as(vault, caller)
    try:
        yield vault
    finally:
        ask_as(vault, former)


def enrolled(at: Path, person: str = "a") -> Keys:
    """The keys of a new person, whose PIN is 246810."""
    return RemoteVault(at, ADMIN).enrol(person, "246810")


@contextmanager
def line_to(at: Path, caller: Caller) -> Iterator[socket.socket]:
    """A connection to the socket of a kind of caller."""
    with closing(socket.socket(socket.AF_UNIX)) as line:
        line.settimeout(20)
        line.connect(str(socket_for(at, caller)))
        yield line


def asked_raw(at: Path, caller: Caller, *question: object) -> dict[str, object]:
    """The answer to a question that no client of ours would put."""
    with line_to(at, caller) as line:
        line.sendall(dump(question))
        answer: dict[str, object] = json.loads(line.makefile("rb").readline())
        return answer
