"""The Celery application: `celery -A app.celery_app worker`."""

from urllib.parse import quote

from celery import Celery

from app import settings

_redis = f"redis://:{quote(settings.secret('REDIS_PASSWORD'), safe='')}@{settings.REDIS_HOST}:{settings.REDIS_PORT}"

celery_app = Celery("app", broker=f"{_redis}/0", backend=f"{_redis}/1")
celery_app.conf.update(
    # A task is acknowledged after it ran: a worker that dies gives its tasks back.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    # Redis hands an unacknowledged task to another worker after this long: above the longest task and the stop grace.
    broker_transport_options={
        "visibility_timeout": 2 * max(settings.LONGEST_TASK_SECONDS, settings.STOP_GRACE_SECONDS) + 60,
        "socket_timeout": 10,
        "socket_connect_timeout": 3,
    },
    broker_connection_retry_on_startup=True,
    result_expires=3600,
)


@celery_app.task
def add(x: int, y: int) -> int:
    return x + y
