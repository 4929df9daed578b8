"""People leave, a meeting is moved or called off, while workers are telling of it: nobody hears what is not true."""

from __future__ import annotations

import importlib
import os
import random
import threading
import time
from collections import Counter
from datetime import time as clock_time

import pytest
from sqlalchemy import delete, select, update

from bot.channels.messages import Reason, SendError
from bot.meetings import lifecycle
from bot.meetings.subscribers import erase_number, opt_out
from bot.services import Services
from bot.storage import outbox
from bot.storage.outbox import Claim
from bot.storage.tables.delivery import DeliveryStatus, Notice
from bot.storage.tables.meetings import Meeting, Subscriber
from bot.storage.tables.runtime import Task
from tests.support.office import Office
from tests.support.subscribers import (
    PlayedProvider,
    add_released_meeting,
    add_subscribers,
    cancel,
    leader_at_work,
    notice_statuses,
    run_due_tasks,
)
from workers.announce import BATCH, CALL
from workers.notify import Recipient, claimed

PEOPLE = [f"+2577900{n:04d}" for n in range(24)]
ROUNDS = int(os.environ.get("ROUNDS", "100"))  # of each race: what a lock does not hold shows within a few
RACES = ("all of them", "leaves", "stops", "called off", "moved")


def moved(office: Office, meeting: Meeting) -> None:
    """To another day."""
    with leader_at_work(office) as (work, leader):
        day = office.services.country.clock(work.at + 12 * 86400).date()
        assert lifecycle.move(work, leader, meeting.id, day, clock_time(14)).code == "done"


def test_each_person_hears_it_once_in_batches_of_one_language(office: Office, network: PlayedProvider) -> None:
    phones = [f"+2577{n:07d}" for n in range(2 * BATCH + 50)]
    add_subscribers(office, phones, ("rn", "fr", "en", "hi", "hi_Latn"))
    add_released_meeting(office)
    run_due_tasks(office)
    run_due_tasks(office)
    assert network.told == Counter({(phone, "new"): 1 for phone in phones})
    assert len(network.asked) <= len(phones) // CALL + 3 + 4  # a batch that ends one language begins another
    assert notice_statuses(office) == {DeliveryStatus.SENT: len(phones)}


def test_who_was_not_taken_is_tried_elsewhere_and_what_is_unknown_is_left(
    office: Office, network: PlayedProvider
) -> None:
    second = PlayedProvider()
    office.services._channels = dict(zip(office.services.providers, (network, second), strict=False))
    office.services.settings.sms_providers = "africastalking,twilio"
    office.services._channels["twilio"] = second
    add_subscribers(office, PEOPLE[:4])
    network.how = {
        PEOPLE[0]: SendError(Reason.PASSING, "500"),
        PEOPLE[1]: SendError(Reason.UNKNOWN, "", unknown_outcome=True),
        PEOPLE[2]: SendError(Reason.OPTED_OUT, "406"),
    }
    add_released_meeting(office)
    run_due_tasks(office)
    assert set(second.told) == {(PEOPLE[0], "new")}
    assert notice_statuses(office) == {DeliveryStatus.SENT: 2, DeliveryStatus.UNKNOWN: 1, DeliveryStatus.SUPPRESSED: 1}
    with office.services.reads() as db:
        assert len(list(db.scalars(select(Subscriber)))) == 3  # what a provider says of a stop holds for all


def test_a_worker_that_died_while_sending_leaves_a_doubt_and_nobody_hears_it_twice(
    office: Office, network: PlayedProvider
) -> None:
    add_subscribers(office, PEOPLE)
    add_released_meeting(office)

    def dies() -> None:
        network.meanwhile = lambda: None
        network.told.update((phone, "new") for phone in PEOPLE)  # the provider took them all
        raise KeyboardInterrupt

    network.meanwhile = dies
    with pytest.raises(KeyboardInterrupt):
        run_due_tasks(office)
    with office.services.sessions.begin() as db:
        db.execute(update(Task).values(claimed_until=0))
    run_due_tasks(office)
    assert network.told == Counter({(phone, "new"): 1 for phone in PEOPLE})
    assert notice_statuses(office) == {DeliveryStatus.UNKNOWN: len(PEOPLE)}


