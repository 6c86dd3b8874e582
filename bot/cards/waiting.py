"""Wait for an event or for a while, whichever is first, by the bot's clock."""

import asyncio

from bot.clock import Clock


async def wait(event: asyncio.Event, seconds: float, clock: Clock) -> None:
    """Return when the event is set, or after so many seconds."""
    if event.is_set() or seconds <= 0:
        return
    waiters = {
        asyncio.ensure_future(clock.sleep(seconds)),
        asyncio.ensure_future(event.wait()),
    }
    try:
        await asyncio.wait(waiters, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for waiter in waiters:
            waiter.cancel()
