"""Who did what to which incident. Nothing is edited but the end of an intent."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, text, tuple_, update

from bot.ledger import AuditEntry, instant
from bot.model import Responder
from bot.ports import Asked, Deed
from bot.store.database import Database, Transaction
from bot.store.reader import Reader
from bot.store.schema import MENTIONED, UNFINISHED, audit
from bot.store.text import clean, clip, dump, load
from bot.store.writer import Kind, Writer

TEXT_LIMIT = 12_000
"""Slack's own limit of a command is far below; a mention may have 12,000 characters."""

STATE_LIMIT = 20_000
RECENT = 20
ASKED_MICROSECONDS = 600_000_000  # nothing takes longer than that from its intent to its end


_intend_one = insert(audit)  # made once: the statement then carries the key of its compiled form


def _intend(transaction: Transaction, rows: Sequence[dict[str, Any]]) -> list[bool]:
    known = _known(transaction, [row for row in rows if row["message"] is not None])
    fresh: list[bool] = []
    for row in rows:
        mention = (row["channel"], row["message"])
        fresh.append(mention not in known)
        if row["message"] is not None:
            known.add(mention)
    new = [row for row, is_fresh in zip(rows, fresh, strict=True) if is_fresh]
    transaction.write(_intend_one, [{**row, "at": transaction.now} for row in new])
    return fresh


def _known(
    transaction: Transaction, mentions: Sequence[dict[str, Any]]
) -> set[tuple[str | None, str]]:
    """Give the mentions that are stored already; nobody else writes at the same time."""
    if not mentions:
        return set()
    statement = select(audit.c.channel, audit.c.message).where(
        text(MENTIONED), audit.c.message.in_([row["message"] for row in mentions])
    )
    return {(row.channel, row.message) for row in transaction.rows(statement)}


_finish_one = (
    update(audit)
    .where(audit.c.reference == bindparam("of_reference"), audit.c.finished.is_(None))
    .values(
        {
            name: bindparam(name)
            for name in (
                "finished",
                "responder",
                "email",
                "pagerduty_user_id",
                "outcome",
                "incidents",
                "before",
                "after",
            )
        }
    )
)


def _finish(transaction: Transaction, rows: Sequence[dict[str, Any]]) -> list[None]:
    transaction.write(_finish_one, [{**row, "finished": transaction.now} for row in rows])
    return [None] * len(rows)


_INTEND = Kind("intend", _intend, is_new=True, is_urgent=True)
_FINISH = Kind("finish", _finish)


