"""One list call for all open cards; silence is told once; one replica compares."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.errors import SlackError, Unavailable
from bot.ledger import CardRecord
from bot.model import Status
from tests.cards.world import Cards, acknowledged, cards_of, incident, resolved
from tests.patience import PATIENCE_SECONDS

DOWN = Unavailable("PagerDuty does not answer.")


async def test_nothing_is_asked_without_a_card(cards: Cards) -> None:
    await cards.poller.compare()
    assert cards.pagerduty.asked == []


async def test_one_list_call_where_nothing_changed(cards: Cards) -> None:
    await cards.card()
    await cards.poller.compare()
    assert cards.pagerduty.asked == ["find"]


@pytest.mark.parametrize(
    ("new", "status"),
    [
        (acknowledged(second=1), Status.ACKNOWLEDGED),
        (resolved(second=1), Status.RESOLVED),
    ],
)
async def test_what_differs_is_read(cards: Cards, new: object, status: Status) -> None:
    await cards.card()
    cards.pagerduty.incident = new  # type: ignore[assignment] # a table
    await cards.poller.compare()
    await cards.drawn()
    assert cards.pagerduty.asked == ["find", "get Q1", "notes Q1"]
    assert cards.board.shown[-1][1].incident.status is status


async def test_a_resolved_one_is_seen_when_somebody_reopens_it(cards: Cards) -> None:
    await cards.card()
    await cards.change(resolved(second=1))
    cards.pagerduty.incident = incident(second=2)
    await cards.poller.compare()
    await cards.drawn()
    assert cards.board.shown[-1][1].incident.status is Status.TRIGGERED


async def test_a_card_that_nothing_is_known_about_is_read(cards: Cards) -> None:
    await cards.store.cards.put(CardRecord("C1", "Q1", "1.0"))
    await cards.poller.compare()
    await cards.drawn()
    assert len(cards.board.shown) == 1


async def test_silence_is_told_after_two_minutes_and_once(cards: Cards) -> None:
    await cards.card()
    await cards.poller.compare()
    cards.pagerduty.error = DOWN
    await cards.poller.compare()
    assert cards.board.shown == []

    for _ in range(3):
        cards.clock.ahead += 121
        await cards.poller.compare()
        await cards.drawn()
    assert len(cards.board.shown) == 1
    assert cards.board.shown[0][1].stale_since is not None

    cards.pagerduty.error = None
    await cards.poller.compare()
    await cards.drawn()
    assert cards.board.shown[-1][1].stale_since is None
    assert cards.board.said == []


async def test_silence_from_the_beginning_says_when_the_incident_was_read(cards: Cards) -> None:
    await cards.card()
    cards.pagerduty.error = DOWN
    for _ in range(2):
        await cards.poller.compare()
        cards.clock.ahead += 121
    await cards.poller.compare()
    await cards.drawn()
    assert cards.board.shown[-1][1].stale_since is not None


async def test_a_replica_that_does_not_lead_asks_nothing(tmp_path: Path) -> None:
    async with cards_of(tmp_path, leads=False) as cards:
        await cards.card()
        await cards.poller.compare()
        assert cards.pagerduty.asked == []


async def test_zero_seconds_is_never(tmp_path: Path) -> None:
    async with cards_of(tmp_path, seconds=0) as cards:
        await cards.card()
        await cards.poller.run_comparisons()
        assert cards.pagerduty.asked == []


@pytest.mark.parametrize("closed", [False, True])
async def test_the_rounds_go_on_whatever_happens(cards: Cards, closed: bool) -> None:
    await cards.card()
    if closed:
        cards.book.is_down = True
    rounds = [
        asyncio.ensure_future(cards.poller.run_sweeps()),
        asyncio.ensure_future(cards.poller.run_comparisons()),
    ]
    await asyncio.wait_for(cards.clock.is_far.wait(), PATIENCE_SECONDS)
    for one in rounds:
        assert not one.done()
        one.cancel()
        with suppress(asyncio.CancelledError):
            await one


async def test_outage_is_logged_once_and_its_end(cards: Cards) -> None:
    await cards.card()
    cards.pagerduty.error = DOWN
    with capture_logs() as logs:
        for _ in range(3):
            await cards.poller.compare()
            await cards.keeper.refresh("Q1")
            await cards.poller.sweep()
        cards.pagerduty.error = None
        await cards.poller.sweep()
        await cards.poller.compare()

    assert [one["event"] for one in logs] == [
        "cards cannot be compared with PagerDuty",
        "a card waits for PagerDuty",
        "cards are compared with PagerDuty again",
    ]


async def test_database_that_is_gone_is_logged_once_and_its_end(cards: Cards) -> None:
    await cards.card()
    cards.book.is_down = True
    with capture_logs() as logs:
        rounds = asyncio.ensure_future(cards.poller.run_sweeps())
        await asyncio.wait_for(cards.clock.is_far.wait(), PATIENCE_SECONDS)
        cards.book.is_down = False
        cards.clock.is_far.clear()
        await asyncio.wait_for(cards.clock.is_far.wait(), PATIENCE_SECONDS)
        rounds.cancel()

    assert [one["event"] for one in logs] == [
        "cards wait for the database",
        "the database answers again; cards go on",
    ]


async def test_slack_that_fails_is_logged_once_for_a_card(cards: Cards) -> None:
    await cards.card()
    cards.board.errors += [SlackError("Slack did not take it.")] * 2
    with capture_logs() as logs:
        await cards.change(acknowledged(second=1))
        await cards.drawn()

    assert len(cards.board.shown) == 1
    assert [one["event"] for one in logs] == [
        "a card could not be drawn and is tried again until it is"
    ]
