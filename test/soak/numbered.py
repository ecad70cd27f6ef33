"""Numbered tasks that end in every way there is, and note when one runs twice at once."""

import os
import random
import signal
import socket
import sys
import time

from celery.signals import heartbeat_sent, worker_ready

from app.celery_app import celery_app

redis = celery_app.backend.client
KINDS = {"short": 60, "long": 6, "delayed": 12, "fails": 8, "retries": 6, "kills once": 6, "kills always": 2}
# So few that delayed tasks reach a worker before they are due.
MOST_QUEUED = 20


@celery_app.task(bind=True, max_retries=1)
def numbered(self, number: int, kind: str) -> int:
    # Whoever finds it set runs beside another.
    if not redis.set(f"soak:runs:{number}", socket.gethostname(), nx=True):
        redis.rpush("soak:twice", f"{number} {kind}")
    try:
        if kind.startswith("kills") and (kind == "kills always" or redis.incr(f"soak:killed:{number}") == 1):
            redis.delete(f"soak:runs:{number}")
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(random.uniform(3, 9) if kind == "long" else random.uniform(0, 0.3))
        redis.sadd("soak:done", number)
    finally:
        redis.delete(f"soak:runs:{number}")
    if kind == "fails":
        raise ValueError(number)
    if kind == "retries" and self.request.retries == 0:
        raise self.retry(countdown=random.uniform(1, 9))
    return number


def enqueue(seconds: float) -> None:
    """Enqueues for so long, as fast as workers keep up with, and prints each number with its kind."""
    end = time.time() + seconds
    broker = celery_app.connection_for_write().channel().client
    number = 0
    while time.time() < end:
        if broker.llen("celery") < MOST_QUEUED:
            kind = random.choices(list(KINDS), weights=list(KINDS.values()))[0]
            countdown = random.uniform(1, 9) if kind == "delayed" else None
            numbered.apply_async((number, kind), countdown=countdown, task_id=f"soak-{number}")
            print(number, kind)
            number += 1
        time.sleep(0.04)


consumers = []


@worker_ready.connect
def ready(sender, **_) -> None:
    consumers.append(sender)


@heartbeat_sent.connect
def held(**_) -> None:
    """What this worker holds of the queue, and how much it may hold now."""
    for consumer in consumers:
        qos = consumer.task_consumer.channel.qos
        count = len(qos._delivered) - len(qos._dirty)
        print(f"holds {count}, prefetch count {consumer.qos.value}", file=sys.__stdout__, flush=True)
