"""The state of the service: what waits and how long, which processes run, which provider is not used for now. Nothing
about people.

Ages are whole minutes and counts are of the whole service, because a figure to the second would tell when somebody has
called. What is published for others to collect (`metrics`) is coarser still: who reads a figure every 15 seconds, and
keeps it, has a list of times. It shows what was already waiting at the last full five minutes and still is, in steps;
attempts are those of yesterday, the same all day. Where everything works it does not change when somebody calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from rq import Queue, Worker
from sqlalchemy import func, select

from bot.services import Services
from bot.settings import socket_of
from bot.storage import migrate, outbox
from bot.storage.database import UNAVAILABLE
from bot.storage.session_store import STORE_ERRORS
from bot.storage.tables.delivery import Attempt, AttemptCount, ProviderState
from bot.storage.tables.runtime import Lease, Task
from bot.upkeep.alarms import tried
from bot.vault.client import RemoteVault
from bot.vault.guard import Caller

CLASSES = {outbox.ALERT: "alert", outbox.ANSWER: "answer", outbox.REMINDER: "reminder", outbox.NOTICE: "notice"}
DAY = 86400  # seconds
STEP = 300  # seconds: the times at which published figures may change
STEPS = (0, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)
LATE_CLOCK = 30  # seconds without a renewed lease of the clock, which renews it at least every ten


@dataclass
class Health:
    """The measured figures; None where nothing could be measured. Ages in whole minutes."""

    database: bool = False
    schema: bool = False
    store: bool = False
    vault: bool = False
    clock: bool | None = None
    workers: int | None = None
    step: int = 0  # seconds
    rung: int | None = None  # in RQ's queue
    waiting: dict[str, int] = field(default_factory=dict)  # due and not done, by class
    oldest: dict[str, int] = field(default_factory=dict)  # minutes for which the oldest of them is due
    resting: dict[str, bool] = field(default_factory=dict)  # by provider
    attempts: dict[tuple[str, str], int] = field(default_factory=dict)  # of yesterday (UTC), by provider and state


def measure(services: Services, step: int = 0) -> Health:
    """The figures of now. A part that is away is reported as such; nothing is raised for it. With a `step`, in seconds,
    nothing is seen that has begun to wait since the last full step, and ages are whole steps.
    """
    health = Health(step=step)
    for look in (_rows, _revision, _queue, _vault):
        try:
            look(services, health)
        except (*UNAVAILABLE, *STORE_ERRORS):
            continue
    return health


def _rows(services: Services, health: Health) -> None:
    at = outbox.now()
    until = at - at % health.step if health.step else at
    due = (Task.done_at.is_(None)) & (Task.due_at <= until)
    with services.reads() as db:
        waits = select(Task.priority, func.count(), func.min(Task.due_at)).where(due).group_by(Task.priority)
        for priority, count, oldest in db.execute(waits):
            name = CLASSES.get(priority, "other")
            health.waiting[name] = health.waiting.get(name, 0) + count
            health.oldest[name] = max(health.oldest.get(name, 0), _minutes(until - oldest, health.step))
        held = db.scalar(select(Lease.until).where(Lease.name == "clock"))
        health.clock = held is not None and held > at - LATE_CLOCK
        lines = {
            line.provider: line.closed_until
            for line in db.execute(select(ProviderState.provider, ProviderState.closed_until))
        }
        health.resting = {provider: lines.get(provider, 0) > at for provider in services.providers}
        yesterday = at - at % DAY - DAY
        of_it = (Attempt.began >= yesterday) & (Attempt.began < yesterday + DAY)
        health.attempts = dict(tried(db, of_it, AttemptCount.day == yesterday))
    health.database = True


def _minutes(seconds: int, step: int) -> int:
    return (seconds - seconds % step if step else seconds) // 60


def _revision(services: Services, health: Health) -> None:
    with services.engine.connect().execution_options(reads=True) as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    health.schema = revision == ScriptDirectory.from_config(migrate.config(services.engine)).get_current_head()


def _queue(services: Services, health: Health) -> None:
    health.rung = Queue("ijwi", connection=services.redis).count
    health.workers = Worker.count(connection=services.redis)
    services.session_store.sweep()
    health.store = True


def _vault(services: Services, health: Health) -> None:
    embedded = socket_of(services.settings.data_dir, "vault")  # that of ops/run, which a command does not ask
    near = embedded.exists() and not services.settings.vault_socket
    vault = RemoteVault(embedded, Caller.ADMIN) if near else services.vault
    vault.vouched([])
    health.vault = True


class _Collector:
    def __init__(self, health: Health) -> None:
        self.health = health

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every figure that ops/prometheus/alerts.yml uses."""
        health = self.health
        waiting = {name: stepped(count) for name, count in health.waiting.items()}
        up = GaugeMetricFamily("ijwi_up", "1 when this part answers.", labels=["part"])
        for part in ("database", "schema", "store", "vault", "clock"):
            up.add_metric([part], float(bool(getattr(health, part))))
        yield up
        yield GaugeMetricFamily("ijwi_workers", "Worker processes that RQ knows.", value=health.workers or 0)
        yield GaugeMetricFamily("ijwi_queue", "Keys in RQ's queue, in steps.", value=stepped(health.rung or 0))
        for name, what, figures in (
            ("ijwi_waiting", "Tasks that wait since the last full five minutes, in steps.", waiting),
            ("ijwi_oldest_minutes", "For how long the oldest of them is due.", health.oldest),
        ):
            yield _by(name, what, "class", {known: figures.get(known, 0) for known in (*CLASSES.values(), "other")})
        yield _by("ijwi_line_rests", "1 when a provider is not asked for now.", "provider", health.resting)
        tried = GaugeMetricFamily("ijwi_attempts_day", "Attempts of yesterday.", labels=["provider", "state"])
        for (provider, state), count in health.attempts.items():
            tried.add_metric([provider, state], count)
        yield tried


def _by(name: str, what: str, label: str, figures: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, what, labels=[label])
    for value, figure in figures.items():
        family.add_metric([value], float(figure))
    return family


def stepped(count: int) -> int:
    """The largest of `STEPS` that a count reaches: one more is seen rarely."""
    return max((step for step in STEPS if step <= count), default=0)


def metrics(services: Services) -> bytes:
    """The figures that are published, in the text format of Prometheus."""
    return text_of(measure(services, STEP)).encode()


def text_of(health: Health) -> str:
    """Figures in the text format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(_Collector(health))
    return generate_latest(registry).decode()
