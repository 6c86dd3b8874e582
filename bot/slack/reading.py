"""Take single values out of Slack's JSON, whatever it is: tolerant, bounded, one kind of error."""

import json
from collections.abc import Mapping
from typing import Any

from bot.model import SlackUserId
from bot.slack.views import METADATA

Payload = Mapping[str, Any]

TEXT_LIMIT = 40_000  # more than Slack lets anybody type
ID_LIMIT = 255


class Malformed(ValueError):
    """Slack sent something that this version of the bot cannot use; nothing was done."""


def metadata_of(body: Payload) -> Payload:
    """Read the `private_metadata` of the view that something happened in."""
    return load_json(mapping(body, "view").get("private_metadata"), METADATA) or {}


def load_json(text: Any, limit: int) -> Payload | None:
    """Read a JSON object of at most `limit` characters; None for anything else."""
    if not isinstance(text, str) or len(text) > limit:
        return None
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def first_of(items: Any) -> Payload:
    """Give the first of the actions. Raises Malformed."""
    found = items[0] if isinstance(items, list) and items else None
    if not isinstance(found, Mapping):
        raise Malformed("Slack did not say which button was pressed.")
    return found


def mapping(value: Any, *path: str) -> Payload:
    """Follow a path of keys to a mapping; an empty one where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def id_of(value: Payload, *path: str) -> str | None:
    """Follow a path of keys to an id, a ts or a name; None where there is none."""
    found = mapping(value, *path[:-1]).get(path[-1])
    return found if isinstance(found, str) and 0 < len(found) <= ID_LIMIT else None


def user_of(body: Payload, *path: str) -> SlackUserId:
    """Give who acts. Raises Malformed."""
    found = id_of(body, *path)
    if found is None:
        raise Malformed("Slack did not say who asked, so nothing was done.")
    return SlackUserId(found)


def text_of(value: Payload, key: str) -> str:
    """Give a text, empty where there is none. Raises Malformed where it is endless."""
    text = value.get(key)
    if not isinstance(text, str):
        return ""
    if len(text) > TEXT_LIMIT:
        raise Malformed(f"That is longer than {TEXT_LIMIT:,} characters; nothing was done.")
    return text


def url_of(value: Payload) -> str | None:
    """Give the response_url; None where there is none."""
    url = value.get("response_url")
    return url if isinstance(url, str) and url.startswith(("https://", "http://")) else None
