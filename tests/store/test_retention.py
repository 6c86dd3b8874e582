"""What nobody needs any more goes; what somebody may need stays."""

import asyncio
import time
from datetime import timedelta

from bot.ledger import CardRecord, EntryState
from bot.store import Ages, Store
from tests.store.builders import BASE, RESOLVE, ShiftedClock, end, event, message
from tests.store.steps import steps

DAY = 86_400.0
NOW = time.time() - BASE / 1_000_000


async def test_everything_goes_in_time_but_what_was_abandoned(
    store: Store, clock: ShiftedClock
) -> None:
    await store.messages.ingest(message(NOW + 1, event(dedup="bad"), job="bad"))
    (bad,) = await store.outbox.claim(1, 0)
    await store.outbox.abandon(bad, "HTTP 400")
    await store.messages.ingest(message(NOW + 2, event()))
    await store.messages.ingest(message(NOW + 3, event(RESOLVE)))
    while got := await store.outbox.claim(1, 0):
        await store.outbox.settle_sent(got[0])
    await store.messages.ingest(end(NOW + 4, "7", took=5.0))
    await store.messages.tally("C1", "unknown", "1.0")
    await store.cards.put(CardRecord("C1", "Q1", "1.0"))
    await store.outbox.pause("env:K", 1)
    clock.ahead += 29 * DAY
    assert await store.retention.sweep() == {"pauses": 1}
    clock.ahead += 2 * DAY
    assert await store.retention.sweep() == {"outbox": 2, "lanes": 1}
    clock.ahead += 400 * DAY
    assert await store.retention.sweep() == {
        "messages": 4,
        "unrecognized": 1,
        "cards": 1,
        "runs": 2,  # the run, and the newest end that a start without a name may belong to
        "recoveries": 1,
    }
    assert await store.retention.sweep() == {}
    (entry,) = await store.entries.find()
    assert entry.state is EntryState.ABANDONED
    assert await store.runs.durations("load") == [5.0]


async def test_lines_go_with_their_card(store: Store, clock: ShiftedClock) -> None:
    """A card whose channel is gone keeps lines that nobody will write."""
    await store.cards.put(CardRecord("C1", "Q1", "1.0"))
    (card,) = await store.cards.of_incident("Q1")
    await store.cards.revise(card, wanted="x", state="", is_open=True, lines=["Ann took it."])
    assert await store.retention.sweep() == {}
    clock.ahead += 100 * DAY

    assert await store.retention.sweep() == {"cards": 1, "card_lines": 1}
    assert await store.cards.lines(card) == []


async def test_an_open_alert_and_a_waiting_entry_stay(store: Store, clock: ShiftedClock) -> None:
    await store.messages.ingest(message(NOW + 1, event()))
    clock.ahead += 100 * DAY
    everything = timedelta(days=1)
    counts = await store.retention.sweep(Ages(sent=everything, messages=everything))
    assert counts == {"messages": 1}
    assert len(await store.outbox.claim(1, 0)) == 1


async def test_the_newest_twenty_durations_stay(sqlite: Store, clock: ShiftedClock) -> None:
    for number in range(25):
        await sqlite.messages.ingest(end(number, f"{number}", took=float(number)))
    clock.ahead += 400 * DAY
    assert (await sqlite.retention.sweep())["durations"] == 5
    assert await sqlite.runs.durations("load") == [float(n) for n in range(24, 4, -1)]


async def test_more_than_a_slice_goes_in_one_sweep(sqlite: Store, clock: ShiftedClock) -> None:
    for number in range(1100):
        await sqlite.messages.ingest(message(number))
    clock.ahead += 100 * DAY
    assert await sqlite.retention.sweep() == {"messages": 1100}


async def test_no_duration_is_weighed_against_all_newer_ones(
    sqlite: Store, clock: ShiftedClock
) -> None:
    ends = (end(second, f"{second}", took=1.0) for second in range(2_000))
    await asyncio.gather(*map(sqlite.messages.ingest, ends))
    clock.ahead += 170 * DAY  # of its runs, too, but these are looked at one by one
    longest = timedelta(days=365)
    with steps(sqlite.writer._link) as taken:
        counts = await sqlite.retention.sweep(Ages(sent=longest, messages=longest))
    assert counts["durations"] == 1_980
    assert taken[0] < 2_000_000


async def test_an_entry_that_is_settled_later_is_kept_from_then_on(
    sqlite: Store, clock: ShiftedClock
) -> None:
    await sqlite.messages.ingest(message(NOW + 1, event()))
    clock.ahead += 40 * DAY
    (claimed,) = await sqlite.outbox.claim(1, 0)
    await sqlite.outbox.settle_sent(claimed)
    assert "outbox" not in await sqlite.retention.sweep()


async def test_figures_say_what_waits(store: Store, clock: ShiftedClock) -> None:
    empty = await store.stats()
    assert empty.oldest_pending_seconds is None
    assert set(empty.depth.values()) == {0}
    await store.messages.ingest(message(NOW + 1, event()))
    await store.messages.ingest(message(NOW + 2, event(RESOLVE)))
    await store.messages.ingest(message(NOW + 3, event(dedup="held"), job="h", hold="C1"))
    clock.ahead += 60
    await store.outbox.claim(1, 0)
    figures = await store.stats()
    assert figures.depth[EntryState.PENDING] == 1
    assert figures.depth[EntryState.LEASED] == 1
    assert figures.depth[EntryState.HELD] == 1
    assert figures.oldest_pending_seconds is not None
    assert 59 < figures.oldest_pending_seconds < 120
    assert figures.open_alerts == 1
