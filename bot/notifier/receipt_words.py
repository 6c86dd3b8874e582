"""What a job message's receipts should say. Pure: entries in, reactions and sentences out."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.ledger import Entry, EntryState
from bot.model import Button, Code, EventAction, Incident, Line, Link
from bot.notifier.needs import WAITING
from bot.notifier.words import clean_line, cut

HOURGLASS: Final = "hourglass_flowing_sand"
LIGHT: Final = "rotating_light"
CHECK: Final = "white_check_mark"
CROSS: Final = "x"

PATIENCE: Final = timedelta(seconds=2)
_CLOCKS: Final = timedelta(minutes=2)  # by which PagerDuty's clock may differ from Slack's
_SHOWN: Final = 300
_SHOWN_TITLE: Final = 120

NO_INCIDENT: Final[Line] = (
    "PagerDuty accepted this alert, but no incident appeared within 5 minutes. The usual reasons: "
    "the service is in a maintenance window or disabled; an event rule suppressed it or sent it to "
    "another service; alert grouping put it into an incident that exists already.",
)


def wanted_reactions(entries: Iterable[Entry], now: datetime) -> frozenset[str]:
    """Tell which reactions a message with these entries should have.

    Of what was delivered the newest counts: a message that was edited from failed to succeeded
    shows that it succeeded.
    """
    wanted = set()
    delivered: dict[int, set[str]] = {}
    for entry in entries:
        if entry.state in WAITING and now - entry.created_at >= PATIENCE:
            wanted.add(HOURGLASS)
        elif entry.state is EntryState.ABANDONED:
            wanted.add(CROSS)
        elif entry.state is EntryState.SENT:
            if entry.action is EventAction.TRIGGER:
                delivered.setdefault(entry.seq, set()).add(LIGHT)
            elif entry.action is EventAction.RESOLVE and entry.was_open:
                delivered.setdefault(entry.seq, set()).add(CHECK)
    if delivered:
        wanted |= delivered[max(delivered)]
    return frozenset(wanted)


def choose(incidents: Sequence[Incident], since: datetime) -> Incident | None:
    """Choose, of a key's incidents, the one an alert went into: open, else opened since then."""
    fitting = [one for one in incidents if one.is_open or one.created_at >= since - _CLOCKS]
    return max(fitting, key=lambda one: (one.is_open, one.created_at), default=None)


def same_incident(incident: Incident, card_url: str | None) -> Line:
    """Lead from a later trigger to the card of its incident."""
    title = cut(clean_line(incident.title), _SHOWN_TITLE)
    incident_link = Link(f"#{incident.number}", incident.html_url)
    head: Line = ("Another alert of ", incident_link, f" {title}, which is {incident.status}.")
    return (*head, " ", Link("Its card", card_url)) if card_url else head


_REFUSED: Final[Mapping[EventAction, str]] = {
    EventAction.TRIGGER: "nobody was paged",
    EventAction.ACKNOWLEDGE: "the alert stays as it is",
    EventAction.RESOLVE: "the alert stays open",
}


def abandoned(entry: Entry) -> Line:
    """Say that an alert was refused, and how to send it again."""
    reason = cut(clean_line(entry.error or "no reason was given"), _SHOWN)
    return (
        f"PagerDuty did not take the {entry.action} of rule ",
        Code(cut(entry.rule, _SHOWN_TITLE)),
        f", so {_REFUSED[entry.action]}. {reason} (outbox {entry.id})",
    )


def blocked(entry: Entry) -> Line:
    """Say that an alert waits for its integration key."""
    reason = cut(clean_line(entry.error or "Its integration key is missing."), _SHOWN)
    return (
        f"The {entry.action} of rule ",
        Code(cut(entry.rule, _SHOWN_TITLE)),
        f" has not left yet, so {_REFUSED[entry.action]}. {reason} (outbox {entry.id})",
    )


def retry_button(entry_id: int) -> Button:
    """Offer to send an entry again: what one types as `jobs retry ID`."""
    value = {"verb": "jobs", "incidents": [], "args": f"retry {entry_id}"}
    return Button("Retry", "pick", json.dumps(value))
