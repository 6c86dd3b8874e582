"""Something happened: wakes those who wait for it, without polling."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Changes:
    """Tell waiters and listeners that the workspace is no longer what it was."""

    def __init__(self) -> None:
        self._next = asyncio.Event()
        self._listeners: list[Callable[[str], None]] = []

    def listen(self, callback: Callable[[str], None]) -> Callable[[], None]:
        """Call back with the name of what changed; gives the function that ends it."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    def touch(self, what: str) -> None:
        """Wake everybody."""
        happened, self._next = self._next, asyncio.Event()
        happened.set()
        for callback in tuple(self._listeners):
            callback(what)

    async def until(self, find: Callable[[], T | None], timeout_seconds: float) -> T | None:
        """Give what `find` finds, looking after each change; None when it took too long."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout_seconds
        while (found := find()) is None:
            try:
                async with asyncio.timeout_at(end):
                    await self._next.wait()
            except TimeoutError:
                return find()
        return found
