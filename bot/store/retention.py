"""Forget what nobody needs any more, in slices, so that nothing waits behind it."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Delete,
    Table,
    TextClause,
    and_,
    bindparam,
    delete,
    exists,
    or_,
    select,
    text,
    tuple_,
)

from bot.ledger import EntryState
from bot.store.runs import AVERAGED
from bot.store.schema import (
    SETTLED,
    audit,
    card_lines,
    cards,
    durations,
    lanes,
    messages,
    mutes,
    open_alerts,
    outbox,
    pauses,
    recoveries,
    runs,
    unrecognized,
)
from bot.store.writer import Writer

SLICE = 1000


@dataclass(frozen=True, slots=True)
class Ages:
    """How long things are kept. Messages must outlive the longest catch-up."""

    sent: timedelta = timedelta(days=30)
    messages: timedelta = timedelta(days=90)
    runs: timedelta = timedelta(days=180)
    audit: timedelta = timedelta(days=365)


_newest = durations.alias("newest")
_same_card = (
    cards.c.channel == card_lines.c.channel,
    cards.c.thread == card_lines.c.thread,
    cards.c.incident == card_lines.c.incident,
)
_cutoff: BindParameter[int] = bindparam("cutoff")


def _sweep(table: Table, *conditions: ColumnElement[bool] | TextClause) -> Delete:
    """Delete a slice of the rows that meet the conditions."""
    name = tuple_(*table.primary_key.columns)
    some = select(*table.primary_key.columns).where(and_(*conditions)).limit(SLICE)
    return delete(table).where(name.in_(some))


_STATEMENTS: tuple[tuple[str, str, Delete], ...] = (
    # Abandoned entries stay until somebody retries or discards them.
    (
        "outbox",
        "sent",
        _sweep(
            outbox,
            text(SETTLED),
            outbox.c.settled < _cutoff,
            outbox.c.state != EntryState.ABANDONED,
        ),
    ),
    (
        "lanes",
        "sent",
        _sweep(
            lanes,
            lanes.c.due.is_(None),
            lanes.c.newest_seq < _cutoff,
            ~exists().where(outbox.c.lane == lanes.c.lane),
        ),
    ),
    ("messages", "messages", _sweep(messages, messages.c.received < _cutoff)),
    ("mutes", "messages", _sweep(mutes, mutes.c.until < _cutoff)),
    ("unrecognized", "messages", _sweep(unrecognized, unrecognized.c.last < _cutoff)),
    ("cards", "messages", _sweep(cards, cards.c.touched < _cutoff)),
    ("card_lines", "", _sweep(card_lines, ~exists().where(*_same_card))),
    ("runs", "runs", _sweep(runs, runs.c.touched < _cutoff)),
    # A yearly job still has its average: the newest ones stay, however old they are.
    (
        "durations",
        "runs",
        _sweep(
            durations,
            durations.c.ended < _cutoff,
            durations.c.ended
            < select(_newest.c.ended)
            .where(_newest.c.job == durations.c.job)
            .order_by(_newest.c.ended.desc())
            .offset(AVERAGED - 1)
            .limit(1)
            .scalar_subquery(),
        ),
    ),
    ("open_alerts", "runs", _sweep(open_alerts, open_alerts.c.opened < _cutoff)),
    ("recoveries", "runs", _sweep(recoveries, recoveries.c.seq < _cutoff)),
    (
        "audit",
        "audit",
        _sweep(
            audit,
            audit.c.at < _cutoff,
            or_(audit.c.finished.is_not(None), audit.c.reported),
        ),
    ),
    ("pauses", "", _sweep(pauses, pauses.c.until < _cutoff)),
)


class Retention:
    """Bounded growth."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def sweep(self, ages: Ages | None = None) -> dict[str, int]:
        """Delete everything over its age; counts the rows of each table that lost some."""
        ages = ages or Ages()
        counts: dict[str, int] = {}
        for table, which, statement in _STATEMENTS:
            age = getattr(ages, which) if which else timedelta()
            if count := await self._delete(statement, age):
                counts[table] = count
        return counts

    async def _delete(self, statement: Delete, age: timedelta) -> int:
        total, microseconds = 0, age // timedelta(microseconds=1)
        while True:
            count = await self._writer.run(
                lambda t: t.change(statement, cutoff=t.now - microseconds)
            )
            total += count
            if count < SLICE:
                return total
