"""The lines to the providers: which one is asked next, when, and which one rests. All workers see the same.

A line that fails `OPENS_AFTER` times in a row is closed for a while; then one message tries it, and the others go on
elsewhere until that one has come through. A provider that refuses *us* (a key, a sender, an empty account) is closed
longer and raises an alarm: nobody's message can mend it. One that lets us wait for nothing is left alone at once, since
every other worker would wait as long. Nothing here ever sends twice: it only chooses.
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
OPENS_AFTER = 3  # failures in a row
REST, LONGEST_REST = 30, 300  # seconds for which a line that fails is closed, twice as long each time
TIMEOUT_PAUSE_S = 10  # seconds for which a line that said nothing is closed, before it has failed so often
PROBE_LIFE_S = 20  # seconds that the one who tries a closed line may take
CONFIG_PAUSE_S = 300  # seconds for which a provider that refuses us is not asked
THROTTLE = 5  # seconds when a provider says "too many" and not until when
BUSY = "busy"  # the code of a refusal of our own
MOST_WAIT = 5.0  # seconds that a worker waits for its turn; longer waits are the outbox's
FAULTS_OF_OURS = frozenset({Reason.CONFIGURATION, Reason.AUTH})


class ProvidersOf(Protocol):
    """What is needed of the services."""

    sessions: SessionFactory
    reads: SessionFactory
    settings: Settings


moment: Callable[[], float] = time.time
pause: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class ProviderChoice:
    """A provider to be asked now; `most` messages at once. `half_open`: how it went is to be written down."""

    provider: str
    most: int
    half_open: bool = False


def choose(services: ProvidersOf, providers: Collection[str], at: int, most: int = 1) -> ProviderChoice | int:
    """The first of these providers whose line is open; else the second in which one may be."""
    with services.reads() as db:
        known = {line.provider: line for line in db.execute(select(ProviderState.__table__))}
    soonest: list[int] = []
    for provider in providers:
        line, limit = known.get(provider), services.settings.limits.get(provider)
        at_once = min(most, limit.at_once) if limit else most
        if line is None:
            return ProviderChoice(provider, at_once)
        if line.closed_until > at:
            soonest.append(line.closed_until)
        elif limit and most > 1 and line.free_at / 1000 > moment() + MOST_WAIT:
            soonest.append(int(line.free_at / 1000 - MOST_WAIT) + 1)
        elif not line.closed_until:
            return ProviderChoice(provider, at_once, half_open=line.failures > 0)
        elif claim_probe(services.sessions, provider, at):
            return ProviderChoice(provider, 1, half_open=True)
        else:
            soonest.append(at + PROBE_LIFE_S)
    return min(soonest, default=at)


def claim_probe(sessions: SessionFactory, provider: str, at: int) -> bool:
    """Whether this worker is the one that tries a line which was closed."""
    free = (ProviderState.provider == provider) & (ProviderState.closed_until <= at) & (ProviderState.closed_until > 0)
    taken = update(ProviderState).where(free).values(closed_until=at + PROBE_LIFE_S).returning(ProviderState.provider)
    with sessions.begin() as db:
        return db.execute(taken).first() is not None


@contextmanager
def wait_for_turn(services: ProvidersOf, provider: str, messages: int, *, urgent: bool) -> Iterator[None]:
    """The time in which so many messages may be handed over: their place in the permitted rate has come, and no more
    calls than permitted are under way. Raises `SendError`, before anybody was asked, when all of them stay busy.
    """
    limit = services.settings.limits.get(provider)
    if limit is None:
        yield
        return
    _wait(services.sessions, provider, int(1000 * messages / limit.rate), urgent=urgent)
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


def _wait(sessions: SessionFactory, provider: str, cost: int, *, urgent: bool) -> None:
    """Take a place of so many milliseconds and wait until it comes.

    An alert does not stand behind notices: it takes its place among alerts, and the notices after it pay for it.
    """
    with sessions.begin() as db:
        add(db, ProviderState, {"provider": provider}, failures=0)
        line = db.scalars(select(ProviderState).where(ProviderState.provider == provider).with_for_update()).one()
        now = int(moment() * 1000)
        mine = max(now, line.urgent_at if urgent else line.free_at)
        line.urgent_at = mine + cost if urgent else line.urgent_at
        line.free_at = max(now, line.free_at) + cost
    if mine > now:
        pause((mine - now) / 1000)


def _place(sessions: SessionFactory, provider: str, calls: int) -> str | None:
    """One of the places for calls under way, by its name; empty without a limit, None when all are taken.

    A worker that dies leaves its place after the lease.
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
    """Somebody was told, or was refused for a reason of her own: the line is open again."""
    if chosen.half_open:
        with sessions.begin() as db:
            db.execute(
                update(ProviderState)
                .where(ProviderState.provider == chosen.provider)
                .values(failures=0, closed_until=0, why="")
            )


def record_failure(sessions: SessionFactory, chosen: ProviderChoice, error: SendError, at: int) -> None:
    """A call failed. About one message: nothing; about the line: it counts, and may be closed for a while."""
    if error.reason in RECIPIENT_REASONS:
        record_success(sessions, chosen)
    if error.reason in RECIPIENT_REASONS or error.provider_code == BUSY:
        return
    row = ProviderState.provider == chosen.provider
    with sessions.begin() as db:
        add(db, ProviderState, {"provider": chosen.provider}, failures=0 if error.reason == Reason.THROTTLED else 1)
        failures = db.scalars(select(ProviderState.failures).where(row)).one()
        if rest := _rest(error, failures):
            db.execute(update(ProviderState).where(row).values(closed_until=at + rest, why=str(error)))
    if rest and error.reason in FAULTS_OF_OURS:
        log.error("ALARM: %s refuses us: %s", chosen.provider, error)
    elif rest >= REST:
        log.warning("%s is not asked for %d s: %s", chosen.provider, rest, error)


def _rest(error: SendError, failures: int) -> int:
    """For how many seconds a line is closed after this failure."""
    if error.reason in FAULTS_OF_OURS:
        return CONFIG_PAUSE_S
    if error.retry_after or error.reason == Reason.THROTTLED:
        return error.retry_after or THROTTLE
    if failures < OPENS_AFTER:
        return TIMEOUT_PAUSE_S if error.provider_code == TIMEOUT else 0
    return min(LONGEST_REST, REST << (failures - OPENS_AFTER))
