"""Which end ends which run, what it took, and what an end does that comes after the alarm."""

import itertools
from datetime import timedelta

import pytest

from bot.ledger import EntryState, Timer, Verdict
from bot.model import Condition
from bot.store import Store
from tests.store.builders import RESOLVE, ShiftedClock, end, event, message, seq, start


def timer(clock: ShiftedClock, after: float = 60, name: str = "timer") -> Timer:
    return Timer(name, clock.now() + timedelta(seconds=after), {"rule": "r"})


async def timed(store: Store) -> bool:
    return await store.timers.next_due_seconds() is not None


@pytest.mark.parametrize(
    ("of_start", "of_end"),
    [
        pytest.param(None, "7", id="only the end names the run"),
        pytest.param("7", None, id="only the start names the run"),
    ],
)
async def test_run_named_at_one_end_only_ends(
    sqlite: Store, clock: ShiftedClock, of_start: str | None, of_end: str | None
) -> None:
    await sqlite.messages.ingest(start(1, of_start, timer(clock)))
    assert await timed(sqlite)
    await sqlite.messages.ingest(end(5, of_end))

    assert not await timed(sqlite)
    assert await sqlite.runs.going() == []
    assert await sqlite.runs.durations("load") == [4.0]


@pytest.mark.parametrize(
    ("of_start", "of_end"), [pytest.param(None, "7", id="end"), pytest.param("7", None, id="start")]
)
async def test_run_named_at_one_end_only_makes_no_timer_when_its_end_came_first(
    sqlite: Store, clock: ShiftedClock, of_start: str | None, of_end: str | None
) -> None:
    await sqlite.messages.ingest(end(5, of_end))
    await sqlite.messages.ingest(start(1, of_start, timer(clock)))

    assert not await timed(sqlite)
    assert await sqlite.runs.going() == []
    assert await sqlite.runs.durations("load") == [4.0]


async def test_named_end_with_its_own_start_leaves_other_runs_alone(
    sqlite: Store, clock: ShiftedClock
) -> None:
    await sqlite.messages.ingest(start(1, None, timer(clock, name="nameless")))
    await sqlite.messages.ingest(start(2, "7", timer(clock, name="seven")))
    await sqlite.messages.ingest(end(3, "7"))

    assert [run.execution_id for run in await sqlite.runs.going()] == [None]
    assert await timed(sqlite)


async def test_named_start_after_the_end_of_another_named_run_goes_on(
    sqlite: Store, clock: ShiftedClock
) -> None:
    """Catch-up reads newest first: the end of one run comes before the start of the next."""
    await sqlite.messages.ingest(end(5, "7"))
    await sqlite.messages.ingest(start(4, "8", timer(clock)))
    await sqlite.messages.ingest(start(1, "7", timer(clock, name="seven")))

    assert [run.execution_id for run in await sqlite.runs.going()] == ["8"]
    assert await sqlite.runs.durations("load") == [4.0]


async def test_seen_duration_counts_more_than_a_reported_one(sqlite: Store) -> None:
    await sqlite.messages.ingest(start(1, "7"))
    await sqlite.messages.ingest(end(11, "7", took=3.0))

    assert await sqlite.runs.durations("load") == [10.0]


@pytest.mark.parametrize("took", [None, 3.0])
async def test_start_that_comes_after_its_end_says_how_long_it_took(
    sqlite: Store, took: float | None
) -> None:
    await sqlite.messages.ingest(end(11, "7", took=took))
    await sqlite.messages.ingest(start(1, "7"))

    assert await sqlite.runs.durations("load") == [10.0]


async def test_failed_run_has_no_duration_when_its_start_comes_later(sqlite: Store) -> None:
    await sqlite.messages.ingest(end(11, "7", succeeded=False))
    await sqlite.messages.ingest(start(1, "7"))

    assert await sqlite.runs.durations("load") == []


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_alert_of_a_long_run_is_resolved_in_any_order_of_arrival(
    sqlite: Store, clock: ShiftedClock, order: tuple[int, ...]
) -> None:
    """The end is older in Slack than the timer's due time, and may arrive before or after it."""
    story = [
        start(1, "7", timer(clock, -1)),
        message(1, event(rule="r"), condition=Condition.AVG_DURATION, fired="timer", at=60),
        end(50, "7", events=(event(RESOLVE, rule="r"),)),
    ]
    for step in order:
        await sqlite.messages.ingest(story[step])
    while claimed := await sqlite.outbox.claim(9, 9):
        for each in claimed:
            await sqlite.outbox.settle_sent(each)

    sent = [entry.action for entry in await sqlite.entries.find([EntryState.SENT])]
    assert sent[-1] is RESOLVE
    assert await sqlite.entries.find([EntryState.SUPERSEDED]) == []
    assert await sqlite.messages.open_alerts() == []


async def test_resolve_of_a_late_end_says_that_the_alert_was_open(
    sqlite: Store, clock: ShiftedClock
) -> None:
    await sqlite.messages.ingest(start(1, "7", timer(clock, -1)))
    fired = message(1, event(rule="r"), condition=Condition.AVG_DURATION, fired="timer", at=60)
    await sqlite.messages.ingest(fired)
    late = end(50, "7", events=(event(RESOLVE, rule="r"),))
    assert (await sqlite.messages.ingest(late)).entries == (EntryState.PENDING,)

    (resolve,) = [e for e in await sqlite.entries.find() if e.action is RESOLVE]
    assert (resolve.was_open, resolve.seq) == (True, seq(60) + 1)
    (stored,) = await sqlite.messages.of("C1", late.message.ts)
    assert stored.seq == seq(50)


async def test_timer_and_end_in_one_batch_cancel_each_other(
    sqlite: Store, clock: ShiftedClock
) -> None:
    from bot.store.messages import ingest  # noqa: PLC0415 - one commit of two messages

    await sqlite.messages.ingest(start(1, "7", timer(clock, -1)))
    fired = message(1, event(rule="r"), condition=Condition.AVG_DURATION, fired="timer", at=60)
    over = end(50, "7", events=(event(RESOLVE, rule="r"),))
    both = await sqlite.run(lambda transaction: ingest(transaction, [fired, over]))

    assert [each.verdict for each in both] == [Verdict.CANCELLED, Verdict.STORED]
    assert [entry.action for entry in await sqlite.entries.find()] == [RESOLVE]


async def test_end_without_a_name_took_as_long_as_the_newest_run_that_it_ends(
    store: Store,
) -> None:
    """The end of the other one was never seen: its days say nothing about the job."""
    await store.messages.ingest(start(1, "lost"))
    await store.messages.ingest(start(100_000, "8"))
    await store.messages.ingest(start(50_000, "lost, too"))
    await store.messages.ingest(end(100_010, None))

    assert await store.runs.going() == []
    assert await store.runs.durations("load") == [10.0]
