"""What Slack's refusals mean for a card."""

import pytest

from bot.errors import ChannelClosed, MessageGone, SlackError, SlackLimited
from bot.model import Card
from bot.sandbox.slack import Fault
from bot.slack.card_board import DEFAULT_RETRY_SECONDS, CardBoard
from tests.slack.incidents import TRIGGERED
from tests.slack_io.bot import Bot

CARD = Card(TRIGGERED)


async def test_a_card_is_posted_edited_and_commented(bot: Bot) -> None:
    board = CardBoard(bot.web)
    ts = await board.post("C0PROD", CARD)
    await board.show("C0PROD", ts, Card(TRIGGERED, note_count=3))
    await board.say("C0PROD", ("Bob <b> noted: ", "x & y"), thread_ts=ts)

    card, line = bot.slack.messages("C0PROD")
    assert "3 notes" in card.text
    assert line.thread_ts == ts
    assert "&lt;b&gt;" in line.text
    assert (await board.permalink("C0PROD", ts)).endswith(ts.replace(".", ""))


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        ("message_not_found", MessageGone),
        ("cant_update_message", MessageGone),
        ("edit_window_closed", MessageGone),
        ("is_archived", ChannelClosed),
        ("not_in_channel", ChannelClosed),
        ("channel_not_found", ChannelClosed),
        ("internal_error", SlackError),
        ("invalid_auth", SlackError),
    ],
)
async def test_a_refusal_has_its_meaning(bot: Bot, error: str, meaning: type[SlackError]) -> None:
    bot.slack.faults.add(Fault("chat.update", error=error))
    with pytest.raises(SlackError) as raised:
        await CardBoard(bot.web).show("C0PROD", "1.000000", CARD)
    assert type(raised.value) is meaning
    assert error in str(raised.value)


@pytest.mark.parametrize(("told", "seconds"), [(7, 7.0), (None, DEFAULT_RETRY_SECONDS)])
async def test_a_rate_limit_says_for_how_long(bot: Bot, told: int | None, seconds: float) -> None:
    bot.slack.faults.add(
        Fault("chat.postMessage", error="ratelimited", status=429, retry_after=told)
    )
    with pytest.raises(SlackLimited) as raised:
        await CardBoard(bot.web).post("C0PROD", CARD)
    assert raised.value.retry_after_seconds == seconds
    assert len([one for one in bot.slack.calls if one.method == "chat.postMessage"]) == 1


async def test_a_broken_connection_posts_once(bot: Bot) -> None:
    bot.slack.faults.add(Fault("chat.postMessage", drop=True, after=True))
    with pytest.raises(SlackError):
        await CardBoard(bot.web).post("C0PROD", CARD)
    assert len(bot.slack.messages("C0PROD")) == 1
