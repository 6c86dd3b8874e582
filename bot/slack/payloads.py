"""Slack's payloads become invocations and channel messages.

Pure. Absent fields are tolerated, KeyError never happens: what cannot be used at all is refused
with `Malformed`, whose sentence the responder reads.

Shapes: https://docs.slack.dev/reference/interaction-payloads
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.model import Invocation, SlackUserId, Via
from bot.slack.blocks import BUTTON_VALUE
from bot.slack.messages import Ignored, message
from bot.slack.reading import (
    ID_LIMIT,
    TEXT_LIMIT,
    Malformed,
    Payload,
    first_of,
    id_of,
    load_json,
    mapping,
    metadata_of,
    text_of,
    url_of,
    user_of,
)
from bot.slack.text import unescape

__all__ = [
    "Ignored",
    "Malformed",
    "OptionsRequest",
    "click",
    "command",
    "mention",
    "message",
    "options",
    "shortcut",
    "submission",
]

INCIDENTS_LIMIT = 250

_CARD_VERBS = {
    "acknowledge": "ack",
    "resolve": "resolve",
    "note": "note",
    "reassign": "reassign",
    "reopen": "reopen",
    "take": "take",
}
_REFERENCE = re.compile(r"#?[A-Za-z0-9]{1,64}")
_MENU = re.compile(
    r"(?P<verb>[a-z]{1,32}) (?P<incident>[A-Za-z0-9]{1,64})(?: (?P<args>[^\n]{1,60}))?"
)
_DOMAIN = re.compile(r"[A-Za-z0-9-]{1,63}")
_VERB = re.compile(r"[a-z_-]{1,32}")
_NAMED_LINK = re.compile(r"<(https?://[^<>|\s]{1,500})\|([^<>|]{1,400})>")
_LEADING_MENTION = re.compile(r"\s*<@([A-Z0-9]+)(?:\|[^<>]*)?>[\s:,]*")
_WORDS_OF_PEOPLE = (None, "", "file_share", "thread_broadcast")


@dataclass(frozen=True, slots=True)
class OptionsRequest:
    """Slack asks for the options of a select, after each character; answered from a cache."""

    action_id: str
    typed: str
    slack_user_id: SlackUserId
    team_id: str | None = None
    incident_id: str | None = None


def command(body: Payload) -> Invocation:
    """Read a slash command. Its text stays as Slack sent it."""
    return Invocation(
        via=Via.COMMAND,
        slack_user_id=user_of(body, "user_id"),
        text=text_of(body, "text"),
        team_id=id_of(body, "team_id"),
        user_team_id=id_of(body, "user_team_id"),
        channel_id=id_of(body, "channel_id"),
        trigger_id=id_of(body, "trigger_id"),
        response_url=url_of(body),
    )


def click(body: Payload) -> Invocation:
    """Read a press of a button: one of a card's, one of its menu, or a `pick`."""
    invocation = _click(body)
    return replace(invocation, headline=_headline(body, invocation.incidents))


def _click(body: Payload) -> Invocation:
    pressed = first_of(body.get("actions"))
    action_id, value = id_of(pressed, "action_id"), pressed.get("value")
    if action_id == "pick":
        return _invocation(body, Via.BUTTON, **_picked(value))
    if action_id == "more":
        return _invocation(body, Via.BUTTON, **_chosen(id_of(pressed, "selected_option", "value")))
    verb = _CARD_VERBS.get(action_id or "")
    if verb is None:
        raise Malformed("This button is not one of mine any more. Type the command instead.")
    if not isinstance(value, str) or not _REFERENCE.fullmatch(value):
        raise Malformed("This button names no incident. Type the command with the incident's id.")
    return _invocation(body, Via.BUTTON, verb=verb, incidents=(value,), text=f"{verb} {value}")


def submission(body: Payload) -> Invocation:
    """Read a submitted form; empty fields are left out of `fields`."""
    view = mapping(body, "view")
    verb = id_of(view, "callback_id")
    if verb is None:
        raise Malformed("This form has no name, so I cannot tell what it asks for.")
    fields = _fields(mapping(view, "state", "values"))
    incident = id_of(metadata_of(body), "incident") or fields.get("incident")
    incidents = (incident,) if isinstance(incident, str) else ()
    return _invocation(
        body,
        Via.FORM,
        verb=verb,
        incidents=incidents,
        fields=fields,
        text=" ".join((verb, *incidents)),
        confirmed=True,
    )


