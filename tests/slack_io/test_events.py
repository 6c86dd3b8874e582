"""Mentions, channel messages, and what nobody waits for."""

from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.errors import StoreError
from bot.model import Outcome
from tests.slack_io.bot import Bot, running

# ---------------------------------------------------------------- mentions


async def test_a_mention_is_done_once_and_gets_a_reaction(bot: Bot) -> None:
    """It arrives as `message` and as `app_mention`."""
    said = await bot.slack.post("ann", "prod", "<@U0PDBOT> ack Q1", raw=True)
    assert said.message is not None
    await bot.slack.expect_ephemeral("ann", "prod", "Done.")
    await bot.slack.expect_reaction(said.message, "white_check_mark")

    assert [one.text for one in bot.talk.begun] == ["ack Q1"]
    assert bot.stored == []


async def test_a_mention_in_a_thread_is_answered_there(bot: Bot) -> None:
    bot.talk.outcome = Outcome(lines=(("No such incident.",),), ok=False)
    parent = (await bot.slack.post("ann", "prod", "Hm.")).message
    assert parent is not None
    said = await bot.slack.post("ann", "prod", "<@U0PDBOT> ack", thread_ts=parent.ts, raw=True)
    assert said.message is not None
    shown = await bot.slack.expect_ephemeral("ann", "prod", "No such incident.")
    await bot.slack.expect_reaction(said.message, "x")

    assert shown.thread_ts == parent.ts
    assert bot.talk.begun[0].thread_ts == parent.ts


async def test_a_mention_in_the_middle_is_left_alone(bot: Bot) -> None:
    await bot.slack.post("ann", "prod", "ask <@U0PDBOT> about it", raw=True)

    assert bot.talk.begun == []


async def test_a_direct_message_needs_no_mention(bot: Bot) -> None:
    direct = bot.slack.add_channel("", is_im=True, members=["ann"])
    await bot.slack.post("ann", direct, "list")
    await bot.slack.expect_ephemeral("ann", direct, "Done.")

    assert [one.text for one in bot.talk.begun] == ["list"]


async def test_a_mention_that_cannot_be_stored_is_answered(bot: Bot) -> None:
    """Slack's repetition could come minutes later, when nobody expects it any more."""
    bot.talk.begin_error = StoreError("The disk is full, nothing was done.")
    said = await bot.slack.post("ann", "prod", "<@U0PDBOT> ack Q1", raw=True)

    assert said.ok
    await bot.slack.expect_ephemeral("ann", "prod", "The disk is full, nothing was done.")


async def test_a_mention_that_another_replica_answers_is_left_to_it(bot: Bot) -> None:
    bot.talk.is_begun = True
    said = await bot.slack.post("ann", "prod", "<@U0PDBOT> ack Q1", raw=True)
    await bot.drained()

    assert said.ok
    assert {one.method for one in bot.slack.calls}.isdisjoint(
        {"chat.postEphemeral", "reactions.add"}
    )


async def test_a_mention_that_failed_is_done_when_slack_delivers_it_again(bot: Bot) -> None:
    bot.slack.retry_delays_seconds, bot.slack.ack_timeout_seconds = (), 1.0
    bot.talk.begin_error = RuntimeError("a mistake of ours")
    said = await bot.slack.post("ann", "prod", "<@U0PDBOT> ack Q1", raw=True)
    assert not said.ok
    assert said.message is not None
    bot.talk.begin_error = None

    again = await bot.slack.deliver_event(
        {
            "type": "app_mention",
            "user": bot.ann.id,
            "text": "<@U0PDBOT> ack Q1",
            "ts": said.message.ts,
            "channel": "C0PROD",
            "event_ts": said.message.ts,
        }
    )

    assert again.ok
    await bot.slack.expect_ephemeral("ann", "prod", "Done.")


# ---------------------------------------------------------------- channel messages


@pytest.mark.parametrize("shape", ["modern", "legacy"])
async def test_a_bots_message_is_stored_before_slack_is_told(bot: Bot, shape: Any) -> None:
    ack = await bot.slack.post_as_bot("B0RUNDECK", "prod", {"text": "FAILED"}, shape=shape)

    assert ack.ok
    assert [one.bot_id for one in bot.stored] == ["B0RUNDECK"]
    assert bot.stored[0].team_id == "T0ACME"


async def test_a_message_that_was_not_stored_is_delivered_again(bot: Bot) -> None:
    bot.slack.ack_timeout_seconds = 1.0
    bot.store_errors.append(StoreError("The disk is full."))
    ack = await bot.slack.post_as_bot("B0RUNDECK", "prod", {"text": "FAILED"})

    assert ack.ok
    assert ack.attempts == 2
    assert len(bot.stored) == 1


