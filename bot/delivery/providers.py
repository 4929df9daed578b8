"""Which SMS provider is asked next, and when: a circuit breaker and rate limits, in the database for all workers.

A provider that fails `FAILURES_TO_CLOSE` times in a row is closed (not asked) for a while; then one message tries it,
and the others go to other providers until that one has succeeded. A provider that refuses this installation (a key, a
sender, an empty account) is closed longer and raises an alarm, because no message can succeed there. One that timed out
is closed at once, because every other worker would wait as long. This module only chooses: it sends nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import select, update

from bot.channels.messages import RECIPIENT_REASONS, TIMEOUT, Reason, SendError
from bot.settings import Settings
from bot.storage.counters import add
from bot.storage.outbox import LEASE, SessionFactory
from bot.storage.tables.delivery import ProviderState
from bot.storage.tables.runtime import Lease

log = logging.getLogger("ijwi")
FAILURES_TO_CLOSE = 3  # failures in a row
REST, LONGEST_REST = 30, 300  # seconds for which a failing provider is closed, twice as long each time
TIMEOUT_PAUSE_S = 10  # seconds for which a provider that timed out is closed before FAILURES_TO_CLOSE
PROBE_LIFE_S = 20  # seconds that the worker who tries a closed provider may take
CONFIG_PAUSE_S = 300  # seconds for which a provider that refuses this installation is closed
THROTTLE = 5  # seconds for which a provider is closed that says "too many" and not until when
BUSY = "busy"  # the code when all permitted calls are under way: this service refused, not the provider
MOST_WAIT = 5.0  # seconds that a worker waits for its turn; for longer the task goes back to the outbox
INSTALLATION_REASONS = frozenset({Reason.CONFIGURATION, Reason.AUTH})


class ProvidersOf(Protocol):
    """The part of `bot.services.Services` that is used here."""

    sessions: SessionFactory
    reads: SessionFactory
    settings: Settings


moment: Callable[[], float] = time.time  # tests and the simulation set their own
pause: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class ProviderChoice:
    """A provider to be asked now, with at most `most` messages in one call. `half_open`: it has failed before, so that
    a success has to be recorded too."""

    provider: str
    most: int
    half_open: bool = False


def choose(services: ProvidersOf, providers: Collection[str], at: int, most: int = 1) -> ProviderChoice | int:
    """The first of these providers that is open; else the time (seconds since 1970) at which one may be."""
    with services.reads() as db:
        states = {state.provider: state for state in db.execute(select(ProviderState.__table__))}
    soonest: list[int] = []
    for provider in providers:
        state, limit = states.get(provider), services.settings.limits.get(provider)
        at_once = min(most, limit.at_once) if limit else most
        if state is None:
            return ProviderChoice(provider, at_once)
        if state.closed_until > at:
            soonest.append(state.closed_until)
        elif limit and most > 1 and state.free_at / 1000 > moment() + MOST_WAIT:
            soonest.append(int(state.free_at / 1000 - MOST_WAIT) + 1)
        elif not state.closed_until:
            return ProviderChoice(provider, at_once, half_open=state.failures > 0)
        elif claim_probe(services.sessions, provider, at):
            return ProviderChoice(provider, 1, half_open=True)
        else:
            soonest.append(at + PROBE_LIFE_S)
    return min(soonest, default=at)


def claim_probe(sessions: SessionFactory, provider: str, at: int) -> bool:
    """Take the right to try a provider whose closed time is over; True for one worker, for `PROBE_LIFE_S`."""
    free = (ProviderState.provider == provider) & (ProviderState.closed_until <= at) & (ProviderState.closed_until > 0)
    taken = update(ProviderState).where(free).values(closed_until=at + PROBE_LIFE_S).returning(ProviderState.provider)
    with sessions.begin() as db:
        return db.execute(taken).first() is not None


@contextmanager
def wait_for_turn(services: ProvidersOf, provider: str, messages: int, *, urgent: bool) -> Iterator[None]:
    """Enter when the provider may be given that many messages: the permitted rate allows it, and fewer calls than
    permitted are under way. Raises `SendError`, before the provider was asked, when these stay busy for `MOST_WAIT`.
    """
    limit = services.settings.limits.get(provider)
    if limit is None:
        yield
        return
    _wait_for_rate(services.sessions, provider, int(1000 * messages / limit.rate), urgent=urgent)
    until = moment() + MOST_WAIT
    while (place := _place(services.sessions, provider, limit.calls)) is None:
        if moment() > until:
            raise SendError(Reason.THROTTLED, BUSY, retry_after=1)
        pause(0.05)
    try:
        yield
    finally:
        if place:
            with services.sessions.begin() as db:
                db.execute(update(Lease).where(Lease.name == place).values(until=0))


def _wait_for_rate(sessions: SessionFactory, provider: str, cost: int, *, urgent: bool) -> None:
    """Reserve `cost` milliseconds of the permitted rate and wait until they begin.

    An alert never waits for notices: it waits for other alerts only, and the notices after it wait longer for that.
    """
    with sessions.begin() as db:
        add(db, ProviderState, {"provider": provider}, failures=0)
        state = db.scalars(select(ProviderState).where(ProviderState.provider == provider).with_for_update()).one()
        now = int(moment() * 1000)
        begins = max(now, state.urgent_at if urgent else state.free_at)
        state.urgent_at = begins + cost if urgent else state.urgent_at
        state.free_at = max(now, state.free_at) + cost
    if begins > now:
        pause((begins - now) / 1000)


def _place(sessions: SessionFactory, provider: str, calls: int) -> str | None:
    """Reserve one of the permitted calls: the name of its lease, empty without a limit, None when all are taken.

    The place of a worker that died is free again when its lease ends.
    """
    names = [f"call:{provider}:{number}" for number in range(calls)]
    at = int(moment())
    with sessions.begin() as db:
        for name in names:
            add(db, Lease, {"name": name, "holder": ""}, until=0)
            free = update(Lease).where(Lease.name == name, Lease.until <= at).values(until=at + LEASE)
            if db.execute(free.returning(Lease.name)).first():
                return name
    return None if names else ""


def record_success(sessions: SessionFactory, chosen: ProviderChoice) -> None:
    """Write that a provider works: a message was taken, or refused for a reason of its recipient. It is open again."""
    if chosen.half_open:
        with sessions.begin() as db:
            db.execute(
                update(ProviderState)
                .where(ProviderState.provider == chosen.provider)
                .values(failures=0, closed_until=0, why="")
            )


def record_failure(sessions: SessionFactory, chosen: ProviderChoice, error: SendError, at: int) -> None:
    """Write that a call failed. A reason of the recipient means that the provider works; any other counts as a failure
    of the provider and may close it for a while."""
    if error.reason in RECIPIENT_REASONS:
        record_success(sessions, chosen)
    if error.reason in RECIPIENT_REASONS or error.provider_code == BUSY:
        return
    row = ProviderState.provider == chosen.provider
    with sessions.begin() as db:
        add(db, ProviderState, {"provider": chosen.provider}, failures=0 if error.reason == Reason.THROTTLED else 1)
        failures = db.scalars(select(ProviderState.failures).where(row)).one()
        if closed_s := _closed_s(error, failures):
            db.execute(update(ProviderState).where(row).values(closed_until=at + closed_s, why=str(error)))
    if closed_s and error.reason in INSTALLATION_REASONS:
        log.error("ALARM: %s refuses us: %s", chosen.provider, error)
    elif closed_s >= REST:
        log.warning("%s is not asked for %d s: %s", chosen.provider, closed_s, error)


def _closed_s(error: SendError, failures: int) -> int:
    """For how many seconds a provider is closed after this failure, its `failures`th in a row; 0: it stays open."""
    if error.reason in INSTALLATION_REASONS:
        return CONFIG_PAUSE_S
    if error.retry_after or error.reason == Reason.THROTTLED:
        return error.retry_after or THROTTLE
    if failures < FAILURES_TO_CLOSE:
        return TIMEOUT_PAUSE_S if error.provider_code == TIMEOUT else 0
    return min(LONGEST_REST, REST << (failures - FAILURES_TO_CLOSE))
