"""What people and other apps write: the events that the bot gets."""

import pytest

from bot.sandbox.slack import NotPossibleError, Slack
from tests.sandbox.slack_fakes import (
    SocketBot,
    events,
    posted,
)

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


async def test_a_longer_id_is_no_mention(slack: Slack, bot: SocketBot) -> None:
    await posted(slack, "<@U0PDBOTTLE> hello", raw=True)

    assert [one["type"] for one in events(bot)] == ["message"]


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
