"""Elements that people use, and the state that they leave: one table for all kinds."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack.errors import NotPossibleError
from bot.sandbox.slack.records import Json, User
from bot.sandbox.slack.strict import elements_of

Offer = Callable[[Json], list[Json]]


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of element keeps its state: its key, and what kind of value that is."""

    key: str
    initial: str
    value: str  # text | option | options | id | ids | plain


_TEXT = Kind("value", "initial_value", "text")
_OPTION = Kind("selected_option", "initial_option", "option")
_OPTIONS = Kind("selected_options", "initial_options", "options")

KINDS: dict[str, Kind] = {
    "plain_text_input": _TEXT,
    "email_text_input": _TEXT,
    "url_text_input": _TEXT,
    "number_input": _TEXT,
    "static_select": _OPTION,
    "external_select": _OPTION,
    "radio_buttons": _OPTION,
    "overflow": _OPTION,
    "multi_static_select": _OPTIONS,
    "multi_external_select": _OPTIONS,
    "checkboxes": _OPTIONS,
    "users_select": Kind("selected_user", "initial_user", "id"),
    "multi_users_select": Kind("selected_users", "initial_users", "ids"),
    "channels_select": Kind("selected_channel", "initial_channel", "id"),
    "multi_channels_select": Kind("selected_channels", "initial_channels", "ids"),
    "conversations_select": Kind("selected_conversation", "initial_conversation", "id"),
    "multi_conversations_select": Kind("selected_conversations", "initial_conversations", "ids"),
    "datepicker": Kind("selected_date", "initial_date", "plain"),
    "timepicker": Kind("selected_time", "initial_time", "plain"),
    "datetimepicker": Kind("selected_date_time", "initial_date_time", "plain"),
}
_STATELESS = {"button", "overflow"}
_SHAPES = {
    "email_text_input": (re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"), "an email address"),
    "url_text_input": (re.compile(r"https?://\S+"), "a URL"),
    "number_input": (re.compile(r"-?\d+(\.\d+)?"), "a number"),
}


def elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Give each block with each element that a person can use."""
    for block in blocks:
        for element in elements_of(block):
            if "action_id" in element:
                yield block, element


def find_element(blocks: list[Json], action_id: str, value: Any = None) -> tuple[Json, Json]:
    """Find an element by its action_id (and a button's value). Raises NotPossibleError."""
    for block, element in elements(blocks):
        if element["action_id"] == action_id and value in {None, element.get("value")}:
            return block, element
    there = [
        f"{one['action_id']}={one['value']}" if "value" in one else one["action_id"]
        for _, one in elements(blocks)
    ]
    raise NotPossibleError(
        f"There is no {action_id!r} (value {value!r}) to click here, only: {there}."
    )


def initial_values(blocks: list[Json]) -> Json:
    """Give the `state.values` of blocks that nobody has touched yet."""
    values: Json = {}
    for block, element in elements(blocks):
        if element["type"] in KINDS and element["type"] not in _STATELESS:
            kind = KINDS[element["type"]]
            empty: Any = [] if kind.value in {"options", "ids"} else None
            state = {"type": element["type"], kind.key: element.get(kind.initial, empty)}
            values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values


def entered(element: Json, value: Any, offers: list[Json]) -> Json:
    """Give the state that somebody leaves by entering `value`.

    Options are named by their value or their label; `offers` are an external select's suggestions.

    Raises:
        NotPossibleError: Slack's client would not let a person enter this.
    """
    kind = KINDS[element["type"]]
    state = {"type": element["type"]}
    if value is None or value in ("", []):
        return {**state, kind.key: [] if kind.value in {"options", "ids"} else None}
    if kind.value == "text":
        return {**state, kind.key: _text(element, value)}
    if kind.value == "option":
        return {**state, kind.key: _option(element, value, offers)}
    if kind.value == "options":
        return {**state, kind.key: [_option(element, one, offers) for one in value]}
    if kind.value == "ids":
        _check_count(element, value)
        return {**state, kind.key: [_id(one) for one in value]}
    return {**state, kind.key: _id(value)}


def is_empty(state: Json) -> bool:
    """Tell whether nothing was entered."""
    return state[KINDS[state["type"]].key] in (None, "", [])


def _text(element: Json, value: Any) -> str:
    typed = str(value)
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if not least <= len(typed) <= most:
        raise NotPossibleError(
            f"{element['action_id']} takes {least} to {most} characters, not {len(typed)}."
        )
    shape = _SHAPES.get(element["type"])
    if shape is not None and not shape[0].fullmatch(typed):
        raise NotPossibleError(f"{element['action_id']} takes {shape[1]}, not {typed!r}.")
    return typed


def _option(element: Json, value: Any, offers: list[Json]) -> Json:
    groups = element.get("option_groups", [])
    options = [*element.get("options", []), *offers]
    options += [one for group in groups for one in group["options"]]
    option: Json
    for option in options:
        if value in (option, option["value"], option["text"]["text"]):
            return option
    there = [one["value"] for one in options]
    raise NotPossibleError(f"{element['action_id']} does not offer {value!r}, only {there}.")


def _check_count(element: Json, value: Any) -> None:
    most = element.get("max_selected_items")
    if most is not None and len(value) > most:
        raise NotPossibleError(f"{element['action_id']} takes at most {most}, not {len(value)}.")


def _id(value: Any) -> Any:
    return value.id if isinstance(value, User) else value
