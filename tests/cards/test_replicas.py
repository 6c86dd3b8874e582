"""Two replicas over one database: no stale edit comes last, whoever is slow."""

import asyncio
import random
from dataclasses import dataclass, field

import pytest

from bot.cards.keeper import Keeper
from bot.cards.own import OwnWrites
from bot.cards.painter import Painter
from bot.model import Card
from tests.cards.world import Cards, FakeBoard, incident, slack_user_of


@dataclass
class SlowBoard(FakeBoard):
    """Slack, where each edit takes another while before it counts."""

    dice: random.Random = field(default_factory=random.Random)

    async def show(self, channel_id: str, ts: str, card: Card) -> None:
        for _ in range(self.dice.randrange(40)):
            await asyncio.sleep(0)
        await super().show(channel_id, ts, card)


@pytest.mark.parametrize("seed", range(10))
async def test_the_newest_state_is_shown_last(cards: Cards, seed: int) -> None:
    await cards.card()
    dice = random.Random(seed)  # noqa: S311 - no secret, a test's dice
    board = SlowBoard(dice=dice)
    painters = [Painter(cards.store.cards, board, cards.clock, slack_user_of) for _ in range(2)]
    keepers = [
        Keeper(
            book=cards.store.cards,
            board=board,
            own=OwnWrites(cards.pagerduty, cards.clock),
            painter=painter,
            clock=cards.clock,
        )
        for painter in painters
    ]
    work = []
    for second in range(1, 12):
        cards.pagerduty.incident = incident(title=f"Title {second}", second=second)
        work.append(asyncio.ensure_future(dice.choice(keepers).refresh("Q1")))
        for _ in range(dice.randrange(20)):
            await asyncio.sleep(0)
    await asyncio.gather(*work)
    for painter in painters:
        await painter.drain(10)

    assert board.shown[-1][1].incident.title == "Title 11"
    assert await cards.store.cards.due() == []


async def test_a_replica_that_died_with_the_lease_is_taken_over(cards: Cards) -> None:
    card = await cards.card()
    await cards.store.cards.revise(
        card, wanted=card.wanted, state="", is_open=True, lines=['["x"]']
    )
    await cards.store.cards.claim(card, 30)  # and nothing more was heard of it

    await cards.painter.sweep()
    await cards.drawn()
    assert cards.board.said == []

    cards.clock.ahead += 31
    await cards.painter.sweep()
    await cards.drawn()
    assert cards.board.said == [("1.0", ("x",))]
