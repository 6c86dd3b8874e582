"""How long a test waits for what must come: it matters only where something fails."""

import asyncio
from collections.abc import Callable
from inspect import isawaitable

PATIENCE_SECONDS = 60.0


async def until(fact: Callable[[], object]) -> None:
    """Wait until a fact holds, for those that nobody tells; asking may itself be awaited."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await _holds(fact):  # noqa: ASYNC110 - as said
            await asyncio.sleep(0.01)


async def _holds(fact: Callable[[], object]) -> bool:
    found = fact()
    return bool(await found if isawaitable(found) else found)