class Audit:
    """Implements `ports.AuditTrail`."""

    def __init__(self, writer: Writer, reader: Reader, database: Database) -> None:
        self._writer = writer
        self._reader = reader
        self._database = database

    async def intend(
        self,
        *,
        reference: str,
        slack_user_id: str,
        channel_id: str | None,
        via: str,
        text: str,
        thread_ts: str | None = None,
        message_ts: str | None = None,
    ) -> bool:
        """Store that somebody asked for a write, before Slack is told that it was received.

        `message_ts` is a mention's: False when that message is stored already, by whichever
        replica it was delivered to first.
        """
        row = {
            "reference": clip(reference, 64),
            "owner": self._database.owner,
            "slack_user_id": clip(slack_user_id, 64),
            "channel": None if channel_id is None else clip(channel_id, 64),
            "thread": None if thread_ts is None else clip(thread_ts, 64),
            "message": None if message_ts is None else clip(message_ts, 64),
            "via": clip(via, 32),
            "text": clip(text, TEXT_LIMIT),
            "reported": False,
            "incidents": "[]",
        }
        return await self._writer.submit(_INTEND, row)

    async def finish(
        self,
        *,
        reference: str,
        responder: Responder | None,
        outcome: str,
        incidents: Sequence[str] = (),
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """Store what came of it, once; a second end of the same intent changes nothing."""
        user = None if responder is None else responder.user
        row = {
            "of_reference": clip(reference, 64),
            "responder": None if responder is None else clip(responder.name, 200),
            "email": None
            if responder is None or responder.from_email is None
            else clip(responder.from_email, 320),
            "pagerduty_user_id": None if user is None else clean(user.id),
            "outcome": clip(outcome, TEXT_LIMIT),
            "incidents": dump([clip(each, 64) for each in incidents]),
            "before": _state(before),
            "after": _state(after),
        }
        await self._writer.submit(_FINISH, row)

    async def unfinished(self) -> list[Mapping[str, Any]]:
        """Give the intents of processes that ended before finishing, and mark them as reported."""
        return await self._writer.run(self._report)

    def _report(self, transaction: Transaction) -> list[Mapping[str, Any]]:
        statement = select(audit).where(text(UNFINISHED), audit.c.reported.is_(False))
        rows = transaction.rows(statement.order_by(audit.c.at))
        owners = {row.owner for row in rows}
        alive = {
            owner for owner in owners if self._database.is_alive(transaction.connection, owner)
        }
        lost = [row for row in rows if row.owner not in alive]
        transaction.write(
            update(audit)
            .where(audit.c.reference == bindparam("of_reference"))
            .values(reported=True),
            [{"of_reference": row.reference} for row in lost],
        )
        return [
            {
                "reference": row.reference,
                "slack_user_id": row.slack_user_id,
                "channel_id": row.channel,
                "thread_ts": row.thread,
                "via": row.via,
                "text": row.text,
                "at": instant(row.at),
            }
            for row in lost
        ]

    async def recent(self, slack_user_id: str, within: timedelta) -> list[Deed]:
        """Give what somebody finished within that time, newest first."""

        def look(transaction: Transaction) -> list[Deed]:
            oldest = transaction.now - within // timedelta(microseconds=1)
            statement = (
                select(audit)
                .where(audit.c.at >= oldest - ASKED_MICROSECONDS, audit.c.finished >= oldest)
                .where(audit.c.slack_user_id == slack_user_id)
                .order_by(audit.c.finished.desc())
            )
            rows = transaction.rows(statement.limit(RECENT))
            return [
                Deed(row.reference, row.text, load(row.before) or {}, load(row.after) or {})
                for row in rows
            ]

        return await self._reader.run(look)

    async def before(self, reference: str, within: timedelta) -> list[Asked]:
        """Give what the same person asked for within that time before, newest first."""

        def look(transaction: Transaction) -> list[Asked]:
            found = transaction.rows(select(audit).where(audit.c.reference == reference))
            if not found:
                return []
            this, order = found[0], (audit.c.at, audit.c.reference)
            statement = (
                select(audit)
                .where(audit.c.at >= this.at - within // timedelta(microseconds=1))
                .where(audit.c.slack_user_id == this.slack_user_id)
                .where(tuple_(*order) < tuple_(this.at, this.reference))
                .order_by(*(column.desc() for column in order))
            )
            rows = transaction.rows(statement.limit(RECENT))
            return [self._asked(transaction, this, row) for row in rows]

        return await self._reader.run(look)

    def _asked(self, transaction: Transaction, this: Any, row: Any) -> Asked:
        runs = row.finished is None and not row.reported
        place = ("channel", "thread", "text")
        return Asked(
            reference=row.reference,
            is_same=all(getattr(row, name) == getattr(this, name) for name in place),
            seconds=(this.at - row.at) / 1_000_000,
            is_running=runs and self._database.is_alive(transaction.connection, row.owner),
            outcome=row.outcome,
        )

    async def since(self, age: timedelta, limit: int = 10_000) -> list[AuditEntry]:
        """Give what was asked for in the last `age`, oldest first; of more, the newest `limit`."""

        def look(transaction: Transaction) -> list[AuditEntry]:
            oldest = transaction.now - age // timedelta(microseconds=1)
            statement = select(audit).where(audit.c.at >= oldest).order_by(audit.c.at.desc())
            return [_entry(row) for row in reversed(transaction.rows(statement.limit(limit)))]

        return await self._reader.run(look)


def _state(value: Mapping[str, Any] | None) -> str | None:
    """Write a state; one that is absurdly large is named, not stored."""
    written = dump(value)
    if written is not None and len(written) > STATE_LIMIT:
        return dump({"left_out": f"{len(written)} characters"})
    return written


def _entry(row: Any) -> AuditEntry:
    return AuditEntry(
        reference=row.reference,
        at=instant(row.at),
        slack_user_id=row.slack_user_id,
        channel_id=row.channel,
        via=row.via,
        text=row.text,
        finished_at=None if row.finished is None else instant(row.finished),
        responder=row.responder,
        email=row.email,
        pagerduty_user_id=row.pagerduty_user_id,
        outcome=row.outcome,
        incidents=tuple(load(row.incidents)),
        before=load(row.before),
        after=load(row.after),
    )
