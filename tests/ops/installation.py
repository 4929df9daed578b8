"""An installation as its callers use it, by nothing but its doors and its commands: so the same lines drive the
release before this one and this one. `python installation.py FOLDER`, with PYTHONPATH a release's tree, leaves one
behind in the middle of everything, and says what those who called it know.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

WOMAN, OTHER, THIRD, LEADER = "+25779123456", "+25768000123", "+25761000789", "+25778000022"
OFFICERS = ("+25778000001", "+25778000002")  # of Buyenzi; the first is a woman
PIN, HER_PIN = "246810", "5293"  # of everybody who answers in a demonstration; of a woman
IN_DAYS = 20  # a meeting from now on: in time to be announced


@dataclass
class Phone:
    """A phone behind Africa's Talking, which sends all that was typed so far."""

    client: FlaskClient
    secret: str
    number: str
    session: str
    typed: list[str] = field(default_factory=list)
    sees: str = ""

    def types(self, *texts: str) -> str:
        """The page after the last of these; every `texts` is an answer to one page."""
        for text in texts:
            self.typed.append(text)
            self._asks()
        return self.sees

    def _asks(self) -> None:
        form = {"sessionId": self.session, "phoneNumber": self.number, "text": "*".join(self.typed)}
        self.sees = self.client.post(f"/ussd/africastalking/{self.secret}", data=form).text

    def chooses(self, *labels: str) -> str:
        """Press the number before each label, turning pages until it is there; `=x` is typed as it is."""
        for label in labels:
            self.types(label[1:] if label.startswith("=") else self._number(label))
        return self.sees

    def _number(self, label: str) -> str:
        for _page in range(9):
            for line in self.sees.removeprefix("CON ").splitlines():
                number, _space, text = line.partition(" ")
                if number.isdecimal() and (text.startswith(label) or text.endswith(f", task {label}")):
                    return number
            self.types("9")
        raise AssertionError(f"{label!r} is nowhere in {self.sees!r}")

    def dials(self) -> str:
        """Dial and choose English: in today's release who works here begins in her own language, and `99` leads on."""
        self._asks()
        return self.types("3") if "English" in self.sees else self.types("99", "3")


@dataclass(frozen=True)
class Task:
    """A report that an officer has taken: her phone, and the number under which she finds it."""

    officer: str
    number: str


