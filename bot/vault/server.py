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


def main(folder: str, socket: str, mode: str = "600") -> None:
    """Serve until SIGTERM or an interrupt."""
    with Server(Path(folder), Path(socket), int(mode, 8)) as server:
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever(poll_interval=0.2)


if __name__ == "__main__":
    main(*sys.argv[1:])