async def test_a_message_that_fails_is_delivered_again(bot: Bot) -> None:
    bot.store_errors.append(RuntimeError("a bug"))
    bot.slack.ack_timeout_seconds = 1.0
    ack = await bot.slack.post_as_bot("B0RUNDECK", "prod", {"text": "FAILED"})

    assert ack.attempts == 2
    assert len(bot.stored) == 1


async def test_messages_of_people_and_of_the_bot_itself_are_left_alone(bot: Bot) -> None:
    assert (await bot.slack.post("ann", "prod", "FAILED")).ok
    bot.talk.outcome = Outcome(lines=(("For all.",),), public=True)
    await bot.slack.command("ann", "/pd show Q1 --post", channel="prod")
    await bot.slack.expect_message("prod", "For all.")
    await bot.slack.settle()

    assert bot.stored == []


async def test_messages_without_a_notifier_are_acknowledged() -> None:
    async with running(ingest=False) as bot:
        assert (await bot.slack.post_as_bot("B0RUNDECK", "prod", {"text": "FAILED"})).ok


# ---------------------------------------------------------------- everything else


@pytest.mark.parametrize(
    "event",
    [
        {"type": "reaction_added", "user": "U1", "reaction": "x", "item": {}},
        {"type": "message", "subtype": "channel_join", "user": "U1", "channel": "C0PROD"},
        {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home"},
    ],
    ids=lambda event: event["type"],
)
async def test_other_events_are_acknowledged_and_quiet(bot: Bot, event: dict[str, Any]) -> None:
    ack = await bot.slack.deliver_event(event)

    assert ack.ok
    assert ack.attempts == 1


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "view_closed", "view": {"callback_id": "note"}, "user": {"id": "U1"}},
        {
            "type": "view_submission",
            "view": {"type": "modal", "callback_id": "another"},
            "user": {"id": "U1"},
        },
        {"type": "unheard_of", "user": {"id": "U1"}},
    ],
    ids=lambda payload: payload["type"],
)
async def test_other_interactions_are_acknowledged_and_quiet(
    bot: Bot, payload: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    ack = await bot.slack.deliverer.once("interactive", payload)

    assert ack.ok
    assert bot.talk.begun == []
    assert caplog.messages == []


async def test_a_click_of_nobody_is_refused_in_the_log_only(
    bot: Bot, capsys: pytest.CaptureFixture[str]
) -> None:
    payload = {
        "type": "block_actions",
        "actions": [{"type": "button", "action_id": "note", "value": "Q1"}],
    }
    ack = await bot.slack.deliverer.once("interactive", payload)

    assert ack.ok
    assert "Slack did not say who asked" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("payload", "status"),
    [
        ({"command": "/pd"}, 200),
        ({"type": "block_actions", "actions": [], "user": "U1", "channel": []}, 200),
        ({"type": "block_actions", "actions": [{"action_id": "note"}], "user": {"id": 1}}, 200),
        ({"type": "view_submission", "view": []}, 200),
        ({"type": "view_submission"}, 200),
        ({"type": "shortcut"}, 200),
        ({"type": "message_action", "callback_id": "add_to_incident"}, 200),
        ({"type": "block_suggestion"}, 200),
        ({"type": "event_callback"}, 500),
        ({"type": "event_callback", "event": []}, 500),
        ({"type": "event_callback", "event": {"type": "app_mention"}}, 200),
        ({"type": "event_callback", "event": {"type": "message", "channel_type": "im"}}, 200),
        ({}, 200),
    ],
    ids=str,
)
async def test_a_payload_without_what_it_needs_is_answered(
    payload: dict[str, Any], status: int
) -> None:
    async with running() as bot:
        request = AsyncBoltRequest(mode="socket_mode", body=payload)
        response = await bot.listeners.async_process(
            req=request, resp=BoltResponse(status=200), next=_nobody
        )

        assert response.status == status
        assert bot.talk.begun == []


async def _nobody() -> BoltResponse:
    return BoltResponse(status=404)


@pytest.fixture
def json_logs() -> Iterator[None]:
    """Render as the bot does: the default renderer prints local variables."""
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("json_logs")
async def test_words_of_people_are_not_logged(
    bot: Bot, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    bot.slack.retry_delays_seconds, bot.slack.ack_timeout_seconds = (), 0.3
    bot.talk.begin_error = RuntimeError("a bug")
    await bot.slack.command("ann", "/pd note Q1 the password is hunter2", channel="prod")
    await bot.slack.post("ann", "prod", "<@U0PDBOT> note Q1 hunter2", raw=True)
    await bot.drained()

    captured = capsys.readouterr()
    assert "hunter2" not in captured.out + captured.err + caplog.text
    assert "xoxb" not in captured.out + captured.err + caplog.text