class Installation:
    """The application on a data folder, whichever release `app` is of."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self.app, self.client, self.folder = app, app.test_client(), folder
        lines = (folder / "settings.env").read_text().splitlines()
        self.settings = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))

    def phone(self, number: str, session: str) -> Phone:
        """A phone that has not dialled yet, or whose talk goes on."""
        return Phone(self.client, self.settings["AT_CALLBACK_SECRET"], number, session)

    def asked_by_hubtel(self, session: str, turn: int, text: str) -> str:
        """The page for one request of a gateway that sends the last answer only: such a talk cannot be replayed."""
        kind = "Response" if turn > 1 else "Initiation"
        asked = {"SessionId": session, "Mobile": THIRD, "Message": text, "Sequence": turn, "Type": kind}
        reply = self.client.post(f"/ussd/hubtel/{self.settings['GATEWAY_SECRET']}", json=asked)
        return str(json.loads(reply.text)["Message"])

    def command(self, *arguments: str) -> str:
        """What a command prints. Raises AssertionError when it fails."""
        done = self.app.test_cli_runner().invoke(args=arguments)
        assert done.exit_code == 0, (arguments[0], done.output, done.exception)
        return str(done.output)

    def tells(self, number: str, session: str) -> str:
        """A woman tells the police of Buyenzi and wants an answer: her code."""
        phone = self.phone(number, session)
        phone.dials()
        phone.types("3")
        while "9 More" in phone.sees:
            phone.types("9")
        phone.types("2", "1", "1", "1", "1", "6", "1", "3", HER_PIN, "1", "1")
        assert phone.sees.startswith("END"), phone.sees
        return "".join(sign for sign in phone.sees if sign.isdecimal())[:8]

    def opens(self, number: str, session: str, code: str) -> Phone:
        """She asks for her answer with her code and her digits."""
        phone = self.phone(number, session)
        phone.dials()
        phone.chooses("Your replies", f"={code}", f"={HER_PIN}")
        return phone

    def works(self, number: str, session: str, desk: str = "New tasks") -> Phone:
        """Somebody who answers dials, goes to her tasks and gives her PIN; `desk` matters to who has two."""
        phone = self.phone(number, session)
        phone.dials()
        phone.chooses("Tasks")
        if desk in phone.sees:
            phone.chooses(desk)
        phone.chooses(f"={PIN}")
        return phone

    def is_taken(self, session: str) -> Task:
        """Whichever officer of Buyenzi it was given to, chance says which, reads it and takes it."""
        for number in OFFICERS:
            officer = self.works(number, f"{session}{number}")
            if officer.sees.startswith("CON Tasks"):
                officer.chooses("New tasks")
            if officer.sees.startswith("CON New tasks"):
                taken = re.fullmatch(r"END Task (\d+): you have it. Thank you.", officer.types("1", "1", "1"))
                assert taken, officer.sees
                return Task(number, taken[1])
        raise AssertionError("nobody has a new task")

    def is_answered(self, session: str, task: Task) -> None:
        """The officer opens the report that she has taken, and answers from the list."""
        officer = self.works(task.officer, session)
        officer.chooses("My tasks", task.number, "Write a reply", "Go to a doctor")
        assert officer.sees == "END Sent.", officer.sees


@contextlib.contextmanager
def store(folder: Path) -> Iterator[None]:
    """The embedded store on this data folder, with this release's settings, while the rest runs."""
    start = import_module("ops.start")
    (folder / "store").mkdir(exist_ok=True, mode=0o700)
    socket = start.socket_of(folder, "store")
    socket.parent.mkdir(exist_ok=True, mode=0o700)
    conf = Path(str(start.__file__)).with_name("valkey.conf")
    command = [start.valkey(), str(conf), "--dir", str(folder / "store"), "--unixsocket", str(socket)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        until = time.monotonic() + 60
        while not socket.exists() and time.monotonic() < until:
            time.sleep(0.02)
        try:
            yield
        finally:
            server.terminate()


def leave_behind(folder: Path) -> dict[str, Any]:
    """Reports, an answer, a meeting, two open talks, jobs, a backup; and what this release calls what."""
    import_module("ops.start").prepare("127.0.0.1", 1)
    with store(folder):
        app = import_module("app").create_app()
        here = Installation(app, folder)
        answered = here.tells(WOMAN, "a1")
        here.is_answered("c2", here.is_taken("c1"))
        waiting = here.tells(OTHER, "b1")
        meeting = calls_meeting(here)
        key = here.command("backup-key", str(folder / "backup.key")).strip().partition("=")[2]
        here.command("backup", str(folder / "backup.age"), "--to", key)
        talk = here.phone(WOMAN, "open")
        talk.types("3", "3")
        services = app.extensions["ijwi"]
        keys = import_module("bot.outbox").due(services.sessions, int(time.time()) + 1)
        import_module("workers.clock").ringer(services.redis)(keys)
        return {
            "answered": answered,
            "waiting": waiting,
            "meeting": meeting,
            "open": talk.sees,
            "gateway": [here.asked_by_hubtel("h1", 1, "*384*55#"), here.asked_by_hubtel("h1", 2, "3")],
            "rung": list(keys),
            "routes": sorted({rule.rule for rule in app.url_map.iter_rules()}),
            "commands": sorted(app.cli.commands),
            "settings": sorted(type(services.settings).model_fields),
            "vault": sorted(import_module("bot.vault.wire").METHODS),
        }


def calls_meeting(here: Installation) -> str:
    """The leader calls a meeting: how it stands in a list, day and hour."""
    leader, day = here.works(LEADER, "l1"), date.today() + timedelta(days=IN_DAYS)  # noqa: DTZ011
    leader.chooses(
        "New meeting", "Buyenzi", "Centre (demo)", "To hear people", f"={day.day}/{day.month}", "=14:00", "Yes",
        "2 hours", "Women, small group", "=1", "=1", "=1", "Up to 30",
    )  # fmt: skip
    while leader.sees.startswith("CON"):
        leader.chooses("=1")
    assert "Sent" in leader.sees, leader.sees
    return f"{day.day}/{day.month} 14:00"


if __name__ == "__main__":
    os.environ["DATA_DIR"] = sys.argv[1]
    sys.stdout.write(json.dumps(leave_behind(Path(sys.argv[1]))) + "\n")
