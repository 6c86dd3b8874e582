"""What tests wait for, how a scene is set, and what the demo shows."""

import asyncio

import pytest

from bot.sandbox.slack import Message, NotSeenError, Slack, all_text
from tests.sandbox.slack_fakes import (
    Api,
    SocketBot,
    posted,
)


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
