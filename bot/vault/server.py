"""The vault as a process: `python -m bot.vault.server FOLDER SOCKET [MODE]`.

Nobody but its own user can connect, or, with MODE 660, its group too: then the vault has a user of its own and the
folder is closed to whoever asks it (ops/systemd).

It imports no web server and no database, writes no log of what it was asked, and knows no name of a report or a table.
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

AT_ONCE = threading.BoundedSemaphore(4)  # Argon2 takes 19 MiB each: a crowd waits, the machine does not swap


class Request(socketserver.StreamRequestHandler):
    """One connection: a line asks, a line answers."""

    server: Server

    def handle(self) -> None:
        while line := self.rfile.readline(LONGEST):
            self.wfile.write(dump(self.answer(line)))

    def answer(self, line: bytes) -> dict[str, Any]:
        """{"value": …}, or {"unsealable": …}, or {"error": the name of what went wrong}."""
        try:
            method, *given = load(line)
            if method not in METHODS:
                raise PermissionError
            with AT_ONCE:
                return {"value": getattr(self.server.vault, method)(*given)}
        except Unsealable as error:
            return {"unsealable": str(error)}
        except Exception as error:  # whatever came over the socket: the next line is served
            return {"error": type(error).__name__}


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """A thread a connection; they end with the process."""

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
        """A client that is gone is no news."""


def main(folder: str, socket: str, mode: str = "600") -> None:
    """Serve until told to stop."""
    with Server(Path(folder), Path(socket), int(mode, 8)) as server:
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever(poll_interval=0.2)


if __name__ == "__main__":
    main(*sys.argv[1:])
