"""An incident as people see it in Slack: its signs, its facts, its buttons.

Everything that shows incidents (cards, answers, pick-lists, the home tab) uses these builders, so
that an incident looks the same everywhere. Meaning never rests on color alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.model import (
    Bold,
    Button,
    Card,
    Choice,
    Code,
    Incident,
    Line,
    Link,
    Mention,
    Piece,
    Reference,
    Status,
    When,
)
from bot.slack.blocks import Block, Group, actions, button, context, overflow, section
from bot.slack.text import BoldLink, counted, one_line, shorten

TITLE = 300  # of PagerDuty's 1,024; the link leads to the rest
TITLE_IN_LISTS = 120
NAME = 60
NAMES = 5
DETAILS = 3

_SIGNS = {
    Status.TRIGGERED: ":red_circle:",
    Status.ACKNOWLEDGED: ":large_yellow_circle:",
    Status.RESOLVED: ":large_green_circle:",
}
# What is wanted more rarely stands in the menu beside the headline, as commands.
_MENU = {
    "take {}": "Take it",
    "snooze {} 1h": "Snooze for 1 hour",
    "snooze {} until 09:00": "Snooze until 09:00",
    "escalate {} which": "Escalate…",
    "priority {}": "Priority…",
}
_MERGED_SIGN = ":white_circle:"
_GONE: Line = (Bold("Deleted"), " in PagerDuty")

_LABELS = {  # what the button says, and what a screen reader says instead
    "acknowledge": ("Acknowledge", "Acknowledge"),
    "resolve": ("Resolve…", "Resolve"),
    "note": ("Note…", "Add a note to"),
    "reassign": ("Reassign…", "Reassign"),
    "reopen": ("Reopen", "Reopen"),
}
_BUTTONS = {
    Status.TRIGGERED: ("acknowledge", "resolve", "note", "reassign"),
    Status.ACKNOWLEDGED: ("resolve", "note", "reassign"),
    Status.RESOLVED: ("reopen", "note"),
}


def full(card: Card, mentions: Mapping[str, str]) -> list[Block]:
    """Build a card; `mentions` are Slack ids of PagerDuty users who are to be notified."""
    incident = card.incident
    if card.is_gone:
        return [
            section((f"{_MERGED_SIGN} ", _title(incident, TITLE))),
            context(_joined([_GONE, (_name(incident.service),)], " · ")),
        ]
    blocks = [
        {**section(_headline(incident, TITLE)), **_menu(incident)},
        context(_joined([state(incident), *facts(incident, mentions)], " · ")),
    ]
    if card.details:
        blocks.append(section(*card.details[:DETAILS]))
    blocks += buttons(incident)
    if remarks := _remarks(card):
        blocks.append(context(_joined(remarks, " · ")))
    if card.stale_since:
        blocks.append(context((":warning: ", *_stale(card.stale_since))))
    return blocks


def compact(incident: Incident) -> Group:
    """Build an incident of a list: two lines and its buttons."""
    known = _joined([state(incident), *facts(incident, {})], " · ")
    return [section(_headline(incident, TITLE_IN_LISTS), known), *buttons(incident)]


def spoken(card: Card, mentions: Mapping[str, str]) -> list[Line]:
    """Give a whole card in words, for push, search and screen readers."""
    if card.is_gone:
        return [(*_GONE, f": {_title(card.incident, TITLE)}")]
    lines = [
        summary(card.incident),
        _joined(facts(card.incident, mentions), ", "),
        *card.details[:DETAILS],
        *_remarks(card),
    ]
    return [*lines, _stale(card.stale_since)] if card.stale_since else lines


def summary(incident: Incident) -> Line:
    """Give an incident in one line of words, its state first: a push shows little."""
    return (*state(incident), f": {_title(incident, TITLE)}")


def state(incident: Incident) -> Line:
    """Give the state in words: since when, by whom, how long it took."""
    if incident.resolve_reason_merged_into:
        return (Bold("Merged"), " into ", _merge_target(incident))
    match incident.status:
        case Status.TRIGGERED:
            return (Bold("Triggered"),)
        case Status.ACKNOWLEDGED:
            by = [each.by for each in incident.acknowledgements]
            at = max((each.at for each in incident.acknowledgements), default=None)
            who: Line = (" by ", *_people(by, {})) if by else ()
            return (Bold("Acknowledged"), *who, *((", ", When(at, "date")) if at else ()))
        case Status.RESOLVED:
            return (Bold("Resolved"), *_resolution(incident))


def facts(incident: Incident, mentions: Mapping[str, str]) -> list[Line]:
    """Give what is known besides the state, a line each."""
    known: list[Line] = [(shorten(one_line(incident.priority), NAME),)] if incident.priority else []
    known += [(f"{one_line(incident.urgency)} urgency",), (_name(incident.service),)]
    if incident.assignees:
        known.append(("assigned to ", *_people(incident.assignees, mentions)))
    elif incident.is_open:
        known.append(("assigned to nobody",))
    if incident.is_open:
        known.append(("since ", When(incident.created_at, "date")))
    return known


def buttons(incident: Incident) -> list[Block]:
    """Build the row of buttons that the state allows; a merged incident has none."""
    if incident.resolve_reason_merged_into:
        return []
    return actions([_button(verb, incident) for verb in _BUTTONS[incident.status]])


def _button(verb: str, incident: Incident) -> Block:
    label, says = _LABELS[verb]
    reopens = f"#{incident.number} goes back to triggered and pages its assignees again."
    return button(
        Button(
            label=label,
            action_id=verb,
            value=incident.id,
            style="primary" if verb == "acknowledge" else None,
            confirm=reopens if verb == "reopen" else None,
        ),
        spoken=f"{says} incident #{incident.number}",
    )


def _menu(incident: Incident) -> Block:
    if not incident.is_open:
        return {}
    choices = [Choice(label, command.format(incident.id)) for command, label in _MENU.items()]
    return {"accessory": overflow("more", choices)}


def _headline(incident: Incident, limit: int) -> Line:
    merged = incident.resolve_reason_merged_into
    sign = _MERGED_SIGN if merged else _SIGNS[incident.status]
    return (f"{sign} ", BoldLink(_title(incident, limit), incident.html_url))


def _title(incident: Incident, limit: int) -> str:
    return shorten(f"#{incident.number} {one_line(incident.title)}", limit)


def _resolution(incident: Incident) -> Line:
    by, at = incident.last_status_change_by, incident.resolved_at
    who: Line = (f" by {_name(by)}",) if by else ()
    if at is None:
        return who
    return (*who, ", ", When(at, "date"), f", after {_duration(at - incident.created_at)}")


def _merge_target(incident: Incident) -> Piece:
    target = incident.resolve_reason_merged_into or ""
    start, _, last = incident.html_url.rpartition("/")
    return Link(target, f"{start}/{target}") if last == incident.id else Code(target)


def _people(people: Sequence[Reference], mentions: Mapping[str, str]) -> Line:
    """Name people, the first five of them."""
    shown = people[:NAMES]
    named: list[Line] = [
        (Mention(mentions[person.id]) if person.id in mentions else _name(person),)
        for person in shown
    ]
    rest = len(people) - len(shown)
    return (*_joined(named, ", "), *((f" and {rest} more",) if rest else ()))


def _name(reference: Reference) -> str:
    return shorten(one_line(reference.name), NAME) or reference.id


def _remarks(card: Card) -> list[Line]:
    remarks = [card.last_action] if card.last_action else []
    return [*remarks, (counted(card.note_count, "note"),)] if card.note_count else remarks


def _stale(since: datetime) -> Line:
    return ("State as of ", When(since), ", PagerDuty is not answering.")


def _joined(lines: Iterable[Line], separator: str) -> Line:
    pieces: list[Piece] = []
    for line in lines:
        pieces += [separator, *line] if pieces else line
    return tuple(pieces)


def _duration(lasted: timedelta) -> str:
    """Write a duration with its two largest units."""
    seconds = max(0, int(lasted.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min" if minutes else f"{seconds} s"
