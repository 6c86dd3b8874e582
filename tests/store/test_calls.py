"""An event that a person asked for is an entry as any other, but no job's."""

from bot.ledger import EntryState
from bot.store import Store
from tests.store.builders import event, seq


async def call(store: Store, dedup: str = "pdbot-1", second: float = 1) -> int:
    return await store.messages.call(event(dedup=dedup), job="nobody can pay", seq=seq(second))


async def test_it_leaves_like_any_other(store: Store) -> None:
    first, second = await call(store), await call(store, "pdbot-2")
    claimed = await store.outbox.claim(10, 0)

    assert [one.id for one in claimed] == [first, second]
    assert [await store.outbox.settle_sent(one) for one in claimed] == [True, True]
    assert (await store.entries.show(first)).state is EntryState.SENT
    assert await store.messages.latest() == []


async def test_it_opens_no_jobs_alert_also_when_it_is_sent_again(store: Store) -> None:
    entry_id = await call(store)
    (claimed,) = await store.outbox.claim(1, 0)
    await store.outbox.abandon(claimed, "HTTP 400")
    await store.entries.retry(entry_id)
    (again,) = await store.outbox.claim(1, 0)
    await store.outbox.settle_sent(again)

    assert await store.messages.open_alerts() == []
