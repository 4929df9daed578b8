"""One provider fails in every way for a minute each while 10,000 people are told: `python -m ops.load.failing`.

Uses the real tasks, the providers' own SDKs, and a stand-in for both providers. Africa's Talking comes first and fails,
Twilio works. Each fault begins with the provider open. Printed are, for each fault, the longest time in which nobody
was told through Twilio, and at the end who was told twice, who not at all, and of whom it is not known. Exit code 0
only if everybody was told exactly once or is counted as unknown, and Twilio took over within ten seconds each time.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from sqlalchemy import delete, select

import workers
from bot.services import Services
from bot.storage.tables.delivery import DeliveryStatus, Notice, ProviderState
from bot.storage.tables.meetings import Subscriber
from ops.load.fan_out import furnished, keep_on, wired
from ops.load.stand_in import TROUBLES, StandIn, stand_in

TAKES_OVER = 10.0  # seconds
HURRY = 60  # seconds after the last trouble until everything must be out


@dataclass
class Outcome:
    """The results of a run."""

    people: int
    twice: int = 0
    untold: int = 0  # neither told nor counted as unknown
    unknown: int = 0
    states: Counter[str] = field(default_factory=Counter)
    silences: dict[str, float] = field(default_factory=dict)  # seconds; nobody was told at all: infinite

    @property
    def good(self) -> bool:
        """Whether everybody was told once or is counted as unknown, and Twilio always took over in time."""
        return not (self.twice or self.untold) and max(self.silences.values()) < TAKES_OVER


def settings_of(both: StandIn, rate: int) -> dict[str, str]:
    """Both providers, in the order in which they are asked, at so many messages a second each."""
    return {
        "sms_providers": "africastalking,twilio", "sms_rates": f"africastalking={rate},twilio={rate}",
        "at_base_url": both.url("africastalking"), "twilio_base_url": both.url("twilio"),
        "twilio_account_sid": "AC" + "0" * 32, "twilio_auth_token": "t" * 32, "twilio_sender": "+15005550006",
    }  # fmt: skip


def work(folder: Path, known: dict[str, str]) -> None:
    """One worker process."""
    keep_on(wired(folder, **known), patient=True)


def campaign(folder: Path, people: int, seconds: float, patience: float = 9, count: int = 2) -> Outcome:
    """Tell so many people while each fault lasts so many seconds; a provider is waited for up to `patience` seconds."""
    key = furnished(folder, people)
    with stand_in() as both:
        environment = settings_of(both, max(1, int(people / (len(TROUBLES) * seconds)))) | {
            "provider_timeout": f"{patience:g}"
        }
        services, seen = wired(folder, **environment), Outcome(people)
        workers.SERVICES[:] = [services]
        workers.run_tasks(key)
        services.engine.dispose()
        fresh = multiprocessing.get_context("spawn")  # a fork would hold the port of the one who is not there
        crew = [fresh.Process(target=work, args=(folder, environment), daemon=True) for _ in range(count)]
        for one in crew:
            one.start()
        for trouble in TROUBLES:
            seen.silences[trouble] = _lasts(services, both, trouble, seconds)
        both.ails("")
        until = time.monotonic() + HURRY
        for one in crew:
            one.join(max(0, until - time.monotonic()))
            one.kill()
        judge(services, both, seen)
        services.engine.dispose()
    return seen


def _lasts(services: Services, both: StandIn, trouble: str, seconds: float) -> float:
    """Let a fault last, from an open provider on; the longest time in which nobody was told through Twilio."""
    with services.sessions.begin() as db:
        db.execute(delete(ProviderState))
    began, taken = time.time(), len(both.taken)
    both.ails(trouble)
    time.sleep(seconds)
    times = [began, *(one.at for one in both.taken[taken:] if one.provider == "twilio")]
    return max((later - earlier for earlier, later in pairwise(times)), default=float("inf"))


def judge(services: Services, both: StandIn, seen: Outcome) -> None:
    """Compare what the providers took with the states of the notices."""
    taken = Counter(one.phone for one in both.taken)
    with services.reads() as db:
        notices = select(Notice.status, Subscriber.phone_sealed).join(Subscriber, Subscriber.id == Notice.subscriber)
        rows = [(state, services.vault.open_for_sender(sealed)) for state, sealed in db.execute(notices)]
    seen.states = Counter(state for state, _phone in rows)
    seen.unknown = seen.states[DeliveryStatus.UNKNOWN]
    seen.twice = sum(taken[phone] > 1 for _state, phone in rows)
    seen.untold = (
        seen.people - len(rows) + sum(not taken[phone] and state != DeliveryStatus.UNKNOWN for state, phone in rows)
    )


def main() -> int:
    """Run it and print what was seen."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--people", type=int, default=10_000)
    asked.add_argument("--seconds", type=float, default=60, help="of each trouble")
    chosen = asked.parse_args()
    with tempfile.TemporaryDirectory() as made:
        seen = campaign(Path(made), chosen.people, chosen.seconds)
    for trouble, silence in seen.silences.items():
        print(f"Africa's Talking {trouble:28} nobody was told for {silence:5.2f} s at most")
    print(f"{seen.people} people: {dict(seen.states)}; told twice {seen.twice}, neither told nor counted {seen.untold}")
    return 0 if seen.good else 1


if __name__ == "__main__":
    sys.exit(main())
