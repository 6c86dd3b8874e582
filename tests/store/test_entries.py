"""The outbox as people and catch-up see it."""

import pytest

from bot.errors import RequestError
from bot.ledger import Claimed, EntryState, microseconds
from bot.store import Store
from tests.store.builders import (
    ACKNOWLEDGE,
    RESOLVE,
    TRIGGER,
    ShiftedClock,
    event,
    message,
    seq,
)
from tests.store.steps import steps


async def only(store: Store) -> Claimed:
    (claimed,) = await store.outbox.claim(10, 10)
    return claimed


async def drain(store: Store) -> list[tuple[str, int]]:
    left = []
    while got := await store.outbox.claim(100, 100):
        for each in got:
            left.append((each.action.value, each.seq))
            await store.outbox.settle_sent(each)
    return left


async def test_entries_are_listed_by_state_and_in_pages(store: Store) -> None:
    for second in range(5):
        await store.messages.ingest(message(second, event()))
    page = await store.entries.find(limit=2)
    assert [entry.seq for entry in page] == [seq(0), seq(1)]
    rest = await store.entries.find(after_id=page[-1].id)
    assert [entry.seq for entry in rest] == [seq(2), seq(3), seq(4)]
    assert await store.entries.find([EntryState.SENT]) == []
    assert [e.seq for e in await store.entries.since(seq(3))] == [seq(4), seq(3)]


async def test_what_waits_is_found_without_reading_what_was_sent(
    sqlite: Store, clock: ShiftedClock
) -> None:
    for second in range(500):
        await sqlite.messages.ingest(message(second, event(dedup=f"{second}")))
    while got := await sqlite.outbox.claim(100, 100):
        for each in got:
            await sqlite.outbox.settle_sent(each)
    await sqlite.messages.ingest(message(500, event()))
    await sqlite.outbox.block(await only(sqlite), "no key")
    await sqlite.messages.ingest(message(501, event(dedup="next")))

    later = microseconds(clock.now())
    with steps(sqlite.reader._link) as taken:
        assert await sqlite.entries.blocked_keys() == {"env:K"}
        assert len(await sqlite.entries.find()) == 2
        assert len(await sqlite.entries.find([EntryState.ABANDONED, EntryState.BLOCKED])) == 1
        assert len(await sqlite.entries.since(seq(500))) == 2
        assert await sqlite.entries.settled_since(later) == []
    assert taken[0] < 1_000


async def test_a_messages_entries_are_found(store: Store) -> None:
    await store.messages.ingest(message(1, event(rule="a"), event(rule="b", ordinal=1)))
    await store.messages.ingest(message(2, event()))
    found = await store.entries.of_message("C1", "1700000001.000000")
    assert [entry.rule for entry in found] == ["a", "b"]


async def test_an_abandoned_entry_can_be_retried(store: Store) -> None:
    await store.messages.ingest(message(1, event()))
    claimed = await only(store)
    await store.outbox.abandon(claimed, "HTTP 400")
    entry = await store.entries.retry(claimed.id)
    assert (entry.state, entry.error, entry.settled_at) == (EntryState.PENDING, None, None)
    assert entry.due_at is not None
    assert (await only(store)).id == claimed.id


async def test_a_retry_behind_something_newer_is_superseded(store: Store) -> None:
    await store.messages.ingest(message(1, event()))
    trigger = await only(store)
    await store.outbox.abandon(trigger, "HTTP 400")
    await store.messages.ingest(message(2, event(RESOLVE)))
    await store.outbox.settle_sent(await only(store))
    assert (await store.entries.retry(trigger.id)).state is EntryState.SUPERSEDED
    assert await drain(store) == []


async def test_a_retry_makes_a_waiting_entry_due_at_once(store: Store) -> None:
    await store.messages.ingest(message(1, event()))
    claimed = await only(store)
    await store.outbox.settle_retry(claimed, 3600, "HTTP 500")
    await store.entries.retry(claimed.id)
    assert (await only(store)).id == claimed.id


async def test_a_discarded_entry_lets_its_lane_go_on_and_can_come_back(store: Store) -> None:
    await store.messages.ingest(message(1, event()))
    await store.messages.ingest(message(2, event(RESOLVE)))
    claimed = await only(store)
    await store.outbox.block(claimed, "no key")
    entry = await store.entries.discard(claimed.id)
    assert (entry.state, entry.error) == (EntryState.DISCARDED, "Discarded by an operator.")
    assert (await store.entries.retry(claimed.id)).state is EntryState.PENDING
    await store.entries.discard(claimed.id)
    assert await drain(store) == [("resolve", seq(2))]


