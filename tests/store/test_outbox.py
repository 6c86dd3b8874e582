"""Claim and settle: at most one entry a lane, in order, fenced."""

import asyncio
from contextlib import suppress

import pytest

from bot.ledger import Claimed, EntryState
from bot.store import Store, open_store
from tests.store.builders import ACKNOWLEDGE, RESOLVE, TRIGGER, ShiftedClock, event, message, seq
from tests.store.steps import steps


async def put(store: Store, second: float, lane: str = "load") -> None:
    await store.messages.ingest(message(second, event(dedup=lane), job=lane))


async def take(store: Store, limit: int = 10, retries: int = 10) -> list[str]:
    return [each.dedup_key for each in await store.outbox.claim(limit, retries)]


async def only(store: Store) -> Claimed:
    (claimed,) = await store.outbox.claim(10, 10)
    return claimed


async def state_of(store: Store, entry_id: int) -> EntryState:
    return (await store.entries.show(entry_id)).state


async def test_one_entry_of_a_lane_is_in_flight_at_a_time(store: Store) -> None:
    await put(store, 1)
    await put(store, 2)
    first = await only(store)
    assert first.seq == seq(1)
    assert await take(store) == []
    assert await store.outbox.settle_sent(first)
    assert (await only(store)).seq == seq(2)


async def test_a_retry_waits_with_its_lane_and_leaves_others_alone(
    store: Store, clock: ShiftedClock
) -> None:
    await put(store, 1, "a")
    await put(store, 2, "a")
    first = await only(store)
    assert await store.outbox.settle_retry(first, 30, "HTTP 500")
    await put(store, 3, "b")
    assert await take(store) == ["b"]
    clock.ahead += 31
    again = [each for each in await store.outbox.claim(10, 10) if each.lane == first.lane]
    assert [(each.id, each.attempts) for each in again] == [(first.id, 2)]


async def test_a_lost_lease_is_claimed_again_and_the_late_settler_is_fenced(
    store: Store, clock: ShiftedClock
) -> None:
    await put(store, 1)
    first = await only(store)
    clock.ahead += 7
    second = await only(store)
    assert (second.id, second.attempts) == (first.id, 2)
    for settled in (
        store.outbox.settle_sent(first),
        store.outbox.settle_retry(first, 1, "x"),
        store.outbox.abandon(first, "x"),
        store.outbox.block(first, "x"),
    ):
        assert not await settled
    assert await store.outbox.settle_sent(second)
    assert not await store.outbox.settle_sent(second)


async def test_an_abandoned_entry_lets_its_lane_go_on(store: Store) -> None:
    await put(store, 1)
    await put(store, 2)
    first = await only(store)
    assert await store.outbox.abandon(first, "HTTP 400: invalid key " + "x" * 5000)
    assert (await only(store)).seq == seq(2)
    (entry,) = await store.entries.find([EntryState.ABANDONED])
    assert entry.error is not None
    assert len(entry.error) == 2000
    assert entry.settled_at is not None


async def test_a_blocked_entry_holds_its_lane_until_it_is_unblocked(store: Store) -> None:
    await put(store, 1)
    await put(store, 2)
    first = await only(store)
    assert await store.outbox.block(first, "env:K is not set")
    assert await take(store) == []
    assert await store.entries.unblock("env:OTHER") == 0
    assert await store.entries.unblock("env:K") == 1
    assert (await only(store)).id == first.id
    assert await store.entries.unblock() == 0


async def test_a_paused_key_leaves_other_keys_alone(store: Store, clock: ShiftedClock) -> None:
    await store.messages.ingest(message(1, event(dedup="a", key_ref="env:A"), job="a"))
    await store.messages.ingest(message(2, event(dedup="b", key_ref="env:B"), job="b"))
    await store.outbox.pause("env:A", 60)
    await store.outbox.pause("env:A", 1)  # a shorter one does not shorten it
    assert await take(store) == ["b"]
    assert (await store.stats()).paused_keys == 1
    clock.ahead += 30
    assert "a" not in await take(store)
    clock.ahead += 31
    assert "a" in await take(store)


