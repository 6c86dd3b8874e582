"""Block Kit, piece by piece: plain functions that return plain dicts and never send.

Escaping and shortening happen inside, so that no caller can forget them. What must not be
shortened (a button's value, an option's) is refused with ValueError instead.

Limits: https://docs.slack.dev/reference/block-kit
"""

from collections.abc import Callable, Sequence
from typing import Any

from bot.model import Button, Choice, Line
from bot.slack.text import clean, counted, one_line, render, shorten

Block = dict[str, Any]
Group = list[Block]
"""Blocks that are shown together or not at all."""

MESSAGE_BLOCKS = 50  # /blocks
VIEW_BLOCKS = 100  # /blocks
SECTION_TEXT = 3000  # /blocks/section-block
CONTEXT_ELEMENTS = 10  # /blocks/context-block
CONTEXT_TEXT = 2000  # ours: small print
ACTIONS_ELEMENTS = 25  # /blocks/actions-block
HEADER_TEXT = 150  # /blocks/header-block
LABEL_TEXT = 2000  # /blocks/input-block, also its hint
BUTTON_TEXT = 75  # /block-elements/button-element, also its accessibility label
BUTTON_VALUE = 2000  # /block-elements/button-element
CONFIRM_TITLE = 100  # /composition-objects/confirmation-dialog-object
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30
OPTIONS = 100  # /block-elements/select-menu-element
OVERFLOW_OPTIONS = 5  # /block-elements/overflow-menu-element
OPTION_TEXT = 75  # /composition-objects/option-object
OPTION_VALUE = 75  # Slack's types say 75, other pages 150
PLACEHOLDER = 150  # /block-elements
INPUT_TEXT = 3000  # /block-elements/plain-text-input-element, `max_length`
NOTHING = "–"  # Slack refuses an empty text
TOTAL_TEXT = 12_900  # all blocks together; undocumented, ~13,200: slackapi/bolt-js#2509


def plain_text(text: str, limit: int) -> dict[str, Any]:
    """Build a text object in which nothing is formatted; it is never empty."""
    return {"type": "plain_text", "text": shorten(one_line(text), limit) or NOTHING}


def mrkdwn(lines: Sequence[Line], limit: int) -> dict[str, Any]:
    """Build a text object from lines.

    `verbatim`, because Slack would otherwise look for names and mentions in what people wrote.
    """
    text = ""
    for line in lines:
        start = f"{text}\n" if text else ""
        if len(start) >= limit:
            break
        text = start + render(line, limit - len(start))
    return {"type": "mrkdwn", "text": text.strip() or NOTHING, "verbatim": True}


def section(*lines: Line) -> Block:
    """Build a paragraph."""
    return {"type": "section", "text": mrkdwn(lines, SECTION_TEXT)}


def paragraphs(lines: Sequence[Line], room: int = TOTAL_TEXT) -> list[Block]:
    """Build as few paragraphs as hold the lines; say how many lines go beyond `room` characters."""
    packed: list[list[Line]] = []
    length = total = 0
    for index, line in enumerate(lines):
        size = min(len(render(line)), SECTION_TEXT) + 1
        total += size
        if total > room:
            packed.append([(f"… and {counted(len(lines) - index, 'more line')}.",)])
            break
        if packed and length + size <= SECTION_TEXT:
            packed[-1].append(line)
            length += size
        else:
            packed.append([line])
            length = size
    return [section(*lines) for lines in packed]


def context(*lines: Line) -> Block:
    """Build small print, at most 10 pieces side by side."""
    elements = [mrkdwn([line], CONTEXT_TEXT) for line in lines[:CONTEXT_ELEMENTS]]
    return {"type": "context", "elements": elements}


def header(text: str) -> Block:
    """Build a headline."""
    return {"type": "header", "text": plain_text(text, HEADER_TEXT)}


def divider() -> Block:
    """Build a thin rule."""
    return {"type": "divider"}


def button(pressed: Button, *, spoken: str | None = None) -> Block:
    """Build a button; `spoken` is what a screen reader says instead of the label.

    Raises:
        ValueError: the value is too long for a button.
    """
    if len(pressed.value) > BUTTON_VALUE:
        raise ValueError(f"A button holds at most {BUTTON_VALUE} characters.")
    element: Block = {
        "type": "button",
        "action_id": pressed.action_id,
        "text": plain_text(pressed.label, BUTTON_TEXT),
        "value": pressed.value,
    }
    if pressed.style:
        element["style"] = pressed.style
    if pressed.confirm:
        element["confirm"] = confirmation(pressed.label, pressed.confirm)
    if spoken:
        element["accessibility_label"] = plain_text(spoken, BUTTON_TEXT)["text"]
    return element


def confirmation(label: str, question: str) -> Block:
    """Build the dialog that asks before a button takes effect."""
    return {
        "title": plain_text("Are you sure?", CONFIRM_TITLE),
        "text": plain_text(question, CONFIRM_TEXT),
        "confirm": plain_text(label, CONFIRM_BUTTON),
        "deny": plain_text("Cancel", CONFIRM_BUTTON),
    }


