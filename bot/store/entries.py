"""The outbox for people, for catch-up, and for changed settings: list, retry, discard, release."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import CompoundSelect, Row, bindparam, null, select, text, true, union_all, update

from bot.errors import RequestError
from bot.ledger import Entry, EntryState, MessageId, instant
from bot.model import Condition, EventAction
from bot.store.book import LATE, RECOVERED, Place
from bot.store.database import Transaction
from bot.store.given_up import is_recovered, judge_alerts
from bot.store.lanes import is_leased, is_open, refresh
from bot.store.reader import Reader
from bot.store.schema import BLOCKED, SETTLED, SHELVED, lanes, outbox
from bot.store.text import clean, clip, key, load
from bot.store.writer import Writer

UNSETTLED = (
    EntryState.ABANDONED,
    EntryState.BLOCKED,
    EntryState.PENDING,
    EntryState.LEASED,
    EntryState.HELD,
)

COLLAPSED = "Missed while the bot was away; something newer with the same keys says all."

_RETRIED = {
    EntryState.ABANDONED,
    EntryState.DISCARDED,
    EntryState.BLOCKED,
    EntryState.PENDING,
}
_DISCARDED = {
    EntryState.PENDING,
    EntryState.BLOCKED,
    EntryState.HELD,
    EntryState.ABANDONED,
}

_is_blocked = text(BLOCKED)
_is_shelved = text(SHELVED)
_THROUGH = {
    EntryState.PENDING: is_open,
    EntryState.LEASED: is_leased,
    EntryState.BLOCKED: _is_blocked,
    EntryState.HELD: _is_shelved,
    EntryState.ABANDONED: _is_shelved,
}
"""The index that finds a state's entries; the others, which are many, are read through."""

_move = (
    update(outbox)
    .where(outbox.c.id == bindparam("of_id"))
    .values({name: bindparam(name) for name in ("state", "due", "doubts", "error", "settled")})
)


def _moved(row: Row[Any], state: EntryState, now: int, error: str | None = None) -> dict[str, Any]:
    is_due = state is EntryState.PENDING
    return {
        "of_id": row.id,
        "state": state,
        "due": now if is_due else None,
        "doubts": row.doubts if is_due else 0,
        "error": error,
        "settled": None if is_due else now,
    }


def _among(states: Collection[EntryState]) -> CompoundSelect[tuple[int]]:
    """Select the ids of the entries in these states."""
    of_each = select(outbox.c.id)
    return union_all(
        *(
            of_each.where(_THROUGH.get(state, true()), outbox.c.state == state)
            for state in sorted(states)
        )
    )


def _sent_places(transaction: Transaction, names: Iterable[str]) -> dict[str, Place]:
    statement = select(lanes).where(lanes.c.lane.in_(bindparam("names", expanding=True)))
    found = transaction.rows(statement, names=sorted(set(names)))
    return {row.lane: (row.sent_seq, row.sent_ordinal) for row in found}