async def test_fresh_lanes_come_first_and_retries_get_their_share_only(
    store: Store, clock: ShiftedClock
) -> None:
    for number in range(4):
        await put(store, number, f"old {number}")
    for each in await store.outbox.claim(10, 10):
        await store.outbox.settle_retry(each, 0, "HTTP 500")
    for number in range(4):
        await put(store, 10 + number, f"new {number}")
    clock.ahead += 1
    got = await take(store, limit=6, retries=1)
    assert got[:4] == [f"new {number}" for number in range(4)]
    assert len(got) == 5
    assert len(await take(store, limit=2, retries=9)) == 2
    assert (await store.stats()).retrying_lanes == 4


async def test_a_trigger_that_waits_for_another_attempt_goes_before_its_resolve(
    store: Store, clock: ShiftedClock
) -> None:
    await put(store, 1)
    first = await only(store)
    await store.outbox.settle_retry(first, 100, "HTTP 500")
    await store.messages.ingest(message(2, event(RESOLVE)))
    clock.ahead += 50
    assert await take(store) == []
    clock.ahead += 51
    assert (await only(store)).action is TRIGGER


async def test_what_arrives_late_waits_for_what_is_in_flight_and_is_superseded(
    store: Store,
) -> None:
    await store.messages.ingest(message(2, event(RESOLVE)))
    newer = await only(store)
    await put(store, 1)
    assert await take(store) == []
    await store.outbox.settle_sent(newer)
    assert await take(store) == []
    (late,) = await store.entries.find([EntryState.SUPERSEDED])
    assert late.seq == seq(1)
    assert await take(store) == []


LOST, DOUBTFUL, REFUSED = "lost", "doubtful", "refused"


async def end(store: Store, claimed: Claimed, clock: ShiftedClock, how: str) -> None:
    """Let an attempt end without success, and the time pass until the next one."""
    if how != LOST:
        outbox = store.outbox
        assert await outbox.settle_retry(claimed, 5, "why", is_doubtful=how == DOUBTFUL)
    clock.ahead += 7


@pytest.mark.parametrize(
    "attempts", [(LOST,), (DOUBTFUL,), (LOST, REFUSED), (DOUBTFUL, LOST), (REFUSED, LOST)]
)
async def test_nothing_leaves_between_what_may_have_been_taken_and_its_repetition(
    store: Store, clock: ShiftedClock, attempts: tuple[str, ...]
) -> None:
    """PagerDuty may have taken a resolve: an older trigger that turns up now is too late."""
    await store.messages.ingest(message(2, event(RESOLVE)))
    for how in attempts:
        await end(store, await only(store), clock, how)
    await put(store, 1)
    again = await only(store)
    assert (again.seq, again.attempts) == (seq(2), len(attempts) + 1)
    assert await store.outbox.settle_sent(again)
    assert await take(store) == []
    (late,) = await store.entries.find([EntryState.SUPERSEDED])
    assert late.seq == seq(1)


async def test_what_was_refused_leaves_after_what_is_older_and_turns_up_late(
    store: Store, clock: ShiftedClock
) -> None:
    await store.messages.ingest(message(2, event(RESOLVE)))
    await end(store, await only(store), clock, REFUSED)
    await put(store, 1)
    assert (await only(store)).seq == seq(1)


async def test_what_may_have_been_taken_comes_first_also_after_a_crash(
    sqlite_url: str, clock: ShiftedClock
) -> None:
    before = await open_store(sqlite_url, clock=clock, ballast_bytes=0)
    await before.messages.ingest(message(2, event(RESOLVE)))
    await only(before)
    await put(before, 1)
    await before.close()
    after = await open_store(sqlite_url, clock=clock, ballast_bytes=0)
    assert (await only(after)).seq == seq(2)
    await after.close()


