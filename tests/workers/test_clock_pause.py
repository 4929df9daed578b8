"""The clock looks at each full second, when tasks become due: a reminder that waited for the next look was late."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from redis import Redis
from redis.exceptions import ConnectionError

from bot.storage.redis import WAKE_CLOCK
from workers import clock

NOON = 1_795_424_400


@dataclass
class Played:
    """A time that passes only where somebody sleeps, and a store that ends its waits a tenth of a second late."""

    now: float
    signal: float = 0.0  # when a web process signals; 0: never
    away: bool = False
    forgotten: list[str] = field(default_factory=list)

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.now += seconds

    def blpop(self, names: list[str], timeout: float) -> list[str] | None:
        if self.away:
            raise ConnectionError("away")
        if self.now <= self.signal <= self.now + timeout:
            self.now = self.signal
            return names
        self.now += timeout + 0.1
        return None

    def delete(self, name: str) -> None:
        self.forgotten.append(name)


def waits(patch: pytest.MonkeyPatch, **world: Any) -> Played:
    played = Played(**world)
    patch.setattr(clock, "time", played)
    clock.pause(cast(Redis, played))
    return played


@pytest.mark.parametrize("after", [0.0, 0.01, 0.3, 0.5, 0.88, 0.9, 0.999])
@pytest.mark.parametrize("away", [False, True])
def test_whenever_the_clock_has_looked_its_next_look_is_at_the_full_second(
    after: float, away: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert waits(monkeypatch, now=NOON + after, away=away).now == pytest.approx(NOON + 1, abs=0.001)


def test_a_signal_is_answered_at_once_with_those_that_follow_it(monkeypatch: pytest.MonkeyPatch) -> None:
    played = waits(monkeypatch, now=NOON + 0.2, signal=NOON + 0.4)
    assert played.now == pytest.approx(NOON + 0.4 + clock.GATHER_S)
    assert played.forgotten == [WAKE_CLOCK]


def test_a_signal_in_the_last_tenth_of_a_second_waits_for_the_full_second(monkeypatch: pytest.MonkeyPatch) -> None:
    assert waits(monkeypatch, now=NOON + 0.2, signal=NOON + 0.95).now == pytest.approx(NOON + 1, abs=0.001)
