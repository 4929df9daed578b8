"""Kills Ijwi's processes at random moments of their start and life: python -m ops.load.outlive --servers 200

Meanwhile a phone dials without a pause, and of each answer is looked up which process gave it (`/proc/net/tcp` says
who holds the other end of the connection). Five seconds after a kill no process of what was killed may be left, and no
answer may come from any but a process of the living server. Killed are the web's first process (`--servers`), the
others of supervisor (`--others`: worker, clock, vault, store), supervisor itself (`--supervisors`) and whoever started
it (`--starters`); now and then the web's first process is stopped (SIGSTOP) and goes on, or is killed while it stands.
Exit code 0 only if all that holds and every page was the first page of a call.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from bot.upkeep.listeners import began, environment, parent_of
from ops.load.running import Running, running
from ops.start import processes
from ops.tied import PARENT

GRACE = 5.0  # seconds after which nobody may be left
LIFE = 3.0  # seconds from a server's beginning, or from its first answer, to the latest kill
LIVES = 0.3  # of all servers have answered before they are killed; the others may die while their workers import
STOPPED = 0.1  # of all servers are stopped before they are killed
OTHERS = ("flask --app app work", "flask --app app clock", "vault.server", "valkey-server")
FIRST_PAGE = "CON "


@dataclass
class Outcome:
    """What was seen."""

    kills: Counter[str] = field(default_factory=Counter)
    left: list[str] = field(default_factory=list)  # who was there five seconds after the kill
    longest: float = 0.0  # seconds until all of a killed one were gone
    answers: int = 0
    named: int = 0  # of these, how many whose process was found
    older: list[str] = field(default_factory=list)  # answers of a process whose server was not the living one
    wrong: list[str] = field(default_factory=list)  # pages that are no first page of a call
    unanswered: int = 0
    dead: dict[int, float] = field(default_factory=dict)  # who was killed, with all that they had started, and when

    @property
    def good(self) -> bool:
        """Whether nobody was left, and every answer was right and of the living server."""
        return not (self.left or self.older or self.wrong) and bool(self.named)


class Caller:
    """Dials again and again, and looks who answers."""

    def __init__(self, ijwi: Running, outcome: Outcome) -> None:
        self.port, self.outcome = int(ijwi.url.rpartition(":")[2]), outcome
        self.folder, self.path = ijwi.folder, f"/ussd/africastalking/{ijwi.secret()}"
        self.stop = threading.Event()
        self.number = 0

    def dial(self) -> None:
        """Dial until told to stop."""
        while not self.stop.is_set():
            try:
                self.once()
            except (OSError, http.client.HTTPException):
                self.outcome.unanswered += 1
            time.sleep(0.05)

    def once(self) -> None:
        """One call on a connection of its own, which stays open while its other end is looked up."""
        self.number += 1
        form = {"sessionId": f"ATUid_{self.number}", "phoneNumber": f"+2577{self.number:07d}", "text": ""}
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            line.connect()
            ours = line.sock.getsockname()[1]
            line.request("POST", self.path, urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
            page, at = line.getresponse().read().decode(), time.monotonic()
            self.outcome.answers += 1
            if not page.startswith(FIRST_PAGE):
                self.outcome.wrong.append(page[:60])
            self.look(answerer(self.port, ours, self.folder), at)
        finally:
            line.close()

    def look(self, pid: int, at: float) -> None:
        """Whether this process may answer now: its server lives, or was killed while it answered."""
        if not pid:
            return
        server = int(environment(pid).get(PARENT) or 0)
        if not server:  # it ended while we looked, and nothing is known of it
            return
        self.outcome.named += 1
        died = self.outcome.dead.get(server)
        orphan = parent_of(pid) not in (server, 0)
        if (died is not None and at - died > GRACE) or (orphan and died is None):
            self.outcome.older.append(f"{pid} of {server}")


def answerer(port: int, caller: int, folder: Path) -> int:
    """The process of this run that holds the server's end of a connection; 0 if it is gone."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            cells = line.split()
            if cells[1].endswith(f":{port:04X}") and cells[2].endswith(f":{caller:04X}"):
                return holder(f"socket:[{cells[9]}]", folder)
    return 0


def holder(held: str, folder: Path) -> int:
    """The process of this run that has this file open; 0 if there is none."""
    for pid in processes(folder):
        with contextlib.suppress(OSError):
            if any(os.readlink(entry) == held for entry in Path(f"/proc/{pid}/fd").iterdir()):
                return pid
    return 0


def family(first: int, folder: Path) -> dict[int, float]:
    """A process and all that it has started, with the moment at which each began."""
    known = {pid: parent_of(pid) for pid in processes(folder)}
    found = {first}
    while more := {pid for pid, parent in known.items() if parent in found} - found:
        found |= more
    return {pid: began(pid) for pid in found}


def still(them: dict[int, float]) -> list[int]:
    """Those of them that are there; a number that begins anew is another, and who waits to be buried is gone."""
    return [pid for pid, when in them.items() if began(pid) == when and not is_dead(pid)]