class Entries:
    """The entries of the outbox, one by one."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def find(
        self,
        states: Collection[EntryState] = UNSETTLED,
        *,
        limit: int = 100,
        after_id: int = 0,
    ) -> list[Entry]:
        """Give entries in the order in which they came; `after_id` pages on."""
        statement = (
            select(outbox)
            .where(outbox.c.id.in_(_among(states)), outbox.c.id > after_id)
            .order_by(outbox.c.id)
            .limit(limit)
        )
        return [_entry(row) for row in await self._reader.run(lambda t: t.rows(statement))]

    async def show(self, entry_id: int) -> Entry:
        """Give one entry.

        Raises:
            RequestError: there is none of that id.
        """
        return _entry(await self._reader.run(lambda t: _row(t, entry_id)))

    async def of_message(self, channel_id: str, ts: str) -> list[Entry]:
        """Give the entries that a Slack message led to, oldest first."""
        statement = (
            select(outbox)
            .where(outbox.c.ts == clip(ts, 32), outbox.c.channel == clip(channel_id, 64))
            .order_by(outbox.c.seq, outbox.c.ordinal, outbox.c.id)
        )
        return [_entry(row) for row in await self._reader.run(lambda t: t.rows(statement))]

    async def since(self, seq: int, limit: int = 1000) -> list[Entry]:
        """Give the entries of messages from `seq` on, newest first."""
        statement = (
            select(outbox)
            .where(outbox.c.seq >= seq)
            .order_by(outbox.c.seq.desc(), outbox.c.id.desc())
            .limit(limit)
        )
        return [_entry(row) for row in await self._reader.run(lambda t: t.rows(statement))]

    async def settled_since(self, at: int, limit: int = 1000) -> list[Entry]:
        """Give the entries that were settled from then on (microseconds), the last ones first."""
        statement = (
            select(outbox)
            .where(text(SETTLED), outbox.c.settled >= at)
            .order_by(outbox.c.settled.desc(), outbox.c.id.desc())
            .limit(limit)
        )
        return [_entry(row) for row in await self._reader.run(lambda t: t.rows(statement))]

    async def retry(self, entry_id: int) -> Entry:
        """Send an entry again, or now; one whose lane has moved on becomes `superseded` instead.

        Raises:
            RequestError: there is none of that id, or it cannot be sent again.
        """

        def again(transaction: Transaction) -> Row[Any]:
            row = _row(transaction, entry_id)
            if row.state not in _RETRIED:
                raise RequestError(
                    f"Entry {entry_id} is {row.state}, so there is nothing to retry. Only entries "
                    "that are abandoned, discarded, blocked or waiting can be."
                )
            is_late = (row.seq, row.ordinal) < _sent_places(transaction, [row.lane])[row.lane]
            error = LATE if is_late else RECOVERED if is_recovered(transaction, row) else None
            state = EntryState.SUPERSEDED if error else EntryState.PENDING
            transaction.write(_move, [_moved(row, state, transaction.now, error)])
            judge_alerts(transaction, [entry_id])
            refresh(transaction, [row.lane])
            return _row(transaction, entry_id)

        return _entry(await self._writer.run(again))

    async def discard(self, entry_id: int, reason: str = "Discarded by an operator.") -> Entry:
        """Give an entry up; its lane goes on.

        Raises:
            RequestError: there is none of that id, it is settled, or it is just being sent.
        """

        def drop(transaction: Transaction) -> Row[Any]:
            row = _row(transaction, entry_id)
            if row.state == EntryState.LEASED:
                raise RequestError(
                    f"Entry {entry_id} is being sent at this moment. Try again in a few seconds."
                )
            if row.state not in _DISCARDED:
                raise RequestError(
                    f"Entry {entry_id} is {row.state} already, so there is nothing to discard."
                )
            state = EntryState.DISCARDED
            transaction.write(_move, [_moved(row, state, transaction.now, clip(reason, 2000))])
            judge_alerts(transaction, [entry_id])
            refresh(transaction, [row.lane])
            return _row(transaction, entry_id)

        return _entry(await self._writer.run(drop))

    async def blocked_keys(self) -> set[str]:
        """Name the integration keys that entries wait for."""
        statement = select(outbox.c.key_ref).where(_is_blocked).distinct()
        return {row.key_ref for row in await self._reader.run(lambda t: t.rows(statement))}

    async def unblock(self, key_ref: str | None = None) -> int:
        """Let blocked entries try again, of one integration key or of all; counts them."""
        statement = update(outbox).where(_is_blocked).returning(outbox.c.lane)
        if key_ref is not None:
            statement = statement.where(outbox.c.key_ref == clean(key_ref))

        def free(transaction: Transaction) -> int:
            values = {"state": EntryState.PENDING, "due": transaction.now, "error": null()}
            freed = transaction.rows(statement.values(**values))
            refresh(transaction, (row.lane for row in freed))
            return len(freed)

        return await self._writer.run(free)

    async def release(self, hold: str) -> dict[EntryState, int]:
        """Let what was read from history leave, once all of it is read; counts what became of it.

        Of each lane the newest trigger or resolve goes, and acknowledgements after it; the rest is
        collapsed, also where the newest one is a live message that still waits.
        """
        return await self._writer.run(lambda t: _release(t, key(hold)))


_held = select(outbox).where(
    _is_shelved, outbox.c.state == EntryState.HELD, outbox.c.hold == bindparam("of_hold")
)
_waiting = select(outbox.c.lane, outbox.c.seq, outbox.c.ordinal, outbox.c.action).where(
    is_open, outbox.c.lane.in_(bindparam("names", expanding=True))
)
SLICE = 500


def _release(transaction: Transaction, hold: str) -> dict[EntryState, int]:
    held = transaction.rows(_held, of_hold=hold)
    names = sorted({row.lane for row in held})
    rows: list[dict[str, Any]] = []
    for at in range(0, len(names), SLICE):
        some = names[at : at + SLICE]
        rows += _collapse(
            [row for row in held if row.lane in set(some)],
            transaction.rows(_waiting, names=some),
            _sent_places(transaction, some),
            transaction.now,
        )
    transaction.write(_move, rows)
    judge_alerts(transaction, _unsent_triggers(held, rows))
    refresh(transaction, names)
    counts: dict[EntryState, int] = {}
    for row in rows:
        counts[row["state"]] = counts.get(row["state"], 0) + 1
    return counts


def _collapse(
    held: Sequence[Row[Any]],
    waiting: Sequence[Row[Any]],
    sent: dict[str, Place],
    now: int,
) -> list[dict[str, Any]]:
    """Decide what becomes of held entries, given what else is in their lanes."""
    newest: dict[str, Place] = {}
    for row in (*held, *waiting):
        if row.action != EventAction.ACKNOWLEDGE:
            newest[row.lane] = max(newest.get(row.lane, (0, 0)), (row.seq, row.ordinal))
    rows = []
    for row in held:
        place = (row.seq, row.ordinal)
        if place < sent[row.lane]:
            rows.append(_moved(row, EntryState.SUPERSEDED, now, LATE))
        elif place < newest.get(row.lane, (0, 0)):
            rows.append(_moved(row, EntryState.COLLAPSED, now, COLLAPSED))
        else:
            rows.append(_moved(row, EntryState.PENDING, now))
    return rows


def _unsent_triggers(held: Sequence[Row[Any]], moved: Sequence[Mapping[str, Any]]) -> list[int]:
    """Give, of each lane whose newest entry is a resolve, a trigger that will not be sent.

    It opened no alert, so that resolve may have nothing to resolve.
    """
    leaving = {row["of_id"] for row in moved if row["state"] is EntryState.PENDING}
    resolved = {row.lane for row in held if row.id in leaving and row.action == EventAction.RESOLVE}
    unsent = {
        row.lane: row.id
        for row in held
        if row.id not in leaving and row.lane in resolved and row.action == EventAction.TRIGGER
    }
    return list(unsent.values())


def _row(transaction: Transaction, entry_id: int) -> Row[Any]:
    found = transaction.rows(select(outbox).where(outbox.c.id == entry_id))
    if not found:
        raise RequestError(
            f"There is no entry {entry_id} in the outbox. `pdbot outbox list` shows their ids."
        )
    return found[0]


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        id=row.id,
        state=EntryState(row.state),
        rule=row.rule,
        job=row.job,
        key_ref=row.key_ref,
        dedup_key=row.dedup_key,
        action=EventAction(row.action),
        body=load(row.body),
        seq=row.seq,
        attempts=row.attempts,
        error=row.error,
        was_open=row.was_open,
        message=MessageId(row.team, row.channel, row.ts, Condition(row.condition)),
        created_at=instant(row.created),
        due_at=None if row.due is None else instant(row.due),
        settled_at=None if row.settled is None else instant(row.settled),
    )