def test_once_it_has_begun_nothing_leaves_and_the_provider_knows_until_when(
    office: Office, network: PlayedProvider
) -> None:
    add_subscribers(office, PEOPLE)
    works_until = add_released_meeting(office).starts
    run_due_tasks(office)
    assert network.lasts == [pytest.approx(works_until - outbox.now(), abs=20)]
    network.told.clear()
    meeting = add_released_meeting(office, 2)
    with office.services.sessions.begin() as db:
        db.execute(update(Meeting).where(Meeting.id == meeting.id).values(starts=outbox.now() - 1))
    run_due_tasks(office)
    assert network.told == Counter()


class Watched:
    """What a worker claimed, and when it began to; when somebody had left for good."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.claims: list[tuple[int, set[str]]] = []
        self.left: dict[str, int] = {}
        self.changed = 0  # when it was over with the first revision
        self.untrue: list[str] = []  # kinds of news of the first revision that were claimed later
        module = importlib.import_module("workers.notify")

        def watched(services: Services, claim: Claim, at: int, most: int) -> list[Recipient]:
            began = time.monotonic_ns()
            people = claimed(services, claim, at, most)
            if people and self.changed and began > self.changed and claim.args["revision"] == 1:
                self.untrue.append(str(claim.args["kind"]))
            self.claims.append((began, {person.phone for person in people}))
            return people

        patch.setattr(module, "claimed", watched)

    def too_late(self) -> list[str]:
        """Whoever was claimed by a worker that began after she had left."""
        return [p for p, gone in self.left.items() for began, people in self.claims if began > gone and p in people]


@pytest.mark.parametrize("what", RACES)  # the first one on PostgreSQL too
def test_whatever_happens_during_the_fan_out_nobody_who_left_and_nothing_untrue_is_told(
    office: Office, network: PlayedProvider, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """ROUNDS times: workers tell of a meeting while people leave by phone or by a word, or it is off or moved."""
    chance, watched = random.Random(what), Watched(monkeypatch)
    for number in range(1, ROUNDS + 1):
        people = [f"+25776{number:03d}{n:03d}" for n in range(6)]
        add_subscribers(office, people)
        meeting = add_released_meeting(office, number)
        network.told.clear()
        watched.changed = 0
        race(office, network, what, meeting, chance.sample(people, 3), watched, early=chance.random() < 0.5)
        run_due_tasks(office)
        assert watched.too_late() == []
        assert max(Counter(phone for phone, kind in network.told.elements() if kind == "new").values(), default=1) == 1
        heard = {phone for phone, kind in network.told if kind == "new"}
        off = {phone for phone, kind in network.told if kind == "off"}
        changed = what in ("called off", "moved", "all of them")
        assert off == (heard - {*watched.left} if changed else set())
        assert watched.untrue == []
        assert set(notice_statuses(office)) <= {"sent", "suppressed", "expired"}
        with office.services.sessions.begin() as db:
            db.execute(delete(Notice))
            db.execute(delete(Subscriber))
            db.execute(update(Task).values(done_at=1))


def race(
    office: Office,
    network: PlayedProvider,
    what: str,
    meeting: Meeting,
    people: list[str],
    watched: Watched,
    *,
    early: bool,
) -> None:
    """A worker and somebody else at the same time; `early`: she begins first, else while the provider is asked."""
    errors: list[Exception] = []

    def otherwise() -> None:
        try:
            for phone in people[:2] if what in ("leaves", "all of them") else []:
                with office.services.sessions.begin() as db:
                    erase_number(db, office.services.vault, phone, outbox.now())
                watched.left[phone] = time.monotonic_ns()
            if what in ("stops", "all of them"):
                opt_out(office.services.sessions, office.services.vault, people[2], True)
                watched.left[people[2]] = time.monotonic_ns()
            if what in ("called off", "all of them"):
                cancel(office, meeting)
            if what == "moved":
                moved(office, meeting)
            watched.changed = time.monotonic_ns() if what in ("called off", "moved", "all of them") else 0
        except Exception as error:
            errors.append(error)

    other = threading.Thread(target=otherwise)
    if early:
        other.start()
    else:
        network.meanwhile = lambda: None if other.ident else other.start()
    run_due_tasks(office)
    network.meanwhile = lambda: None
    if not other.ident:
        other.start()
    other.join()
    assert errors == []
