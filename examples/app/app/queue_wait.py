"""Publishes how long a task that is queued now would wait: Celery workers on Amazon ECS scale by it.

Estimated wait = queued tasks x mean run time / slots of all workers. It falls as workers are added, which the length
of a queue does not. Each worker prints it once a minute as one line of JSON in CloudWatch's embedded metric format:
the log driver delivers the line, CloudWatch makes a metric of it. Workers learn of each other through Redis.
"""

import json
import logging
import os
import sys
import time
from urllib.request import urlopen

from celery import Celery
from celery.signals import heartbeat_sent, task_postrun, task_prerun, worker_ready
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from app import settings

# Where a container on ECS asks about its own task. Nowhere else is anything measured.
METADATA_URI = os.environ.get("ECS_CONTAINER_METADATA_URI_V4")
PUBLISH_SECONDS = 60
# A worker that registered longer ago is gone.
ALIVE_SECONDS = 90
# Run times are added up over this and the window before: a busy worker ends at least one task in it.
WINDOW_SECONDS = max(120, settings.LONGEST_TASK_SECONDS)
# A child reports its tasks together, at most this often.
REPORT_SECONDS = 5
WORKERS = "estimated-wait:workers"
# kombu's Redis transport keeps tasks of another priority in lists of their own.
PRIORITY_SUFFIXES = ("", "\x06\x163", "\x06\x166", "\x06\x169")


class QueueWait:
    def __init__(self, app: Celery) -> None:
        self.app = app
        # Quick to give up: the worker waits meanwhile, and the next minute comes anyway.
        timeouts = {"socket_timeout": 1, "socket_connect_timeout": 1, "retry": Retry(NoBackoff(), 0)}
        self.redis = Redis.from_url(app.conf.broker_url, decode_responses=True, **timeouts)
        self.consumer = self.cluster = None
        self.published = self.reported = self.started = 0.0
        self.seconds, self.tasks = 0.0, 0
        task_prerun.connect(self.begin, weak=False)
        task_postrun.connect(self.end, weak=False)
        worker_ready.connect(self.ready, weak=False)
        heartbeat_sent.connect(self.publish, weak=False)

    def begin(self, **_) -> None:
        """In a child, which runs one task at a time."""
        self.started = time.monotonic()

    def end(self, **_) -> None:
        now = time.monotonic()
        self.seconds += now - self.started
        self.tasks += 1
        if now - self.reported < REPORT_SECONDS:
            return
        self.reported = now
        key = window(0)
        pipe = self.redis.pipeline()
        pipe.hincrbyfloat(key, "seconds", self.seconds).hincrby(key, "tasks", self.tasks)
        try:
            pipe.expire(key, 3 * WINDOW_SECONDS).execute()
            self.seconds, self.tasks = 0.0, 0
        except RedisError:
            pass  # Reported with a later task.

    def ready(self, sender, **_) -> None:
        self.consumer = sender

    def publish(self, **_) -> None:
        """In the worker's main process, every two seconds."""
        now = time.monotonic()
        if self.consumer is None or (self.published and now - self.published < PUBLISH_SECONDS):
            return
        self.published = now
        try:
            self.cluster = self.cluster or own_cluster()
            line = json.dumps(self.measure())
            # Celery turns what is printed to sys.stdout into log lines; CloudWatch takes pure JSON alone.
            print(line, file=sys.__stdout__, flush=True)
        except (RedisError, OSError, ValueError, KeyError) as error:
            logging.getLogger(__name__).warning("No estimated wait this minute: %s", error)

    def measure(self) -> dict:
        now = time.time()
        queues = self.app.amqp.queues.consume_from
        pipe = self.redis.pipeline()
        pipe.zadd(WORKERS, {f"{self.consumer.hostname} {self.consumer.pool.num_processes}": now})
        pipe.zremrangebyscore(WORKERS, 0, now - ALIVE_SECONDS)
        pipe.zrange(WORKERS, 0, -1)
        pipe.hmget(window(0), "seconds", "tasks").hmget(window(1), "seconds", "tasks")
        for queue in queues:
            for suffix in PRIORITY_SUFFIXES:
                pipe.llen(queue + suffix)
        _, _, workers, current, before, *lengths = pipe.execute()
        seconds, tasks = (sum(map(float, filter(None, pair))) for pair in zip(current, before, strict=True))
        slots = sum(int(worker.split()[-1]) for worker in workers)
        # None has ended yet: none takes longer than the longest.
        mean = seconds / tasks if tasks else settings.LONGEST_TASK_SECONDS
        metric = {
            "Namespace": "sized-stack",
            "Dimensions": [["Cluster"]],
            "Metrics": [{"Name": "EstimatedWaitSeconds", "Unit": "Seconds"}],
        }
        return {
            "_aws": {"Timestamp": int(now * 1000), "CloudWatchMetrics": [metric]},
            "Cluster": self.cluster,
            "EstimatedWaitSeconds": round(sum(lengths) * mean / max(1, slots), 3),
            "Queued": sum(lengths),
            "MeanRunSeconds": round(mean, 3),
            "Slots": slots,
        }


def window(ago: int) -> str:
    return f"estimated-wait:ran:{int(time.time() // WINDOW_SECONDS) - ago}"


def own_cluster() -> str:
    """The name of the cluster; the agent says its name or its ARN, which ends with it."""
    with urlopen(f"{METADATA_URI}/task", timeout=1) as answer:
        return json.load(answer)["Cluster"].rsplit("/", 1)[-1]


def publish_from(app: Celery) -> None:
    if METADATA_URI:
        QueueWait(app)
