"""Tasks that a test ends in every way there is, beside those of the sample."""

import os
import signal
import time

from app.celery_app import celery_app

redis = celery_app.backend.client
# Not due within a test.
celery_app.conf.beat_schedule = {"every hour": {"task": "probe.begin", "schedule": 3600.0, "args": ["well"]}}


@celery_app.task(bind=True)
def begin(self, what: str, seconds: float = 0) -> str:
    redis.rpush(f"test:ran:{self.request.id}", time.time())
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "memory":
        kept = []
        while True:
            kept.append(b"x" * 10_000_000)
    if what == "wait":
        while not redis.exists("test:go"):
            time.sleep(0.1)
    if what == "swallow":
        while True:
            try:
                time.sleep(60)
            except Exception:
                pass
    time.sleep(seconds)
    return what
