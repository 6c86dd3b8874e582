"""Our own bounded, drained set of tasks.

Bolt keeps no reference to the tasks it starts and drains nothing at shutdown; an acknowledged
command must not vanish with a SIGTERM.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from bot.errors import Busy

log = structlog.get_logger(__name__)


class TaskSet:
    """Run coroutines in the background, at most `limit` at once, and finish them before the end."""

    def __init__(self, limit: int = 1000) -> None:
        self._limit = limit
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    @property
    def full(self) -> bool:
        """Tell whether `spawn` would refuse."""
        return len(self._tasks) >= self._limit

    def spawn(self, work: Coroutine[Any, Any, Any], *, name: str | None = None) -> None:
        """Start the work.

        Raises:
            Busy: `limit` tasks are running; the coroutine was closed, nothing was done.
        """
        if self.full:
            work.close()
            raise Busy("The bot is busy with other commands, nothing was done. Try again shortly.")
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background task failed", task=task.get_name(), exc_info=error)

    async def drain(self, timeout_seconds: float) -> int:
        """Wait for all tasks, also those that they start; cancel what is left and count it."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_seconds
        while self._tasks and (left := until - loop.time()) > 0:
            await asyncio.wait(set(self._tasks), timeout=left)
        leftover = set(self._tasks)
        for task in leftover:
            task.cancel()
        await asyncio.gather(*leftover, return_exceptions=True)
        return len(leftover)
