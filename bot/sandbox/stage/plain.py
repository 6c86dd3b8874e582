"""A Slack message as lines of plain text: for the terminal."""

import html
import re
from collections.abc import Iterator, Mapping

from bot.sandbox.slack.records import Json

_EMOJI = {
    "red_circle": "🔴",
    "large_yellow_circle": "🟡",
    "large_green_circle": "🟢",
    "white_circle": "⚪",
    "white_check_mark": "✅",
    "rotating_light": "🚨",
    "hourglass_flowing_sand": "⏳",
    "warning": "⚠️",
    "x": "❌",
    "no_entry": "⛔",
    "eyes": "👀",
}
_ENTITY = re.compile(r"<(?P<kind>[@#!]?)(?P<body>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")
_SHORTCODE = re.compile(r":([a-z0-9_+-]+):")
_MARK = re.compile(r"(?<!\w)([*~`])(?=\S)(.+?)(?<=\S)\1(?!\w)")


def emoji(name: str) -> str:
    """Give an emoji, or its name where it is none that the demo uses."""
    return _EMOJI.get(name, f":{name}:")


def text(mrkdwn: str, names: Mapping[str, str]) -> str:
    """Write mrkdwn without its markup; `names` maps ids of users and channels to names."""

    def entity(found: re.Match[str]) -> str:
        body, label = found["body"], found["label"]
        match found["kind"]:
            case "@" | "#":
                return found["kind"] + names.get(body, label or body)
            case "!":
                return label or f"@{body}"
            case _:
                return label or body.removeprefix("mailto:")

    plain = _MARK.sub(r"\2", _ENTITY.sub(entity, mrkdwn))
    return html.unescape(_SHORTCODE.sub(lambda found: emoji(found[1]), plain))


def lines(message: Json, names: Mapping[str, str]) -> list[str]:
    """Give what a message says, without its buttons."""
    blocks = message.get("blocks", [])
    texts = _of_blocks(blocks) if blocks else iter([str(message.get("text", ""))])
    found = [*texts, *_of_attachments(message.get("attachments", []))]
    return [line for one in found for line in text(one, names).splitlines() if line.strip()]


def buttons(message: Json) -> list[tuple[str, str, str]]:
    """Give label, `action_id` and value of each button."""
    return [
        (element["text"]["text"], element["action_id"], element.get("value", ""))
        for block in message.get("blocks", [])
        for element in [*block.get("elements", []), block.get("accessory", {})]
        if element.get("type") == "button" and "action_id" in element
    ]


def _of_blocks(blocks: list[Json]) -> Iterator[str]:
    for block in blocks:
        if "text" in block:
            yield block["text"]["text"]
        yield from (one["text"] for one in block.get("fields", []))
        if block["type"] == "context":
            yield " ".join(one.get("text") or one.get("alt_text", "") for one in block["elements"])


def _of_attachments(attachments: list[Json]) -> Iterator[str]:
    for one in attachments:
        yield from (one[part] for part in ("pretext", "title", "text") if one.get(part))
        facts = [
            f"{field['title']}: {field['value']}" if field["title"] else field["value"]
            for field in one.get("fields", [])
        ]
        yield " · ".join(facts)
        yield from _of_blocks(one.get("blocks", []))
