"""What should be shown is shown: at most one edit a second, and whatever Slack answers."""

import pytest

from bot.errors import ChannelClosed, MessageGone, SlackError, SlackLimited
from bot.model import Status
from tests.cards.world import Cards, acknowledged, incident, note, resolved


async def test_edits_of_a_card_are_a_second_apart(cards: Cards) -> None:
    await cards.card()
    before = cards.clock.monotonic()
    for second in range(1, 5):
        await cards.change(incident(title=f"Title {second}", second=second))
    assert len(cards.board.shown) == 4
    assert cards.clock.monotonic() - before >= 3


async def test_a_burst_is_one_edit_with_the_last_state(cards: Cards) -> None:
    await cards.card()
    cards.clock.waits = True  # a leap over the second between two edits would part the burst
    for second in range(1, 5):
        cards.pagerduty.incident = incident(title=f"Title {second}", second=second)
        await cards.keeper.refresh("Q1")
    await cards.drawn()
    assert len(cards.board.shown) <= 2
    assert cards.board.shown[-1][1].incident.title == "Title 4"


async def test_a_message_that_is_gone_is_posted_again_once(cards: Cards) -> None:
    await cards.card()
    cards.board.errors.append(MessageGone("gone"))
    await cards.change(acknowledged(second=1))
    assert len(cards.board.posted) == 1

    cards.board.errors.append(MessageGone("gone"))
    await cards.change(resolved(second=2))
    assert len(cards.board.posted) == 1
    assert await cards.store.cards.get("C1", "Q1") is None


async def test_a_card_whose_thread_is_gone_too_is_forgotten(cards: Cards) -> None:
    await cards.card()
    cards.board.errors += [MessageGone("gone"), MessageGone("gone")]
    await cards.change(acknowledged(second=1))
    assert await cards.store.cards.get("C1", "Q1") is None


async def test_posting_again_is_tried_until_slack_takes_it(cards: Cards) -> None:
    await cards.card()
    cards.board.errors += [MessageGone("gone"), SlackError("down"), MessageGone("gone")]
    await cards.change(acknowledged(second=1))
    assert len(cards.board.posted) == 1


async def test_a_closed_channel_is_left_for_an_hour_and_told_once_a_day(
    cards: Cards, capsys: pytest.CaptureFixture[str]
) -> None:
    await cards.card()
    cards.board.errors += [ChannelClosed("is_archived")]
    await cards.change(acknowledged(second=1))
    assert cards.board.shown == []
    assert await cards.store.cards.due() == []

    cards.clock.ahead += 3601
    cards.board.errors += [ChannelClosed("is_archived")]
    assert await cards.painter.sweep() == []
    await cards.drawn()
    assert capsys.readouterr().out.count("cannot be kept true") == 1

    cards.clock.ahead += 24 * 3600
    cards.board.errors += [ChannelClosed("is_archived")]
    await cards.painter.sweep()
    await cards.drawn()
    assert capsys.readouterr().out.count("cannot be kept true") == 1

    cards.clock.ahead += 3601
    await cards.painter.sweep()
    await cards.drawn()
    assert len(cards.board.shown) == 1


async def test_a_rate_limit_holds_all_cards_for_as_long_as_told(cards: Cards) -> None:
    await cards.card()
    cards.board.errors.append(SlackLimited("wait", retry_after_seconds=4))
    before = cards.clock.monotonic()
    await cards.change(acknowledged(second=1))
    await cards.drawn()
    assert len(cards.board.shown) == 1
    assert cards.clock.monotonic() - before >= 4


async def test_an_edit_that_fails_is_tried_again(cards: Cards) -> None:
    await cards.card()
    cards.board.errors += [SlackError("down"), TimeoutError()]
    await cards.change(acknowledged(second=1))
    assert len(cards.board.shown) == 1


async def test_a_line_that_fails_is_written_later_and_once(cards: Cards) -> None:
    await cards.card()
    await cards.change(incident(second=1), [note(1)])
    cards.board.said.clear()
    await cards.change(incident(second=2), [note(1), note(2), note(3)])
    assert len(cards.board.said) == 2
    cards.board.said.clear()
    cards.pagerduty.incident = incident(second=3)
    cards.pagerduty.held.append(note(4))
    await cards.keeper.refresh("Q1")
    await cards.drawn()
    assert len(cards.board.said) == 1


async def test_what_cannot_be_read_of_a_card_is_read_anew(cards: Cards) -> None:
    card = await cards.card()
    await cards.store.cards.revise(card, wanted="{", state="{", is_open=True)
    cards.painter.nudge(card)
    cards.pagerduty.incident = resolved(second=1)
    await cards.drawn()
    cards.clock.ahead += 10
    await cards.poller.sweep()
    await cards.drawn()
    assert cards.board.shown[-1][1].incident.status is Status.RESOLVED


async def test_a_card_waits_for_the_database(
    cards: Cards, capsys: pytest.CaptureFixture[str]
) -> None:
    card = await cards.card()
    cards.book.is_down = True
    cards.painter.nudge(card)
    cards.painter.nudge(card)
    await cards.drawn()
    assert "waits for the database" in capsys.readouterr().out


async def test_a_line_that_cannot_be_read_holds_nothing_up(cards: Cards) -> None:
    card = await cards.card()
    assert await cards.store.cards.revise(
        card, wanted=card.wanted, state=card.state, is_open=True, lines=['["cut of', '["whole"]']
    )
    cards.clock.ahead += 2
    await cards.poller.sweep()
    await cards.drawn()

    assert [line for _, line in cards.board.said] == [("whole",)]
