"""The sentences that several answers share, and the buttons below them."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

from bot.model import (
    Button,
    Code,
    Incident,
    Line,
    Link,
    Person,
    Piece,
    Reference,
    Responder,
    Status,
)

MAX_BUTTON_VALUE = 2000  # docs.slack.dev/reference/block-kit/block-elements/button-element
TITLE_LENGTH = 80
OFFERED = 5  # incidents in a pick-list

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def cut(text: str, limit: int) -> str:
    """Shorten a text to `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def named(incident: Incident) -> tuple[Piece, ...]:
    """Name an incident: every answer says which one it is about."""
    title = cut(" ".join(incident.title.split()), TITLE_LENGTH)
    return (Link(f"#{incident.number}", incident.html_url), f" {title}")


def people(names: Iterable[Reference]) -> str:
    """List people or a policy."""
    return listed([one.name for one in names]) or "nobody"


def assigned(names: Iterable[Reference], before: Incident, by: Responder) -> Line:
    """List whom an incident is assigned to now: those who are new must know, but for `by`."""
    known = {one.id for one in before.assignees} | {by.user.id if by.user else ""}
    pieces: list[Piece] = []
    for one in names:
        pieces += [", "] * bool(pieces)
        pieces.append(one.name if one.id in known else Person(one.name, one.id))
    return tuple(pieces) or ("nobody",)


def listed(words: Sequence[str], last: str = "and") -> str:
    """Make "a, b and c"."""
    if len(words) < 2:  # noqa: PLR2004  # grammar, not a limit
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def for_long(since: datetime | None, now: datetime) -> str:
    """Say how long something has lasted: `4 min`."""
    if since is None:
        return "some time"
    seconds = max(0.0, (now - since).total_seconds())
    if seconds < _MINUTE:
        return "a few seconds"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min"
    if seconds < 2 * _DAY:
        hours, minutes = divmod(int(seconds // _MINUTE), 60)
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{int(seconds // _DAY)} days"


def ago(since: datetime | None, now: datetime) -> str:
    """Say when something happened: `4 min ago`."""
    return f"{for_long(since, now)} ago"


def who_changed(incident: Incident) -> str:
    """Name who brought the incident into its present state."""
    return incident.last_status_change_by.name if incident.last_status_change_by else "somebody"


def resolved_already(incident: Incident, now: datetime, command: str) -> Line:
    """Say that a resolved incident was left alone, and the only way back."""
    at = incident.resolved_at or incident.last_status_change_at
    return (
        *named(incident),
        f" was resolved by {who_changed(incident)} {ago(at, now)}; nothing changed. Use ",
        Code(f"{command} reopen {incident.number}"),
        " to page people again.",
    )


def state(incident: Incident) -> Line:
    """Say what PagerDuty holds now."""
    if incident.status is Status.RESOLVED:
        return ("PagerDuty says: ", *named(incident), " is resolved.")
    by = people(one.by for one in incident.acknowledgements)
    acknowledged = incident.status is Status.ACKNOWLEDGED
    held = (
        f"acknowledged by {by}" if acknowledged and incident.acknowledgements else incident.status
    )
    return (
        "PagerDuty says: ",
        *named(incident),
        f" is {held}, assigned to {people(incident.assignees)}.",
    )


def pick(
    label: str,
    verb: str,
    incidents: Sequence[str] = (),
    args: str = "",
    style: Literal["primary", "danger"] | None = None,
    *,
    as_form: bool = False,
) -> Button:
    """Make a button that carries a whole command.

    `args` is text as typed in a command, for which there may be no room: then it is cut and marked
    with `form`, and pressing opens the prefilled form instead of acting.
    """
    value: dict[str, Any] = {"verb": verb, "incidents": list(incidents), "args": args}
    if as_form:
        value["form"] = True
    text = json.dumps(value, ensure_ascii=False)
    while len(text) > MAX_BUTTON_VALUE and args:
        args = args[: -max(len(text) - MAX_BUTTON_VALUE, 16)]
        value |= {"args": args, "form": True}
        text = json.dumps(value, ensure_ascii=False)
    return Button(label=cut(label, 75), action_id="pick", value=text, style=style)


def show_here(incident: Incident) -> Button:
    """Offer to put the incident's card into the channel."""
    return pick(f"Show #{incident.number} here", "show", (incident.id,), "--post")


def choices(verb: str, incidents: Sequence[Incident], args: str = "") -> tuple[Button, ...]:
    """Offer the newest incidents to pick from."""
    return tuple(
        pick(f"#{one.number} {' '.join(one.title.split())}", verb, (one.id,), args)
        for one in incidents[:OFFERED]
    )
