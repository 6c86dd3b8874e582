"""What Slack refuses of a message's blocks or of a view: shapes, and what shapes cannot say."""

import json
from collections.abc import Iterator
from typing import Any

from bot.sandbox.slack.blockkit import MESSAGE_BLOCKS, VIEW_BLOCKS, VIEWS
from bot.sandbox.slack.shapes import problem, tagged

MOST_BLOCK_CHARACTERS = 13_200
"""All texts of a message's blocks together; undocumented, slackapi/bolt-js#2509."""
MOST_MARKDOWN_CHARACTERS = 12_000
MOST_VIEW_BYTES = 250_000

Json = dict[str, Any]


def elements_of(block: Json) -> list[Json]:
    """Collect the elements of a block that a person can use."""
    single = [block[key] for key in ("accessory", "element") if isinstance(block.get(key), dict)]
    several = block.get("elements")
    return single + [e for e in (several if isinstance(several, list) else []) if "type" in e]


def characters(value: Any) -> int:
    """Count the characters of all texts in a structure."""
    if isinstance(value, dict):
        return sum(
            len(part) if name == "text" and isinstance(part, str) else characters(part)
            for name, part in value.items()
        )
    return sum(map(characters, value)) if isinstance(value, list) else 0


def block_problems(blocks: Any) -> list[str]:
    """Say what is wrong with the blocks of a message."""
    found = list(MESSAGE_BLOCKS(blocks, "/blocks"))
    return found or list(_meanings(blocks, "/blocks"))


def view_problems(view: Any) -> tuple[list[str], list[str]]:
    """Say what is wrong with a view itself, and with its blocks."""
    outside = list(tagged(VIEWS, "view")(view, "/view"))
    blocks = view.get("blocks") if isinstance(view, dict) else None
    inside = list(VIEW_BLOCKS(blocks, "/view/blocks"))
    if not outside and not inside and isinstance(blocks, list):
        inside = list(_meanings(blocks, "/view/blocks"))
        if view["type"] == "modal" and "submit" not in view:
            inputs = any(block["type"] == "input" for block in blocks)
            outside = [problem("missing required field: submit", "/view")] if inputs else []
    return outside, inside


def is_too_large(view: Json) -> bool:
    """Tell whether a view is over 250 kB."""
    return len(json.dumps(view, ensure_ascii=False).encode()) > MOST_VIEW_BYTES


def _meanings(blocks: list[Json], pointer: str) -> Iterator[str]:
    """Check what concerns several parts at once; the shapes are right already."""
    yield from _duplicates([block.get("block_id") for block in blocks], "block_id", pointer)
    for index, block in enumerate(blocks):
        here = f"{pointer}/{index}"
        elements = elements_of(block)
        yield from _duplicates([one.get("action_id") for one in elements], "action_id", here)
        for element in elements:
            yield from _initials(element, here)
        if block["type"] == "image" or any(one["type"] == "image" for one in elements):
            yield from _sources([block, *elements], here)
    markdown = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if markdown > MOST_MARKDOWN_CHARACTERS:
        yield problem(f"no more than {MOST_MARKDOWN_CHARACTERS} characters of markdown", pointer)
    if sum(element.get("focus_on_load", False) for b in blocks for element in elements_of(b)) > 1:
        yield problem("only one element can have focus_on_load", pointer)


def _duplicates(ids: list[Any], name: str, pointer: str) -> Iterator[str]:
    given = [one for one in ids if one is not None]
    for one in sorted({one for one in given if given.count(one) > 1}):
        yield problem(f"{name} `{one}` already exists", pointer)


def _initials(element: Json, pointer: str) -> Iterator[str]:
    groups = element.get("option_groups", [])
    offered = element.get("options", []) + [one for group in groups for one in group["options"]]
    if not offered:
        return
    initial = element.get("initial_options", [])
    if "initial_option" in element:
        initial = [element["initial_option"], *initial]
    if any(one not in offered for one in initial):
        yield problem("initial_option must exactly match one of the options", pointer)


def _sources(parts: list[Json], pointer: str) -> Iterator[str]:
    for part in parts:
        if part["type"] == "image" and ("image_url" in part) == ("slack_file" in part):
            yield problem("must have either image_url or slack_file", pointer)
