"""Compare open cards with PagerDuty, and take up what was left undone.

One list call for all open cards (as many as it has pages), by one replica; what differs is read
one by one. While PagerDuty does not answer, cards say of when their state is, once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta

import structlog

from bot.cards import snapshot
from bot.cards.change import differs
from bot.cards.keeper import Keeper
from bot.cards.needs import Book
from bot.cards.painter import Painter
from bot.cards.snapshot import Snapshot
from bot.clock import Clock
from bot.errors import PagerDutyError, StoreError
from bot.ledger import CardRecord
from bot.model import Incident
from bot.ports import Incidents

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 5.0
SILENT = timedelta(minutes=2)  # before cards say that PagerDuty does not answer
CLOSED_SECONDS = 24 * 3600.0  # how long after its end an incident may be reopened unseen
MOST_INCIDENTS = 10_000  # PagerDuty lists no more
AT_ONCE = 4
WITH_WEBHOOKS = 10  # times the interval: only for what webhooks missed


class Poller:
    """Look at everything again and again; `seconds` 0: never compare.

    `lead` tells whether this is the replica that compares.
    """

    def __init__(
        self,
        *,
        keeper: Keeper,
        painter: Painter,
        book: Book,
        incidents: Incidents,
        clock: Clock,
        lead: Callable[[], Awaitable[bool]],
        seconds: float,
        has_webhooks: bool = False,
    ) -> None:
        self._keeper = keeper
        self._painter = painter
        self._book = book
        self._incidents = incidents
        self._clock = clock
        self._lead = lead
        self._seconds = seconds
        self._pause = seconds * WITH_WEBHOOKS if has_webhooks else seconds
        self._answered_at: datetime | None = None
        self._failing_since: datetime | None = None
        self._is_store_down = False

    async def run_sweeps(self) -> None:
        """Take up, for ever, what was left: cards to draw, incidents to read."""
        while True:
            await self._unless_store_fails(self.sweep)
            await self._clock.sleep(SWEEP_SECONDS)

    async def run_comparisons(self) -> None:
        """Compare for ever, beginning at once."""
        while self._seconds:
            await self._unless_store_fails(self.compare)
            await self._clock.sleep(self._seconds if self._failing_since else self._pause)

    async def _unless_store_fails(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do it; log only what changes, a database that is gone is gone for many rounds."""
        try:
            await work()
        except StoreError as error:
            if not self._is_store_down:
                log.warning("cards wait for the database", reason=str(error))
            self._is_store_down = True
        else:
            if self._is_store_down:
                log.info("the database answers again; cards go on")
            self._is_store_down = False

    async def sweep(self) -> None:
        """Draw what is to be drawn, read what could not be read."""
        unknown = await self._painter.sweep()
        await self._refresh({*(card.incident_id for card in unknown), *self._keeper.unread})

    async def compare(self) -> None:
        """Read what is open, once for all cards."""
        if not await self._lead():
            return
        cards = await self._book.watched()
        if not cards and not await self._book.is_any_fresh(CLOSED_SECONDS):
            self._answered_at = self._failing_since = None
            return
        began_at = self._clock.now()
        try:
            listed = await self._incidents.find(limit=MOST_INCIDENTS)
        except PagerDutyError as error:
            await self._missed(cards, error)
            return
        if self._failing_since is not None:
            log.info("cards are compared with PagerDuty again")
        self._answered_at, self._failing_since = began_at, None
        found: dict[str, Incident] = {one.id: one for one in listed}
        cards += await self._book.closed(found, CLOSED_SECONDS)  # reopened unseen
        known = [(card, snapshot.read(card)) for card in cards]
        await self._keeper.mark_fresh([card for card, one in known if one and one.stale_since])
        await self._refresh(
            {card.incident_id for card, one in known if _is_other(one, found.get(card.incident_id))}
        )

    async def _missed(self, cards: Iterable[CardRecord], error: PagerDutyError) -> None:
        now = self._clock.now()
        if self._failing_since is None:
            log.warning("cards cannot be compared with PagerDuty", reason=str(error))
            self._failing_since = now
        since = self._answered_at or self._failing_since
        if now - since >= SILENT:
            known = [(card, snapshot.read(card)) for card in cards]
            open_ones = [card for card, one in known if one and one.is_open]
            await self._keeper.mark_stale(open_ones, self._answered_at)

    async def _refresh(self, incident_ids: Iterable[str]) -> None:
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(incident_id: str) -> None:
            async with slots:
                await self._keeper.refresh(incident_id)

        await asyncio.gather(*(one(incident_id) for incident_id in incident_ids))


def _is_other(known: Snapshot | None, listed: Incident | None) -> bool:
    """Tell whether an incident must be read; `listed` None: it is not open."""
    if known is None:
        return True
    return known.is_open if listed is None else differs(known, listed)
