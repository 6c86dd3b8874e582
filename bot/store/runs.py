"""Runs of jobs, their timers, and how long successful ones took.

Start and end may arrive in either order, and twice. A row keeps the newest of each; a run goes on
while its start is the newer one. An end alone is a tombstone: its start, when it comes, is history.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, text, tuple_, update

from bot.ledger import DueTimer, Ingestion, OpenRun, RunStep, instant, microseconds
from bot.store.database import Transaction
from bot.store.reader import Reader
from bot.store.schema import GOING, durations, runs, timers
from bot.store.text import clip, dump, key, load
from bot.store.writer import Kind, Writer

AVERAGED = 20
LEASE = 6_000_000
"""Microseconds that somebody has to fire a timer before another one may."""

RunKey = tuple[str, str]


@dataclass(slots=True)
class _Run:
    started: int | None
    ended: int | None
    channel: str
    ts: str
    is_new: bool = False


@dataclass(slots=True)
class RunBook:
    """The runs that were loaded, and what must be written."""

    runs: dict[RunKey, _Run] = field(default_factory=dict)
    touched: set[RunKey] = field(default_factory=set)
    timers: dict[str, dict[str, Any]] = field(default_factory=dict)
    cancelled: set[RunKey] = field(default_factory=set)
    durations: dict[tuple[str, int], int] = field(default_factory=dict)

    def enter(self, ingestion: Ingestion) -> None:
        """Enter what a message says about a run."""
        change = ingestion.run
        if change is None:
            return
        name = (key(ingestion.job), key(change.execution_id or ""))
        channel, ts = clip(ingestion.message.channel_id, 64), clip(ingestion.message.ts, 32)
        run = self.runs.setdefault(name, _Run(None, None, channel, ts, is_new=True))
        self.touched.add(name)
        if change.step is RunStep.START:
            self._start(name, run, ingestion)
            run.channel, run.ts = channel, ts
        else:
            self._end(name, run, ingestion)

    def _start(self, name: RunKey, run: _Run, ingestion: Ingestion) -> None:
        seq = ingestion.seq
        is_history = run.ended is not None and run.ended >= seq
        if run.started is None or run.started < seq:
            run.started = seq
            if not is_history:
                self._replace_timers(name, ingestion)

    def _replace_timers(self, name: RunKey, ingestion: Ingestion) -> None:
        """Let the timers of this start replace those of an earlier one."""
        self._cancel(name)
        for timer in ingestion.timers:
            self.timers[key(timer.name)] = {
                "name": key(timer.name),
                "job": name[0],
                "execution": name[1],
                "due": microseconds(timer.due),
                "lease": 0,
                "body": dump(timer.body),
            }

    def _cancel(self, name: RunKey) -> None:
        self.cancelled.add(name)
        for timer in [t for t in self.timers.values() if (t["job"], t["execution"]) == name]:
            del self.timers[timer["name"]]

    def _end(self, name: RunKey, run: _Run, ingestion: Ingestion) -> None:
        seq, change = ingestion.seq, ingestion.run
        if change is None or (run.ended is not None and run.ended >= seq):
            return
        duration = _microseconds_of(change.duration_seconds)
        is_of_this_start = run.started is not None and run.started <= seq
        if duration is None and is_of_this_start and (run.ended or 0) < (run.started or 0):
            duration = seq - (run.started or 0)
        if change.succeeded and duration is not None:
            self.durations[name[0], seq] = duration
        run.ended = seq
        if run.started is None or is_of_this_start:
            self._cancel(name)


def _microseconds_of(seconds: float | None) -> int | None:
    is_sane = seconds is not None and 0 <= seconds < 10**9  # also refuses NaN; 31 years
    return int(seconds * 1_000_000) if is_sane and seconds is not None else None


_load = select(runs).where(
    tuple_(runs.c.job, runs.c.execution).in_(bindparam("runs", expanding=True))
)
_change = (
    update(runs)
    .where(runs.c.job == bindparam("of_job"), runs.c.execution == bindparam("of_execution"))
    .values({name: bindparam(name) for name in ("started", "ended", "channel", "ts", "touched")})
)
_cancel = delete(timers).where(
    timers.c.job == bindparam("of_job"), timers.c.execution == bindparam("of_execution")
)
_forget_duration = delete(durations).where(
    durations.c.job == bindparam("of_job"), durations.c.ended == bindparam("at")
)
_remove = delete(timers).where(timers.c.name == bindparam("of_name"))


def load_runs(transaction: Transaction, ingestions: Sequence[Ingestion]) -> RunBook:
    """Load the runs that these messages are about."""
    names = {(key(each.job), key(each.run.execution_id or "")) for each in ingestions if each.run}
    if not names:
        return RunBook()
    found = transaction.rows(_load, runs=sorted(names))
    return RunBook(
        {
            (row.job, row.execution): _Run(row.started, row.ended, row.channel, row.ts)
            for row in found
        }
    )


def write_runs(transaction: Transaction, book: RunBook) -> None:
    """Write what changed: a timer of an ended run is gone with the same commit."""
    changed = [
        (
            run.is_new,
            {"of_job": job, "of_execution": execution},
            {
                "started": run.started,
                "ended": run.ended,
                "channel": run.channel,
                "ts": run.ts,
                "touched": transaction.now,
            },
        )
        for job, execution in sorted(book.touched)
        for run in [book.runs[job, execution]]
    ]
    transaction.write(
        insert(runs),
        [
            {"job": of["of_job"], "execution": of["of_execution"], **row}
            for new, of, row in changed
            if new
        ],
    )
    transaction.write(_change, [{**of, **row} for new, of, row in changed if not new])
    transaction.write(
        _cancel, [{"of_job": job, "of_execution": of} for job, of in sorted(book.cancelled)]
    )
    transaction.write(_remove, [{"of_name": name} for name in book.timers])
    transaction.write(insert(timers), list(book.timers.values()))
    transaction.write(_forget_duration, [{"of_job": job, "at": at} for job, at in book.durations])
    transaction.write(
        insert(durations),
        [{"job": job, "ended": at, "duration": it} for (job, at), it in book.durations.items()],
    )


def fired(transaction: Transaction, names: Sequence[str]) -> set[str]:
    """Remove the timers of these names and tell which of them there were."""
    if not names:
        return set()
    statement = delete(timers).where(timers.c.name.in_(bindparam("names", expanding=True)))
    found = transaction.rows(statement.returning(timers.c.name), names=sorted(set(names)))
    return {row.name for row in found}


class Timers:
    """What fires later. Starting and cancelling are part of ingestion."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def claim(self, limit: int = 100) -> list[DueTimer]:
        """Give the due timers, oldest first, to one caller only for the next 6 s.

        Fire them by ingesting with `fired=name`: that removes the timer in the same commit, and
        does nothing when the run has ended meanwhile.
        """
        return await self._writer.submit(_CLAIM, limit)

    async def cancel(self, name: str) -> bool:
        """Remove a timer; tells whether there was one."""
        return bool(await self._writer.run(lambda t: fired(t, [key(name)])))

    async def next_due_seconds(self) -> float | None:
        """Give the seconds until the next timer is due (negative: overdue), None without any."""

        def look(transaction: Transaction) -> float | None:
            due = transaction.rows(select(func.min(timers.c.due)))[0][0]
            return None if due is None else (due - transaction.now) / 1_000_000

        return await self._reader.run(look)


