"""What a view says and offers, for tests that read it as people do."""

from collections.abc import Sequence
from typing import Any

from tests.slack.validation import Block, all_texts, interactive


def buttons_of(blocks: Sequence[Block]) -> list[tuple[str, str, str]]:
    return [
        (element["action_id"], element["text"]["text"], element["value"])
        for block in blocks
        for element in interactive(block)
        if element["type"] == "button"
    ]


def formatted(value: Any) -> str:
    """Give the mrkdwn of a structure: there, and nowhere else, names ping people."""
    if isinstance(value, dict) and value.get("type") == "mrkdwn":
        return str(value["text"])
    children = value.values() if isinstance(value, dict) else value
    return "\n".join(map(formatted, children)) if isinstance(value, dict | list) else ""


def said(blocks: Sequence[Block]) -> str:
    return "\n".join(all_texts(list(blocks)))
