"""Let stored events leave: claim, settle, pause. DESIGN section 5 says why it is done this way.

Order within a lane rests on three things: claims are serialized; the one statement that claims
holds all conditions (due, nothing older open, nothing newer sent, nothing in flight); and a lane's
`sent` place only ever grows. Acknowledgements do not move it: a trigger that arrives after an
acknowledgement must still page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.sql.selectable import Select

from bot.ledger import Claimed, EntryState, MessageId
from bot.model import Condition, EventAction
from bot.store.book import LATE
from bot.store.database import Transaction
from bot.store.given_up import judge_alerts
from bot.store.lanes import is_leased, of_head, refresh
from bot.store.reader import Reader
from bot.store.schema import lanes, outbox, pauses
from bot.store.text import clean, clip, load
from bot.store.writer import Kind, Writer

LEASE_SECONDS = 6.0
"""Longer than the relay's HTTP timeout of 3 s, so that no heartbeat is needed."""

ERROR_LIMIT = 2000

_head = outbox.alias("head")
_other = outbox.alias("other")


def _due_heads(retrying: int, at_most: str) -> Select[Any]:
    """Select the heads of lanes that may send now; those that have failed before apart."""
    in_flight = exists().where(
        _other.c.lane == lanes.c.lane,
        is_leased,
        _other.c.due > bindparam("now"),
    )
    paused = exists().where(pauses.c.key_ref == lanes.c.key_ref, pauses.c.until > bindparam("now"))
    inner = (
        select(_head.c.id, lanes.c.retrying, lanes.c.due)
        .select_from(lanes)
        .join(_head, _head.c.id == of_head(outbox.c.id))
        .where(
            lanes.c.retrying == retrying,
            lanes.c.due <= bindparam("now"),
            _head.c.due <= bindparam("now"),
            ~in_flight,
            ~paused,
        )
        .order_by(lanes.c.due, lanes.c.lane)
        .limit(bindparam(at_most))
        .subquery()
    )
    return select(inner)


_candidates = union_all(_due_heads(0, "at_most"), _due_heads(1, "retries")).subquery()
_chosen = (
    select(_candidates.c.id)
    .order_by(_candidates.c.retrying, _candidates.c.due)
    .limit(bindparam("at_most"))
)
_is_late = exists().where(
    lanes.c.lane == outbox.c.lane,
    tuple_(lanes.c.sent_seq, lanes.c.sent_ordinal) > tuple_(outbox.c.seq, outbox.c.ordinal),
)

# A head that is late takes no lease: the same statement retires it.
_claim = (
    update(outbox)
    .where(outbox.c.id.in_(_chosen))
    .values(
        state=case((_is_late, EntryState.SUPERSEDED), else_=EntryState.LEASED),
        due=case((_is_late, null()), else_=bindparam("until")),
        attempts=outbox.c.attempts + 1,
        doubts=case((_is_late, 0), else_=outbox.c.doubts + 1),
        error=case((_is_late, literal(LATE)), else_=outbox.c.error),
        settled=case((_is_late, bindparam("now")), else_=null()),
    )
    .returning(outbox)
)
_found = select(
    outbox.c.id,
    outbox.c.lane,
    outbox.c.seq,
    outbox.c.ordinal,
    outbox.c.action,
    outbox.c.attempts,
    outbox.c.doubts,
    outbox.c.state,
).where(outbox.c.id.in_(bindparam("ids", expanding=True)))
_settle = (
    update(outbox)
    .where(outbox.c.id == bindparam("of_id"))
    .values(
        {name: bindparam(name) for name in ("state", "due", "doubts", "error", "settled")},
    )
)
_sent = (
    update(lanes)
    .where(
        lanes.c.lane == bindparam("name"),
        tuple_(lanes.c.sent_seq, lanes.c.sent_ordinal)
        < tuple_(bindparam("seq"), bindparam("ordinal")),
    )
    .values(sent_seq=bindparam("seq"), sent_ordinal=bindparam("ordinal"))
)


def claim(transaction: Transaction, asked: Sequence[tuple[int, int]]) -> list[list[Claimed]]:
    """Claim for each of the callers; nobody gets what another one got."""
    return [_claim_once(transaction, *each) for each in asked]


