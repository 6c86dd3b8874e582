"""A lane's row says when its head may be claimed; it is derived from the outbox, here only."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, bindparam, case, func, select, text, update
from sqlalchemy.sql.selectable import Select

from bot.store.database import Transaction
from bot.store.schema import LEASED, OPEN, lanes, outbox

is_open = text(OPEN)
is_leased = text(LEASED)


def first_open(column: ColumnElement[int]) -> Select[int]:
    """Select something of the oldest open entry of the lane that the outer statement is at."""
    return (
        select(column)
        .where(outbox.c.lane == lanes.c.lane, is_open)
        .order_by(outbox.c.seq, outbox.c.ordinal)
        .limit(1)
        .correlate(lanes)
    )


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
        due=func.coalesce(_in_flight.scalar_subquery(), first_open(outbox.c.due).scalar_subquery()),
        retrying=func.coalesce(first_open(_has_failed).scalar_subquery(), 0),
    )
)


def refresh(transaction: Transaction, names: Iterable[str]) -> None:
    """Derive the lanes' rows anew after entries of theirs changed."""
    transaction.write(
        _refresh, [{"name": name, "now": transaction.now} for name in sorted(set(names))]
    )
