"""The vault as a process: `python -m bot.vault.server FOLDER SOCKET [MODE]`.

It listens on a socket for each kind of caller, named from SOCKET (`bot.vault.place`), and a guard stands at each
(`bot.vault.guard`). Only its own user can connect, or, with MODE 660, a group too: that of a caller where there is one
of the name `ijwi-web`, `ijwi-worker` and so on, and else its own. Then the vault has a user of its own, and the
processes that ask it cannot read its folder (ops/systemd).

It imports no web server and no database and logs nothing of what it was asked.
"""

from __future__ import annotations

import contextlib
import grp
import os
import signal
import socketserver
import sys
import threading
import time
from pathlib import Path
from typing import Any

from bot.folder import another_users, is_private, mode_of_vault
from bot.vault import before
from bot.vault.disk import note_mode
from bot.vault.guard import Busy, Caller, Guard, Refused
from bot.vault.handles import ForeignHandle, HandleOver
from bot.vault.mirror import Mirror
from bot.vault.place import Held, serving, socket_for
from bot.vault.sealing import Unsealable
from bot.vault.vault import Vault
from bot.vault.wire import LOCAL, LONGEST, METHODS, dump, load

OF_A_TALK = 2**19  # bytes of a line from web or desk
HALF = 5.0  # seconds in which the rest of a line must come
PENALTY = 0.05  # seconds until the answer to what is refused: who asks in a circle does not keep the processor
MOST_LINES = 256  # connections of one kind of caller
SERVED = METHODS - LOCAL
SWAP = 7200  # seconds in which processes of the last release are answered after the first start of this one


class Connection(socketserver.BaseRequestHandler):
    """One connection: for each line that asks, a line that answers."""

    server: Door

    def handle(self) -> None:
        self.rest = b""
        while (line := self.line()) is not None:
            self.request.sendall(dump(self.answer(line)))

    def line(self) -> bytes | None:
        """The next line; None at the end, and for a line that is too long or stays half."""
        longest = OF_A_TALK if self.server.caller in (Caller.WEB, Caller.DESK) else LONGEST
        while b"\n" not in self.rest:
            if len(self.rest) > longest:
                self.broken("with more than it may", {"error": "Refused"})
                return None
            self.request.settimeout(HALF if self.rest else None)
            try:
                more = self.request.recv(2**16)
            except TimeoutError:
                more = b""
            except OSError:
                return None
            if not more:
                if self.rest:
                    self.broken("by half a line", {})
                return None
            self.rest += more
        line, _, self.rest = self.rest.partition(b"\n")
        return line

    def broken(self, why: str, answer: dict[str, str]) -> None:
        """Count a line that is none, and answer it if there is an answer."""
        self.server.guard.refuse(self.server.caller, "?", why)
        if answer:
            with contextlib.suppress(OSError):
                self.request.sendall(dump(answer))

    def answer(self, line: bytes) -> dict[str, Any]:
        """{"value": …}, or {"unsealable": why}, or {"error": the name of the exception}; raises nothing."""
        try:
            return {"value": self.server.asked(line)}
        except ForeignHandle as error:
            time.sleep(PENALTY)
            return {"unsealable": str(error)}
        except Unsealable as error:
            return {"unsealable": str(error)}
        except (Refused, Busy) as error:
            time.sleep(PENALTY)
            return {"error": type(error).__name__}
        except Exception as error:  # whatever came over the socket, the next line must be answered
            return {"error": type(error).__name__}


class Door(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """The vault on the socket of one kind of caller, a thread for each connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, vault: Vault, guard: Guard, caller: Caller, at: Path, mode: int, swap_until: float) -> None:
        self.vault, self.guard, self.caller, self.swap_until = vault, guard, caller, swap_until
        self.lines = threading.BoundedSemaphore(MOST_LINES)
        at.unlink(missing_ok=True)
        former = os.umask(0o777 & ~mode)
        try:
            super().__init__(str(at), Connection)
        finally:
            os.umask(former)
        if mode & 0o060:
            _to_group(at, caller)

    def asked(self, line: bytes) -> Any:
        """The value that answers a line. Raises `Refused`, `Busy`, and what the vault raises."""
        method, *given = _question(line, self)
        if time.time() < self.swap_until and self.caller is Caller.WEB and before.is_old(method, given):
            return before.answer(self.vault, method, given)
        self.guard.admit(self.caller, method, given)
        if method == "refused":
            return self.guard.counts()
        try:
            return getattr(self.vault, method)(*given)
        except HandleOver:
            self.guard.late(self.caller)
            raise
        except ForeignHandle:
            if time.time() >= self.swap_until:  # a talk that the release before began has a handle of its own kind
                self.guard.refuse(self.caller, method, "with a handle of another talk")
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        """A thread for the connection, unless its kind of caller has too many."""
        if not self.lines.acquire(blocking=False):
            self.guard.refuse(self.caller, "?", "on too many lines")
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """As in the library; and the line is free again."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.lines.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a client that closed its connection is no error."""


def _question(line: bytes, door: Door) -> Any:
    """The list of method and arguments. Raises `Refused` for what is no question at all."""
    try:
        question = load(line)
    except (ValueError, TypeError, RecursionError):
        question = None
    method = question[0] if isinstance(question, list) and question else None
    if not isinstance(method, str) or method not in SERVED:
        door.guard.refuse(door.caller, str(method), "which nobody may ask")
        raise Refused
    return question


def _to_group(at: Path, caller: Caller) -> None:
    """Give a socket to the group of its caller, where there is one. Raises `Held` when this user is not in it."""
    with contextlib.suppress(KeyError):
        group = grp.getgrnam(f"ijwi-{caller}")
        try:
            os.chown(at, -1, group.gr_gid)
        except PermissionError:
            raise Held(f"The user of the vault is not in the group {group.gr_name}: usermod -aG") from None


def swap_ends(folder: Path) -> float:
    """Until which second processes of the last release are answered: never on a new folder."""
    began = int((folder / "guarded").read_text())
    return began + SWAP if began else 0.0


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


def serve(folder: Path, named: Path, mode: int, made_for: str) -> None:
    """Serve until SIGTERM or an interrupt; `made_for`: the MODE of a new vault, if it is known. Raises `Held` when
    another process has the folder.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with serving(folder, named), contextlib.ExitStack() as stack:
        if made_for:
            note_mode(folder, made_for)
        vault, guard = Vault(folder), Guard(_say, jumps=mode_of_vault(folder) == "demo")
        ends, done = swap_ends(folder), threading.Event()
        if to := os.environ.get("VAULT_MIRROR", ""):
            mirror = Mirror(vault, folder, Path(to))
            threading.Thread(target=mirror.run, args=(done, _say), daemon=True).start()
        for caller in reversed(Caller):  # the web's last: whoever waits for it finds them all
            door = stack.enter_context(Door(vault, guard, caller, socket_for(named, caller), mode, ends))
            stack.callback(door.shutdown)
            threading.Thread(target=door.serve_forever, args=(0.2,), daemon=True).start()
        signal.signal(signal.SIGTERM, lambda *_: done.set())
        with contextlib.suppress(KeyboardInterrupt):
            done.wait()


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main(folder: str, socket: str, mode: str = "600") -> None:
    """Serve; ends with one sentence on a folder that is not of this user and MODE, or that another process has."""
    kept, made_for = Path(folder), os.environ.get("MODE", "")
    if sentence := refusal(kept, made_for):
        raise SystemExit(sentence)
    is_private()
    try:
        serve(kept, Path(socket), int(mode, 8), made_for)
    except Held as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main(*sys.argv[1:])
