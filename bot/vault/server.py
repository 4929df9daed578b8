"""The vault as a process: `python -m bot.vault.server FOLDER SOCKET [MODE]`.

Only its own user can connect, or, with MODE 660, its group too: then the vault has a user of its own, and the processes
that ask it cannot read its folder (ops/systemd).

It imports no web server and no database and logs nothing of what it was asked.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socketserver
import sys
import threading
from pathlib import Path
from typing import Any

from bot.folder import another_users, is_private, mode_of_vault
from bot.vault.disk import note_mode
from bot.vault.sealing import Unsealable
from bot.vault.vault import Vault
from bot.vault.wire import LONGEST, METHODS, dump, load

AT_ONCE = threading.BoundedSemaphore(
    4
)  # questions answered at once: Argon2 takes 19 MiB each, and the machine must not swap


class Request(socketserver.StreamRequestHandler):
    """One connection: for each line that asks, a line that answers."""

    server: Server

    def handle(self) -> None:
        while line := self.rfile.readline(LONGEST):
            self.wfile.write(dump(self.answer(line)))

    def answer(self, line: bytes) -> dict[str, Any]:
        """{"value": …}, or {"unsealable": why}, or {"error": the name of the exception}; raises nothing."""
        try:
            method, *given = load(line)
            if method not in METHODS:
                raise PermissionError
            with AT_ONCE:
                return {"value": getattr(self.server.vault, method)(*given)}
        except Unsealable as error:
            return {"unsealable": str(error)}
        except Exception as error:  # whatever came over the socket, the next line must be answered
            return {"error": type(error).__name__}


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """The vault on a unix socket, a thread for each connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, folder: Path, socket: Path, mode: int = 0o600) -> None:
        self.vault = Vault(folder)
        socket.unlink(missing_ok=True)
        before = os.umask(0o777 & ~mode)
        try:
            super().__init__(str(socket), Request)
        finally:
            os.umask(before)

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a client that closed its connection is no error."""


def refusal(folder: Path, mode: str) -> str:
    """Why the vault must not be opened in this folder, in a sentence; empty when it may. A vault that is there already
    may be opened without a MODE: units that an older release has installed set none."""
    if mode not in ("", "demo", "production"):
        return "MODE is neither demo nor production."
    if folder.exists() and (sentence := another_users(folder)):
        return sentence
    if not mode and not (folder / "pepper").exists():
        return "MODE is not set, and there is no vault yet. Right: MODE=production, or ./ops/run for a demonstration."
    if mode and mode_of_vault(folder) not in ("", mode):
        return f"{folder} is a vault of MODE={mode_of_vault(folder)}, and MODE is {mode}."
    return ""


def main(folder: str, socket: str, mode: str = "600") -> None:
    """Serve until SIGTERM or an interrupt; ends with one sentence on a folder that is not of this user and MODE."""
    kept, made_for = Path(folder), os.environ.get("MODE", "")
    if sentence := refusal(kept, made_for):
        raise SystemExit(sentence)
    is_private()
    if made_for:
        kept.mkdir(parents=True, exist_ok=True, mode=0o700)
        note_mode(kept, made_for)
    with Server(Path(folder), Path(socket), int(mode, 8)) as server:
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever(poll_interval=0.2)


if __name__ == "__main__":
    main(*sys.argv[1:])
