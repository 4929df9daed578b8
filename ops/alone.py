"""Run a server that has its port to itself: `python -m ops.alone HOST PORT COMMAND ...`.

Granian's processes share their port (SO_REUSEPORT), and the system lets any other process of the same user join them:
a server that was left behind answers a part of the callers with the state of another day, and a second one begun by
mistake does the same. So nobody may listen when the server starts, and two servers cannot start at once. The workers
that it starts later are its own: a reload has old and new side by side.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
import time
from ipaddress import ip_address

from bot.upkeep.listeners import Listener, beside, listeners

PATIENCE = 5.0  # seconds in which the processes of a server that was killed are gone
REASONS = {
    errno.EACCES: "Port {port} is for root only. Choose one above 1023: --port 8000",
    errno.EADDRNOTAVAIL: "{host} is no address of this machine. Choose another: --host 127.0.0.1",
}


class Taken(Exception):
    """Nobody can listen there; the message says why and what to do."""


def resolved(host: str) -> str:
    """The first address of a host's name. Raises `Taken`."""
    try:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
    except (OSError, UnicodeError):
        raise Taken(f"{host!r} is no address of this machine. Choose another: --host 127.0.0.1") from None


def free(host: str, port: int, patience: float = PATIENCE) -> None:
    """Wait until nobody listens on this address, `patience` seconds at most. Raises `Taken`."""
    until = time.monotonic() + patience
    while refused(host, port):
        if time.monotonic() >= until:
            raise Taken(sentence(port, who(host, port)))
        time.sleep(0.1)


def refused(host: str, port: int) -> bool:
    """Whether the system refuses the address because somebody listens there. Raises `Taken` for any other reason."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that have ended do not count
        try:
            attempt.bind((host, port))  # without SO_REUSEPORT: one listener is enough to be refused
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            reason = REASONS.get(error.errno or 0, "Nobody can listen on {host}, port {port}: {error}")
            raise Taken(reason.format(host=host, port=port, error=error.strerror)) from None
    return False


def who(host: str, port: int) -> list[Listener]:
    """Those who listen where this server would; empty where `/proc` does not say."""
    return beside([Listener(ip_address(host.partition("%")[0]), port, os.getuid(), "")], listeners(port))


def sentence(port: int, others: list[Listener]) -> str:
    """Who has the port, and what to do."""
    another = f"Choose another: ./ops/run --port {port + 1}"
    if not others:
        return f"Port {port} is taken. {another}"
    named = " and ".join(dict.fromkeys(str(one) for one in others))
    stop = "; ".join(dict.fromkeys(one.advice for one in others))
    return f"Port {port} is taken by {named}. To stop that: {stop}. {another}"


def hold(host: str, port: int) -> socket.socket | None:
    """A name in memory that only one server of this machine can have, until its last process has ended. Raises `Taken`.

    Workers listen a second after the server began: without it two that start together would find nobody.
    """
    if sys.platform != "linux":
        return None
    held = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    held.set_inheritable(True)
    until = time.monotonic() + PATIENCE
    while True:
        try:
            held.bind(f"\0ijwi-web {host} {port}")
        except OSError:
            if time.monotonic() >= until:
                raise Taken(f"Another web of Ijwi starts on port {port}. Choose another: --port {port + 1}") from None
            time.sleep(0.1)
        else:
            return held


def main(arguments: list[str]) -> None:
    """Become the command once the port is free; the name is held by what it becomes. Ends with 1 and one line."""
    try:
        host, port = resolved(arguments[0]), int(arguments[1])
        name = hold(host, port)
        free(host, port)
    except Taken as error:
        raise SystemExit(str(error)) from None
    if name:
        name.detach()
    os.execvp(arguments[2], arguments[2:])  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
