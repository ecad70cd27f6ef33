"""The Celery application: `celery -A app.celery_app worker`."""

import time
from pathlib import Path
from urllib.parse import quote

from celery import Celery
from celery.signals import before_task_publish, celeryd_init, heartbeat_sent

from app import settings
from app.queue_wait import publish_from
from app.runs import CountedTask, watch


def redis_url(database: int) -> str:
    """Encrypted, the server's certificate is checked against the image's certificate authorities."""
    scheme, query = ("rediss", "?ssl_cert_reqs=required") if settings.REDIS_TLS else ("redis", "")
    password = quote(settings.secret("REDIS_PASSWORD"), safe="")
    return f"{scheme}://:{password}@{settings.REDIS_HOST}:{settings.REDIS_PORT}/{database}{query}"


# Database 0 holds the queues and nothing else: what fills it is what fills the queue.
celery_app = Celery("app", broker=redis_url(0), backend=redis_url(1), task_cls=CountedTask)
celery_app.conf.update(
    # A task is acknowledged after it ran: a worker that dies gives its tasks back.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    broker_transport_options={
        # A task that was taken and not acknowledged goes to another worker after this long. Workers do it to each
        # other's tasks, so all of them need one value: above what a task may be delayed, reserved and run.
        "visibility_timeout": settings.VISIBILITY_TIMEOUT_SECONDS,
        # They look for such tasks every 10 s, not every 100.
        "unacked_restore_throttle": 1,
        "socket_timeout": 10,
        "socket_connect_timeout": 3,
    },
    broker_connection_retry_on_startup=True,
    result_expires=settings.RESULT_EXPIRES_SECONDS,
    beat_schedule={"how long the queue waits": {"task": "app.celery_app.waited", "schedule": 10.0}},
)
publish_from(celery_app)
watch(celery_app)


@celeryd_init.connect
def keep_results(conf, **_) -> None:
    """
    A task that ends while Redis is away waits with its result: it would be acknowledged without one. In workers only:
    an endpoint that asks for a result must not wait.
    """
    conf.result_backend_always_retry = True


@before_task_publish.connect
def stamp(headers: dict, **_) -> None:
    """When the task was enqueued: messages carry no time, and how long a queue waits cannot be told without."""
    headers["enqueued_at"] = time.time()


@heartbeat_sent.connect
def beat(**_) -> None:
    """Every two seconds while the worker reaches its broker: the container's health check looks at the file's age."""
    if settings.HEARTBEAT_FILE:
        Path(settings.HEARTBEAT_FILE).touch()


@celery_app.task
def add(x: int, y: int, seconds: float = 0) -> int:
    time.sleep(seconds)
    return x + y


@celery_app.task(bind=True)
def waited(self) -> float:
    """Seconds this task spent in the queue."""
    return time.time() - self.request.enqueued_at
