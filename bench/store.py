"""Commits a second: the store beside raw sqlite3, which is the limit.

    python -m bench.store [postgresql://…]

Everything in this file writes with `synchronous=FULL`. Ratios within one run count, not figures:
the machines are shared, and the trial's figures beside are of another one of the kind.
"""

import asyncio
import contextlib
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from bot.clock import SystemClock
from bot.ledger import Claimed, Ingestion, MessageId, OutboxEvent, RunChange, RunStep
from bot.model import Condition, EventAction
from bot.store import Store, open_store

MESSAGES = 20_000
LANES = 50
IN_FLIGHT = 512
BODY = {
    "event_action": "trigger",
    "dedup_key": "x",
    "payload": {
        "summary": "nightly/load failed in billing",
        "source": "rundeck",
        "severity": "error",
        "custom_details": {"text": "x" * 400},
    },
}


def message(number: int, *, with_run: bool = False) -> Ingestion:
    """Make the message of a number: failures and successes of 50 jobs in turn."""
    job = f"rundeck:billing:job-{number % LANES}"
    is_failure = number // LANES % 2 == 0
    return Ingestion(
        message=MessageId(
            "T0",
            f"C{number % 7}",
            f"{1_700_000_000 + number // 1000}.{number % 1000 * 1000:06d}",
            Condition.FAILURE if is_failure else Condition.SUCCESS,
        ),
        seq=1_700_000_000_000_000 + number * 1000,
        producer="rundeck",
        job=job,
        status={"producer": "rundeck", "condition": "failure", "job": job},
        why={"rules": ["billing jobs"]},
        events=(
            OutboxEvent(
                rule="billing jobs",
                key_ref="env:BILLING_KEY",
                dedup_key=job,
                action=EventAction.TRIGGER if is_failure else EventAction.RESOLVE,
                body=BODY,
            ),
        ),
        run=RunChange(RunStep.END, str(number), succeeded=not is_failure, duration_seconds=12.5)
        if with_run
        else None,
    )


async def spread(work: Callable[[int], Awaitable[object]], count: int, at_once: int) -> float:
    """Do the work for 0..count-1 with so many at once; gives the seconds it took."""
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            await work(number)

    started = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(at_once)))
    return time.perf_counter() - started


async def relay(store: Store) -> int:
    """Claim and settle until all is sent; sending takes no time."""
    done = 0

    async def settle(claimed: Sequence[Claimed]) -> None:
        await asyncio.gather(*(store.outbox.settle_sent(each) for each in claimed))

    while claimed := await store.outbox.claim(LANES, LANES):
        await settle(claimed)
        done += len(claimed)
    return done


async def alone(store: Store, count: int) -> list[float]:
    """Measure single commits at leisure, 50 a second; gives seconds, sorted."""
    took = []
    for number in range(count):
        started = time.perf_counter()
        await store.messages.ingest(message(number))
        took.append(time.perf_counter() - started)
        await asyncio.sleep(0.02)
    return sorted(took)


async def measure(url: str, label: str) -> None:
    """Print the store's figures on one database."""
    store = await open_store(url, clock=SystemClock(), ballast_bytes=0)
    with contextlib.suppress(IndexError):
        took = await alone(store, 100)
        p50, p99 = took[50] * 1000, took[98] * 1000
        print(f"{label:<34} one message at 50/s: p50 {p50:5.2f} ms  p99 {p99:5.2f} ms")
    await relay(store)
    for with_run in (False, True):
        base = MESSAGES * (1 + with_run)
        seconds = await spread(
            lambda n, base=base, run=with_run: store.messages.ingest(
                message(base + n, with_run=run)
            ),  # type: ignore[misc]
            MESSAGES,
            IN_FLIGHT,
        )
        what = "ingest with run" if with_run else "ingest"
        print(f"{label:<34} {what:<26} {MESSAGES / seconds:>9,.0f} /s  (trial 17,455)")
        started = time.perf_counter()
        done = await relay(store)
        both = seconds + time.perf_counter() - started
        what += ", claim, settle"
        print(f"{label:<34} {what:<26} {done / both:>9,.0f} /s  (trial 8,919)")
    await store.close()


def raw(path: Path, *, group: int, count: int) -> float:
    """Insert a message and its entry with nothing in between; gives commits' worth a second."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE messages (ts, channel, team, condition, job, status, PRIMARY KEY (ts, channel, team, condition)) WITHOUT ROWID")  # fmt: skip # noqa: E501
        connection.execute("CREATE TABLE outbox (id INTEGER PRIMARY KEY, lane, seq, ordinal, state, due, body, UNIQUE (lane, seq, ordinal))")  # fmt: skip # noqa: E501
        body = json.dumps(BODY)
        started = time.perf_counter()
        for first in range(0, count, group):
            connection.execute("BEGIN IMMEDIATE")
            for number in range(first, first + group):
                it = message(number).message
                connection.execute("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?)", (it.ts, it.channel_id, it.team_id, it.condition, "job", "{}"))  # fmt: skip # noqa: E501
                connection.execute("INSERT INTO outbox (lane, seq, ordinal, state, due, body) VALUES (?, ?, 0, 'pending', 0, ?)", (f"lane {number % LANES}", number, body))  # fmt: skip # noqa: E501
            connection.execute("COMMIT")
        return count / (time.perf_counter() - started)


def main() -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        one = raw(Path(folder, "one.db"), group=1, count=2000)
        many = raw(Path(folder, "many.db"), group=IN_FLIGHT // 2, count=256 * 78)
        print(f"{'raw sqlite3':<34} {'a commit each':<26} {one:>9,.0f} /s  (trial 5,668)")
        print(f"{'raw sqlite3':<34} {'group commit':<26} {many:>9,.0f} /s  (trial 36,991)")
        asyncio.run(measure(f"sqlite:///{folder}/store.db", "store on SQLite"))
    for url in sys.argv[1:]:
        asyncio.run(measure(url, "store on PostgreSQL"))


if __name__ == "__main__":
    main()
