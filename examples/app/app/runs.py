"""Ends a task that keeps killing the process it runs in: after three runs it fails, and the log names it.

A task whose worker dies is given back and runs again: at once where its child process was killed (out of memory, for
instance), after the visibility timeout where the whole worker was. One that is itself the reason would come back for
ever, and on Redis Celery counts no deliveries. So each run is counted before it begins and forgotten when it ends,
however it ends; what stays counted are runs that were cut. A run does not count where its worker had been told to stop
(a deploy, a stop, an orderly restart of the host), or where the host lost power.
"""

import logging
from pathlib import Path
from uuid import uuid4

from celery import Celery, Task
from celery.signals import worker_init, worker_shutting_down
from redis import Redis, RedisError

from app import settings

log = logging.getLogger(__name__)
# Longer than a task that was given back may wait in the queue; only runs that were cut are kept so long.
KEPT_SECONDS = 86_400 + settings.VISIBILITY_TIMEOUT_SECONDS
# This worker with its children, which are copies of it, from its start to its end.
WORKER = uuid4().hex
STOPPED = "runs:stopped:"
# Another one with every start of the host.
BOOT = Path("/proc/sys/kernel/random/boot_id")

# In one step: a worker that was told to stop in between is not missed.
BEGIN = """
local runs = tonumber(redis.call("HGET", KEYS[1], "runs") or "0")
local last = redis.call("HGET", KEYS[1], "worker")
if last and redis.call("EXISTS", ARGV[2] .. last) == 1 then runs = runs - 1 end
redis.call("HSET", KEYS[1], "runs", runs + 1, "worker", ARGV[1])
redis.call("EXPIRE", KEYS[1], ARGV[3])
return runs + 1
"""


class KillsItsWorker(Exception):
    """A task that was cut in each of its runs, and is not run again."""


class CountedTask(Task):
    def __call__(self, *args, **kwargs):
        task_id = self.request.id
        if task_id is None:  # Called as a function.
            return super().__call__(*args, **kwargs)
        # That of the results: a child needs no further connection.
        redis, key = self.app.backend.client, f"runs:{task_id}"
        try:
            run = int(redis.eval(BEGIN, 1, key, WORKER, STOPPED, KEPT_SECONDS))
        except RedisError as error:
            log.warning("This run of %s[%s] is not counted: %s", self.name, task_id, error)
            run = 1
        try:
            if run > settings.MAX_TASK_RUNS:
                cut = f"{run - 1} runs were cut: its process was killed (out of memory?) or its worker died"
                raise KillsItsWorker(f"{self.name}[{task_id}] is not run again. {cut}")
            return self.run(*args, **kwargs)
        finally:
            try:
                redis.delete(key)
            except RedisError as error:
                log.warning("The run of %s[%s] stays counted: %s", self.name, task_id, error)


def watch(app: Celery) -> None:
    """Notes which workers ended without being the fault of what they ran."""

    def note(key: str, value: str) -> str:
        """Sets a key; what it was before, or nothing."""
        # A connection of its own, and quick to give up: it is used while a signal interrupts the worker.
        try:
            with Redis.from_url(app.conf.result_backend, socket_timeout=2, socket_connect_timeout=2) as redis:
                return (redis.set(key, value, ex=KEPT_SECONDS, get=True) or b"").decode()
        except RedisError as error:
            log.warning("Runs that are cut now count: %s", error)
            return ""

    @worker_init.connect(weak=False)
    def started(sender, **_) -> None:
        boot = BOOT.read_text().strip()
        # A container that comes back after the host lost power has its name still.
        previous = note(f"runs:worker:{sender.hostname}", f"{boot} {WORKER}")
        if previous and not previous.startswith(boot):
            note(STOPPED + previous.split()[1], "the host restarted")

    @worker_shutting_down.connect(weak=False)
    def stopping(how: str, **_) -> None:
        note(STOPPED + WORKER, how)
