"""What cards need from the store, and nothing more."""

from collections.abc import Collection, Sequence
from typing import Protocol

from bot.ledger import CardLine, CardRecord


class Book(Protocol):
    """Which incident has its card where; see `bot.store.cards`. May raise StoreError."""

    async def put(self, card: CardRecord) -> None:
        """Store a card."""
        ...

    async def get(
        self, channel_id: str, incident_id: str, thread_ts: str | None = None
    ) -> CardRecord | None:
        """Give an incident's card in a channel, or in a thread of it."""
        ...

    async def of_incident(self, incident_id: str) -> list[CardRecord]:
        """Give all cards of an incident."""
        ...

    async def watched(self) -> list[CardRecord]:
        """Give the cards of open incidents."""
        ...

    async def is_any_fresh(self, seconds: float) -> bool:
        """Tell whether any card changed within that time."""
        ...

    async def closed(self, incident_ids: Collection[str], seconds: float) -> list[CardRecord]:
        """Give, of these incidents, the cards that say closed and changed within that time."""
        ...

    async def due(self) -> list[CardRecord]:
        """Give cards that something is to be done about and that nobody holds."""
        ...

    async def revise(
        self,
        card: CardRecord,
        *,
        wanted: str,
        state: str,
        is_open: bool,
        lines: Sequence[str] = (),
    ) -> bool:
        """Store what a card should show; False when it was revised meanwhile."""
        ...

    async def claim(self, card: CardRecord, seconds: float) -> CardRecord | float | None:
        """Take the right to edit; the seconds until it is free; None: nothing is to be done."""
        ...

    async def lines(self, card: CardRecord) -> list[CardLine]:
        """Give what is to be written into a card's thread, oldest first."""
        ...

    async def written(self, line: CardLine) -> None:
        """Forget a line that stands in its thread."""
        ...

    async def settle(
        self,
        card: CardRecord,
        *,
        shown: str | None = None,
        ts: str | None = None,
        pause_seconds: float = 0.0,
    ) -> bool:
        """Store what a claimed card shows now, and keep everybody from it for a while."""
        ...

    async def forget(self, card: CardRecord) -> None:
        """Forget a card that somebody deleted."""
        ...
