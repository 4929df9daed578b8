"""Begin a command when the web answers: `python -m ops.after_web HOST PORT COMMAND ...`.

At a start the processes of one machine import the same things at once, and on two cores the page waits for those that
nobody is looking at. So the worker and the clock begin when the web's port takes a caller, and in any case soon: what
was promised does not hang on the web.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time

AT_MOST = 5  # seconds


def main(host: str, port: int, command: list[str]) -> None:
    """Wait for the port, then become the command."""
    until = time.monotonic() + AT_MOST
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
            break
        time.sleep(0.1)
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
