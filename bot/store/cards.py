"""Which incident has its card where, what it shows, what it should, and who may edit it.

What a card should show changes by compare and swap on its `revision`; only who holds its lease
edits it in Slack, and only under that lease is stored what it shows. So nobody's older edit can
come last, whichever replica made it.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    bindparam,
    case,
    delete,
    exists,
    insert,
    or_,
    select,
    text,
    update,
)

from bot.ledger import CardLine, CardRecord
from bot.store.database import Transaction
from bot.store.reader import Reader
from bot.store.schema import DIRTY, WATCHED, card_lines, cards
from bot.store.text import clip
from bot.store.writer import Writer

MOST = 100_000  # characters of what a card shows
MOST_LINES = 20  # waiting for one card; of more only the newest are written
MOST_LINE = 40_000  # characters of one; it is JSON, which no cut may break

_here = (
    (cards.c.channel == bindparam("of_channel"))
    & (cards.c.thread == bindparam("of_thread"))
    & (cards.c.incident == bindparam("of_incident"))
)
_lines_here = (
    (card_lines.c.channel == bindparam("of_channel"))
    & (card_lines.c.thread == bindparam("of_thread"))
    & (card_lines.c.incident == bindparam("of_incident"))
)
_held = and_(_here, cards.c.lease == bindparam("of_lease"))


class Cards:
    """The cards; `incident_of` implements `ports.Threads`."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def put(self, card: CardRecord) -> None:
        """Store a card; there is one for each incident and channel or thread.

        One that nothing is known about (`wanted` is empty) is looked at soon.
        """
        row = {
            "channel": clip(card.channel_id, 64),
            "thread": clip(card.thread_ts or "", 32),
            "incident": clip(card.incident_id, 64),
            "ts": clip(card.ts, 32),
            "wanted": clip(card.wanted, MOST),
            "shown": clip(card.shown, MOST),
            "state": clip(card.state, MOST),
            "revision": card.revision,
            "dirty": not card.wanted or card.wanted != card.shown,
            "open": True,
            "reposts": card.reposts,
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

    async def watched(self) -> list[CardRecord]:
        """Give the cards of open incidents."""
        statement = select(cards).where(text(WATCHED))
        return [_card(row) for row in await self._reader.run(lambda t: t.rows(statement))]

    async def is_any_fresh(self, seconds: float) -> bool:
        """Tell whether any card changed within that time."""

        def look(transaction: Transaction) -> bool:
            since = transaction.now - int(seconds * 1_000_000)
            fresh = select(exists().where(cards.c.touched >= since))
            return bool(transaction.rows(fresh)[0][0])

        return await self._reader.run(look)

    async def closed(self, incident_ids: Collection[str], seconds: float) -> list[CardRecord]:
        """Give, of these incidents, the cards that say closed and changed within that time."""

        def read(transaction: Transaction) -> Sequence[Row[Any]]:
            statement = select(cards).where(
                cards.c.incident.in_(sorted(incident_ids)),
                cards.c.open.is_(False),
                cards.c.touched >= transaction.now - int(seconds * 1_000_000),
            )
            return transaction.rows(statement)

        return [_card(row) for row in await self._reader.run(read)]

    async def due(self, limit: int = 100) -> list[CardRecord]:
        """Give cards that something is to be done about and that nobody holds."""

        def read(transaction: Transaction) -> Sequence[Row[Any]]:
            statement = select(cards).where(text(DIRTY), cards.c.lease <= transaction.now)
            return transaction.rows(statement.order_by(cards.c.lease).limit(limit))

        return [_card(row) for row in await self._reader.run(read)]

    async def revise(
        self,
        card: CardRecord,
        *,
        wanted: str,
        state: str,
        is_open: bool,
        lines: Sequence[str] = (),
    ) -> bool:
        """Store what a card should show and its thread tell; False when it was revised meanwhile.

        What is not drawn (`state`) may change without anything to do in Slack.
        """
        same = clip(wanted, MOST)

        def store(transaction: Transaction) -> bool:
            statement = update(cards).where(_here, cards.c.revision == card.revision)
            changed = transaction.change(
                statement.values(
                    wanted=same,
                    state=clip(state, MOST),
                    revision=card.revision + 1,
                    open=is_open,
                    dirty=True if lines else or_(cards.c.shown != same, _has_lines()),
                    touched=transaction.now,
                ),
                **_place(card),
            )
            if changed and lines:
                row = {
                    "channel": clip(card.channel_id, 64),
                    "thread": clip(card.thread_ts or "", 32),
                    "incident": clip(card.incident_id, 64),
                }
                transaction.write(
                    insert(card_lines),
                    [{**row, "body": clip(line, MOST_LINE)} for line in lines[-MOST_LINES:]],
                )
            return bool(changed)

        return await self._writer.run(store)

    async def claim(self, card: CardRecord, seconds: float) -> CardRecord | float | None:
        """Take the right to edit a card, so that two replicas cannot leave a stale edit last.

        Gives the card as it is now; the seconds until it is free; None when nothing is to be done.
        """

        def take(transaction: Transaction) -> CardRecord | float | None:
            until = transaction.now + int(seconds * 1_000_000)
            statement = update(cards).where(_here, text(DIRTY), cards.c.lease <= transaction.now)
            taken = transaction.change(statement.values(lease=until), **_place(card))
            found = transaction.rows(select(cards).where(_here, text(DIRTY)), **_place(card))
            if not found:
                return None
            if not taken:
                return max(0.0, (int(found[0].lease) - transaction.now) / 1_000_000)
            return _card(found[0])

        return await self._writer.run(take)

    async def lines(self, card: CardRecord) -> list[CardLine]:
        """Give what is to be written into a card's thread, oldest first."""
        statement = select(card_lines.c.id, card_lines.c.body).where(_lines_here)
        found = await self._reader.run(
            lambda t: t.rows(statement.order_by(card_lines.c.id), **_place(card))
        )
        return [CardLine(row.id, row.body) for row in found]

    async def written(self, line: CardLine) -> None:
        """Forget a line that stands in its thread."""
        statement = delete(card_lines).where(card_lines.c.id == line.id)
        await self._writer.run(lambda t: t.change(statement))

    async def settle(
        self,
        card: CardRecord,
        *,
        shown: str | None = None,
        ts: str | None = None,
        pause_seconds: float = 0.0,
    ) -> bool:
        """Store what a claimed card shows now, and keep everybody from it for a while.

        Without `shown` nobody knows, and it is drawn again. With `ts` it was posted again.
        False when the lease was lost meanwhile: then it is drawn again, too.
        """
        is_same = cards.c.revision == card.revision
        done = and_(is_same, cards.c.wanted == clip(shown or "", MOST), ~_has_lines())
        values: dict[str, Any] = {"dirty": case((done, False), else_=True)}
        if shown is not None:
            values["shown"] = case((is_same, clip(shown, MOST)), else_="")
        if ts is not None:
            values |= {"ts": clip(ts, 32), "reposts": cards.c.reposts + 1}

        def store(transaction: Transaction) -> bool:
            lease = transaction.now + int(pause_seconds * 1_000_000)
            place = {**_place(card), "of_lease": card.lease}
            statement = update(cards).where(_held).values(lease=lease, **values)
            if transaction.change(statement, **place):
                return True
            # Whose edit came last is unknown now; the new revision tells who holds the lease.
            again = update(cards).where(_here)
            again = again.values(dirty=True, shown="", revision=cards.c.revision + 1)
            transaction.change(again, **_place(card))
            return False

        return await self._writer.run(store)

    async def forget(self, card: CardRecord) -> None:
        """Forget a card that somebody deleted."""

        def remove(transaction: Transaction) -> None:
            transaction.change(delete(card_lines).where(_lines_here), **_place(card))
            transaction.change(delete(cards).where(_here), **_place(card))

        await self._writer.run(remove)

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


def _has_lines() -> ColumnElement[bool]:
    return exists().where(
        card_lines.c.channel == cards.c.channel,
        card_lines.c.thread == cards.c.thread,
        card_lines.c.incident == cards.c.incident,
    )


def _place(card: CardRecord) -> dict[str, Any]:
    return {
        "of_channel": clip(card.channel_id, 64),
        "of_thread": clip(card.thread_ts or "", 32),
        "of_incident": clip(card.incident_id, 64),
    }


def _card(row: Row[Any]) -> CardRecord:
    return CardRecord(
        channel_id=row.channel,
        incident_id=row.incident,
        ts=row.ts,
        thread_ts=row.thread or None,
        wanted=row.wanted,
        shown=row.shown,
        state=row.state,
        revision=row.revision,
        reposts=row.reposts,
        lease=row.lease,
    )


def reset_cards(transaction: Transaction) -> None:
    """Give all leases back: nobody else is running."""
    transaction.change(update(cards).where(cards.c.lease > 0).values(lease=0))
