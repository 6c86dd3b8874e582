"""A message is taken in once, with all that follows from it."""

import asyncio

import pytest

from bot.ledger import EntryState, Verdict
from bot.model import Condition
from bot.store import Store
from tests.store.builders import ACKNOWLEDGE, RESOLVE, TRIGGER, event, message, seq, start


async def test_a_message_is_stored_with_its_entry(store: Store) -> None:
    result = await store.messages.ingest(message(1, event(TRIGGER)))
    assert result.verdict is Verdict.STORED
    assert result.entries == (EntryState.PENDING,)
    (entry,) = await store.entries.find()
    assert (entry.state, entry.rule, entry.job) == (EntryState.PENDING, "rule", "load")
    assert entry.body == {"event_action": "trigger", "dedup_key": "load"}
    (stored,) = await store.messages.of("C1", "1700000001.000000")
    assert (stored.seq, stored.status, stored.why) == (seq(1), {"job": "load"}, {"rules": ["rule"]})
    assert await store.messages.latest() == [stored]
    assert await store.messages.latest(channel_id="C2") == []


async def test_the_same_message_five_times_is_one(store: Store) -> None:
    results = await asyncio.gather(*(store.messages.ingest(message(1, event())) for _ in range(5)))
    assert sorted(result.verdict for result in results) == ["known"] * 4 + ["stored"]
    assert (await store.messages.ingest(message(1, event()))).verdict is Verdict.KNOWN
    assert len(await store.entries.find()) == 1


async def test_another_condition_or_channel_or_team_is_another_message(store: Store) -> None:
    for each in (
        message(1, event()),
        message(1, event(), condition=Condition.RETRYABLE_FAILURE),
        message(1, event(), channel="C2"),
        message(1, event(), team="T2"),
    ):
        assert (await store.messages.ingest(each)).verdict is Verdict.STORED
    entries = await store.entries.find()
    assert [entry.seq for entry in entries] == [seq(1)] * 4
    claimed = []
    while got := await store.outbox.claim(10, 0):
        claimed += got
        assert await store.outbox.settle_sent(got[0])
    assert len(claimed) == 4


async def test_two_rules_in_one_lane_leave_in_their_order(store: Store) -> None:
    both = message(1, event(rule="a", ordinal=1), event(rule="b", ordinal=0))
    await store.messages.ingest(both)
    rules = []
    while got := await store.outbox.claim(10, 0):
        rules.append(got[0].rule)
        await store.outbox.settle_sent(got[0])
    assert rules == ["b", "a"]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("nul \0 byte", id="nul"),
        pytest.param("half \ud800 a character", id="lone surrogate"),
        pytest.param("день 😀 יום", id="other scripts"),
        pytest.param("😀" * 4000, id="very long"),
        pytest.param("", id="empty"),
    ],
)
async def test_any_name_can_be_stored(store: Store, name: str) -> None:
    each = message(1, event(rule=name, dedup=name[:255]), job=name)
    assert (await store.messages.ingest(each)).verdict is Verdict.STORED
    assert len(await store.outbox.claim(1, 0)) == 1
    assert len(await store.messages.open_alerts(name)) == 1


async def test_a_trigger_behind_a_sent_resolve_is_superseded(store: Store) -> None:
    await store.messages.ingest(message(2, event(RESOLVE)))
    (resolve,) = await store.outbox.claim(1, 0)
    await store.outbox.settle_sent(resolve)
    late = await store.messages.ingest(message(1, event(TRIGGER)))
    assert late.entries == (EntryState.SUPERSEDED,)
    assert await store.outbox.claim(1, 0) == []
    assert await store.messages.open_alerts() == []


async def test_a_trigger_behind_a_waiting_resolve_goes_first(store: Store) -> None:
    await store.messages.ingest(message(2, event(RESOLVE)))
    assert (await store.messages.ingest(message(1, event()))).entries == (EntryState.PENDING,)
    (first,) = await store.outbox.claim(10, 0)
    assert first.action is TRIGGER


async def test_a_trigger_behind_a_sent_acknowledgement_still_pages(store: Store) -> None:
    await store.messages.ingest(message(2, event(ACKNOWLEDGE)))
    await store.outbox.settle_sent((await store.outbox.claim(1, 0))[0])
    assert (await store.messages.ingest(message(1, event()))).entries == (EntryState.PENDING,)
    (first,) = await store.outbox.claim(1, 0)
    assert await store.outbox.settle_sent(first)


async def test_a_late_acknowledgement_is_superseded(store: Store) -> None:
    await store.messages.ingest(message(2, event(TRIGGER)))
    await store.outbox.settle_sent((await store.outbox.claim(1, 0))[0])
    late = await store.messages.ingest(message(1, event(ACKNOWLEDGE)))
    assert late.entries == (EntryState.SUPERSEDED,)


async def test_unrecognized_messages_are_counted_by_reason(store: Store) -> None:
    for ts in ("1.0", "2.0"):
        await store.messages.tally("C1", "unknown word: exploded", ts)
    await store.messages.tally("C2", "unknown word: exploded", "3.0")
    found = {
        (t.channel_id, t.reason): (t.count, t.sample_ts) for t in await store.messages.tallies()
    }
    assert found == {
        ("C1", "unknown word: exploded"): (2, "2.0"),
        ("C2", "unknown word: exploded"): (1, "3.0"),
    }


async def test_reasons_beyond_the_limit_are_counted_as_one(sqlite: Store) -> None:
    await asyncio.gather(*(sqlite.messages.tally("C1", f"word {n}", "1.0") for n in range(510)))
    found = await sqlite.messages.tallies(1000)
    assert len(found) == 501
    assert [t.count for t in found if t.channel_id == ""] == [10]


async def test_a_batch_is_taken_in_by_slacks_order_not_by_arrival(store: Store) -> None:
    """One commit takes in both: the resolve arrives first and still closes the older alert."""
    results = await asyncio.gather(
        store.messages.ingest(message(2, event(RESOLVE))),
        store.messages.ingest(message(1, event(TRIGGER))),
        store.messages.ingest(start(3)),
    )
    assert [result.verdict for result in results] == [Verdict.STORED] * 3
    assert await store.messages.open_alerts() == []