def shortcut(body: Payload) -> Invocation:
    """Read a global shortcut, or a message shortcut with its message in `fields`."""
    verb = id_of(body, "callback_id")
    if verb is None:
        raise Malformed("This shortcut has no name, so I cannot tell what it asks for.")
    return _invocation(body, Via.SHORTCUT, verb=verb, text=verb, fields=_quoted(body))


def options(body: Payload) -> OptionsRequest:
    """Read a request for the options of an external select."""
    action_id = id_of(body, "action_id")
    if action_id is None:
        raise Malformed("Slack asked for the options of a select without a name.")
    return OptionsRequest(
        action_id=action_id,
        typed=text_of(body, "value")[:ID_LIMIT],
        slack_user_id=user_of(body, "user", "id"),
        team_id=id_of(body, "team", "id"),
        incident_id=id_of(metadata_of(body), "incident"),
    )


def is_direct(event: Payload) -> bool:
    """Tell whether a message was written to the bot alone; the id says so where no type does."""
    kind = event.get("channel_type")
    return kind == "im" if kind else (id_of(event, "channel") or "").startswith("D")


def mention(event: Payload, bot_user_id: str, *, team_id: str | None = None) -> Invocation | None:
    """Read a person's new message to the bot; None for everything else.

    In a channel it starts with the bot's mention; in a direct message it need not. Posts of bots
    and edits are no commands.
    """
    if any(event.get(key) for key in ("bot_id", "bot_profile", "edited", "hidden", "message")):
        return None
    user, text = id_of(event, "user"), event.get("text")
    if event.get("subtype") not in _WORDS_OF_PEOPLE or user in (None, bot_user_id):
        return None
    if not isinstance(text, str) or len(text) > TEXT_LIMIT:
        return None
    found = _LEADING_MENTION.match(text)
    if found and found.group(1) == bot_user_id:
        text = text[found.end() :]
    elif not is_direct(event):
        return None
    return Invocation(
        via=Via.MENTION,
        slack_user_id=SlackUserId(str(user)),
        text=text.strip(),
        team_id=team_id,
        user_team_id=id_of(event, "user_team") or id_of(event, "team"),
        channel_id=id_of(event, "channel"),
        thread_ts=id_of(event, "thread_ts"),
        message_ts=id_of(event, "ts"),
    )


def _invocation(body: Payload, via: Via, **found: Any) -> Invocation:
    """Add who, where and how to answer to what was asked for."""
    container, metadata = mapping(body, "container"), metadata_of(body)
    message = mapping(body, "message")
    ts = id_of(message, "ts") or id_of(container, "message_ts")
    thread_ts = id_of(message, "thread_ts") or id_of(container, "thread_ts")
    if thread_ts == ts:
        thread_ts = None  # it has a thread below it, it is not in one
    if container.get("is_ephemeral") is True or not _may_be_card(message):
        ts = None  # such a message must not be edited: it is nobody's card
    return Invocation(
        via=via,
        slack_user_id=user_of(body, "user", "id"),
        team_id=id_of(body, "team", "id"),
        user_team_id=id_of(body, "user", "team_id"),
        channel_id=id_of(body, "channel", "id")
        or id_of(container, "channel_id")
        or id_of(metadata, "channel"),
        thread_ts=thread_ts or id_of(metadata, "thread_ts"),
        message_ts=ts or id_of(metadata, "message_ts"),
        trigger_id=id_of(body, "trigger_id"),
        response_url=url_of(body) or url_of(metadata),
        view_id=_modal(body) or id_of(metadata, "view_id"),
        **found,
    )


def _modal(body: Payload) -> str | None:
    """Give the modal that a button was pressed in; a Home tab is none."""
    view = mapping(body, "view")
    is_click = body.get("type") == "block_actions"
    return id_of(view, "id") if is_click and view.get("type") == "modal" else None


