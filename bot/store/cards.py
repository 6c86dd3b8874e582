"""Which incident has its card where, what it shows and what it should."""

from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, or_, select, update

from bot.ledger import CardRecord
from bot.store.database import Transaction
from bot.store.reader import Reader
from bot.store.schema import cards
from bot.store.text import clip
from bot.store.writer import Writer

_here = (
    (cards.c.channel == bindparam("of_channel"))
    & (cards.c.thread == bindparam("of_thread"))
    & (cards.c.incident == bindparam("of_incident"))
)


class Cards:
    """The cards; `incident_of` implements `ports.Threads`."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def put(self, card: CardRecord) -> None:
        """Store a card; there is one for each incident and channel or thread."""
        row = {
            "channel": clip(card.channel_id, 64),
            "thread": clip(card.thread_ts or "", 32),
            "incident": clip(card.incident_id, 64),
            "ts": clip(card.ts, 32),
            "wanted": clip(card.wanted, 100_000),
            "shown": clip(card.shown, 100_000),
            "lease": 0,
        }

        def store(transaction: Transaction) -> None:
            transaction.change(delete(cards).where(_here), **_place(card))
            transaction.write(insert(cards), [{**row, "touched": transaction.now}])

        await self._writer.run(store)

    async def get(
        self, channel_id: str, incident_id: str, thread_ts: str | None = None
    ) -> CardRecord | None:
        """Give an incident's card in a channel, or in a thread of it."""
        wanted = CardRecord(channel_id, incident_id, "", thread_ts)
        found = await self._reader.run(
            lambda t: t.rows(select(cards).where(_here), **_place(wanted))
        )
        return _card(found[0]) if found else None

    async def of_incident(self, incident_id: str) -> list[CardRecord]:
        """Give all cards of an incident."""
        statement = select(cards).where(cards.c.incident == clip(incident_id, 64))
        statement = statement.order_by(cards.c.channel, cards.c.thread)
        return [_card(row) for row in await self._reader.run(lambda t: t.rows(statement))]

    async def stale(self, limit: int = 100) -> list[CardRecord]:
        """Give cards that do not show what is wanted, those longest untouched first."""
        statement = (
            select(cards)
            .where(cards.c.wanted != cards.c.shown)
            .order_by(cards.c.touched)
            .limit(limit)
        )
        return [_card(row) for row in await self._reader.run(lambda t: t.rows(statement))]

    async def want(self, incident_id: str, wanted: str) -> int:
        """Store what all cards of an incident should show; counts them."""
        statement = update(cards).where(cards.c.incident == clip(incident_id, 64))
        return await self._writer.run(
            lambda t: t.change(statement.values(wanted=clip(wanted, 100_000), touched=t.now))
        )

    async def show(self, card: CardRecord, shown: str) -> None:
        """Store what a card shows now, and give its lease back."""
        statement = update(cards).where(_here).values(shown=clip(shown, 100_000), lease=0)
        await self._writer.run(lambda t: t.change(statement, **_place(card)))

    async def lease(self, card: CardRecord, seconds: float) -> bool:
        """Take the right to edit a card, so that two replicas cannot leave a stale edit last."""

        def take(transaction: Transaction) -> bool:
            statement = update(cards).where(_here, cards.c.lease <= transaction.now)
            until = transaction.now + int(seconds * 1_000_000)
            return transaction.change(statement.values(lease=until), **_place(card)) == 1

        return await self._writer.run(take)

    async def forget(self, card: CardRecord) -> None:
        """Forget a card that somebody deleted."""
        await self._writer.run(lambda t: t.change(delete(cards).where(_here), **_place(card)))

    async def incident_of(self, channel_id: str, thread_ts: str) -> str | None:
        """Give the id of the incident of the thread's newest card, None where there is none."""
        ts = clip(thread_ts, 32)
        statement = (
            select(cards.c.incident)
            .where(
                cards.c.channel == clip(channel_id, 64),
                or_(cards.c.thread == ts, cards.c.ts == ts),
            )
            .order_by(cards.c.ts.desc())
            .limit(1)
        )
        found = await self._reader.run(lambda t: t.rows(statement))
        return found[0].incident if found else None


def _place(card: CardRecord) -> dict[str, str]:
    return {
        "of_channel": clip(card.channel_id, 64),
        "of_thread": clip(card.thread_ts or "", 32),
        "of_incident": clip(card.incident_id, 64),
    }


def _card(row: Row[Any]) -> CardRecord:
    return CardRecord(row.channel, row.incident, row.ts, row.thread or None, row.wanted, row.shown)


def reset_cards(transaction: Transaction) -> None:
    """Give all leases back: nobody else is running."""
    transaction.change(update(cards).where(cards.c.lease > 0).values(lease=0))