_due = (
    select(timers.c.name)
    .where(timers.c.due <= bindparam("now"), timers.c.lease <= bindparam("now"))
    .order_by(timers.c.due)
    .limit(bindparam("at_most"))
)
_claim = (
    update(timers)
    .where(timers.c.name.in_(_due))
    .values(lease=bindparam("until"))
    .returning(timers.c.name, timers.c.job, timers.c.due, timers.c.body)
)


def _claim_timers(transaction: Transaction, limits: Sequence[int]) -> list[list[DueTimer]]:
    now = transaction.now
    return [
        [
            DueTimer(row.name, row.job, instant(row.due), load(row.body))
            for row in sorted(
                transaction.rows(_claim, now=now, until=now + LEASE, at_most=limit),
                key=lambda row: (row.due, row.name),
            )
        ]
        for limit in limits
    ]


_CLAIM = Kind("claim timers", _claim_timers, rank=2)


def reset_timers(transaction: Transaction) -> None:
    """Let every due timer be claimed at once: nobody else is running."""
    transaction.change(update(timers).values(lease=0))


class Runs:
    """What is known about runs of jobs."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def durations(self, job: str, limit: int = AVERAGED) -> list[float]:
        """Give the seconds that the job's last successful runs took, newest first."""
        statement = (
            select(durations.c.duration)
            .where(durations.c.job == key(job))
            .order_by(durations.c.ended.desc())
            .limit(limit)
        )
        found = await self._reader.run(lambda t: t.rows(statement))
        return [row.duration / 1_000_000 for row in found]

    async def going(self, limit: int = 1000) -> list[OpenRun]:
        """Give the runs that have started and not ended, newest first."""
        statement = select(runs).where(text(GOING)).order_by(runs.c.started.desc()).limit(limit)
        found = await self._reader.run(lambda t: t.rows(statement))
        return [
            OpenRun(row.job, row.execution or None, row.started, row.channel, row.ts)
            for row in found
        ]
