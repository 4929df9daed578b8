"""A worker process: everything imported before the first job, jobs run in it, one at a time (RQ 3's own advice)."""

from __future__ import annotations

from collections.abc import Callable

from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, TimeoutError
from redis.retry import Retry
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

import workers
from bot.services import Services
from bot.storage.redis import client
from workers.clock import rq_enqueuer

JOBS_A_LIFE = 5000  # then supervisor starts a fresh process: no leak grows for ever


class SafeJob(Job):
    """A job may call `workers.run_tasks` only: RQ would run `os.system` for whoever can write to its queue."""

    ALLOWED = frozenset({"workers.run_tasks", "workers.keep"})  # the second is in jobs of before 0.2

    @property
    def func(self) -> Callable[..., None]:
        """The function. Raises PermissionError for another one."""
        if self.func_name not in self.ALLOWED:
            raise PermissionError("this job is not allowed")
        found: Callable[..., None] = super().func
        return found


def run(services: Services, burst: bool = False) -> None:
    """Work until told to stop; a Redis that restarts is waited for."""
    workers.SERVICES[:] = [services]
    services.signal = rq_enqueuer(services.redis)
    retry = Retry(ExponentialBackoff(cap=2, base=0.05), 30)
    errors: list[type[Exception]] = [ConnectionError, TimeoutError, BusyLoadingError]
    redis = client(services.settings.redis_url, retry=retry, retry_on_error=errors)
    queue = Queue("ijwi", connection=redis, serializer=JSONSerializer, job_class=SafeJob)
    worker = SimpleWorker(
        [queue],
        connection=redis,
        serializer=JSONSerializer,
        job_class=SafeJob,
        worker_ttl=30,
        maintenance_interval=15,
        job_monitoring_interval=5,
        log_job_description=False,
    )
    worker.work(burst=burst, max_jobs=JOBS_A_LIFE, logging_level="WARNING", with_scheduler=False)
