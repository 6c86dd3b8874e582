"""Modals for tests."""

from typing import Any

from bot.sandbox.slack import Slack, View
from tests.sandbox.slack_fakes import Api, Json, SocketBot, last


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def field(kind: str, action_id: str, *, optional: bool = True, **more: Any) -> Json:
    """Make an input block whose block_id is its action_id."""
    element = {"type": kind, "action_id": action_id, **more}
    block = {"type": "input", "block_id": action_id, "label": plain(action_id), "element": element}
    return {**block, "optional": optional}


def option(value: str) -> Json:
    return {"text": plain(value.title()), "value": value}


def modal(*blocks: Json, **more: Any) -> Json:
    shown = list(blocks) or [field("plain_text_input", "note", optional=False)]
    base = {"type": "modal", "callback_id": "note", "title": plain("Note"), "submit": plain("Add")}
    return {**base, "blocks": shown, **more}


FORM = modal(
    field("plain_text_input", "note", optional=False, max_length=10, initial_value="first"),
    field("multi_users_select", "assignees", max_selected_items=2),
    field("external_select", "policy", min_query_length=2),
    field("static_select", "status", options=[option("open"), option("closed")]),
    field("checkboxes", "flags", options=[option("a"), option("b")]),
    field("users_select", "who"),
    field("datepicker", "day"),
    field("email_text_input", "mail"),
    field("url_text_input", "link"),
    field("number_input", "count", is_decimal_allowed=False),
    {"type": "divider"},
)


async def trigger(slack: Slack, bot: SocketBot) -> str:
    """Let Ann do something that gives the bot a trigger."""
    await slack.global_shortcut("ann", "open")
    return str(last(bot)["trigger_id"])


async def opened(api: Api, bot: SocketBot, view: Json, method: str = "views.open") -> View:
    """Let the bot show a modal to Ann."""
    body = await api(method, trigger_id=await trigger(api.slack, bot), view=view)
    assert body["ok"], body
    return await api.slack.expect_view("ann")