def is_dead(pid: int) -> bool:
    """Whether a process has ended, and only its entry is left."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def kill(name: str, victim: int, folder: Path, outcome: Outcome) -> None:
    """kill -9, and look who is left: of those that it had started, and of those that call it their server."""
    them, died = family(victim, folder), time.monotonic()
    outcome.dead |= dict.fromkeys(them, died)
    with contextlib.suppress(OSError):
        os.kill(victim, signal.SIGKILL)
        outcome.kills[name] += 1
    while (left := still(them) or of_server(victim, folder)) and time.monotonic() - died < GRACE:
        time.sleep(0.01)
    outcome.longest = max(outcome.longest, time.monotonic() - died)
    outcome.left += [f"{pid} of {name} {victim}" for pid in left]


def of_server(server: int, folder: Path) -> list[int]:
    """Processes that were told this server's pid, also such as it had started at the last moment."""
    if not is_dead(server):  # another has its number by now
        return []
    told = [pid for pid in processes(folder) if environment(pid).get(PARENT) == str(server)]
    return [pid for pid in told if not is_dead(pid)]


def wait_for(ijwi: Running, needle: str, seconds: float = 60) -> int:
    """The first process of that name, once there is one. Raises TimeoutError."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(StopIteration, OSError):
            return ijwi.first(needle)
        time.sleep(0.02)
    raise TimeoutError(f"no {needle} within {seconds:.0f} s")


@contextlib.contextmanager
def dialled(ijwi: Running, outcome: Outcome) -> Iterator[None]:
    """While a phone dials."""
    caller = Caller(ijwi, outcome)
    thread = threading.Thread(target=caller.dial)
    thread.start()
    try:
        yield
    finally:
        caller.stop.set()
        thread.join()


def kill_servers(ijwi: Running, times: int, outcome: Outcome, moments: random.Random) -> None:
    """Kill the web's first process so often, each at another moment of its start and life; then it must answer."""
    with dialled(ijwi, outcome):
        for _ in range(times):
            server = wait_for(ijwi, "granian")
            outcome.dead.pop(server, None)  # the system gives numbers anew: this one was another's
            if moments.random() < LIVES:
                answered(outcome)
            time.sleep(moments.uniform(0, LIFE))
            if moments.random() < STOPPED:
                os.kill(server, signal.SIGSTOP)
                time.sleep(moments.uniform(0, 1))
                if moments.random() < 0.5:
                    os.kill(server, signal.SIGCONT)
            kill("the web's first process", server, ijwi.folder, outcome)
        answered(outcome)


def answered(outcome: Outcome) -> None:
    """Wait for an answer to a call that begins now. Raises TimeoutError after a minute."""
    before, until = outcome.answers, time.monotonic() + 60
    while outcome.answers < before + 2:
        if time.monotonic() > until:
            raise TimeoutError("nobody answers any more")
        time.sleep(0.02)


def kill_others(ijwi: Running, times: int, outcome: Outcome, moments: random.Random) -> None:
    """Kill the other processes under supervisor in turn; each is back before the next."""
    for number in range(times):
        needle = OTHERS[number % len(OTHERS)]
        victim = wait_for(ijwi, needle)
        time.sleep(moments.uniform(0, LIFE))
        kill(needle.rpartition(" ")[2], victim, ijwi.folder, outcome)


def campaign(servers: int, others: int, supervisors: int, starters: int, outcome: Outcome, seed: int = 1) -> None:
    """A whole run; each supervisor and each starter needs an Ijwi of its own."""
    moments = random.Random(seed)  # noqa: S311
    with tempfile.TemporaryDirectory() as made, running(Path(made)) as ijwi:
        kill_servers(ijwi, servers, outcome, moments)
        kill_others(ijwi, others, outcome, moments)
    for number in range(supervisors + starters):
        with tempfile.TemporaryDirectory() as made, running(Path(made)) as ijwi, dialled(ijwi, outcome):
            time.sleep(moments.uniform(0, LIFE))
            name = "supervisor" if number < supervisors else "whoever started it"
            victim = ijwi.first("supervisord") if number < supervisors else ijwi.pid
            kill(name, victim, ijwi.folder, outcome)


def main() -> int:
    """Run it and print what was seen."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--servers", type=int, default=200, help="kills of the web's first process")
    asked.add_argument("--others", type=int, default=40, help="kills of worker, clock, vault and store")
    asked.add_argument("--supervisors", type=int, default=20)
    asked.add_argument("--starters", type=int, default=10)
    asked.add_argument("--seed", type=int, default=1, help="of the moments")
    chosen = asked.parse_args()
    seen = Outcome()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts us with `&` has it ignored
    with contextlib.suppress(KeyboardInterrupt):  # what was seen until then is printed too
        campaign(chosen.servers, chosen.others, chosen.supervisors, chosen.starters, seen, chosen.seed)
    for name, times in seen.kills.items():
        print(f"{times} × kill -9 of {name}")
    print(
        f"left after {GRACE:.0f} s: {len(seen.left)} {seen.left[:5]}; the longest was gone after {seen.longest:.2f} s"
    )
    print(f"{seen.answers} answers, {seen.named} of a process that was found")
    print(f"of an older one {len(seen.older)} {seen.older[:3]}")
    print(f"pages that are none {len(seen.wrong)} {seen.wrong[:3]}; calls without an answer {seen.unanswered}")
    return 0 if seen.good else 1


if __name__ == "__main__":
    sys.exit(main())