async def test_an_acknowledgement_does_not_supersede(store: Store) -> None:
    await store.messages.ingest(message(2, event(ACKNOWLEDGE)))
    acknowledgement = await only(store)
    await put(store, 1)
    await store.outbox.settle_sent(acknowledgement)
    assert (await only(store)).action is TRIGGER


async def test_the_next_due_instant_is_known(store: Store) -> None:
    assert await store.outbox.next_due_seconds() is None
    await put(store, 1)
    due = await store.outbox.next_due_seconds()
    assert due is not None
    assert due <= 0
    await store.outbox.settle_retry(await only(store), 100, "x")
    due = await store.outbox.next_due_seconds()
    assert due is not None
    assert 90 < due <= 100


async def test_two_claims_in_one_commit_never_share_an_entry(store: Store) -> None:
    for number in range(10):
        await put(store, number, f"lane {number}")
    claims = await asyncio.gather(*(store.outbox.claim(4, 0) for _ in range(5)))
    ids = [each.id for claimed in claims for each in claimed]
    assert len(ids) == len(set(ids)) == 10


async def test_a_start_of_sqlite_frees_what_was_in_flight(
    sqlite_url: str, clock: ShiftedClock
) -> None:
    first = await open_store(sqlite_url, clock=clock, ballast_bytes=0)
    await put(first, 1)
    claimed = await only(first)
    await first.close()
    second = await open_store(sqlite_url, clock=clock, ballast_bytes=0)
    try:
        again = await only(second)
        assert (again.id, again.attempts) == (claimed.id, 2)
        assert not await second.outbox.settle_sent(claimed)
    finally:
        await second.close()


async def test_another_replica_takes_over_when_the_lease_ends(
    postgres_url: str, clock: ShiftedClock
) -> None:
    first = await open_store(postgres_url, clock=clock)
    second = await open_store(postgres_url, clock=clock)
    try:
        await put(first, 1)
        claimed = await only(first)
        assert await take(second) == []
        clock.ahead += 7
        assert (await only(second)).id == claimed.id
    finally:
        await first.close()
        await second.close()


@pytest.mark.parametrize("rows", [3000])
async def test_waiting_entries_do_not_slow_other_lanes_down(sqlite: Store, rows: int) -> None:
    """SQLite answers a claim through indexes: the steps do not grow with what waits."""

    async def steps() -> int:
        counted = 0

        def count() -> int:
            nonlocal counted
            counted += 1
            return 0

        def watch(transaction: object) -> None:
            raw = transaction.connection.connection.dbapi_connection  # type: ignore[attr-defined]
            raw.set_progress_handler(count, 100)

        await sqlite.run(watch)
        (healthy,) = await sqlite.outbox.claim(1, 0)
        await sqlite.outbox.settle_sent(healthy)
        return counted

    await put(sqlite, 1, "healthy")
    empty = await steps()
    await asyncio.gather(*(put(sqlite, 2 + n / 1000, f"bad {n % 20}") for n in range(rows)))
    for each in await sqlite.outbox.claim(20, 0):
        await sqlite.outbox.settle_retry(each, 3600, "HTTP 500")
    await put(sqlite, 10_000, "healthy")
    assert await steps() <= empty + 20


async def test_a_claimer_that_is_cancelled_loses_its_lease_only(
    store: Store, clock: ShiftedClock
) -> None:
    await put(store, 1)
    task = asyncio.ensure_future(store.outbox.claim(1, 0))
    await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await store.ping()
    clock.ahead += 7
    assert len(await take(store)) == 1


async def test_a_long_lane_is_not_read_through_for_what_is_in_doubt(sqlite: Store) -> None:
    waiting = [message(second, event()) for second in range(1_000)]
    await asyncio.gather(*map(sqlite.messages.ingest, waiting))
    with steps(sqlite.writer._link) as taken:
        (claimed,) = await sqlite.outbox.claim(1, 0)
        await sqlite.outbox.settle_sent(claimed)
    assert taken[0] < 2_000
