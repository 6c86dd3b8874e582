"""Would Slack take these blocks? The strict schemas, what they cannot say, and Slack's own SDK.

Made from the notes of `data/README.md`: the schemas first, `slack_sdk.models` as second opinion.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError
from slack_sdk.models.blocks import Block as SdkBlock
from slack_sdk.models.views import View as SdkView

from tests.shared import shared_data

Block = dict[str, Any]

TOTAL_TEXT = 13_000
VIEW_BYTES = 250_000
FALLBACK_TEXT = 4_000


def check_message(blocks: list[Block], text: str | None = None) -> None:
    """Raise AssertionError when Slack would refuse this message, as far as is known."""
    _refuse("blockkit.strict.schema.json", blocks)
    _check_blocks(blocks)
    if text is not None:
        assert text.strip(), "a message without a text is silent for screen readers"
        assert len(text) <= FALLBACK_TEXT, "text over 4,000"


def check_view(view: Block) -> None:
    """Raise AssertionError when Slack would refuse this view, as far as is known."""
    _refuse("view.strict.schema.json", view)
    assert len(json.dumps(view).encode()) <= VIEW_BYTES, "view over 250 kB"
    _check_blocks(view["blocks"])
    kinds = {block["type"] for block in view["blocks"]}
    assert "input" not in kinds or "submit" in view, "inputs without a submit"
    SdkView(**view).validate_json()


def texts(value: object) -> int:
    """Count the characters of all texts in a structure."""
    return sum(len(text) for text in all_texts(value))


def all_texts(value: object) -> Iterator[str]:
    """Give every text that people see in a structure."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "text" and isinstance(item, str):
                yield item
            else:
                yield from all_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from all_texts(item)


def interactive(block: Block) -> list[Block]:
    """Collect the elements of a block that can carry an action_id."""
    single = [block[key] for key in ("accessory", "element") if isinstance(block.get(key), dict)]
    return single + [item for item in block.get("elements", []) if isinstance(item, dict)]


@cache
def _schema(name: str) -> Draft7Validator:
    path = shared_data() / "slack" / name
    return Draft7Validator(json.loads(path.read_text(encoding="utf-8")))


def _refuse(schema: str, value: object) -> None:
    for error in map(_cause, _schema(schema).iter_errors(value)):
        limit = str(error.validator_value)[:80]
        raise AssertionError(f"{error.json_path}: {error.validator} {limit}")


def _cause(error: ValidationError) -> ValidationError:
    """Follow the alternative of the right `type`; the others only say that they are another."""
    while error.context:
        error = min(_alternatives(error), key=_is_other_type)[0]
    return error


def _alternatives(error: ValidationError) -> list[list[ValidationError]]:
    found: dict[Any, list[ValidationError]] = {}
    for one in error.context or []:
        found.setdefault(one.relative_schema_path[0], []).append(one)
    return list(found.values())


def _is_other_type(errors: list[ValidationError]) -> bool:
    return any(
        list(one.relative_path) == ["type"]
        or (
            not one.relative_path
            and bool(one.context)
            and all(map(_is_other_type, _alternatives(one)))
        )
        for one in errors
    )


def _check_blocks(blocks: list[Block]) -> None:
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    assert len(ids) == len(set(ids)), "duplicate block_id"
    for block in blocks:
        elements = interactive(block)
        actions = [item["action_id"] for item in elements if "action_id" in item]
        assert len(actions) == len(set(actions)), "duplicate action_id in a block"
        for item in elements:
            chosen = item.get("initial_option")
            assert chosen is None or chosen in item.get("options", [chosen]), "initial_option"
            assert len(item.get("url", "")) <= 3000, "url over 3,000"
            assert len(item.get("placeholder", {}).get("text", "")) <= 150, "placeholder over 150"
    markdown = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    assert markdown <= 12_000, "markdown over 12,000"
    assert texts(blocks) <= TOTAL_TEXT, "over 13,000 characters: msg_blocks_too_long"
    for text in all_texts(blocks):
        assert text.strip(), "a blank text"
    for parsed in SdkBlock.parse_all(blocks):
        parsed.validate_json()
