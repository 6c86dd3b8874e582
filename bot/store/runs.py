"""Runs of jobs, their timers, and how long successful ones took; `run_book` decides about them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import bindparam, delete, func, insert, select, text, update

from bot.ledger import DueTimer, Ingestion, OpenRun, RunStep, instant
from bot.model import Condition
from bot.store.database import Transaction
from bot.store.reader import Reader
from bot.store.run_book import NAMELESS, Run, RunBook, RunKey, run_of, runs_around
from bot.store.schema import GOING, durations, messages, runs, timers
from bot.store.text import key, load
from bot.store.writer import Kind, Writer

AVERAGED = 20
LEASE = 6_000_000
"""Microseconds that somebody has to fire a timer before another one may."""

_load = select(runs).where(
    runs.c.job.in_(bindparam("jobs", expanding=True)),
    runs.c.execution.in_(bindparam("executions", expanding=True)),
)
_going = select(runs).where(runs.c.job.in_(bindparam("jobs", expanding=True)), text(GOING))
_reports = (
    select(messages.c.channel, messages.c.ts, func.max(messages.c.seq).label("newest"))
    .where(
        messages.c.ts.in_(bindparam("ts", expanding=True)),
        messages.c.condition == bindparam("condition"),
    )
    .group_by(messages.c.channel, messages.c.ts)
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
_measure = (
    update(durations)
    .where(durations.c.job == bindparam("of_job"), durations.c.ended == bindparam("at"))
    .values(duration=bindparam("took"))
)
_remove = delete(timers).where(timers.c.name == bindparam("of_name"))


def load_runs(transaction: Transaction, ingestions: Sequence[Ingestion]) -> RunBook:
    """Load the runs that these messages are about."""
    names = {name for each in ingestions for name in runs_around(each)}
    if not names:
        return RunBook()
    # Two lists, not one of pairs: for pairs SQLite reads the whole table.
    jobs, executions = sorted({job for job, _ in names}), sorted({of for _, of in names})
    found = [
        row
        for row in transaction.rows(_load, jobs=jobs, executions=executions)
        if (row.job, row.execution) in names
    ]
    if jobs := sorted({name[0] for name in map(_nameless_end, ingestions) if name}):
        found += transaction.rows(_going, jobs=jobs)
    return RunBook(
        {
            (row.job, row.execution): Run(row.started, row.ended, row.channel, row.ts)
            for row in found
        }
    )


def _nameless_end(ingestion: Ingestion) -> RunKey | None:
    """Give the job of an end that names no run: it ends whatever goes on."""
    name, change = run_of(ingestion), ingestion.run
    is_one = change is not None and change.step is RunStep.END and name and name[1] == NAMELESS
    return name if is_one else None


def placed(
    transaction: Transaction, book: RunBook, ingestions: Iterable[Ingestion]
) -> list[Ingestion]:
    """Give the end of a run its place behind what the bot itself has reported of that run.

    The report stands at the timer's due time. An end that is older in Slack, and arrived after the
    timer had fired, would be superseded by it, and the alert would stay open for good.
    """
    started = {
        id(each): [(run.channel, run.ts) for run in map(book.runs.__getitem__, book.ended_by(each))]
        for each in ingestions
    }
    ts = sorted({ts for places in started.values() for _, ts in places})
    reported: Mapping[tuple[str, str], int] = {}
    if ts:
        rows = transaction.rows(_reports, ts=ts, condition=Condition.AVG_DURATION)
        reported = {(row.channel, row.ts): row.newest for row in rows}
    return [
        replace(each, seq=max([each.seq, *(reported.get(at, -1) + 1 for at in started[id(each)])]))
        for each in ingestions
    ]


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
    # Only a success has a row there: a start that came after its end says how long it took.
    transaction.write(
        _measure,
        [{"of_job": job, "at": at, "took": it} for (job, at), it in book.measured.items()],
    )


def fired(transaction: Transaction, names: Sequence[str]) -> dict[str, RunKey]:
    """Remove the timers of these names; gives those that there were, with their runs."""
    if not names:
        return {}
    statement = delete(timers).where(timers.c.name.in_(bindparam("names", expanding=True)))
    found = transaction.rows(
        statement.returning(timers.c.name, timers.c.job, timers.c.execution),
        names=sorted(set(names)),
    )
    return {row.name: (row.job, row.execution) for row in found}


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
            .where(durations.c.job == key(job), durations.c.duration >= 0)
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
