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
from ops.load.links import Found, by_rank, confirmed, judged, most_by_chance, nearest, scan
from ops.load.links_material import Material
from ops.load.links_run import Run, Woman

WOMEN = 70


def links(run: Run) -> str:
    """What the scanner finds, one line each."""
    return "\n".join(one.by for one in scan(run, run.materials(), random.Random(1)) if one.is_link)


def test_whoever_carries_everything_away_learns_of_nobody_which_report_is_hers(tmp_path: Path) -> None:
    def run(seed: int) -> Run:
        (folder := tmp_path / str(seed)).mkdir()
        return Run(folder, "", WOMEN, seed)

    assert [one.by for one in confirmed(run) if one.is_link] == []
    assert demo_clock.ahead() == 0


class AsBefore(Run):
    """Each leak that there was before 0.3, planted again."""

    def files(self, db: Session, woman: Woman, report: str, at: int) -> None:
        self.keeps_a_number(db, woman, report)
        self.counts(db, woman)
        self.keeps_the_second_of_an_alert(db, report, at)
        self.keeps_the_id_of_an_answer(db, woman, at)
        logging.getLogger("ijwi").warning("a report was filed")

    def keeps_a_number(self, db: Session, woman: Woman, report: str) -> None:
        """A sealed number in the transaction of the report."""
        vault = self.services.vault
        sealed = vault.seal_to_sender(woman.phone)
        db.add(Ping(key=vault.ping(report), recipient=sealed, hours="morning", language="fr", day="2026-11"))

    def counts(self, db: Session, woman: Woman) -> None:
        """A small count in the clear, which says what was sealed."""
        key = {"group": woman.what, "zone": woman.zone, "month": "2026-11", "reporter": "self"}
        add(db, Tally, key, count=1)

    def keeps_the_second_of_an_alert(self, db: Session, report: str, at: int) -> None:
        """The message of the first alert is never deleted, and has its second."""
        step = db.query(Step).filter_by(report=report).first()
        assert step
        to = {"person": step.person, "number": step.number}
        db.add(Message(id=random_id(), kind="new", status=DeliveryStatus.SENDING, created=at, **to))

    def keeps_the_id_of_an_answer(self, db: Session, woman: Woman, at: int) -> None:
        """The provider's id leads, in the provider's own list, to a number."""
        self.provider.send(woman.phone, "It arrived.")
        (id, _phone, _at), hour = self.provider.sent[-1], at - at % 3600
        db.add(Message(id=random_id(), kind="answer", status=DeliveryStatus.SENDING, created=hour, provider_id=id))

    def shown(self) -> str:
        """A figure that grows when somebody calls."""
        return f"{super().shown()}{len(getattr(self, 'women', {}))}"

    def tidies(self) -> None:
        """SQLite's journal is kept."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sqlite_journal, "truncate", lambda engine: True)
            super().tidies()


@pytest.fixture(scope="module")
def found_as_before(tmp_path_factory: pytest.TempPathFactory) -> str:
    return links(AsBefore(tmp_path_factory.mktemp("before"), "", WOMEN))


@pytest.mark.parametrize(
    "said",
    [
        "order.report ~ order.ping",
        "counts of a few, in the clear",
        "time.message.created ~ the second of the call",
        "order.report ~ order.message",
        "backup.report ~ backup.ping",
        "figures ~ calls",
        "log ~ calls",
        "step.journal ~ step.journal",
    ],
)
def test_each_leak_is_found_when_it_is_planted_again(found_as_before: str, said: str) -> None:
    assert said in found_as_before


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


@pytest.mark.parametrize(("shown_by", "is_link"), [({1, 2}, True), ({1}, False), ({2}, False), (set(), False)])
def test_what_one_run_shows_by_chance_another_does_not(
    shown_by: set[int], is_link: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shows(run: Run) -> list[Material]:
        return [Material("tables", small_cells=int(run.number in shown_by))]

    def run(seed: int) -> Run:
        made = Run.__new__(Run)
        made.women, made.number = {}, seed
        return made

    monkeypatch.setattr(Run, "materials", shows)
    assert any(one.is_link for one in confirmed(run)) == is_link
