"""Looks at everything that the bot wants to show, and remembers what was refused."""

import copy
import itertools
from collections.abc import Callable
from typing import Any, Literal

from bot.sandbox.slack.arguments import Arguments, wrong
from bot.sandbox.slack.clock import Clock
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.records import Json, Refusal
from bot.sandbox.slack.strict import (
    MOST_BLOCK_CHARACTERS,
    block_problems,
    characters,
    elements_of,
    is_too_large,
    view_problems,
)

Validator = Callable[[Literal["blocks", "view"], Any], object]

MOST_TEXT = 40_000
MOST_UPDATED_TEXT = 4_000
MOST_ATTACHMENTS = 100
"""https://docs.slack.dev/reference/methods/chat.postMessage, chat.update"""


class Inspector:
    """Refuse what Slack refuses. `validators` are further opinions: they raise."""

    def __init__(self, clock: Clock) -> None:
        self.validators: list[Validator] = []
        self.refused: list[Refusal] = []
        self._clock = clock
        self._numbers = itertools.count(1)

    def refuse(self, what: str, messages: list[str], value: Any) -> None:
        """Write down something that Slack would not have taken."""
        self.refused.append(Refusal(self._clock.now(), what, tuple(messages), value))

    def content(self, args: Arguments, *, most_text: int = MOST_TEXT) -> Json:
        """Check text, blocks and attachments of a message; gives what was given.

        Raises:
            SlackError: no_text, msg_too_long, invalid_blocks, msg_blocks_too_long ...
        """
        content: Json = {}
        if (text := args.text("text")) is not None:
            content["text"] = text
        if (blocks := args.decoded("blocks")) is not None:
            content["blocks"] = self.blocks(blocks)
        if (attachments := args.decoded("attachments")) is not None:
            content["attachments"] = self.attachments(attachments)
        if not any(content.values()):
            raise SlackError("no_text")
        if len(content.get("text", "")) > most_text:
            raise SlackError("msg_too_long")
        return content

    def blocks(self, value: Any) -> list[Json]:
        """Check a message's blocks; gives them with their missing ids filled in."""
        problems = block_problems(value) or self._opinions("blocks", value)
        if problems:
            self.refuse("blocks", problems, value)
            raise SlackError("invalid_blocks", problems)
        if characters(value) > MOST_BLOCK_CHARACTERS:
            self.refuse("blocks", ["msg_blocks_too_long"], value)
            raise SlackError("msg_blocks_too_long")
        return self._named(value)

    def attachments(self, value: Any) -> list[Json]:
        """Check attachments, as far as their number and their blocks."""
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise wrong("attachments", "should be an array of objects")
        if len(value) > MOST_ATTACHMENTS:
            raise SlackError("too_many_attachments")
        return [
            {**one, "blocks": self.blocks(one["blocks"])} if "blocks" in one else one
            for one in value
        ]

    def view(self, value: Any, kind: str | None = None) -> Json:
        """Check a view; gives it with its missing ids filled in."""
        outside, inside = view_problems(value)
        if not outside and kind is not None and value["type"] != kind:
            outside = [f"[ERROR] the view must be of type {kind} [json-pointer:/view/type]"]
        inside = inside or ([] if outside else self._opinions("view", value))
        if outside or inside:
            self.refuse("view", [*outside, *inside], value)
            raise SlackError(
                "invalid_arguments" if outside else "invalid_blocks", outside or inside
            )
        if is_too_large(value):
            self.refuse("view", ["view_too_large"], value)
            raise SlackError("view_too_large")
        return {**value, "blocks": self._named(value["blocks"])}

    def _opinions(self, kind: Literal["blocks", "view"], value: Any) -> list[str]:
        for validator in self.validators:
            try:
                validator(kind, value)
            except Exception as error:  # noqa: BLE001 - whatever a validator raises is its opinion
                return [f"[ERROR] {error}"]
        return []

    def _named(self, blocks: list[Json]) -> list[Json]:
        named = copy.deepcopy(blocks)
        for block in named:
            block.setdefault("block_id", f"b{next(self._numbers):04d}")
            for element in elements_of(block):
                if element["type"] not in {"image", "plain_text", "mrkdwn"}:
                    element.setdefault("action_id", f"a{next(self._numbers):04d}")
        return named
