"""What people and other apps write: the events that the bot gets, and what tests wait for."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.sandbox.slack import Message, NotPossibleError, NotSeenError, Slack, all_text
from tests.sandbox.slack_fakes import (
    Api,
    Json,
    ManualClock,
    SocketBot,
    calling,
    socket_bot,
    workspace,
)


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with calling(workspace(ManualClock())) as api:
        yield api


@pytest.fixture
def slack(api: Api) -> Slack:
    return api.slack


@pytest.fixture
async def bot(api: Api) -> AsyncIterator[SocketBot]:
    async with socket_bot(api) as bot:
        yield bot


def events(bot: SocketBot) -> list[Json]:
    """Give the inner events that the bot got."""
    return [one["payload"]["event"] for one in bot.envelopes if one["type"] == "events_api"]


async def posted(slack: Slack, typed: str = "hello", **more: Any) -> Message:
    """Let Ann post."""
    message = (await slack.post("ann", "C0PROD", typed, **more)).message
    assert message is not None
    return message


# -------------------------------------------------------------------- people


async def test_a_message_is_an_event(slack: Slack, bot: SocketBot) -> None:
    ack = await slack.post("ann", "C0PROD", "see https://x.example & ann@example.com")
    event = events(bot)[0]

    assert ack.ok
    assert event["type"] == "message"
    assert event["user"] == "U0ANN"
    assert "bot_id" not in event
    assert event["channel_type"] == "channel"
    assert event["text"] == (
        "see <https://x.example> &amp; <mailto:ann@example.com|ann@example.com>"
    )
    assert bot.envelopes[0]["payload"]["authorizations"][0]["user_id"] == "U0PDBOT"


async def test_a_mention_is_an_event_of_its_own(slack: Slack, bot: SocketBot) -> None:
    message = await posted(slack, "@pdbot ack #1 with @payments-oncall")
    by_type = {one["type"]: one for one in events(bot)}

    assert set(by_type) == {"message", "app_mention"}
    assert by_type["app_mention"]["text"] == "<@U0PDBOT> ack #1 with <!subteam^S0PAY>"
    assert by_type["app_mention"]["ts"] == by_type["message"]["ts"] == message.ts


async def test_a_direct_message_is_no_mention(slack: Slack, bot: SocketBot) -> None:
    await slack.post("ann", "D0ANN", "@pdbot list")

    assert [(one["type"], one["channel_type"]) for one in events(bot)] == [("message", "im")]


async def test_a_reply_names_its_thread(slack: Slack, bot: SocketBot) -> None:
    parent = await posted(slack)
    await posted(slack, "below", thread_ts=parent.ts)

    assert events(bot)[1]["thread_ts"] == parent.ts
    assert events(bot)[1]["parent_user_id"] == "U0ANN"
    assert parent["reply_count"] == 1


async def test_a_reply_below_an_older_bots_post_names_no_author(
    slack: Slack, bot: SocketBot
) -> None:
    ack = await slack.post_as_bot("B0RUNDECK", "C0PROD", {"text": "job"}, shape="legacy")
    assert ack.message is not None
    reply = await posted(slack, "why?", thread_ts=ack.message.ts)

    assert "parent_user_id" not in reply


async def test_an_edit_carries_both_versions(slack: Slack, bot: SocketBot) -> None:
    message = await posted(slack)
    await slack.edit("ann", message, "goodbye")
    event = events(bot)[1]

    assert event["subtype"] == "message_changed"
    assert event["message"]["text"] == "goodbye"
    assert event["message"]["edited"]["ts"] == event["ts"]
    assert event["previous_message"]["text"] == "hello"
    assert event["hidden"] is True


async def test_a_deletion_carries_what_is_gone(slack: Slack, bot: SocketBot) -> None:
    message = await posted(slack)
    await slack.delete("ann", message)

    assert events(bot)[1]["subtype"] == "message_deleted"
    assert events(bot)[1]["deleted_ts"] == message.ts
    assert events(bot)[1]["previous_message"]["text"] == "hello"


async def test_a_deleted_parent_is_a_change_to_a_tombstone(slack: Slack, bot: SocketBot) -> None:
    parent = await posted(slack)
    await posted(slack, "below", thread_ts=parent.ts)
    await slack.delete("ann", parent)

    assert events(bot)[2]["message"]["subtype"] == "tombstone"


async def test_a_deleted_reply_leaves_the_others(slack: Slack, bot: SocketBot) -> None:
    parent = await posted(slack)
    reply = await posted(slack, "one", thread_ts=parent.ts)
    await posted(slack, "two", thread_ts=parent.ts)
    await slack.delete("ann", reply)

    assert parent["reply_count"] == 1


async def test_others_messages_cannot_be_changed(slack: Slack, bot: SocketBot) -> None:
    message = await posted(slack)
    with pytest.raises(NotPossibleError, match="cannot edit"):
        await slack.edit("bob", message, "x")
    with pytest.raises(NotPossibleError, match="cannot delete"):
        await slack.delete("bob", message)
    with pytest.raises(NotPossibleError, match="bob is not in D0ANN"):
        await slack.post("bob", "D0ANN", "x")


async def test_where_the_bot_is_not_it_hears_nothing(slack: Slack, bot: SocketBot) -> None:
    ack = await slack.post("bob", "C0RANDOM", "@pdbot list")

    assert (ack.status, ack.reason, ack.message is not None) == ("none", "not_subscribed", True)
    assert bot.envelopes == []


async def test_a_raw_message_is_sent_as_it_is(slack: Slack, bot: SocketBot) -> None:
    await posted(slack, "<@U0PDBOT> “x” &", raw=True)

    assert events(bot)[0]["text"] == "<@U0PDBOT> “x” &"


# -------------------------------------------------------------------- other apps' bots


async def test_a_modern_post_has_bot_and_user(slack: Slack, bot: SocketBot) -> None:
    await slack.post_as_bot("B0RUNDECK", "C0JOBS", {"attachments": [{"text": "failed"}]})
    event = events(bot)[0]

    assert "subtype" not in event
    assert (event["bot_id"], event["user"]) == ("B0RUNDECK", "U0RUNDECK")
    assert event["app_id"] == "A0RUNDECK"
    assert (event["text"], event["attachments"]) == ("", [{"text": "failed"}])


async def test_a_legacy_post_has_a_subtype_and_no_user(slack: Slack, bot: SocketBot) -> None:
    fields = {"text": "failed", "user": "U1", "channel": "C1", "subtype": "odd"}
    await slack.post_as_bot("B0RUNDECK", "C0JOBS", fields, shape="legacy", ts="1772366400.123456")
    event = events(bot)[0]

    assert (event["subtype"], event["bot_id"]) == ("bot_message", "B0RUNDECK")
    assert (event["username"], event["ts"]) == ("Rundeck", "1772366400.123456")
    assert event["channel"] == "C0JOBS"
    assert "user" not in event


@pytest.mark.parametrize("by_ts", [True, False])
async def test_a_post_is_updated_in_place(slack: Slack, bot: SocketBot, by_ts: bool) -> None:
    ack = await slack.post_as_bot("B0RUNDECK", "C0JOBS", {"text": "started"}, shape="legacy")
    message = ack.message
    assert message is not None
    await slack.post_as_bot(
        "B0RUNDECK", "C0JOBS", {"text": "failed"}, update_of=message.ts if by_ts else message
    )
    event = events(bot)[1]

    assert event["subtype"] == "message_changed"
    assert event["message"]["text"] == "failed"
    assert event["message"]["edited"]["user"] == "B0RUNDECK"
    assert event["previous_message"]["text"] == "started"


async def test_an_unfurl_is_an_update_without_an_edit(slack: Slack, bot: SocketBot) -> None:
    ack = await slack.post_as_bot("B0RUNDECK", "C0JOBS", {"text": "started"})
    await slack.post_as_bot("B0RUNDECK", "C0JOBS", {"edited": None}, update_of=ack.message)

    assert "edited" not in events(bot)[1]["message"]


async def test_a_bots_post_is_deleted(slack: Slack, bot: SocketBot) -> None:
    ack = await slack.post_as_bot("B0RUNDECK", "C0JOBS", {"text": "started"})
    assert ack.message is not None
    await slack.delete_as_bot(ack.message)

    assert events(bot)[1]["subtype"] == "message_deleted"


async def test_a_ts_is_used_once(slack: Slack, bot: SocketBot) -> None:
    await slack.post_as_bot("B0RUNDECK", "C0JOBS", {"text": "x"}, ts="1.000000")
    with pytest.raises(ValueError, match="already"):
        await slack.post_as_bot("B0RUNDECK", "C0JOBS", {"text": "x"}, ts="1.000000")


async def test_a_raw_event_is_delivered(slack: Slack, bot: SocketBot) -> None:
    event = {"type": "channel_rename", "channel": {"id": "C0PROD", "name": "production"}}
    ack = await slack.deliver_event(event)
    later = await slack.deliver_event(event, wait=False)
    await slack.settle()

    assert ack.ok
    assert (later.status, later.reason) == ("none", "not_awaited")
    assert events(bot) == [event, event]


# -------------------------------------------------------------------- expectations


async def test_each_message_is_given_once(api: Api, slack: Slack) -> None:
    for text in ("one", "two"):
        await api("chat.postMessage", channel="C0PROD", text=text)

    assert (await slack.expect_message("C0PROD")).text == "one"
    assert (await slack.expect_message("C0PROD")).text == "two"
    with pytest.raises(NotSeenError, match=r"(?s)No message in C0PROD.*\(seen\) one.*\(seen\) two"):
        await slack.expect_message("C0PROD", timeout=0)


async def test_an_expectation_waits(api: Api, slack: Slack) -> None:
    waiting = asyncio.create_task(slack.expect_message("C0PROD", "late"))
    await api("chat.postMessage", channel="C0PROD", text="early")
    await api("chat.postMessage", channel="C0PROD", text="late")

    assert (await waiting).text == "late"


async def test_an_update_is_expected_after_what_was_seen(api: Api, slack: Slack) -> None:
    await api("chat.postMessage", channel="C0PROD", text="one")
    message = await slack.expect_message("C0PROD")
    with pytest.raises(NotSeenError, match="No update with ''"):
        await slack.expect_update(message, timeout=0)
    await api("chat.update", channel="C0PROD", ts=message.ts, text="two")

    assert await slack.expect_update(message) is message
    with pytest.raises(NotSeenError):
        await slack.expect_update(message, timeout=0)


async def test_a_reaction_is_expected(api: Api, slack: Slack) -> None:
    message = await posted_quietly(slack)
    await api("reactions.add", channel="C0PROD", timestamp=message.ts, name="eyes")

    assert await slack.expect_reaction(message, "eyes") is message
    with pytest.raises(NotSeenError, match="- eyes"):
        await slack.expect_reaction(message, "x", timeout=0)


async def posted_quietly(slack: Slack) -> Message:
    """Let Ann post without waiting for a bot that is not there."""
    return await posted(slack, wait=False)


async def test_calls_and_deletions_are_expected(api: Api, slack: Slack) -> None:
    await api("chat.postMessage", channel="C0PROD", text="one")
    message = await slack.expect_message("C0PROD", thread_ts=None)
    with pytest.raises(NotSeenError, match="No deletion"):
        await slack.expect_deleted(message, timeout=0)
    await api("chat.delete", channel="C0PROD", ts=message.ts)
    await slack.expect_deleted(message)

    assert (await slack.expect_call("chat.delete", since=1)).args["ts"] == message.ts
    with pytest.raises(NotSeenError, match=r"- chat.postMessage\n- chat.delete"):
        await slack.expect_call("auth.test", timeout=0)


async def test_what_is_missing_is_said(slack: Slack) -> None:
    for expectation in (
        slack.expect_view("ann", "note", timeout=0),
        slack.expect_home("ann", timeout=0),
        slack.expect_connections(1, timeout=0),
        slack.expect_ephemeral("ann", "C0PROD", "x", timeout=0),
    ):
        with pytest.raises(NotSeenError, match="There was:\n- nothing"):
            await expectation


async def test_another_view_and_home_are_said(api: Api, slack: Slack, bot: SocketBot) -> None:
    plain = {"type": "plain_text", "text": "Hello"}
    block = {"type": "section", "text": plain}
    await slack.global_shortcut("ann", "open")
    trigger_id = bot.envelopes[-1]["payload"]["trigger_id"]
    view = {"type": "modal", "title": plain, "callback_id": "a", "blocks": [block]}
    await api("views.open", trigger_id=trigger_id, view=view)
    await api("views.publish", user_id="U0ANN", view={"type": "home", "blocks": [block]})
    with pytest.raises(NotSeenError, match="- a: Hello"):
        await slack.expect_view("ann", "b", timeout=0)
    with pytest.raises(NotSeenError, match="- Hello"):
        await slack.expect_home("ann", "Goodbye", timeout=0)


def test_all_text_is_what_is_seen() -> None:
    field = {"title": "Status", "value": "failed"}
    message = {"text": "a", "bot_profile": {"name": "b"}, "attachments": [{"fields": [field]}]}

    assert all_text(message) == "a\nStatus\nfailed"


# -------------------------------------------------------------------- the cast and the page


async def test_a_cast_is_checked(slack: Slack) -> None:
    with pytest.raises(ValueError, match="user U0ANN already"):
        slack.add_user("twin", id="U0ANN")
    with pytest.raises(ValueError, match="channel C0PROD already"):
        slack.add_channel("twin", id="C0PROD")
    with pytest.raises(ValueError, match="one member"):
        slack.add_channel("", is_im=True)
    with pytest.raises(KeyError, match="no user 'nobody'"):
        await slack.command("nobody", "/pd", channel="C0PROD")
    with pytest.raises(KeyError, match="no channel 'nowhere'"):
        slack.messages("nowhere")

    guest = slack.add_user("guest", is_ultra_restricted=True)

    assert guest.is_restricted
    assert slack.workspace.channel(slack.workspace.channels["C0PROD"]).name == "prod"


async def test_a_snapshot_is_json_and_changes_are_told(api: Api, slack: Slack) -> None:
    told: list[str] = []
    stop = slack.on_change(told.append)
    await api("chat.postEphemeral", channel="C0PROD", user="U0ANN", text="psst")
    await api("views.publish", user_id="U0ANN", view={"type": "home", "blocks": []})
    stop()
    await api("chat.postMessage", channel="C0PROD", text="hello")
    seen = slack.snapshot()
    prod = next(one for one in seen["channels"] if one["id"] == "C0PROD")

    assert told == ["ephemeral", "call", "view", "call"]
    assert prod["messages"][0]["text"] == "hello"
    assert prod["ephemerals"][0]["to_user"] == "U0ANN"
    assert seen["homes"]["U0ANN"]["type"] == "home"
    assert seen["calls"][-1] == {"method": "chat.postMessage", "ok": True, "status": 200}


def test_secrets_are_in_no_repr(slack: Slack) -> None:
    identity = repr(slack.identity)

    assert slack.identity.bot_token not in identity
    assert slack.identity.app_token not in identity
    assert slack.signing_secret not in identity
