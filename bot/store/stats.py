"""The store in figures, for metrics and health."""

from sqlalchemy import func, select, text

from bot.ledger import EntryState, Stats
from bot.store.database import Transaction
from bot.store.lanes import is_open
from bot.store.schema import (
    DIRTY,
    SHELVED,
    UNFINISHED,
    audit,
    cards,
    lanes,
    open_alerts,
    outbox,
    pauses,
    timers,
)

_by_state = select(outbox.c.state, func.count().label("n"), func.min(outbox.c.created).label("of"))
_open = _by_state.where(is_open).group_by(outbox.c.state)
_shelved = _by_state.where(text(SHELVED)).group_by(outbox.c.state)


def stats(transaction: Transaction) -> Stats:
    """Count; what was sent is not counted, it is many."""
    rows = [*transaction.rows(_open), *transaction.rows(_shelved)]
    depth = dict.fromkeys(
        (
            EntryState.PENDING,
            EntryState.LEASED,
            EntryState.BLOCKED,
            EntryState.HELD,
            EntryState.ABANDONED,
        ),
        0,
    ) | {EntryState(row.state): row.n for row in rows}
    waiting = [row.of for row in rows if row.state in {EntryState.PENDING, EntryState.LEASED}]
    return Stats(
        depth=depth,
        oldest_pending_seconds=(transaction.now - min(waiting)) / 1_000_000 if waiting else None,
        retrying_lanes=_count(
            transaction, select(func.count()).where(lanes.c.retrying == 1, lanes.c.due.is_not(None))
        ),
        paused_keys=_count(
            transaction, select(func.count()).where(pauses.c.until > transaction.now)
        ),
        timers=_count(transaction, select(func.count()).select_from(timers)),
        open_alerts=_count(transaction, select(func.count()).select_from(open_alerts)),
        unfinished_intents=_count(
            transaction, select(func.count()).select_from(audit).where(text(UNFINISHED))
        ),
        cards_behind=_count(
            transaction, select(func.count()).select_from(cards).where(text(DIRTY))
        ),
    )


def _count(transaction: Transaction, statement: object) -> int:
    return int(transaction.rows(statement)[0][0])  # type: ignore[arg-type]
