"""Work that waits for another server, kept apart from everything else."""

import asyncio
import functools
from collections.abc import Callable

from anyio import CapacityLimiter, to_thread


class Busy(Exception):
    """No room, or none in time. The client is told to come again: 503 with Retry-After."""


class Lane:
    """
    Threads of its own for work that waits for one server: so many at once, so many more in a queue, for so long, and
    the next is turned away at once. A server that hangs then holds up what needs it, and nothing else. More threads for
    all would only fill up later, since each request that waits keeps one.
    """

    def __init__(self, at_once: int, waiting: int, seconds: float) -> None:
        self.free = asyncio.Semaphore(at_once)
        self.threads = CapacityLimiter(at_once)
        self.most_waiting, self.waiting = waiting, 0
        self.seconds = seconds

    async def run[T](self, work: Callable[..., T], *arguments) -> T:
        await self._enter()
        try:
            return await to_thread.run_sync(work, *arguments, limiter=self.threads)
        finally:
            self.free.release()

    async def _enter(self) -> None:
        if self.free.locked() and self.waiting >= self.most_waiting:
            raise Busy
        self.waiting += 1
        try:
            await asyncio.wait_for(self.free.acquire(), self.seconds)
        except TimeoutError:
            raise Busy from None
        finally:
            self.waiting -= 1

    def __call__[**P, T](self, endpoint: Callable[P, T]) -> Callable[P, T]:
        """For a synchronous endpoint, or a dependency: runs it here instead of on the threads that all share."""

        @functools.wraps(endpoint)
        async def run(*args: P.args, **kwargs: P.kwargs):
            return await self.run(functools.partial(endpoint, *args, **kwargs))

        return run
