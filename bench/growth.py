"""A healthy lane beside a large past and lanes that back off, against an empty database.

1,000,000 past runs, and 100,000 pending entries in 20 lanes whose heads wait for their next
attempt. Measured is what a message costs from its ingestion to the settling of its event: the
store alone, one message after the other, empty and full in turns.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import insert, update

from bench.store import message
from bot.clock import SystemClock
from bot.store import Store, open_store
from bot.store.database import Transaction
from bot.store.schema import lanes, outbox, runs

RUNS = 1_000_000
PENDING = 100_000
BACKING_OFF = 20
CHUNK = 20_000
COUNT = 300
ROUNDS = 5
FAR = 4_000_000_000_000_000  # an instant that never comes


def _past_run(number: int) -> dict[str, Any]:
    at = 1_600_000_000_000_000 + number * 1000
    return {
        "job": f"past job {number % 5_000}", "execution": f"{number}", "started": at,
        "ended": at + 9, "touched": at, "channel": "C0", "ts": "1600000000.000000",
    }  # fmt: skip


def _pending(number: int) -> dict[str, Any]:
    lane, body = f"env:SICK sick-{number % BACKING_OFF}", '{"payload":{"x":"' + "x" * 400 + '"}}'
    is_head = number < BACKING_OFF
    return {
        "lane": lane, "seq": 1_700_000_000_000_000 + number, "ordinal": 0, "state": "pending",
        "due": FAR if is_head else 0, "attempts": int(is_head), "doubts": 0,
        "action": "trigger", "rule": "r", "job": lane, "key_ref": "env:SICK",
        "dedup_key": lane[9:], "body": body,
        "error": "HTTP 500" if is_head else None, "hold": None, "was_open": False, "team": "T0",
        "channel": "C9", "ts": f"{1_700_000_000 + number}.000000", "condition": "failure",
        "created": 1_700_000_000_000_000, "settled": None,
    }  # fmt: skip


async def fill(store: Store) -> None:
    """Write the past and the backlog."""

    def write(table: Any, rows: list[dict[str, Any]]) -> Any:
        def do(transaction: Transaction) -> None:
            transaction.write(insert(table), rows)

        return do

    for at in range(0, RUNS, CHUNK):
        await store.run(write(runs, [_past_run(number) for number in range(at, at + CHUNK)]))
    for at in range(0, PENDING, CHUNK):
        await store.run(write(outbox, [_pending(number) for number in range(at, at + CHUNK)]))
    rows = [
        {"lane": f"env:SICK sick-{n}", "key_ref": "env:SICK", "due": FAR, "retrying": 1,
         "sent_seq": 0, "sent_ordinal": 0, "newest_seq": 1_700_000_000_000_000 + PENDING}
        for n in range(BACKING_OFF)
    ]  # fmt: skip
    await store.run(write(lanes, rows))


async def due_now(store: Store) -> None:
    """Let the backing-off lanes look due: their heads are not, so a claim must pass them over."""
    statement = update(lanes).where(lanes.c.key_ref == "env:SICK").values(due=0)
    await store.run(lambda t: t.change(statement))


async def one_by_one(store: Store, first: int) -> list[float]:
    """Ingest, claim and settle one message after the other; gives milliseconds each."""
    took = []
    for number in range(first, first + COUNT):
        started = time.perf_counter()
        await store.messages.ingest(message(number, with_run=True))
        for claimed in await store.outbox.claim(64, 16):
            await store.outbox.settle_sent(claimed)
        took.append((time.perf_counter() - started) * 1000)
    return took


async def measure(folder: Path) -> None:
    """Print both, and their ratio."""
    stores = {
        name: await open_store(
            f"sqlite:///{folder}/{name}.db", clock=SystemClock(), ballast_bytes=0
        )
        for name in ("empty", "full")
    }
    started = time.perf_counter()
    await fill(stores["full"])
    seconds = time.perf_counter() - started
    print(f"  {RUNS:,} runs, {PENDING:,} pending entries written in {seconds:.0f} s")
    took: dict[str, list[float]] = {name: [] for name in stores}
    for turn in range(ROUNDS):
        for name, store in stores.items():
            took[name] += await one_by_one(store, turn * COUNT)
    await due_now(stores["full"])
    took["full, due"] = await one_by_one(stores["full"], ROUNDS * COUNT)
    for name, found in took.items():
        ratio = statistics.median(found) / statistics.median(took["empty"])
        p99 = statistics.quantiles(found, n=100)[98]
        print(
            f"  {name:10} p50 {statistics.median(found):5.2f} ms  p99 {p99:6.2f} ms"
            f"  {ratio:4.2f} x the empty one (goal 1.1)"
        )
    for store in stores.values():
        await store.close()


def main() -> None:
    """Measure on SQLite."""
    print("ingest, claim and settle of one message in a healthy lane")
    with tempfile.TemporaryDirectory(dir=".") as folder:
        asyncio.run(measure(Path(folder)))


if __name__ == "__main__":
    main()
