"""A lane's row says when its head may be claimed; it is derived from the outbox, here only."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, bindparam, case, func, select, text, update

from bot.store.database import Transaction
from bot.store.schema import DOUBTFUL, LEASED, OPEN, lanes, outbox

is_open = text(OPEN)
is_leased = text(LEASED)


def of_head(column: ColumnElement[int]) -> ColumnElement[int]:
    """Give something of the head of the lane that the outer statement is at.

    That is its oldest open entry, but for one that PagerDuty may have taken without an answer that
    was heard: until that one is settled, nothing else of its lane leaves. Else a trigger that turns
    up late, or is retried by hand, would leave between a resolve and its repetition.
    """
    of_lane = select(column).where(outbox.c.lane == lanes.c.lane, is_open).correlate(lanes).limit(1)
    in_doubt = of_lane.where(text(DOUBTFUL))
    oldest = of_lane.order_by(outbox.c.seq, outbox.c.ordinal)
    return func.coalesce(in_doubt.scalar_subquery(), oldest.scalar_subquery())


# While an entry is in flight its lane waits for it, also when an older entry has turned up.
# Through an index of its own: a lane may have thousands of entries waiting.
_in_flight = (
    select(outbox.c.due)
    .where(outbox.c.lane == lanes.c.lane, is_leased, outbox.c.due > bindparam("now"))
    .limit(1)
    .correlate(lanes)
)
_has_failed = case((outbox.c.error.is_not(None), 1), else_=0)

_refresh = (
    update(lanes)
    .where(lanes.c.lane == bindparam("name"))
    .values(
        due=func.coalesce(_in_flight.scalar_subquery(), of_head(outbox.c.due)),
        retrying=func.coalesce(of_head(_has_failed), 0),
    )
)


def refresh(transaction: Transaction, names: Iterable[str]) -> None:
    """Derive the lanes' rows anew after entries of theirs changed."""
    transaction.write(
        _refresh, [{"name": name, "now": transaction.now} for name in sorted(set(names))]
    )
