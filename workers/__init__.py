"""Runs the tasks of the outbox. `run_tasks` is the only function that RQ may call; its jobs hold opaque task keys.

A task that is only database work commits together with its own `done`: exactly once. Tasks that send something are in
`deliver` and `notify`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from bot.services import Services
from bot.storage import outbox
from bot.storage.outbox import Claim, TaskName
from workers.announce import announce
from workers.answered import answered
from workers.daily import daily
from workers.deliver import deliver
from workers.notify import notify
from workers.overdue import overdue
from workers.ping import ping
from workers.redact import redact
from workers.remind import remind
from workers.route import route

log = logging.getLogger("ijwi")
Work = Callable[[Services, Claim, int], tuple[str, ...]]
TASKS: dict[str, Work] = {
    TaskName.ROUTE: route,
    TaskName.ANSWERED: answered,
    TaskName.DELIVER: deliver,
    TaskName.DAILY: daily,
    TaskName.REMIND: remind,
    TaskName.OVERDUE: overdue,
    TaskName.REDACT: redact,
    TaskName.ANNOUNCE: announce,
    TaskName.NOTIFY: notify,
    TaskName.PING: ping,
}
SERVICES: list[Services] = []  # this process's services, put here once by the one who starts it (workers.run, tests)


def run_tasks(*keys: str) -> None:
    """Run one task after the other: claim it, do it, signal the tasks that follow. Called twice it does the work once.

    A failure is logged by its class only (a message might hold words), and the task is given back with a back-off.
    """
    for key in keys:
        _run_task(SERVICES[0], key)


keep = run_tasks  # the name in jobs that releases before 0.2 have put into the queue


def _run_task(services: Services, key: str) -> None:
    claim = outbox.claim(services.sessions, key, outbox.now())
    if claim is None:
        return
    services.wordings.refresh()
    try:
        following = TASKS[claim.name](services, claim, outbox.now())
    except Exception as error:  # the one place that catches all: the outbox retries, whatever it was
        log.warning("task %s failed: %s", claim.name, type(error).__name__)
        outbox.retry_later(services.sessions, claim, outbox.now(), type(error).__name__)
        return
    outbox.signal_workers(services.signal, following)
