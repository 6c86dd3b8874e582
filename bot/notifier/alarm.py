"""Wait for something to happen, or for a while."""

import asyncio

from bot.clock import Clock


class Alarm:
    """One waits, anybody rings; rings before the waiting count."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake whoever waits, or will wait next."""
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Wait until it rings, at most so long."""
        if not self._event.is_set() and seconds > 0:
            sleeper = asyncio.ensure_future(self._clock.sleep(seconds))
            ringing = asyncio.ensure_future(self._event.wait())
            try:
                await asyncio.wait({sleeper, ringing}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                sleeper.cancel()
                ringing.cancel()
        self._event.clear()
