"""What a provider permits is used and not overstepped; what is urgent does not stand in the queue of notices."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from sqlalchemy import update

import workers
from bot.channels.messages import Reason, SendError, Sent
from bot.delivery import providers
from bot.settings import ConfigError
from bot.storage import outbox
from bot.storage.tables.delivery import DeliveryStatus
from bot.storage.tables.runtime import Task
from tests.support.office import Office
from tests.support.subscribers import add_released_meeting, add_subscribers, notice_statuses
from tests.support.timed_provider import TimedProvider, post_alert

pytestmark = pytest.mark.office(sms_rates="africastalking=4")


def played(world: TimedProvider, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(outbox, "now", lambda: int(world.at))
    patch.setattr(providers, "moment", world.moment)
    patch.setattr(providers, "pause", world.pause)


def test_people_are_told_as_fast_as_is_permitted_and_no_faster(
    office: Office, world: TimedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    played(world, monkeypatch)
    add_subscribers(office, [f"+2577920{n:04d}" for n in range(24)])
    add_released_meeting(office)
    for _ in range(40):
        for key in outbox.due(office.services.sessions, outbox.now(), 1):
            workers.run_tasks(key)
    assert notice_statuses(office) == {DeliveryStatus.SENT: 24}
    times = [at - world.came[0][0] for at, _people in world.came]
    assert [people for _at, people in world.came] == [2] * 12
    assert times == pytest.approx([n / 2 for n in range(12)], abs=0.01)


def test_an_alert_overtakes_the_notices_and_they_wait_for_it(
    office: Office, world: TimedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    played(world, monkeypatch)
    for _ in range(10):
        with providers.wait_for_turn(office.services, "africastalking", 2, urgent=False):
            world.send_many(["a", "b"], "")
    world.at = asked = world.came[0][0]  # ten turns are taken: the next notice would leave in five seconds
    workers.run_tasks(post_alert(office))
    assert world.came[-1] == (asked, 1)
    with providers.wait_for_turn(office.services, "africastalking", 1, urgent=False):
        world.send("a", "")
    assert world.came[-1][0] == pytest.approx(asked + 5.25, abs=0.01)


def test_no_more_calls_at_once_than_are_permitted(office: Office, world: TimedProvider) -> None:
    office.settings.sms_rates, world.takes = "africastalking=9999/1", 0.1
    keys = [post_alert(office) for _ in range(4)]
    crew = [threading.Thread(target=workers.run_tasks, args=(key,)) for key in keys]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    assert (world.most, len(world.came)) == (1, 4)


def test_a_worker_that_died_on_the_line_holds_it_no_longer_than_its_lease(
    office: Office, world: TimedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    played(world, monkeypatch)
    office.settings.sms_rates = "africastalking=9999/1"
    assert providers._place(office.services.sessions, "africastalking", 1)  # and it was killed
    key = post_alert(office)
    workers.run_tasks(key)
    assert world.came == []  # nobody was asked, so it may leave later
    world.at += outbox.LEASE + 10
    with office.services.sessions.begin() as db:
        db.execute(update(Task).values(due_at=0))
    workers.run_tasks(key)
    assert len(world.came) == 1


class Hanging(TimedProvider):
    """A provider that answers nothing for as long as we wait: nine seconds."""

    def send_many(self, phones: Sequence[str], text: str, lasts: int = 0) -> Mapping[str, Sent | SendError]:
        self.came.append((self.at, len(phones)))
        self.other.at += 9
        return {phone: SendError(Reason.PASSING, "timeout", unknown_outcome=True) for phone in phones}

    def send(self, phone: str, text: str) -> Sent:
        (result,) = self.send_many([phone], text).values()
        assert isinstance(result, SendError)
        raise result

    other: TimedProvider


def test_while_a_provider_hangs_an_alert_leaves_through_the_other_within_ten_seconds(
    office: Office, world: TimedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    played(world, monkeypatch)
    hanging = Hanging()
    hanging.other = world
    office.settings.sms_providers, office.settings.sms_rates = "africastalking,twilio", ""
    office.services._channels = {"africastalking": hanging, "twilio": world}
    for number in range(5):
        asked, before = world.at, len(hanging.came)
        workers.run_tasks(post_alert(office))
        assert world.came[-1][0] - asked < 10
        assert (len(hanging.came) > before) == (number == 0)  # then nobody waits for it


@pytest.mark.parametrize("rates", ["africastalking", "africastalking=0", "africastalking=-1", "nobody=5", "twilio=1/0"])
def test_a_rate_that_nobody_can_read_is_named_before_anything_starts(tmp_path: Path, rates: str) -> None:
    with pytest.raises(ConfigError, match="SMS_RATES has"):
        Office(tmp_path, sms_rates=rates)
