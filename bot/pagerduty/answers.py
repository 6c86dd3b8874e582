"""What PagerDuty says: its JSON becomes values of `bot.model`, without any I/O.

Absent and null fields become None or empty, and webhooks' spellings (`number`, `assignees`) are
understood like REST's. Only what makes an answer useless raises `MalformedAnswer`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from bot.model import (
    Acknowledgement,
    Incident,
    IncidentId,
    Note,
    OnCall,
    PagerDutyUser,
    PagerDutyUserId,
    Reference,
    Status,
)

T = TypeVar("T")

_NUMBER_IN_SUMMARY = re.compile(r"\[#(\d{1,15})\]")  # "[#1234] The server is on fire."
_LONG_AGO = datetime.fromtimestamp(0, UTC)


class MalformedAnswer(ValueError):
    """PagerDuty's JSON lacks what makes it an answer; the text says what."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `limit` is the page size that PagerDuty used, None if it did not say."""

    items: tuple[T, ...]
    more: bool
    limit: int | None


@dataclass(frozen=True, slots=True)
class Service:
    """A service, and the policy by which it escalates."""

    reference: Reference
    escalation_policy: Reference | None


# ---------------------------------------------------------------- small pieces


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _items(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _text(*values: Any) -> str | None:
    return next((value for value in values if isinstance(value, str) and value), None)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _member(data: Any, key: str) -> Mapping[str, Any]:
    found = _mapping(data).get(key)
    if not isinstance(found, Mapping):
        raise MalformedAnswer(f"no object called {key}")
    return found


def instant(value: Any) -> datetime | None:
    """Read an ISO 8601 instant into UTC; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter for years that another zone does not have
        return None


def reference(value: Any) -> Reference | None:
    """Read PagerDuty's short form of anything; None where there is none."""
    found = _mapping(value)
    of_id = _text(found.get("id"))
    name = _text(found.get("summary"), found.get("name"), of_id)
    if name is None:
        return None
    kind = (_text(found.get("type")) or "").removesuffix("_reference")
    return Reference(of_id or "", name, _text(found.get("html_url")), kind)


def _references(values: Any, key: str | None = None) -> tuple[Reference, ...]:
    found = (reference(one.get(key) if key else one) for one in _items(values))
    return tuple(one for one in found if one is not None)


# ---------------------------------------------------------------- incidents


def incident(data: Any) -> Incident:
    """Read `{"incident": {...}}`."""
    return incident_of(_member(data, "incident"))


def incident_of(one: Mapping[str, Any]) -> Incident:
    """Read the incident itself, as REST or as a webhook spells it.

    Raises:
        MalformedAnswer: it has no id, or a status that nobody knows.
    """
    of_id = _text(one.get("id"))
    if of_id is None:
        raise MalformedAnswer("an incident without id")
    try:
        status = Status(_text(one.get("status")) or "")
    except ValueError:
        raise MalformedAnswer("an incident with an unknown status") from None
    changed_at = instant(one.get("last_status_change_at"))
    updated_at = instant(one.get("updated_at"))
    merged = _mapping(_mapping(one.get("resolve_reason")).get("incident"))
    priority = reference(one.get("priority"))
    return Incident(
        id=IncidentId(of_id),
        number=_number(one),
        title=_text(one.get("title"), one.get("summary")) or "(no title)",
        status=status,
        urgency=_text(one.get("urgency")) or "high",
        html_url=_text(one.get("html_url")) or "",
        created_at=instant(one.get("created_at")) or changed_at or updated_at or _LONG_AGO,
        service=reference(one.get("service")) or Reference("", "unknown service", None, "service"),
        assignees=_references(one.get("assignments"), "assignee")
        or _references(one.get("assignees")),
        acknowledgements=_acknowledgements(one.get("acknowledgements")),
        escalation_policy=reference(one.get("escalation_policy")),
        priority=priority.name if priority else None,
        assigned_via=_text(one.get("assigned_via")),
        incident_key=_text(one.get("incident_key")),
        last_status_change_at=changed_at,
        last_status_change_by=reference(one.get("last_status_change_by")),
        resolved_at=instant(one.get("resolved_at")),
        updated_at=updated_at,
        team_ids=tuple(team.id for team in _references(one.get("teams")) if team.id),
        resolve_reason_merged_into=_text(merged.get("id")),
    )


def _number(one: Mapping[str, Any]) -> int:
    for key in ("incident_number", "number"):
        if (found := _whole(one.get(key))) is not None:
            return found
    in_summary = _NUMBER_IN_SUMMARY.match(_text(one.get("summary")) or "")
    return int(in_summary[1]) if in_summary else 0


def _acknowledgements(values: Any) -> tuple[Acknowledgement, ...]:
    found = ((reference(one.get("acknowledger")), instant(one.get("at"))) for one in _items(values))
    return tuple(Acknowledgement(by, at) for by, at in found if by is not None and at is not None)


def note(data: Any) -> Note:
    """Read `{"note": {...}}`."""
    return _authored_note(_member(data, "note"))[1]


def authored_notes(data: Any) -> list[tuple[str | None, Note]]:
    """Read `{"notes": [...]}`, oldest first, each with the id of its author."""
    notes = _mapping(data).get("notes")
    if not isinstance(notes, list):
        raise MalformedAnswer("no list called notes")
    # PagerDuty lists the newest first, in whole seconds: so those of one second stay in order.
    oldest_first = [_authored_note(one) for one in _items(notes)][::-1]
    return sorted(oldest_first, key=lambda one: one[1].created_at)


def _authored_note(one: Mapping[str, Any]) -> tuple[str | None, Note]:
    author = reference(one.get("user")) or reference(one.get("channel"))
    content = one.get("content")
    if not isinstance(content, str):
        raise MalformedAnswer("a note without content")
    read = Note(
        id=_text(one.get("id")) or "",
        content=content,
        author=author.name if author else "somebody",
        created_at=instant(one.get("created_at")) or _LONG_AGO,
    )
    return (author.id if author else None), read


# ---------------------------------------------------------------- people and catalogues


def user(data: Any) -> PagerDutyUser:
    """Read `{"user": {...}}`."""
    return user_of(_member(data, "user"))


def user_of(one: Mapping[str, Any]) -> PagerDutyUser:
    """Read a user, in full or as a reference (then without e-mail).

    Raises:
        MalformedAnswer: there is no id.
    """
    of_id = _text(one.get("id"))
    if of_id is None:
        raise MalformedAnswer("a user without id")
    return PagerDutyUser(
        id=PagerDutyUserId(of_id),
        name=_text(one.get("name"), one.get("summary")) or of_id,
        email=_text(one.get("email")) or "",
        html_url=_text(one.get("html_url")),
        role=_text(one.get("role")),
        time_zone=_text(one.get("time_zone")),
    )


def on_call(one: Mapping[str, Any]) -> OnCall | None:
    """Read one entry of `/oncalls`; None for a gap, where nobody is on call."""
    who = _mapping(one.get("user"))
    if not who:
        return None
    return OnCall(
        user_of(who),
        _whole(one.get("escalation_level")) or 1,
        policy=reference(one.get("escalation_policy")),
        schedule=reference(one.get("schedule")),
        until=instant(one.get("end")),
    )


def named(one: Mapping[str, Any]) -> Reference:
    """Read one entry of a catalogue.

    Raises:
        MalformedAnswer: there is no id.
    """
    found = reference(one)
    if found is None or not found.id:
        raise MalformedAnswer("an entry without id")
    return found


def service(one: Mapping[str, Any]) -> Service:
    """Read one service."""
    return Service(named(one), reference(one.get("escalation_policy")))


def abilities(data: Any) -> frozenset[str]:
    """Read `{"abilities": [...]}`."""
    found = _mapping(data).get("abilities")
    if not isinstance(found, list):
        raise MalformedAnswer("no list called abilities")
    return frozenset(one for one in found if isinstance(one, str))


def done(data: Any) -> None:
    """Accept any JSON object: the status was what mattered."""
    if not isinstance(data, Mapping):
        raise MalformedAnswer("no object")


def page(key: str, read: Callable[[Mapping[str, Any]], T | None]) -> Callable[[Any], Page[T]]:
    """Make a reader of one page of a list; entries that are read as None are left out."""

    def read_page(data: Any) -> Page[T]:
        values = _mapping(data).get(key)
        if not isinstance(values, list):
            raise MalformedAnswer(f"no list called {key}")
        return Page(
            items=tuple(item for one in _items(values) if (item := read(one)) is not None),
            more=_mapping(data).get("more") is True,
            limit=_whole(_mapping(data).get("limit")),
        )

    return read_page
