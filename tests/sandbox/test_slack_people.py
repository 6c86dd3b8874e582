"""What people do: commands, clicks, choices, shortcuts, the Home tab."""

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.slack import NotPossibleError, Slack
from tests.sandbox.slack_buttons import BUTTONS, card
from tests.sandbox.slack_fakes import (
    Api,
    ManualClock,
    SocketBot,
    calling,
    last,
    workspace,
)


@pytest.fixture
async def api(clock: ManualClock) -> AsyncIterator[Api]:
    slack = workspace(clock)
    slack.subscriptions = frozenset({"app_home_opened"})
    async with calling(slack) as api:
        yield api


# -------------------------------------------------------------------- commands


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        pytest.param("/pd", "", id="nothing"),
        pytest.param("/pd  list  all ", "list  all", id="spaces"),
        pytest.param("/pd reassign #1 @ann", "reassign #1 <@U0ANN|ann>", id="a person"),
        pytest.param("/pd note see #prod", "note see <#C0PROD|prod>", id="a channel"),
        pytest.param("/pd a @payments-oncall", "a <!subteam^S0PAY|@payments-oncall>", id="a group"),
        pytest.param("/pd note @here.", "note <!here>.", id="everybody"),
        pytest.param("/pd note a < b & c", "note a &lt; b &amp; c", id="escaped"),
        pytest.param("/pd a @nobody #nowhere", "a @nobody #nowhere", id="unknown names"),
        pytest.param("/pd a x@y.example", "a <mailto:x@y.example|x@y.example>", id="an address"),
        pytest.param(
            "/pd s https://x.example/?a=1&b=2", "s <https://x.example/?a=1&amp;b=2>", id="a link"
        ),
        pytest.param("/pd a <@U0ANN>", "a <@U0ANN>", id="Slack's own token"),
    ],
)
async def test_command_text_arrives_escaped(
    slack: Slack, bot: SocketBot, typed: str, text: str
) -> None:
    await slack.command("ann", typed, channel="C0PROD")

    assert last(bot)["text"] == text


async def test_a_raw_command_arrives_as_it_is(slack: Slack, bot: SocketBot) -> None:
    await slack.command("ann", "/pd note “@ann” & ", channel="#prod", raw=True)

    assert last(bot)["text"] == "note “@ann” &"


async def test_another_command_is_not_possible(slack: Slack) -> None:
    with pytest.raises(NotPossibleError, match="not a valid command"):
        await slack.command("ann", "/other", channel="C0PROD")


async def test_a_command_needs_a_channel_that_one_can_see(slack: Slack) -> None:
    with pytest.raises(NotPossibleError, match="ann is not in G0SECRET"):
        await slack.command("ann", "/pd", channel="G0SECRET")


async def test_a_direct_message_has_its_name(slack: Slack, bot: SocketBot) -> None:
    await slack.command("ann", "/pd", channel="D0ANN")

    assert last(bot)["channel_name"] == "directmessage"


# -------------------------------------------------------------------- clicks


async def test_a_click_carries_message_value_and_state(
    api: Api, slack: Slack, bot: SocketBot
) -> None:
    message = await card(api)
    ack = await slack.click("ann", message, "acknowledge")
    payload = last(bot)

    assert ack.ok
    assert payload["type"] == "block_actions"
    assert payload["actions"][0]["value"] == "P1"
    assert payload["actions"][0]["block_id"] == "buttons"
    assert payload["message"]["ts"] == message.ts
    assert payload["container"]["is_ephemeral"] is False
    assert payload["user"]["id"] == "U0ANN"


async def test_a_click_in_a_thread_names_the_thread(api: Api, slack: Slack, bot: SocketBot) -> None:
    parent = await card(api)
    reply = await card(api, thread_ts=parent.ts)
    await slack.click("ann", reply, "acknowledge")

    assert last(bot)["container"]["thread_ts"] == parent.ts


