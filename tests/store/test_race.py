"""Sixteen claimers on PostgreSQL while messages arrive in any order: nothing overtakes.

A first version with the conditions in two statements reordered 19 of 600.
"""

import asyncio
import random
from collections import defaultdict

import pytest

from bot.clock import SystemClock
from bot.ledger import EntryState
from bot.model import Condition
from bot.store import Store, open_store
from tests.store.builders import RESOLVE, TRIGGER, event, message

CLAIMERS = 16
LANES = 20
EVENTS = 600
FAILING = 0.1
SEEDS = (1, 2, 3, 4, 5, 6)


class Receiver:
    """Stand where PagerDuty stands: note what is in flight, and in which order it takes what.

    What it refuses with a 500 it has not taken: something older that turns up meanwhile is then
    first in its lane.
    """

    def __init__(self) -> None:
        self.in_flight: set[str] = set()
        self.newest: dict[str, int] = defaultdict(int)
        self.faults: list[str] = []
        self.received = 0

    async def post(self, lane: str, seq: int, *, is_taken: bool) -> bool:
        if lane in self.in_flight:
            self.faults.append(f"{lane} in flight twice")
        if seq < self.newest[lane]:
            self.faults.append(f"{lane} reordered")
        self.in_flight.add(lane)
        if is_taken:
            self.newest[lane] = seq
            self.received += 1
        await asyncio.sleep(0)
        self.in_flight.discard(lane)
        return is_taken


@pytest.mark.proof
@pytest.mark.parametrize("seed", SEEDS)
async def test_sixteen_claimers_neither_reorder_nor_share_a_lane(
    postgres_url: str, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 -- a fixed seed is the point
    stores = [await open_store(postgres_url, clock=SystemClock()) for _ in range(CLAIMERS)]
    receiver, arrived = Receiver(), asyncio.Event()
    order = list(range(EVENTS))
    dice.shuffle(order)

    async def arrive(store: Store, numbers: list[int]) -> None:
        for number in numbers:
            lane = f"{number % LANES}"
            action = TRIGGER if number // LANES % 2 == 0 else RESOLVE
            await store.messages.ingest(
                message(number, event(action, dedup=lane), job=lane, condition=Condition.FAILURE)
            )

    async def claimer(store: Store, share: random.Random) -> None:
        while True:
            is_over = arrived.is_set()
            got = await store.outbox.claim(share.randint(1, 4), 4)
            for each in got:
                is_taken = share.random() > FAILING
                if await receiver.post(each.lane, each.seq, is_taken=is_taken):
                    assert await store.outbox.settle_sent(each)
                else:
                    assert await store.outbox.settle_retry(each, 0, "HTTP 500")
            if is_over and await store.outbox.next_due_seconds() is None:
                return

    claimers = [
        asyncio.ensure_future(claimer(store, random.Random(seed * 100 + n)))  # noqa: S311 -- as above
        for n, store in enumerate(stores)
    ]
    await asyncio.gather(*(arrive(stores[n], order[n::4]) for n in range(4)))
    arrived.set()
    await asyncio.wait_for(asyncio.gather(*claimers), 120)
    final = await stores[0].entries.find(list(EntryState), limit=EVENTS * 2)
    for store in stores:
        await store.close()
    assert receiver.faults == []
    assert len(final) == EVENTS
    assert {entry.state for entry in final} <= {EntryState.SENT, EntryState.SUPERSEDED}
    assert sum(entry.state is EntryState.SENT for entry in final) == receiver.received
