"""Mutes are kept by job, end by themselves or by somebody, and survive."""

from datetime import timedelta

import pytest

from bot.ledger import Mute
from bot.store import Store, open_store
from tests.store.builders import ShiftedClock, end, event, message

HOUR = 3_600_000_000


async def test_mute_is_kept_and_read_by_another_one(
    store: Store, url: str, clock: ShiftedClock
) -> None:
    await store.mutes.put(Mute("load", 0, HOUR, "Ann"))

    other = await open_store(url, clock=clock, lock=False)
    try:
        assert await other.mutes.all() == [Mute("load", 0, HOUR, "Ann")]
    finally:
        await other.close()


@pytest.mark.parametrize(
    ("again", "since"),
    [
        pytest.param(HOUR // 2, 0, id="while it goes on it began when it began"),
        pytest.param(HOUR * 2, HOUR * 2, id="after its end it is another one"),
    ],
)
async def test_later_word_counts(store: Store, again: int, since: int) -> None:
    await store.mutes.put(Mute("load", 0, HOUR, "Ann"))

    await store.mutes.put(Mute("load", again, 3 * HOUR, "Bob"))

    assert await store.mutes.all() == [Mute("load", since, 3 * HOUR, "Bob")]


async def test_it_ends_when_somebody_says_so(store: Store) -> None:
    await store.mutes.put(Mute("load", 0, HOUR, "Ann"))

    assert not await store.mutes.end("other", 1)
    assert await store.mutes.end("load", HOUR // 2)
    assert await store.mutes.all() == [Mute("load", 0, HOUR // 2, "Ann")]
    assert not await store.mutes.end("load", HOUR // 2)


async def test_name_that_is_too_long_for_a_key_is_found_again(store: Store) -> None:
    job = "x" * 255
    await store.mutes.put(Mute(job, 0, HOUR, "Ann"))

    (mute,) = await store.mutes.all()
    assert mute.job == store.mutes.name_of(job) == store.mutes.name_of(mute.job)
    assert await store.mutes.end(mute.job, 1)


async def test_jobs_are_those_whose_runs_are_known(store: Store) -> None:
    assert await store.mutes.jobs() == []
    for number in range(3):
        await store.messages.ingest(end(number, str(number), job="b"))
    await store.messages.ingest(end(4, job="a"))
    await store.messages.ingest(message(5, event(), job="never ran"))

    assert await store.mutes.jobs() == ["a", "b"]


async def test_old_ones_are_forgotten(store: Store, clock: ShiftedClock) -> None:
    now = clock.now()
    await store.mutes.put(Mute("load", 0, round(now.timestamp() * 1_000_000), "Ann"))

    assert await store.retention.sweep() == {}
    clock.ahead += timedelta(days=91).total_seconds()
    assert await store.retention.sweep() == {"mutes": 1}
