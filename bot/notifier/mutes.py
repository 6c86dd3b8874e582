"""Jobs that are muted for a while, in memory: a message on its way in only looks into a dict.

What another replica was told is read every few seconds, and whatever is said here at once.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.clock import Clock
from bot.errors import StoreError
from bot.ledger import Mute, instant, microseconds
from bot.notifier.needs import Mutes

log = structlog.get_logger(__name__)

POLL_SECONDS: Final = 3.0

MuteOf = Callable[[str, int], Mute | None]
"""Gives the mute that something of a job at that time falls into."""


class MuteBook:
    """`ports.Mutes`: know which jobs are muted."""

    def __init__(self, store: Mutes, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._by_name: dict[str, Mute] = {}
        self._trouble = False

    def of(self, job: str, seq: int) -> Mute | None:
        """Give the mute that something of a job at that time falls into."""
        if not self._by_name:
            return None
        mute = self._by_name.get(self._store.name_of(job))
        return mute if mute is not None and mute.covers(seq) else None

    def now(self) -> list[Mute]:
        """Give what is muted now, as far as it is known here, the first to end first."""
        now = microseconds(self._clock.now())
        found = [mute for mute in self._by_name.values() if mute.covers(now)]
        return sorted(found, key=lambda mute: mute.until)

    async def muted(self) -> Sequence[str]:
        """Name what is muted now, wherever that was said. Raises StoreError."""
        await self.read()
        return [mute.job for mute in self.now()]

    async def put(self, job: str, lasts: timedelta, by: str) -> datetime:
        """Mute a job from now on; gives until when. Raises StoreError."""
        now = self._clock.now()
        await self._store.put(Mute(job, microseconds(now), microseconds(now + lasts), by))
        await self.read()
        return now + lasts

    async def end(self, job: str) -> bool:
        """Unmute a job; False where it was not muted. Raises StoreError."""
        is_ended = await self._store.end(job, microseconds(self._clock.now()))
        await self.read()
        return is_ended

    async def jobs(self) -> Sequence[str]:
        """Give the names of all jobs that can be muted. Raises StoreError."""
        return await self._store.jobs()

    async def read(self) -> None:
        """Learn what the store knows. Raises StoreError."""
        self._by_name = {mute.job: mute for mute in await self._store.all()}

    async def run(self) -> None:
        """Follow what other replicas are told, for ever; what is known stays known meanwhile."""
        while True:
            try:
                await self.read()
            except StoreError as error:
                if not self._trouble:
                    log.warning("the muted jobs could not be read", reason=str(error))
                self._trouble = True
            else:
                self._trouble = False
            await self._clock.sleep(POLL_SECONDS)


def told(mute: Mute) -> str:
    """Say who muted a job, and for how long, for a record that has no reader's time zone."""
    return f"muted by {mute.by} until {instant(mute.until):%Y-%m-%d %H:%M} UTC"
