"""Run a command that does not outlive whoever started it: `python -m ops.tied COMMAND ...`.

After kill -9 of a server its workers went on for an hour, listening beside the new ones and answering callers with an
old state: they looked for their parent only after they had imported everything, and took whoever they found for it. So
the parent's own pid is handed down in `IJWI_PARENT` before anything is imported. Linux kills a tied process together
with its parent; where it cannot, `ops.web` looks every second.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PARENT = "IJWI_PARENT"  # the environment variable: the pid of whoever must be alive
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def tie() -> int:
    """Die when the parent dies, and at once if it has died already. The parent's pid, 0 if nobody handed one down."""
    parent = int(os.environ.get(PARENT) or "0")
    if not parent:
        return 0
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died between our beginning and that call
        os._exit(1)
    return parent


def main(command: list[str]) -> None:
    """Become the command, tied; what it starts is told its pid."""
    tie()
    os.environ[PARENT] = str(os.getpid())
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
