"""What was said in the channels: recognized messages, others counted, how far was read."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, bindparam, delete, func, insert, select, update

from bot.ledger import (
    Ingested,
    Ingestion,
    MessageId,
    OpenAlert,
    OutboxEvent,
    StoredMessage,
    Tally,
    instant,
    seq_of,
)
from bot.model import Condition
from bot.store.database import Transaction
from bot.store.messages import INGEST, call
from bot.store.reader import Reader
from bot.store.schema import cursors, messages, open_alerts, unrecognized
from bot.store.text import clip, key, load
from bot.store.writer import Kind, Writer

TALLIES = 500
"""Reasons that are told apart; later ones are counted as one."""

OTHER = "(other)"


@dataclass(frozen=True, slots=True)
class _Unrecognized:
    channel: str
    reason: str
    ts: str


_bump = (
    update(unrecognized)
    .where(
        unrecognized.c.channel == bindparam("of_channel"),
        unrecognized.c.reason == bindparam("of_reason"),
    )
    .values(seen=unrecognized.c.seen + 1, sample_ts=bindparam("ts"), last=bindparam("at"))
)


def _tally(transaction: Transaction, items: Sequence[_Unrecognized]) -> list[None]:
    for item in items:
        if not _bumped(transaction, item.channel, item.reason, item.ts):
            kinds = transaction.rows(select(func.count()).select_from(unrecognized))[0][0]
            channel, reason = (item.channel, item.reason) if kinds < TALLIES else ("", OTHER)
            if kinds < TALLIES or not _bumped(transaction, channel, reason, item.ts):
                row = {"channel": channel, "reason": reason, "sample_ts": item.ts, "seen": 1}
                transaction.write(insert(unrecognized), [{**row, "last": transaction.now}])
    return [None] * len(items)


def _bumped(transaction: Transaction, channel: str, reason: str, ts: str) -> bool:
    return bool(
        transaction.change(_bump, of_channel=channel, of_reason=reason, ts=ts, at=transaction.now)
    )


_TALLY = Kind("tally", _tally, is_new=True)


class Messages:
    """Recognized messages in, answers about them out."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def ingest(self, ingestion: Ingestion) -> Ingested:
        """Store the message and all that follows from it; returns after the commit.

        Raises:
            StoreError: nothing was stored; Slack must deliver the message again.
        """
        return await self._writer.submit(INGEST, ingestion)

    async def call(self, event: OutboxEvent, *, job: str, seq: int) -> int:
        """Store an event that a person asked for, with a dedup key of its own; gives its id.

        No message of a channel stands behind it, so its own names no channel.

        Raises:
            StoreError: nothing was stored.
        """
        nobody = MessageId("", "", "", Condition.FAILURE)
        ingestion = Ingestion(nobody, seq, "", job, events=(event,))
        return await self._writer.run(lambda t: call(t, ingestion))

    async def tally(self, channel_id: str, reason: str, ts: str) -> None:
        """Count a message that was not recognized; at most 500 reasons are told apart."""
        item = _Unrecognized(clip(channel_id, 64), key(reason), clip(ts, 32))
        await self._writer.submit(_TALLY, item)

    async def tallies(self, limit: int = 50) -> list[Tally]:
        """Give what was not recognized, the newest first."""
        statement = select(unrecognized).order_by(unrecognized.c.last.desc()).limit(limit)
        found = await self._reader.run(lambda t: t.rows(statement))
        return [
            Tally(row.channel, row.reason, row.sample_ts, row.seen, instant(row.last))
            for row in found
        ]

    async def of(self, channel_id: str, ts: str) -> list[StoredMessage]:
        """Give what one Slack message was recognized as, in the order of its edits."""
        statement = (
            select(messages)
            .where(messages.c.ts == clip(ts, 32), messages.c.channel == clip(channel_id, 64))
            .order_by(messages.c.seq)
        )
        return [_stored(row) for row in await self._reader.run(lambda t: t.rows(statement))]

    async def latest(
        self, limit: int = 20, *, channel_id: str | None = None
    ) -> list[StoredMessage]:
        """Give the messages received last, newest first."""
        statement = select(messages).order_by(messages.c.received.desc()).limit(limit)
        if channel_id is not None:
            statement = statement.where(messages.c.channel == clip(channel_id, 64))
        return [_stored(row) for row in await self._reader.run(lambda t: t.rows(statement))]

    async def open_alerts(self, job: str | None = None, limit: int = 1000) -> list[OpenAlert]:
        """Give the alerts that rules have open, newest first; of one job, or of all."""
        statement = select(open_alerts).order_by(open_alerts.c.opened.desc()).limit(limit)
        if job is not None:
            statement = statement.where(open_alerts.c.job == key(job))
        found = await self._reader.run(lambda t: t.rows(statement))
        return [
            OpenAlert(row.rule, row.job, row.key_ref, row.dedup_key, row.opened) for row in found
        ]


def _stored(row: Row[tuple[object, ...]]) -> StoredMessage:
    return StoredMessage(
        id=MessageId(row.team, row.channel, row.ts, Condition(row.condition)),
        seq=row.seq,
        producer=row.producer,
        job=row.job,
        status=load(row.status),
        why=load(row.why),
        received_at=instant(row.received),
    )


class Cursors:
    """How far each channel's history is read."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def get(self, channel_id: str) -> str | None:
        """Give the `ts` up to which a channel is read; None for a channel never seen."""
        statement = select(cursors.c.ts).where(cursors.c.channel == clip(channel_id, 64))
        found = await self._reader.run(lambda t: t.rows(statement))
        return found[0].ts if found else None

    async def all(self) -> dict[str, str]:
        """Give every channel's cursor."""
        found = await self._reader.run(lambda t: t.rows(select(cursors)))
        return {row.channel: row.ts for row in found}

    async def advance(self, channel_id: str, ts: str) -> None:
        """Move a cursor on; never back."""
        channel = clip(channel_id, 64)
        seq_of(ts)

        def move(transaction: Transaction) -> None:
            of_channel = cursors.c.channel == channel
            found = transaction.rows(select(cursors.c.ts).where(of_channel))
            if not found:
                transaction.write(insert(cursors), [{"channel": channel, "ts": ts}])
            elif seq_of(found[0].ts) < seq_of(ts):
                transaction.change(update(cursors).where(of_channel).values(ts=ts))

        await self._writer.run(move)

    async def forget(self, channel_id: str) -> None:
        """Forget a channel that the bot has left: it starts anew when it is invited again."""
        statement = delete(cursors).where(cursors.c.channel == clip(channel_id, 64))
        await self._writer.run(lambda t: t.change(statement))
