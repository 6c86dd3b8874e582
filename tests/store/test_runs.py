"""Runs may end before they start; timers fire once; averages count successes."""

import asyncio
import itertools
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.event import listen, remove

from bot.ledger import RunChange, RunStep, Timer, Verdict
from bot.model import Condition
from bot.store import Store, open_store
from tests.store.builders import ShiftedClock, end, event, message, seq, start


def timer(clock: ShiftedClock, after: float = 60, name: str = "timer") -> Timer:
    return Timer(name, clock.now() + timedelta(seconds=after), {"rule": "r"})


async def test_a_timer_fires_when_it_is_due_and_once(store: Store, clock: ShiftedClock) -> None:
    await store.messages.ingest(start(1, "7", timer(clock)))
    assert await store.timers.claim() == []
    due = await store.timers.next_due_seconds()
    assert due is not None
    assert 30 < due <= 60
    clock.ahead += 61
    both = await asyncio.gather(store.timers.claim(), store.timers.claim())
    ((due_timer,),) = [claimed for claimed in both if claimed]
    assert (due_timer.name, due_timer.job, due_timer.body) == ("timer", "load", {"rule": "r"})
    fired = message(1, event(), condition=Condition.AVG_DURATION, fired=due_timer.name)
    assert (await store.messages.ingest(fired)).verdict is Verdict.STORED
    assert (await store.messages.ingest(fired)).verdict is Verdict.KNOWN
    assert await store.timers.next_due_seconds() is None


async def test_a_timer_whose_claimer_died_is_claimed_again(
    store: Store, clock: ShiftedClock
) -> None:
    await store.messages.ingest(start(1, "7", timer(clock, 0)))
    clock.ahead += 1
    assert len(await store.timers.claim()) == 1
    clock.ahead += 7
    assert len(await store.timers.claim()) == 1


async def test_a_restart_of_sqlite_frees_claimed_timers(
    sqlite_url: str, clock: ShiftedClock
) -> None:
    for _ in range(2):
        store = await open_store(sqlite_url, clock=clock, ballast_bytes=0)
        await store.messages.ingest(start(1, "7", timer(clock, -1)))
        assert len(await store.timers.claim()) == 1
        await store.close()


async def test_the_end_of_the_run_cancels_its_timer(store: Store, clock: ShiftedClock) -> None:
    await store.messages.ingest(start(1, "7", timer(clock, 0)))
    clock.ahead += 1
    (due,) = await store.timers.claim()
    await store.messages.ingest(end(2, "7"))
    fired = message(1, event(), condition=Condition.AVG_DURATION, fired=due.name)
    assert (await store.messages.ingest(fired)).verdict is Verdict.CANCELLED
    assert await store.entries.find() == []


async def test_an_end_before_its_start_makes_no_timer(store: Store, clock: ShiftedClock) -> None:
    await store.messages.ingest(end(2, "7"))
    await store.messages.ingest(start(1, "7", timer(clock)))
    assert await store.timers.next_due_seconds() is None
    assert await store.runs.going() == []


@pytest.mark.parametrize("execution", ["7", None])
async def test_a_restarted_run_replaces_the_timer(
    store: Store, clock: ShiftedClock, execution: str | None
) -> None:
    await store.messages.ingest(start(1, execution, timer(clock, 10, "first")))
    await store.messages.ingest(start(2, execution, timer(clock, 10, "second")))
    clock.ahead += 11
    assert [each.name for each in await store.timers.claim()] == ["second"]
    (run,) = await store.runs.going()
    assert (run.started_seq, run.execution_id, run.ts) == (seq(2), execution, "1700000002.000000")


async def test_an_older_start_or_end_changes_nothing(store: Store, clock: ShiftedClock) -> None:
    """The end of the run before must not cancel the timer of this one."""
    await store.messages.ingest(start(5, "7", timer(clock, 10, "now")))
    await store.messages.ingest(start(3, "7", timer(clock, 10, "before")))
    await store.messages.ingest(end(4, "7"))
    clock.ahead += 11
    assert [each.name for each in await store.timers.claim()] == ["now"]


async def test_two_runs_of_a_job_have_a_timer_each(store: Store, clock: ShiftedClock) -> None:
    await store.messages.ingest(start(1, "7", timer(clock, 10, "seven")))
    await store.messages.ingest(start(2, "8", timer(clock, 10, "eight")))
    await store.messages.ingest(end(3, "7"))
    clock.ahead += 11
    assert [each.name for each in await store.timers.claim()] == ["eight"]


async def test_a_timer_is_one_by_its_name(store: Store, clock: ShiftedClock) -> None:
    await store.messages.ingest(start(1, "7", timer(clock, 10), timer(clock, 20)))
    clock.ahead += 30
    assert len(await store.timers.claim()) == 1
    assert await store.timers.cancel("timer")
    assert not await store.timers.cancel("timer")


async def test_durations_are_those_of_the_last_twenty_successes(store: Store) -> None:
    for number in range(25):
        await store.messages.ingest(start(number * 10, f"{number}"))
        await store.messages.ingest(end(number * 10 + number / 10, f"{number}"))
    await store.messages.ingest(end(990, "a", took=1.0, succeeded=False))
    await store.messages.ingest(end(991, "b", took=1.0, job="other"))
    found = await store.runs.durations("load")
    assert found == [pytest.approx(number / 10) for number in range(24, 4, -1)]


async def test_a_reported_duration_counts_without_a_start(store: Store) -> None:
    await store.messages.ingest(end(1, None, took=123.5))
    await store.messages.ingest(end(2, None))
    assert await store.runs.durations("load") == [123.5]


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0, 1e300])
async def test_an_absurd_duration_is_left_out(sqlite: Store, seconds: float) -> None:
    await sqlite.messages.ingest(end(1, "7", took=seconds))
    assert await sqlite.runs.durations("load") == []


async def test_two_ends_at_one_instant_are_one_duration(sqlite: Store) -> None:
    await sqlite.messages.ingest(end(1, "7", took=1.0))
    await sqlite.messages.ingest(end(1, "8", took=2.0, channel="C2"))
    assert await sqlite.runs.durations("load") == [2.0]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
async def test_any_order_of_arrival_ends_with_the_same_run_going(
    sqlite: Store, clock: ShiftedClock, order: tuple[int, ...]
) -> None:
    """Started, ended, started again, still going; and another one that is over."""
    story = [
        start(1, None, timer(clock, 5, "first")),
        end(2, None),
        start(3, None, timer(clock, 5, "second")),
        end(1.5, "other"),
    ]
    for step in order:
        await sqlite.messages.ingest(story[step])
    clock.ahead += 6
    assert [each.name for each in await sqlite.timers.claim()] == ["second"]
    assert [run.started_seq for run in await sqlite.runs.going()] == [seq(3)]


async def test_a_large_past_is_looked_up_and_never_read_through(sqlite: Store) -> None:
    plans: list[str] = []

    def explain(_connection: Any, cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            found = cursor.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", values)
            plans.extend(row[3] for row in found)

    engine = sqlite.writer._link._engine
    listen(engine, "before_cursor_execute", explain)
    await sqlite.messages.ingest(message(5, event(), run=RunChange(RunStep.END, "1")))
    await sqlite.messages.ingest(message(4, event(), run=RunChange(RunStep.START, "2")))
    remove(engine, "before_cursor_execute", explain)
    assert len(plans) > 10
    assert [plan for plan in plans if plan.startswith("SCAN") and "CONSTANT" not in plan] == []