async def test_a_click_in_an_ephemeral_message_has_no_message(
    api: Api, slack: Slack, bot: SocketBot
) -> None:
    await api("chat.postEphemeral", channel="C0PROD", user="U0ANN", text="x", blocks=BUTTONS)
    message = await slack.expect_ephemeral("ann")
    await slack.click("ann", message, "pick", "one")

    assert "message" not in last(bot)
    assert last(bot)["container"]["is_ephemeral"] is True

    with pytest.raises(NotPossibleError, match="bob does not see"):
        await slack.click("bob", message, "pick")


async def test_an_overflow_is_chosen_by_label(api: Api, slack: Slack, bot: SocketBot) -> None:
    await slack.choose("ann", await card(api), "menu", "Snooze")

    assert last(bot)["actions"][0]["selected_option"]["value"] == "snooze"


async def test_a_button_in_an_attachment_can_be_clicked(
    api: Api, slack: Slack, bot: SocketBot
) -> None:
    await api("chat.postMessage", channel="C0PROD", attachments=[{"blocks": BUTTONS}])
    ack = await slack.click("ann", slack.messages("C0PROD")[-1], "more", "two")

    assert ack.ok


@pytest.mark.parametrize(
    ("method", "action_id", "value", "why"),
    [
        pytest.param("click", "resolve", None, "There is no 'resolve'", id="no such button"),
        pytest.param("click", "pick", "three", "pick=one", id="no such value"),
        pytest.param("click", "menu", None, "use choose", id="an overflow clicked"),
        pytest.param("choose", "pick", "one", "use click", id="a button chosen"),
        pytest.param("choose", "menu", "Explode", "does not offer", id="no such option"),
    ],
)
async def test_what_is_not_there_cannot_be_used(
    api: Api, *, slack: Slack, method: str, action_id: str, value: str | None, why: str
) -> None:
    message = await card(api)
    with pytest.raises(NotPossibleError, match=why):
        await getattr(slack, method)("ann", message, action_id, value)


async def test_a_deleted_message_cannot_be_clicked(api: Api, slack: Slack) -> None:
    message = await card(api)
    await api("chat.delete", channel="C0PROD", ts=message.ts)
    with pytest.raises(NotPossibleError, match="does not see"):
        await slack.click("ann", message, "acknowledge")


async def test_who_is_not_in_a_direct_message_cannot_click_there(api: Api, slack: Slack) -> None:
    await api("chat.postMessage", channel="D0ANN", text="x", blocks=BUTTONS)
    with pytest.raises(NotPossibleError, match="bob is not in D0ANN"):
        await slack.click("bob", slack.messages("D0ANN")[0], "acknowledge")


# -------------------------------------------------------------------- shortcuts, Home tab


async def test_shortcuts_carry_their_ids(api: Api, slack: Slack, bot: SocketBot) -> None:
    message = await card(api)
    await slack.message_shortcut("ann", message, "add_to_incident")

    assert last(bot)["type"] == "message_action"
    assert last(bot)["message"]["ts"] == message.ts

    await slack.global_shortcut("ann", "open_incidents")

    assert last(bot)["type"] == "shortcut"
    assert "channel" not in last(bot)


async def test_the_home_tab_is_published_when_it_is_opened(
    api: Api, slack: Slack, bot: SocketBot
) -> None:
    assert slack.home("ann") is None

    await slack.open_home("ann")

    assert last(bot)["event"]["tab"] == "home"
    assert "view" not in last(bot)["event"]

    view = {"type": "home", "blocks": BUTTONS}
    published = await api("views.publish", user_id="U0ANN", view=view)
    conflict = await api("views.publish", user_id="U0ANN", view=view, hash="old")
    await api("views.publish", user_id="U0ANN", view=view, hash=published["view"]["hash"])
    home = await slack.expect_home("ann", "disk")
    await slack.open_home("ann")

    assert conflict["error"] == "hash_conflict"
    assert last(bot)["event"]["view"]["id"] == home.id

    await slack.click("ann", home, "acknowledge")

    assert last(bot)["container"] == {"type": "view", "view_id": home.id}


async def test_an_event_nobody_subscribed_to_is_not_sent(slack: Slack) -> None:
    slack.subscriptions = frozenset()
    ack = await slack.open_home("ann")

    assert (ack.status, ack.reason, ack.attempts) == ("none", "not_subscribed", 0)
