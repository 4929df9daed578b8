"""What is carried away says of nobody which report is hers; each way in which it once did is found when it is back."""

from __future__ import annotations

import logging
import random
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from bot.storage import demo_clock, sqlite_journal
from bot.storage.base import random_id
from bot.storage.counters import add
from bot.storage.tables.delivery import DeliveryStatus, Message
from bot.storage.tables.reports import Ping, Step, Tally
from ops.load.links import Found, by_rank, judged, most_by_chance, nearest, scan
from ops.load.links_run import Run, Woman

WOMEN = 70


def links(run: Run) -> str:
    """What the scanner finds, one line each."""
    return "\n".join(one.by for one in scan(run, run.materials(), random.Random(1)) if one.is_link)


def test_whoever_carries_everything_away_learns_of_nobody_which_report_is_hers(tmp_path: Path) -> None:
    assert links(Run(tmp_path, "", WOMEN)) == ""
    assert demo_clock.ahead() == 0


class NumbersInTheTransaction(Run):
    """As before 0.3: a sealed number is written with the report."""

    def files(self, db: Session, woman: Woman, report: str, at: int) -> None:
        vault = self.services.vault
        sealed = vault.seal_to_sender(woman.phone)
        db.add(Ping(key=vault.ping(report), recipient=sealed, hours="morning", language="fr", day="2026-11"))


class CountsInTheTransaction(Run):
    """As before 0.3: a small count in the clear says what was sealed."""

    def files(self, db: Session, woman: Woman, report: str, at: int) -> None:
        key = {"group": woman.what, "zone": woman.zone, "month": "2026-11", "reporter": "self"}
        add(db, Tally, key, count=1)


class SecondsOfAlerts(Run):
    """As before 0.3: the message of the first alert is never deleted, and has its second."""

    def files(self, db: Session, woman: Woman, report: str, at: int) -> None:
        step = db.query(Step).filter_by(report=report).first()
        assert step
        sent = {"status": DeliveryStatus.SENDING, "created": at}
        db.add(Message(id=random_id(), kind="new", person=step.person, number=step.number, **sent))


class IdsOfAnswers(Run):
    """As before 0.3: the provider's id of an answer stays, and leads in the provider's list to the number."""

    def files(self, db: Session, woman: Woman, report: str, at: int) -> None:
        self.provider.send(woman.phone, "It arrived.")
        id = self.provider.sent[-1][0]
        sent = {"status": DeliveryStatus.SENDING, "created": at - at % 3600, "provider_id": id}
        db.add(Message(id=random_id(), kind="answer", **sent))


class FiguresThatCount(Run):
    """As before 0.3: a figure grows when somebody calls."""

    def shown(self) -> str:
        return f"{super().shown()}{len(getattr(self, 'women', {}))}"


class LinesOfTheLog(Run):
    """A line is written when somebody calls."""

    def files(self, db: Session, woman: Woman, report: str, at: int) -> None:
        logging.getLogger("ijwi").warning("a report was filed")


class JournalThatIsKept(Run):
    """As before 0.3: answers lie in the journal beside the reports that they follow."""

    def tidies(self) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sqlite_journal, "truncate", lambda engine: True)
            super().tidies()

    def files(self, db: Session, woman: Woman, report: str, at: int) -> None:
        sealed = self.services.vault.seal_to_sender(woman.phone)
        db.add(Message(id=random_id(), kind="answer", recipient=sealed, status=DeliveryStatus.SENDING, created=0))


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (NumbersInTheTransaction, "order.report ~ order.ping"),
        (CountsInTheTransaction, "counts of a few, in the clear"),
        (SecondsOfAlerts, "time.message.created ~ the second of the call"),
        (IdsOfAnswers, "order.report ~ order.message"),
        (FiguresThatCount, "figures ~ calls"),
        (LinesOfTheLog, "log ~ calls"),
        (JournalThatIsKept, "step.journal ~ step.journal"),
    ],
)
def test_each_leak_is_found_when_it_is_planted_again(tmp_path: Path, planted: type[Run], said: str) -> None:
    assert said in links(planted(tmp_path, "", WOMEN))


def test_more_pairs_than_chance_gives_are_a_link_and_others_are_none() -> None:
    chance = random.Random(1)
    women = [f"w{number}" for number in range(40)]
    mine = {woman: float(number) for number, woman in enumerate(women)}
    other = {woman: chance.random() for woman in women}
    for pair in (by_rank, nearest):
        assert judged("", [pair(mine, mine, [*women], [*women], chance)], chance).is_link
    assert not judged("", [by_rank(mine, other, [*women], [*women], chance)], chance).is_link
    assert most_by_chance([2, 2, 2]) == 3.5
    assert not Found("", 9, 3, 3.5).is_link
