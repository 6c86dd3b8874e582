"""A channel's message events become channel messages for the notifier, or say why not.

Pure. Only posts of other bots count: a human can paste any job's line, and the bot's own words
would answer themselves.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.model import ChannelMessage

Payload = Mapping[str, Any]

_TS = re.compile(r"[0-9]{1,12}\.[0-9]{1,6}")
_WORDS_OF_BOTS = (None, "", "bot_message", "file_share", "thread_broadcast")
_CONTENT = ("text", "blocks", "files", "username")


@dataclass(frozen=True, slots=True)
class Ignored:
    """A message event that cannot be a job message; `reason` is for logs and metrics."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Author:
    bot_id: str | None
    app_id: str | None
    user_id: str | None


def message(
    event: Payload,
    *,
    team_id: str,
    own_bot_id: str | None,
    own_user_id: str | None,
    own_app_id: str | None = None,
) -> ChannelMessage | Ignored:
    """Read a message event. Never raises: Slack would only deliver the same event again."""
    subtype = event.get("subtype")
    is_edit = subtype == "message_changed"
    content = _mapping(event, "message") if is_edit else event
    before = (_mapping(event, "previous_message") or None) if is_edit else None
    author = _author(content)
    reasons = (
        ("not a message", event.get("type") != "message"),
        ("deletion", subtype == "message_deleted"),
        ("notice of Slack", content.get("subtype") not in _WORDS_OF_BOTS),
        ("hidden", bool(event.get("hidden")) and not is_edit),
        ("human message", author.bot_id is None),
        ("own message", _is_own(author, _Author(own_bot_id, own_app_id, own_user_id))),
        ("unfurl or no change", before is not None and _is_the_same(before, content)),
    )
    if found := [reason for reason, applies in reasons if applies]:
        return Ignored(found[0])
    channel_id, ts = _text(event, "channel"), _ts(content, "ts")
    changed_at = _changed_at(event, before, content) if is_edit else ts
    if channel_id is None or ts is None or changed_at is None:
        return Ignored("malformed")
    return ChannelMessage(
        team_id=team_id,
        channel_id=channel_id,
        ts=ts,
        changed_at=changed_at,
        content=content,
        previous=before,
        thread_ts=_ts(content, "thread_ts"),
        bot_id=author.bot_id,
        app_id=author.app_id,
    )


def _author(content: Payload) -> _Author:
    """Tell who posted: modern posts have a `bot_profile`, older ones a bare `bot_id`."""
    profile = _mapping(content, "bot_profile")
    return _Author(
        bot_id=_text(content, "bot_id") or _text(profile, "id"),
        app_id=_text(content, "app_id") or _text(profile, "app_id"),
        user_id=_text(content, "user"),
    )


def _is_own(author: _Author, own: _Author) -> bool:
    return any(
        known is not None and known == found
        for known, found in (
            (own.bot_id, author.bot_id),
            (own.app_id, author.app_id),
            (own.user_id, author.user_id),
        )
    )


def _is_the_same(before: Payload, after: Payload) -> bool:
    """Tell whether an edit is none: Slack sends one for each link that it unfurls."""
    return (
        _edited_at(before) == _edited_at(after)
        and all(before.get(key) == after.get(key) for key in _CONTENT)
        and _written(before) == _written(after)
    )


def _written(content: Payload) -> list[Any]:
    """Give the attachments that the author wrote, without Slack's numbering."""
    attachments = content.get("attachments")
    return [
        {key: value for key, value in each.items() if key != "id"}
        for each in (attachments if isinstance(attachments, list) else [])
        if isinstance(each, Mapping) and "from_url" not in each
    ]


def _changed_at(event: Payload, before: Payload | None, after: Payload) -> str | None:
    """Give the time of an edit: Slack's own note of it, unless that is of an earlier edit."""
    edited = _edited_at(after)
    earlier = _edited_at(before) if before is not None else None
    if edited is not None and edited != earlier:
        return edited
    return _ts(event, "ts") or _ts(event, "event_ts")


def _edited_at(content: Payload) -> str | None:
    return _ts(_mapping(content, "edited"), "ts")


def _mapping(value: Payload, key: str) -> Payload:
    found = value.get(key)
    return found if isinstance(found, Mapping) else {}


def _ts(value: Payload, key: str) -> str | None:
    found = value.get(key)
    return found if isinstance(found, str) and _TS.fullmatch(found) else None


def _text(value: Payload, key: str) -> str | None:
    found = value.get(key)
    return found if isinstance(found, str) and found else None
