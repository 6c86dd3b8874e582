"""Which alerts are open, and where a resolve must go."""

import itertools

import pytest

from bot.ledger import EntryState
from bot.store import Store
from tests.store.builders import ACKNOWLEDGE, RESOLVE, TRIGGER, event, message, seq


async def lanes_of(store: Store) -> list[tuple[str, str, str]]:
    """Let everything leave; gives what left, in order."""
    left = []
    while got := await store.outbox.claim(100, 100):
        for each in sorted(got, key=lambda claimed: claimed.dedup_key):
            assert each.body["dedup_key"] == each.dedup_key
            left.append((each.action.value, each.dedup_key, each.key_ref))
            await store.outbox.settle_sent(each)
    return left


async def test_a_resolve_goes_to_every_pair_with_an_open_alert_of_the_rule(store: Store) -> None:
    await store.messages.ingest(message(1, event(dedup="a", key_ref="env:A")))
    await store.messages.ingest(message(2, event(dedup="b", key_ref="env:B")))
    result = await store.messages.ingest(message(3, event(RESOLVE, dedup="own")))
    assert result.entries == (EntryState.PENDING,) * 3
    assert await lanes_of(store) == [
        ("trigger", "a", "env:A"),
        ("trigger", "b", "env:B"),
        ("resolve", "own", "env:K"),
        ("resolve", "a", "env:A"),
        ("resolve", "b", "env:B"),
    ]
    assert await store.messages.open_alerts() == []


async def test_a_resolve_leaves_alerts_of_other_rules_and_jobs_alone(store: Store) -> None:
    await store.messages.ingest(message(1, event(dedup="a", rule="other")))
    await store.messages.ingest(message(2, event(dedup="b"), job="other job"))
    result = await store.messages.ingest(message(3, event(RESOLVE, dedup="own")))
    assert len(result.entries) == 1
    assert {alert.dedup_key for alert in await store.messages.open_alerts()} == {"a", "b"}


async def test_a_resolve_in_a_shared_lane_closes_the_alert_for_all(store: Store) -> None:
    """PagerDuty knows the dedup key, not who opened the alert."""
    await store.messages.ingest(message(1, event(rule="other"), job="other job"))
    await store.messages.ingest(message(2, event(RESOLVE)))
    assert await store.messages.open_alerts() == []
    (trigger,) = await store.outbox.claim(9, 9)
    await store.outbox.settle_sent(trigger)
    (resolve,) = await store.outbox.claim(9, 9)
    assert resolve.was_open


async def test_a_resolve_says_whether_there_was_an_alert(store: Store) -> None:
    await store.messages.ingest(message(1, event(RESOLVE)))
    (resolve,) = await store.outbox.claim(9, 9)
    assert not resolve.was_open


async def test_an_older_resolve_does_not_clear_a_newer_trigger(store: Store) -> None:
    await store.messages.ingest(message(5, event(TRIGGER)))
    await store.messages.ingest(message(4, event(RESOLVE)))
    (alert,) = await store.messages.open_alerts("load")
    assert alert.opened_seq == seq(5)


async def test_an_older_trigger_elsewhere_does_not_open_after_the_recovery(store: Store) -> None:
    """The resolve has gone to its own lane only: this trigger would never be resolved."""
    await store.messages.ingest(message(2, event(RESOLVE, dedup="own")))
    late = await store.messages.ingest(message(1, event(dedup="elsewhere")))
    assert late.entries == (EntryState.SUPERSEDED,)
    (entry,) = await store.entries.find([EntryState.SUPERSEDED])
    assert entry.error is not None
    assert "recovered" in entry.error
    assert await store.messages.open_alerts() == []


async def test_an_older_trigger_where_the_resolve_still_waits_goes_before_it(store: Store) -> None:
    await store.messages.ingest(message(2, event(RESOLVE)))
    late = await store.messages.ingest(message(1, event(TRIGGER)))
    assert late.entries == (EntryState.PENDING,)
    assert await store.messages.open_alerts() == []
    assert [action for action, _, _ in await lanes_of(store)] == ["trigger", "resolve"]


@pytest.mark.parametrize("action", [TRIGGER, ACKNOWLEDGE])
async def test_a_start_is_not_sent_while_the_job_has_an_alert_open(
    store: Store, action: object
) -> None:
    started = event(action, dedup="s", unless_open=True)  # type: ignore[arg-type]
    assert (await store.messages.ingest(message(1, started))).entries == (EntryState.PENDING,)
    await store.messages.ingest(message(2, event(RESOLVE, dedup="s")))
    await store.messages.ingest(message(3, event(dedup="f")))
    assert (await store.messages.ingest(message(4, started))).entries == (EntryState.SKIPPED,)
    elsewhere = await store.messages.ingest(message(5, started, job="other"))
    assert elsewhere.entries != (EntryState.SKIPPED,)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
async def test_the_order_of_arrival_does_not_change_what_is_open(
    sqlite: Store, order: tuple[int, ...]
) -> None:
    """Trigger, resolve, trigger, late acknowledgement: the second trigger is what is open."""
    story = [
        message(1, event(TRIGGER)),
        message(2, event(RESOLVE)),
        message(3, event(TRIGGER)),
        message(2.5, event(ACKNOWLEDGE)),
    ]
    for step in order:
        await sqlite.messages.ingest(story[step])
    (alert,) = await sqlite.messages.open_alerts()
    assert alert.opened_seq == seq(3)
    assert [a for a, _, _ in await lanes_of(sqlite)] == [
        "trigger", "resolve", "acknowledge", "trigger",
    ]  # fmt: skip


async def test_resolve_that_reaches_another_pair_closes_every_alert_there(store: Store) -> None:
    """Two jobs share a pair; the rule has changed since the first one's alert was opened."""
    shared = event(dedup="shared")
    await store.messages.ingest(message(1, shared, job="first"))
    await store.messages.ingest(message(2, event(dedup="shared", rule="other"), job="second"))
    await store.messages.ingest(message(3, event(RESOLVE, dedup="own"), job="first"))

    assert await store.messages.open_alerts() == []
