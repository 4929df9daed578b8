"""Where the vault is: its sockets, one for each kind of caller, and the lock on its folder.

All names are made of one path: `vault.sock` is the web's, `vault.sock.worker` the worker's, and so on. `VAULT_SOCKET`
is that path, and each process finds its own beside it; or it is a process's own socket already, where a service manager
gives each another.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from bot.vault.guard import Caller

LOCK = "lock"  # a file in the vault's folder; while it is locked it holds the path from which the sockets are named
PATIENCE = 10.0  # seconds for which a server waits for commands that are about to end


class Held(Exception):
    """Somebody else works in the vault's folder."""


def socket_for(named: Path, caller: Caller) -> Path:
    """The socket of a kind of caller, by the path in `VAULT_SOCKET`."""
    if caller is Caller.WEB or named.suffix[1:] in [*Caller]:
        return named
    return named.with_name(f"{named.name}.{caller}")


@contextlib.contextmanager
def serving(folder: Path, named: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the folder alone, and write down where its sockets are. Raises `Held` when somebody else holds it for longer
    than `patience` seconds.
    """
    until = time.monotonic() + patience
    with _locked(folder) as lock:
        while not _flock(lock, fcntl.LOCK_EX):
            if time.monotonic() > until:
                raise Held(f"Another process works in {folder}. Stop it first.")
            time.sleep(0.05)
        os.ftruncate(lock, 0)
        os.pwrite(lock, os.fsencode(named.absolute()), 0)
        yield


@contextlib.contextmanager
def shared(folder: Path) -> Iterator[Path | None]:
    """Hold the folder together with other commands, for one question: None. While a process serves it nothing is held,
    and the path from which its sockets are named comes back.
    """
    with _locked(folder) as lock:
        free = _flock(lock, fcntl.LOCK_SH)
        yield None if free else Path(os.fsdecode(os.pread(lock, 4096, 0)))


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[int]:
    """The lock's file, opened; closing it gives up what is held."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield lock
    finally:
        os.close(lock)


def _flock(lock: int, how: int) -> bool:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
