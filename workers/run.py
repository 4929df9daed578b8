"""A worker process: all modules are imported before the first job, and jobs run in the process itself, one at a time,
as RQ 3 advises.
"""

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
    """A job that can call `workers.run_tasks` only: RQ itself would run `os.system` for whoever can write
    to its queue.
    """

    ALLOWED = frozenset({"workers.run_tasks", "workers.keep"})  # the second is in jobs of before 0.2

    @property
    def func(self) -> Callable[..., None]:
        """The function of the job. Raises PermissionError for one that is not allowed."""
        if self.func_name not in self.ALLOWED:
            raise PermissionError("this job is not allowed")
        function: Callable[..., None] = super().func
        return function


def run(services: Services, burst: bool = False) -> None:
    """Run jobs until told to stop; with `burst` until the queue is empty. Waits for a Redis that restarts."""
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
