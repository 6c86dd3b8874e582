"""A trigger that PagerDuty refused, or that an operator gave up, opened no alert."""

import pytest

from bot.ledger import Claimed, EntryState
from bot.store import Store
from tests.store.builders import RESOLVE, event, message, seq

REFUSED = "PagerDuty refused the event (400)."


async def head(store: Store) -> Claimed:
    (claimed,) = await store.outbox.claim(1, 1)
    return claimed


async def give_up(store: Store, how: str) -> int:
    """Give the only waiting entry up; gives its id."""
    claimed = await head(store)
    if how == "refused":
        await store.outbox.abandon(claimed, REFUSED)
    else:
        await store.outbox.settle_retry(claimed, 60, "no connection")
        await store.entries.discard(claimed.id)
    return claimed.id


how = pytest.mark.parametrize("how", ["refused", "discarded"])


@how
async def test_trigger_given_up_opens_no_alert(store: Store, how: str) -> None:
    await store.messages.ingest(message(1, event()))
    await give_up(store, how)

    assert await store.messages.open_alerts() == []
    start = event(dedup="start", unless_open=True)
    assert (await store.messages.ingest(message(2, start))).entries == (EntryState.PENDING,)
    await store.messages.ingest(message(3, event(RESOLVE)))
    resolve = next(e for e in await store.entries.find() if e.action is RESOLVE)
    assert not resolve.was_open


@how
async def test_resolve_that_waits_behind_it_learns_that_nothing_is_open(
    store: Store, how: str
) -> None:
    await store.messages.ingest(message(1, event()))
    await store.messages.ingest(message(2, event(RESOLVE)))
    await give_up(store, how)

    assert not (await head(store)).was_open


@how
async def test_alert_that_an_earlier_trigger_opened_stays_open(store: Store, how: str) -> None:
    await store.messages.ingest(message(1, event()))
    await store.outbox.settle_sent(await head(store))
    await store.messages.ingest(message(2, event()))
    await give_up(store, how)

    (alert,) = await store.messages.open_alerts()
    assert alert.opened_seq == seq(1)
    await store.messages.ingest(message(3, event(RESOLVE)))
    assert (await head(store)).was_open


async def test_alert_that_a_later_trigger_opened_stays_open(store: Store) -> None:
    await store.messages.ingest(message(1, event()))
    await store.messages.ingest(message(2, event()))
    await give_up(store, "refused")

    (alert,) = await store.messages.open_alerts()
    assert alert.opened_seq == seq(2)


@how
async def test_trigger_that_is_sent_again_opens_its_alert(store: Store, how: str) -> None:
    await store.messages.ingest(message(1, event()))
    await store.entries.retry(await give_up(store, how))

    (alert,) = await store.messages.open_alerts()
    assert (alert.opened_seq, alert.key_ref, alert.dedup_key) == (seq(1), "env:K", "load")
    await store.outbox.settle_sent(await head(store))
    await store.messages.ingest(message(2, event(RESOLVE)))
    assert (await head(store)).was_open


async def test_trigger_that_is_sent_again_before_its_resolve_is_resolved_by_it(
    store: Store,
) -> None:
    await store.messages.ingest(message(1, event()))
    given_up = await give_up(store, "refused")
    await store.messages.ingest(message(2, event(RESOLVE)))
    await store.entries.retry(given_up)

    assert await store.messages.open_alerts() == []
    await store.outbox.settle_sent(await head(store))
    assert (await head(store)).was_open


async def test_trigger_sent_again_after_a_resolve_elsewhere_opens_nothing(store: Store) -> None:
    await store.messages.ingest(message(1, event()))
    given_up = await give_up(store, "refused")
    await store.messages.ingest(message(2, event(RESOLVE, dedup="moved")))
    entry = await store.entries.retry(given_up)

    assert entry.state is EntryState.SUPERSEDED
    assert await store.messages.open_alerts() == []
