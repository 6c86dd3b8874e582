"""Slack's rich text, written as mrkdwn, so that one reader is enough. Pure; takes any JSON.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from collections.abc import Mapping
from typing import Any, Final

_DEEPEST: Final = 6
_MOST_ELEMENTS: Final = 200  # of one list
_LONGEST: Final = 8192
_MARKS: Final = {"bold": "*", "italic": "_", "strike": "~", "code": "`"}
_MENTIONS: Final = {
    "user": "user_id",
    "usergroup": "usergroup_id",
    "channel": "channel_id",
    "broadcast": "range",
    "team": "team_id",
}


def mrkdwn_of(elements: Any, depth: int = _DEEPEST) -> str:
    """Write the elements of a rich text block, a line for each section, list item and quote."""
    if not isinstance(elements, list):
        return ""
    parts: list[str] = []
    length = 0
    for element in elements[:_MOST_ELEMENTS]:
        if isinstance(element, Mapping) and length < _LONGEST:
            parts.append(_element(element, depth))
            length += len(parts[-1])
    return "".join(parts)


def _element(element: Mapping[str, Any], depth: int) -> str:
    kind = element.get("type")
    if kind == "text":
        return _styled(_escaped(element.get("text")), element.get("style"))
    if kind == "link":
        url = _escaped(element.get("url"))
        label = _escaped(element.get("text"))
        return _styled(f"<{url}|{label}>" if label else f"<{url}>", element.get("style"))
    if kind == "emoji":
        return f":{_escaped(element.get('name'))}:"
    if isinstance(kind, str) and kind in _MENTIONS:
        return "@" + _escaped(element.get(_MENTIONS[kind]))
    if depth > 0:
        return mrkdwn_of(element.get("elements"), depth - 1) + "\n"
    return ""


def _styled(text: str, style: Any) -> str:
    if isinstance(style, Mapping) and text.strip():
        for name, mark in _MARKS.items():
            if style.get(name) is True:
                text = f"{mark}{text}{mark}"
    return text


def _escaped(text: Any) -> str:
    if not isinstance(text, str):
        return ""
    return text[:_LONGEST].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
