"""The clock of the demonstration, moved on: what it shows, and how far each button moves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bot.country.pack import Country
from bot.services import Services
from bot.storage import demo_clock
from bot.storage.outbox import now

MORNING = 8  # o'clock: from then on something may be announced


def until_morning(local: datetime) -> timedelta:
    """How long it is until the next eight o'clock: after midnight that of the same day."""
    morning = local.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    if morning <= local:
        morning += timedelta(days=1)
    return morning.astimezone() - local.astimezone()  # by the world's clock: a zone may change its hour that night


MOVES: Mapping[str, Callable[[datetime], timedelta]] = {
    "minutes": lambda _local: timedelta(minutes=10),
    "hour": lambda _local: timedelta(hours=1),
    "morning": until_morning,
    "day": lambda _local: timedelta(days=1),
}
LABELS: Mapping[str, Mapping[str, str]] = {  # of the buttons, in the languages of the page
    "en": {"minutes": "+10 min", "hour": "+1 h", "morning": "next morning 8:00", "day": "+1 day"},
    "fr": {"minutes": "+10 min", "hour": "+1 h", "morning": "prochain matin 8 h", "day": "+1 jour"},
}


def shown(country: Country) -> dict[str, object]:
    """The clock of the service as the page shows it: `at` in seconds since 1970, `ahead` of the machine's in seconds,
    and day and hour in the country (`local`: 2026-11-28T08:00:00)."""
    at = now()
    local = country.clock(at).replace(tzinfo=None).isoformat()
    return {"at": at, "ahead": demo_clock.ahead(), "local": local, "zone": country.timezone.key}


def move(services: Services, name: str) -> None:
    """Move the clock on by one of `MOVES`, for all processes. Raises KeyError for another name, ValueError when it
    would be more than a year ahead."""
    demo_clock.move(int(MOVES[name](services.country.clock(now())).total_seconds()))
