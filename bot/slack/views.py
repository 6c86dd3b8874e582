"""What the bot says in Slack: cards, answers, modals and the home tab, built from neutral words.

Pure: nothing here sends. Every text is escaped and every limit kept by `text` and `blocks`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.model import Button, Card, Choice, Field, Form, Incident, Line, Outcome
from bot.slack import blocks as kit
from bot.slack import cards
from bot.slack.blocks import Block
from bot.slack.text import counted, fallback

View = dict[str, Any]

FALLBACK = 3900  # `text` is cut at 40,000, but should stay under 4,000 (chat.postMessage)
FULL_CARDS = 3  # more incidents than these are shown as a list of short ones
BUTTONS = 20  # below one answer
LINES_ABOVE_CARDS = 4000  # characters of an answer that is followed by cards
LINES_ALONE = 11_000
HOME_LINES = 1500
VIEW_TITLE = 24  # title, submit and close: docs.slack.dev/reference/views
METADATA = 3000


@dataclass(frozen=True, slots=True)
class Message:
    """What `chat.postMessage` takes. `text` says everything that the blocks say."""

    text: str
    blocks: list[Block]


def card(shown: Card, *, mentions: Mapping[str, str] | None = None) -> Message:
    """Build an incident's card.

    `mentions` maps ids of PagerDuty users to Slack's: those assignees are notified by Slack, all
    others are shown by name.
    """
    who = mentions or {}
    return Message(fallback(cards.spoken(shown, who), FALLBACK), cards.full(shown, who))


def answer(outcome: Outcome) -> Message:
    """Build the answer to a command or click: its lines, then incidents, then buttons."""
    offers: Line = (" ".join(f"[{button.label}]" for button in outcome.buttons),)
    lines = [*outcome.lines, *map(cards.summary, outcome.cards), offers]
    return Message(fallback(lines, FALLBACK) or kit.NOTHING, _answer(outcome, kit.MESSAGE_BLOCKS))


def form(asked: Form, *, private_metadata: Mapping[str, Any]) -> View:
    """Build a modal to fill in.

    `private_metadata` comes back with the submission; of what does not fit into Slack's 3,000
    characters only `incident`, `channel` and `message_ts` are kept.
    """
    inputs = [_input(field, focus=index == 0) for index, field in enumerate(asked.fields)]
    return {
        **_modal(asked.title, [*kit.paragraphs(asked.intro, LINES_ABOVE_CARDS), *inputs]),
        "callback_id": asked.name,
        "submit": kit.plain_text(asked.submit, VIEW_TITLE),
        "close": kit.plain_text("Cancel", VIEW_TITLE),
        "private_metadata": _metadata(asked.incident_id, private_metadata),
    }


def loading(title: str, why: str = "One moment…") -> View:
    """Build the modal that holds the place (a `trigger_id` lives for 3 s) until it is updated."""
    return _modal(title, [kit.section((f":hourglass_flowing_sand: {why}",))])


def outcome_view(title: str, outcome: Outcome) -> View:
    """Build a modal that shows what came of an action."""
    return _modal(title, _answer(outcome, kit.VIEW_BLOCKS))


def home(
    incidents: Sequence[Incident],
    *,
    identity: Sequence[Line],
    notifier: Sequence[Line] = (),
    problem: Line | None = None,
) -> View:
    """Build the home tab: my open incidents, who I am to PagerDuty, the notifier's state.

    `problem` says why the incidents are not known (PagerDuty does not answer, nobody is mapped).
    """
    state = problem or (_count(incidents),)
    head = [kit.header("My open incidents"), kit.section(state)]
    tail = [
        kit.divider(),
        kit.header("Who I am to PagerDuty"),
        *kit.paragraphs(identity, HOME_LINES),
    ]
    if notifier:
        tail += [kit.header("Job messages"), *kit.paragraphs(notifier, HOME_LINES)]
    groups = [cards.compact(incident) for incident in incidents]
    return {
        "type": "home",
        "blocks": kit.stack(head, groups, tail, more=_more_incidents, most=kit.VIEW_BLOCKS),
    }


def _answer(outcome: Outcome, most: int) -> list[Block]:
    head = kit.paragraphs(outcome.lines, LINES_ABOVE_CARDS if outcome.cards else LINES_ALONE)
    if len(outcome.cards) <= FULL_CARDS:
        groups = [cards.full(Card(incident), {}) for incident in outcome.cards]
    else:
        groups = [cards.compact(incident) for incident in outcome.cards]
    tail = _buttons(outcome.buttons)
    found = kit.stack(head, groups, tail, more=_more_incidents, most=most)
    return found or [kit.section((kit.NOTHING,))]


def _buttons(buttons: Sequence[Button]) -> list[Block]:
    """Build rows of buttons; say which cannot be offered instead of making the answer fail."""
    shown = [button for button in buttons if len(button.value) <= kit.BUTTON_VALUE][:BUTTONS]
    rows = kit.actions([kit.button(button) for button in shown])
    if missing := len(buttons) - len(shown):
        sorry = f"{counted(missing, 'more button')} would not fit here; type the command instead."
        rows.append(kit.context((sorry,)))
    return rows


def _count(incidents: Sequence[Incident]) -> str:
    if not incidents:
        return "No open incident is assigned to you."
    verb = "is" if len(incidents) == 1 else "are"
    return f"{counted(len(incidents), 'open incident')} {verb} assigned to you."


def _more_incidents(count: int) -> Line:
    return (f"… and {counted(count, 'more incident')}, not shown here.",)


def _modal(title: str, blocks: list[Block]) -> View:
    return {
        "type": "modal",
        "title": kit.plain_text(title, VIEW_TITLE),
        "close": kit.plain_text("Close", VIEW_TITLE),
        "blocks": blocks or [kit.section((kit.NOTHING,))],
    }


def _metadata(incident_id: str, given: Mapping[str, Any]) -> str:
    required = {
        "incident": incident_id,
        "channel": given.get("channel"),
        "message_ts": given.get("message_ts"),
    }
    everything = json.dumps({**given, **required}, separators=(",", ":"))
    return everything if len(everything) <= METADATA else json.dumps(required)


def _input(field: Field, *, focus: bool) -> Block:
    if field.kind == "choice" and not field.choices:
        return kit.section((f"{field.label}: there is nothing to choose from yet.",))
    return kit.input_block(
        field.name, field.label, _element(field, focus), optional=field.optional, hint=field.hint
    )


def _element(field: Field, focus: bool) -> Block:
    chosen = field.initial if isinstance(field.initial, Choice) else None
    match field.kind:
        case "text" | "long_text":
            return kit.text_input(
                field.name,
                multiline=field.kind == "long_text",
                initial=field.initial if isinstance(field.initial, str) else None,
                placeholder=field.placeholder,
                focus=focus,
            )
        case "people":
            people = field.initial if isinstance(field.initial, tuple) else ()
            return kit.people_select(field.name, initial=people, placeholder=field.placeholder)
        case "escalation_policy":
            return kit.external_select(field.name, initial=chosen, placeholder=field.placeholder)
        case "choice":
            return kit.choice_select(
                field.name, field.choices, initial=chosen, placeholder=field.placeholder
            )