def _may_be_card(message: Payload) -> bool:
    """Tell whether all buttons of a message are a card's, of one incident."""
    buttons = [
        element
        for row in _blocks(message)
        if row.get("type") == "actions" and isinstance(row.get("elements"), list)
        for element in row["elements"]
        if isinstance(element, Mapping)
    ]
    named = {str(one.get("value")) for one in buttons if one.get("action_id") in _CARD_VERBS}
    return len(named) <= 1 and all(one.get("action_id") in _CARD_VERBS for one in buttons)


def _headline(body: Payload, incidents: tuple[str, ...]) -> str | None:
    """Give what the message or view with the button calls the incident: its link's words.

    Of an ephemeral message Slack sends no more than the button.
    """
    for block in _blocks(mapping(body, "message") or mapping(body, "view")):
        for url, words in _NAMED_LINK.findall(text_of(mapping(block, "text"), "text")):
            if url.endswith(tuple(f"/incidents/{one}" for one in incidents[:1])):
                return unescape(str(words))
    return None


def _blocks(shown: Payload) -> list[Payload]:
    blocks = shown.get("blocks")
    return [one for one in blocks if isinstance(one, Mapping)] if isinstance(blocks, list) else []


def _picked(value: Any) -> dict[str, Any]:
    """Read a `pick`'s value: `{"verb": …, "incidents": […], "args": …}`.

    `"form": true` marks arguments that were cut because they did not fit into the button.
    """
    refusal = Malformed("This button cannot be read any more. Type the command instead.")
    read = load_json(value, BUTTON_VALUE)
    if read is None:
        raise refusal
    verb, incidents, args = read.get("verb"), read.get("incidents") or [], read.get("args") or ""
    if not isinstance(verb, str) or not _VERB.fullmatch(verb) or not isinstance(args, str):
        raise refusal
    if not isinstance(incidents, list) or len(incidents) > INCIDENTS_LIMIT:
        raise refusal
    if not all(isinstance(item, str) and _REFERENCE.fullmatch(item) for item in incidents):
        raise refusal
    return {
        "verb": verb,
        "incidents": tuple(incidents),
        "text": " ".join((verb, *incidents, *([args] if args else []))),
        "fields": {
            **({"args": args} if args else {}),
            **({"form": True} if read.get("form") is True else {}),
        },
        "confirmed": bool(incidents),
    }


def _chosen(value: str | None) -> dict[str, Any]:
    """Read what was chosen in a card's menu: a command with the incident's id."""
    found = _MENU.fullmatch(value or "")
    if found is None:
        raise Malformed("This menu cannot be read any more. Type the command instead.")
    return {
        "verb": found["verb"],
        "incidents": (found["incident"],),
        "text": found[0],
        "fields": {"args": found["args"]} if found["args"] else {},
    }


def _quoted(body: Payload) -> dict[str, Any]:
    """Give the message that a message shortcut was used on, with its address."""
    marked = mapping(body, "message")
    if not marked:
        return {}
    found = {
        "message_text": text_of(marked, "text"),
        "message_author": id_of(marked, "user") or id_of(marked, "bot_id") or "",
    }
    domain, channel_id = id_of(body, "team", "domain"), id_of(body, "channel", "id")
    ts = id_of(marked, "ts")
    if domain and channel_id and ts and _DOMAIN.fullmatch(domain):
        place = f"{channel_id}/p{ts.replace('.', '')}"
        found["permalink"] = f"https://{domain}.slack.com/archives/{place}"
    return found


def _fields(values: Payload) -> dict[str, Any]:
    """Collect what was filled in: text as `str`, people as a tuple of ids, a choice's value."""
    found: dict[str, Any] = {}
    for block in values.values():
        for name, state in block.items() if isinstance(block, Mapping) else ():
            value = _value(state) if isinstance(state, Mapping) else None
            if value:
                found[str(name)] = value
    return found


def _value(state: Payload) -> str | tuple[str, ...] | None:
    people = state.get("selected_users")
    if isinstance(people, list):
        return tuple(person for person in people if isinstance(person, str))
    if "selected_option" in state:
        return id_of(state, "selected_option", "value")
    return text_of(state, "value") or None