def actions(elements: Sequence[Block]) -> list[Block]:
    """Build rows of elements; within a row Slack accepts each `action_id` once only."""
    rows: list[list[Block]] = []
    for element in elements:
        taken = {other["action_id"] for other in rows[-1]} if rows else set()
        if not rows or element["action_id"] in taken or len(taken) == ACTIONS_ELEMENTS:
            rows.append([])
        rows[-1].append(element)
    return [{"type": "actions", "elements": row} for row in rows]


def text_input(
    name: str,
    *,
    multiline: bool = False,
    initial: str | None = None,
    placeholder: str | None = None,
    focus: bool = False,
) -> Block:
    """Build a field to type into; a longer initial text is cut, visibly."""
    element: Block = {
        "type": "plain_text_input",
        "action_id": name,
        "multiline": multiline,
        "max_length": INPUT_TEXT,
    }
    if initial:
        element["initial_value"] = shorten(clean(initial), INPUT_TEXT)
    if focus:
        element["focus_on_load"] = True
    return _with_placeholder(element, placeholder)


def people_select(
    name: str, *, initial: Sequence[str] = (), placeholder: str | None = None
) -> Block:
    """Build a select of several Slack users."""
    element: Block = {"type": "multi_users_select", "action_id": name}
    if initial:
        element["initial_users"] = list(dict.fromkeys(initial))
    return _with_placeholder(element, placeholder)


def external_select(
    name: str, *, initial: Choice | None = None, placeholder: str | None = None
) -> Block:
    """Build a select whose options the bot is asked for, from the first opening on."""
    element: Block = {"type": "external_select", "action_id": name, "min_query_length": 0}
    if initial:
        element["initial_option"] = option(initial)
    return _with_placeholder(element, placeholder)


def choice_select(
    name: str,
    choices: Sequence[Choice],
    *,
    initial: Choice | None = None,
    placeholder: str | None = None,
) -> Block:
    """Build a select of given options, the first 100 of them.

    An initial choice that is none of them is left out: Slack would refuse the whole view.

    Raises:
        ValueError: there is nothing to choose from.
    """
    if not choices:
        raise ValueError(f"The select {name!r} has no choices.")
    options = [option(choice) for choice in choices[:OPTIONS]]
    element: Block = {"type": "static_select", "action_id": name, "options": options}
    if initial and (chosen := option(initial)) in options:
        element["initial_option"] = chosen
    return _with_placeholder(element, placeholder)


def overflow(name: str, choices: Sequence[Choice]) -> Block:
    """Build a menu of at most five commands."""
    options = [option(choice) for choice in choices[:OVERFLOW_OPTIONS]]
    return {"type": "overflow", "action_id": name, "options": options}


def option(choice: Choice) -> Block:
    """Build one option of a select.

    Raises:
        ValueError: the value is empty, or too long for an option.
    """
    if not 0 < len(choice.value) <= OPTION_VALUE:
        raise ValueError(f"An option's value has 1 to {OPTION_VALUE} characters.")
    return {"text": plain_text(choice.label, OPTION_TEXT), "value": choice.value}


def input_block(
    name: str, label: str, element: Block, *, optional: bool, hint: str | None = None
) -> Block:
    """Build a labelled field; `name` is its `block_id`, as it is its element's `action_id`."""
    block: Block = {
        "type": "input",
        "block_id": name,
        "label": plain_text(label, LABEL_TEXT),
        "element": element,
        "optional": optional,
    }
    if hint:
        block["hint"] = plain_text(hint, LABEL_TEXT)
    return block


def stack(
    head: Sequence[Block],
    groups: Sequence[Group],
    tail: Sequence[Block],
    *,
    more: Callable[[int], Line],
    most: int = MESSAGE_BLOCKS,
) -> list[Block]:
    """Put whole groups between head and tail, as many as Slack takes; say how many it does not.

    Head and tail are shown in any case: callers keep them short.
    """
    blocks_left = most - len(head) - len(tail)
    text_left = TOTAL_TEXT - characters([*head, *tail])
    everything = [block for group in groups for block in group]
    if len(everything) <= blocks_left and characters(everything) <= text_left:
        return [*head, *everything, *tail]
    shown: list[Block] = []
    count = 0
    reserve = section(more(len(groups)))
    for group in groups:
        longer = [*shown, *group]
        if len(longer) + 1 > blocks_left or characters([*longer, reserve]) > text_left:
            break
        shown, count = longer, count + 1
    return [*head, *shown, section(more(len(groups) - count)), *tail]


def characters(value: Any) -> int:
    """Count the characters of all texts in a structure, as Slack's total limit does."""
    if isinstance(value, dict):
        return sum(
            len(item) if key == "text" and isinstance(item, str) else characters(item)
            for key, item in value.items()
        )
    return sum(map(characters, value)) if isinstance(value, list) else 0


def _with_placeholder(element: Block, placeholder: str | None) -> Block:
    if placeholder:
        element["placeholder"] = plain_text(placeholder, PLACEHOLDER)
    return element
