"""Mentions: a person's new message to the bot, and nothing else, is a command."""

from typing import Any

import pytest

from bot.model import Via
from bot.slack import payloads
from tests.slack.shapes import TS, invocation


def told(text: Any, **more: Any) -> dict[str, Any]:
    event = {"type": "app_mention", "user": "U0ANN", "text": text, "channel": "C0PROD", "ts": TS}
    return {**event, "team": "T0ACME", **more}


@pytest.mark.parametrize(
    ("event", "text"),
    [
        pytest.param(told("<@U0BOT> ack 123"), "ack 123", id="mention"),
        pytest.param(told(" <@U0BOT|pdbot>: ack 123 "), "ack 123", id="old form and colon"),
        pytest.param(told("<@U0BOT>"), "", id="nothing but the mention"),
        pytest.param(
            told("<@U0BOT>\nnote P1 a\n b", subtype="file_share"), "note P1 a\n b", id="a file"
        ),
        pytest.param(told("<@U0BOT> ls", subtype="thread_broadcast"), "ls", id="broadcast"),
        pytest.param(told("ack 123", channel_type="im"), "ack 123", id="direct message"),
        pytest.param(told("<@U0BOT> ack", channel_type="im"), "ack", id="direct mention"),
        pytest.param(told("ack 123", channel="D0ANN"), "ack 123", id="direct by its id"),
        pytest.param(
            told("<@U0BOB> did it", channel_type="im"), "<@U0BOB> did it", id="direct, of another"
        ),
        pytest.param(told("ack 123"), None, id="no mention"),
        pytest.param(told("ask <@U0BOT> to ack"), None, id="mention in the middle"),
        pytest.param(told("<@U0BOB> ack"), None, id="mention of another"),
        pytest.param(told("<@U0BOT> ack", bot_id="B1"), None, id="a bot"),
        pytest.param(told("<@U0BOT> ack", bot_profile={"id": "B1"}), None, id="a bot by profile"),
        pytest.param(told("<@U0BOT> ack", edited={"ts": TS}), None, id="an edit"),
        pytest.param(told("<@U0BOT> ack", hidden=True), None, id="hidden"),
        pytest.param(told("<@U0BOT> ack", subtype="message_changed"), None, id="edit event"),
        pytest.param(told("<@U0BOT> ack", subtype="channel_topic"), None, id="a topic"),
        pytest.param(told("<@U0BOT> ack", subtype=["x"]), None, id="odd subtype"),
        pytest.param(told("<@U0BOT> ack", user="U0BOT"), None, id="itself"),
        pytest.param(told("<@U0BOT> ack", user=None), None, id="nobody"),
        pytest.param(told(None), None, id="no text"),
        pytest.param(told("<@U0BOT>" + "x" * 40_000), None, id="endless"),
    ],
)
def test_mention_is_a_persons_new_message_to_the_bot(event: Any, text: str | None) -> None:
    found = payloads.mention(event, "U0BOT")

    assert (found and found.text) == text


def test_mention_knows_its_thread() -> None:
    found = payloads.mention(
        told("<@U0BOT> ack", thread_ts="1763883000.000100"), "U0BOT", team_id="T0ACME"
    )

    assert found == invocation(
        Via.MENTION,
        "ack",
        team_id="T0ACME",
        user_team_id="T0ACME",
        channel_id="C0PROD",
        thread_ts="1763883000.000100",
        message_ts=TS,
    )
