"""What is known of an incident, as it is kept beside its cards.

Two texts: what a card draws (`wanted`), and what only decides (`state`), so that a change nobody
can see needs no edit.
"""

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.cards import lines
from bot.ledger import CardRecord
from bot.model import Acknowledgement, Card, Incident, IncidentId, Line, Reference, Status

VERSION = 1  # of what is written; another one is read as "nothing is known"

_UNSEEN = ("updated_at", "assigned_via", "incident_key", "escalation_policy", "team_ids")
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An incident as it was read.

    `asked_at` is when the reading began. `note_count` None: its notes were never read;
    `notes_due`: they were not read the last time. `is_gone`: PagerDuty has it no more.
    `stale_since`: PagerDuty has not answered since then. `is_loud`: its channel was told that it
    escalated, so it is told how that ended.
    """

    incident: Incident
    asked_at: datetime
    note_count: int | None = None
    notes_due: bool = False
    last_action: Line | None = None
    details: tuple[Line, ...] = ()
    stale_since: datetime | None = None
    is_gone: bool = False
    is_loud: bool = False

    @property
    def order(self) -> tuple[datetime, datetime]:
        """Tell which of two is newer: by PagerDuty's own time first, ours may be wrong."""
        return (self.incident.updated_at or _LONG_AGO, self.asked_at)

    @property
    def is_open(self) -> bool:
        """Tell whether it may change by itself."""
        return self.incident.is_open and not self.is_gone

    def card(self) -> Card:
        """Give what a card draws."""
        return Card(
            incident=self.incident,
            note_count=self.note_count or 0,
            last_action=self.last_action,
            details=self.details,
            stale_since=self.stale_since,
            is_gone=self.is_gone,
        )

    def wanted(self) -> str:
        """Write what a card draws."""
        seen = {
            name: value
            for name, value in _incident_json(self.incident).items()
            if value is not None
        }
        for name in _UNSEEN:
            seen.pop(name, None)
        return _json(
            {
                "version": VERSION,
                "incident": seen,
                "notes": self.note_count,
                "last": None if self.last_action is None else lines.dump(self.last_action),
                "details": [lines.dump(one) for one in self.details],
                "stale": _instant(self.stale_since),
                "gone": self.is_gone,
            }
        )

    def state(self) -> str:
        """Write the rest."""
        incident = _incident_json(self.incident)
        return _json(
            {
                "asked": _instant(self.asked_at),
                "notes_due": self.notes_due,
                "loud": self.is_loud,
                "unseen": {name: incident[name] for name in _UNSEEN},
            }
        )


def read(record: CardRecord) -> Snapshot | None:
    """Read what is kept beside a card; None where nothing is known, or nothing usable."""
    if not record.wanted or not record.state:
        return None
    try:
        return _snapshot(json.loads(record.wanted), json.loads(record.state))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # of another version: it is read anew


def card_of(wanted: str) -> Card | None:
    """Read what a card is to draw; None where it cannot be read."""
    try:
        seen = json.loads(wanted)
        unseen = {"asked": _LONG_AGO.isoformat(), "notes_due": False, "unseen": {}}
        return _snapshot(seen, unseen).card()
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _snapshot(seen: Mapping[str, Any], rest: Mapping[str, Any]) -> Snapshot:
    if seen["version"] != VERSION:
        raise ValueError("another version")
    return Snapshot(
        incident=_incident({**seen["incident"], **rest["unseen"]}),
        asked_at=datetime.fromisoformat(rest["asked"]),
        note_count=seen["notes"],
        notes_due=bool(rest["notes_due"]),
        last_action=None if seen["last"] is None else lines.load(seen["last"]),
        details=tuple(lines.load(one) for one in seen["details"]),
        stale_since=_read_instant(seen["stale"]),
        is_gone=bool(seen["gone"]),
        is_loud=bool(rest.get("loud")),
    )


def _incident_json(incident: Incident) -> dict[str, Any]:
    return dataclasses.asdict(incident)


def _incident(found: Mapping[str, Any]) -> Incident:
    names = {one.name for one in dataclasses.fields(Incident)}
    known = {name: value for name, value in found.items() if name in names}
    return Incident(**{**known, **{name: of(found.get(name)) for name, of in _READERS.items()}})


def _reference(found: Any) -> Reference | None:
    return None if found is None else Reference(**found)


def _acknowledgements(found: Any) -> tuple[Acknowledgement, ...]:
    return tuple(
        Acknowledgement(Reference(**one["by"]), datetime.fromisoformat(one["at"]))
        for one in found or ()
    )


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _read_instant(found: Any) -> datetime | None:
    return None if found is None else datetime.fromisoformat(found)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "id": IncidentId,
    "status": Status,
    "created_at": datetime.fromisoformat,
    "service": _reference,
    "assignees": lambda found: tuple(Reference(**one) for one in found or ()),
    "acknowledgements": _acknowledgements,
    "escalation_policy": _reference,
    "last_status_change_at": _read_instant,
    "last_status_change_by": _reference,
    "resolved_at": _read_instant,
    "updated_at": _read_instant,
    "team_ids": lambda found: tuple(found or ()),
}


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, default=_default, separators=(",", ":"), sort_keys=True)


def _default(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be kept")