async def test_what_cannot_be_done_is_refused_with_a_sentence(store: Store) -> None:
    await store.messages.ingest(message(1, event()))
    claimed = await only(store)
    with pytest.raises(RequestError, match="being sent at this moment"):
        await store.entries.discard(claimed.id)
    with pytest.raises(RequestError, match="is leased, so there is nothing to retry"):
        await store.entries.retry(claimed.id)
    await store.outbox.settle_sent(claimed)
    with pytest.raises(RequestError, match="is sent already"):
        await store.entries.discard(claimed.id)
    for work in (store.entries.show, store.entries.retry, store.entries.discard):
        with pytest.raises(RequestError, match="no entry 999"):
            await work(999)


@pytest.mark.parametrize(
    ("missed", "leaves"),
    [
        pytest.param([(1, TRIGGER)], [("trigger", 1)], id="a failure"),
        pytest.param([(1, TRIGGER), (2, RESOLVE)], [("resolve", 2)], id="it recovered"),
        pytest.param(
            [(1, TRIGGER), (2, RESOLVE), (3, TRIGGER)], [("trigger", 3)], id="it failed again"
        ),
        pytest.param(
            [(1, TRIGGER), (2, TRIGGER), (3, ACKNOWLEDGE)],
            [("trigger", 2), ("acknowledge", 3)],
            id="acknowledged",
        ),
        pytest.param([(1, ACKNOWLEDGE)], [("acknowledge", 1)], id="acknowledgement alone"),
    ],
)
@pytest.mark.parametrize("newest_first", [False, True])
async def test_of_what_was_missed_only_what_still_matters_leaves(
    store: Store,
    missed: list[tuple[int, object]],
    leaves: list[tuple[str, int]],
    newest_first: bool,
) -> None:
    for second, action in sorted(missed, key=lambda each: each[0], reverse=newest_first):
        each = message(second, event(action), hold="C1")  # type: ignore[arg-type]
        assert (await store.messages.ingest(each)).entries == (EntryState.HELD,)
    assert await drain(store) == []
    assert await store.entries.release("C2") == {}
    counts = await store.entries.release("C1")
    assert counts.get(EntryState.PENDING) == len(leaves)
    assert sum(counts.values()) == len(missed)
    assert await drain(store) == [(action, seq(second)) for action, second in leaves]


async def test_what_was_missed_gives_way_to_live_messages(store: Store) -> None:
    await store.messages.ingest(message(1, event(), hold="C1"))
    await store.messages.ingest(message(2, event(RESOLVE)))
    assert await store.entries.release("C1") == {EntryState.COLLAPSED: 1}
    assert await drain(store) == [("resolve", seq(2))]


async def test_what_was_missed_is_superseded_by_what_was_sent_meanwhile(store: Store) -> None:
    await store.messages.ingest(message(1, event(), hold="C1"))
    await store.messages.ingest(message(2, event(RESOLVE)))
    assert await drain(store) == [("resolve", seq(2))]
    assert await store.entries.release("C1") == {EntryState.SUPERSEDED: 1}


async def test_many_lanes_are_released_at_once(sqlite: Store) -> None:
    for number in range(600):
        each = message(number, event(dedup=f"{number}"), job=f"{number}", hold="C1")
        await sqlite.messages.ingest(each)
    assert await sqlite.entries.release("C1") == {EntryState.PENDING: 600}


async def test_newest_entry_in_doubt_leaves_first(store: Store, clock: ShiftedClock) -> None:
    """Else a trigger that is retried would leave between a resolve and its repetition."""
    await store.messages.ingest(message(1, event()))
    given_up = await only(store)
    await store.outbox.settle_retry(given_up, 0, "no answer", is_doubtful=True)
    await store.outbox.abandon(await only(store), "HTTP 400")
    await store.messages.ingest(message(2, event(RESOLVE)))
    await store.outbox.settle_retry(await only(store), 5, "no answer", is_doubtful=True)
    await store.entries.retry(given_up.id)
    assert await store.outbox.claim(10, 10) == []

    clock.ahead += 6
    assert await drain(store) == [("resolve", seq(2))]
    assert (await store.entries.show(given_up.id)).state is EntryState.SUPERSEDED


async def test_resolve_of_what_was_collapsed_says_that_nothing_was_open(store: Store) -> None:
    await store.messages.ingest(message(1, event(dedup="paged"), job="paged"))
    await drain(store)
    for job in ("paged", "missed"):
        for second, action in ((2, TRIGGER), (3, RESOLVE)):
            missed = message(second, event(action, dedup=job), job=job, channel=job, hold="C1")
            await store.messages.ingest(missed)
    await store.entries.release("C1")

    claimed = await store.outbox.claim(10, 10)
    assert {one.dedup_key: one.was_open for one in claimed} == {"paged": True, "missed": False}