def _claim_once(transaction: Transaction, limit: int, retries: int) -> list[Claimed]:
    now = transaction.now
    until = now + int(LEASE_SECONDS * 1_000_000)
    rows = transaction.rows(_claim, now=now, until=until, at_most=limit, retries=retries)
    refresh(transaction, (row.lane for row in rows))
    ours = [row for row in rows if row.state == EntryState.LEASED]
    ours.sort(key=lambda row: (row.error is not None, row.created, row.seq))
    return [
        Claimed(
            id=row.id,
            lane=row.lane,
            seq=row.seq,
            key_ref=row.key_ref,
            dedup_key=row.dedup_key,
            action=EventAction(row.action),
            body=load(row.body),
            attempts=row.attempts,
            rule=row.rule,
            job=row.job,
            was_open=row.was_open,
            message=MessageId(row.team, row.channel, row.ts, Condition(row.condition)),
        )
        for row in ours
    ]


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an attempt ended. `delay` in microseconds for another one.

    `is_doubtful`: PagerDuty may have taken it all the same.
    """

    id: int
    attempts: int
    state: EntryState
    delay: int = 0
    error: str | None = None
    is_doubtful: bool = False


def settle(transaction: Transaction, items: Sequence[Settlement]) -> list[bool]:
    """Settle attempts; False for one whose lease was lost to somebody else."""
    found = {row.id: row for row in transaction.rows(_found, ids=[item.id for item in items])}
    results, rows, names, refused = [], [], set(), []
    sent: dict[str, tuple[int, int]] = {}
    for item in items:
        row = found.get(item.id)
        is_ours = (
            row is not None and row.state == EntryState.LEASED and row.attempts == item.attempts
        )
        results.append(is_ours)
        if row is None or not is_ours:
            continue
        names.add(row.lane)
        if item.state is EntryState.SENT and row.action != EventAction.ACKNOWLEDGE:
            sent[row.lane] = max(sent.get(row.lane, (0, 0)), (row.seq, row.ordinal))
        is_again = item.state is EntryState.PENDING
        is_final = item.state in {EntryState.SENT, EntryState.ABANDONED}
        if item.state is EntryState.ABANDONED:
            refused.append(item.id)
        rows.append(
            {
                "of_id": item.id,
                "state": item.state,
                "due": transaction.now + item.delay if is_again else None,
                "doubts": 0 if is_final else row.doubts - (not item.is_doubtful),
                "error": item.error,
                "settled": transaction.now if is_final else None,
            }
        )
    transaction.write(_settle, rows)
    transaction.write(
        _sent,
        [{"name": name, "seq": seq, "ordinal": n} for name, (seq, n) in sorted(sent.items())],
    )
    judge_alerts(transaction, refused)
    refresh(transaction, names)
    return results


_CLAIM = Kind("claim", claim, rank=3)
_SETTLE = Kind("settle", settle, rank=0)


def reset_leases(transaction: Transaction) -> None:
    """Let everything in flight be claimed at once: nobody else is running."""
    freed = transaction.rows(
        update(outbox)
        .where(is_leased)
        .values(state=EntryState.PENDING, due=transaction.now)
        .returning(outbox.c.lane)
    )
    refresh(transaction, (row.lane for row in freed))


class Outbox:
    """The relay's side of the outbox."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def claim(self, limit: int, retries: int) -> list[Claimed]:
        """Claim at most one entry a lane, `limit` in all, at most `retries` that failed before.

        They are ours for 6 s. Fresh ones come first.
        """
        return await self._writer.submit(_CLAIM, (limit, min(limit, retries)))

    async def settle_sent(self, claimed: Claimed) -> bool:
        """Store that PagerDuty took it; False when the lease was lost meanwhile."""
        return await self._settle(Settlement(claimed.id, claimed.attempts, EntryState.SENT))

    async def settle_retry(
        self, claimed: Claimed, after_seconds: float, error: str, *, is_doubtful: bool = False
    ) -> bool:
        """Store that it is to be tried again later; its lane waits.

        Where PagerDuty may have taken it (`is_doubtful`), also what turns up late waits behind it.
        """
        return await self._settle(
            Settlement(
                claimed.id,
                claimed.attempts,
                EntryState.PENDING,
                max(0, int(after_seconds * 1_000_000)),
                clip(error, ERROR_LIMIT),
                is_doubtful,
            )
        )

    async def abandon(self, claimed: Claimed, error: str) -> bool:
        """Store that PagerDuty refused it; its lane goes on."""
        state = EntryState.ABANDONED
        return await self._settle(
            Settlement(claimed.id, claimed.attempts, state, error=clip(error, ERROR_LIMIT))
        )

    async def block(self, claimed: Claimed, reason: str) -> bool:
        """Store that its integration key cannot be found; its lane waits for `unblock`."""
        state = EntryState.BLOCKED
        return await self._settle(
            Settlement(claimed.id, claimed.attempts, state, error=clip(reason, ERROR_LIMIT))
        )

    async def _settle(self, settlement: Settlement) -> bool:
        return await self._writer.submit(_SETTLE, settlement)

    async def pause(self, key_ref: str, seconds: float) -> None:
        """Claim nothing of an integration key for a while; a longer pause stands."""
        name = clean(key_ref)

        def store(transaction: Transaction) -> None:
            until = transaction.now + int(seconds * 1_000_000)
            of_key = pauses.c.key_ref == name
            for row in transaction.rows(select(pauses.c.until).where(of_key)):
                until = max(until, row.until)
            transaction.change(delete(pauses).where(of_key | (pauses.c.until <= transaction.now)))
            transaction.write(insert(pauses), [{"key_ref": name, "until": until}])

        await self._writer.run(store)

    async def next_due_seconds(self) -> float | None:
        """Give the seconds until a lane is due (negative: overdue), None when all is sent."""

        def look(transaction: Transaction) -> float | None:
            due = transaction.rows(select(func.min(lanes.c.due)))[0][0]
            return None if due is None else (due - transaction.now) / 1_000_000

        return await self._reader.run(look)
