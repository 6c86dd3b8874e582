"""What a reading of an incident changes on its card, and what the card's thread tells about it.

Pure. A line each for notes, reassignments, escalations, resolutions and what undoes them; an
acknowledgement is told by the card itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.cards.snapshot import Snapshot
from bot.model import Incident, Line, Link, Note, Person, Piece, Reference, Status, Struck, When

NOTE_LENGTH = 2000
ACTION_LENGTH = 200  # of what the card itself repeats
_ESCALATES = "escalation_policy"  # `assigned_via`


@dataclass(frozen=True, slots=True)
class Reading:
    """An incident and then its notes, as PagerDuty gave them.

    `incident` None: PagerDuty has none of that id. `notes` None: they could not be read. `agent`
    is who changed the assignees, where that was reported. `told` are the lines of an action of the
    bot's own; they stand for every change of state from `before`, as the action read the incident
    first, to `after`, as it left it, and for the notes in `own_notes`. `others_tell`: other actions
    of the bot's own have written, too, and will tell what and draw it.
    """

    asked_at: datetime
    incident: Incident | None
    notes: Sequence[Note] | None = None
    agent: Reference | None = None
    told: tuple[Line, ...] = ()
    own_notes: frozenset[str] = frozenset()
    before: Incident | None = None
    after: Incident | None = None
    others_tell: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What a card should show now, and the lines for its thread.

    `to_channel`: the last of them is shown in the channel as well.
    """

    snapshot: Snapshot
    lines: tuple[Line, ...] = ()
    to_channel: bool = False


def advance(old: Snapshot | None, reading: Reading) -> Change | None:
    """Tell what a reading changes; None where it is older than what is known, or tells nothing."""
    if reading.incident is None:
        return None if old is None else _gone(old, reading)
    if old is not None and reading.others_tell:
        return Change(old, reading.told) if reading.told else None
    if old is not None and not _is_newer(old, reading, reading.incident):
        return None
    lines = _lines(old, reading, reading.incident)
    count = old.note_count if old else None
    is_escalated = old is not None and _is_unheard(old.incident, reading.incident)
    was_loud = old is not None and old.is_loud
    snapshot = Snapshot(
        incident=reading.incident,
        asked_at=reading.asked_at,
        note_count=count if reading.notes is None else len(reading.notes),
        notes_due=reading.notes is None,
        last_action=_last_action(old, reading, reading.incident, lines),
        details=old.details if old else (),
        is_loud=reading.incident.is_open and (is_escalated or was_loud),
    )
    is_over = was_loud and not reading.incident.is_open
    return Change(snapshot, lines, to_channel=bool(lines) and (is_escalated or is_over))


def differs(old: Snapshot, listed: Incident) -> bool:
    """Tell whether an incident of a list is worth reading anew."""
    if (
        listed.updated_at
        and old.incident.updated_at
        and listed.updated_at < old.incident.updated_at
    ):
        return False  # the list is behind
    return old.is_gone or old.notes_due or _facts(old.incident) != _facts(listed)


def _facts(incident: Incident) -> tuple[object, ...]:
    """Give what tells two states apart and is the same in a list as in a single reading."""
    return (
        incident.updated_at,
        incident.status,
        incident.title,
        incident.urgency,
        incident.priority,
        [one.id for one in incident.assignees],
        [one.by.id for one in incident.acknowledgements],
    )


def _is_newer(old: Snapshot, reading: Reading, incident: Incident) -> bool:
    if old.is_gone:
        return reading.asked_at >= old.asked_at
    return Snapshot(incident, reading.asked_at).order >= old.order


def _gone(old: Snapshot, reading: Reading) -> Change | None:
    if old.is_gone or reading.asked_at < old.asked_at:
        return None
    snapshot = replace(
        old, asked_at=reading.asked_at, is_gone=True, stale_since=None, last_action=None
    )
    return Change(snapshot, (("This incident was deleted in PagerDuty.",),))


def _lines(old: Snapshot | None, reading: Reading, incident: Incident) -> tuple[Line, ...]:
    if old is None:
        return reading.told
    notes = [
        (note.author, " noted: ", _cut(note.content, NOTE_LENGTH))
        for note in _new_notes(old, reading)
        if note.id not in reading.own_notes
    ]
    if not reading.told:
        return (*notes, *_state_lines(old.incident, incident, reading.agent))
    # What the action found, and nobody has told yet, somebody else did; so is how it ended since.
    before, after = reading.before, reading.after
    found = before is not None and _is_newer(old, reading, before)
    return (
        *(_state_lines(old.incident, before, None) if before and found else ()),
        *notes,
        *reading.told,
        *(_ending_lines(after, incident) if after and _follows(after, incident) else ()),
    )


def _follows(one: Incident, other: Incident) -> bool:
    return bool(one.updated_at and other.updated_at and one.updated_at <= other.updated_at)


def _new_notes(old: Snapshot, reading: Reading) -> Sequence[Note]:
    """Give the notes that are not known yet: notes are only ever added, and come oldest first."""
    if reading.notes is None or old.note_count is None:
        return ()
    return reading.notes[old.note_count :]


def _state_lines(old: Incident, new: Incident, agent: Reference | None) -> tuple[Line, ...]:
    if old.is_open and new.is_open:
        return _assignment_lines(old, new, agent)
    return _ending_lines(old, new)


def _ending_lines(old: Incident, new: Incident) -> tuple[Line, ...]:
    who = new.last_status_change_by.name if new.last_status_change_by else "Somebody"
    if old.is_open and not new.is_open:
        if new.resolve_reason_merged_into:
            return ((who, " merged this into ", _target(new), "."),)
        return ((who, " resolved this."),)
    if new.is_open and not old.is_open:
        return ((who, " reopened this."),)
    return ()


def _assignment_lines(old: Incident, new: Incident, agent: Reference | None) -> tuple[Line, ...]:
    if _ids(old.assignees) == _ids(new.assignees):
        return ()
    if new.status is not old.status and _ids(new.assignees) == _ids_of_acknowledgers(new):
        return ()  # acknowledging made it theirs: the card says so
    before = Struck(_names(old.assignees))
    if _is_escalation(old, new):
        return (("Escalated: ", before, " → ", *_listed(old, new, agent)),)
    if agent is None:  # it may have been one of them, and nobody is notified of what they did
        return ((before, f" → {_names(new.assignees)}"),)
    return ((before, " → ", *_listed(old, new, agent), f", by {agent.name}"),)


def _listed(old: Incident, new: Incident, agent: Reference | None) -> Line:
    """List the assignees; those who are new must know of it, but for who did it."""
    known = {*_ids(old.assignees), *((agent.id,) if agent else ())}
    pieces: list[Piece] = []
    for one in new.assignees:
        pieces += [", "] * bool(pieces)
        pieces.append(one.name if one.id in known else Person(one.name, one.id))
    return tuple(pieces) or (_names(()),)


def _is_unheard(old: Incident, new: Incident) -> bool:
    """Tell whether it escalated because nobody has acknowledged it."""
    waits = old.status is new.status is Status.TRIGGERED
    return waits and _is_escalation(old, new) and _ids(old.assignees) != _ids(new.assignees)


def _is_escalation(old: Incident, new: Incident) -> bool:
    same_policy = old.escalation_policy == new.escalation_policy
    return old.assigned_via == new.assigned_via == _ESCALATES and same_policy


def _last_action(
    old: Snapshot | None, reading: Reading, incident: Incident, lines: Sequence[Line]
) -> Line | None:
    """Give what the card says was done last, where its state does not say so already."""
    if lines:
        return (*_shortened(lines[-1]), " · ", When(incident.updated_at or reading.asked_at))
    if old is None or old.incident.status is not incident.status:
        return None
    return old.last_action


def _shortened(line: Line) -> Line:
    return tuple(_cut(piece, ACTION_LENGTH) if isinstance(piece, str) else piece for piece in line)


def _target(incident: Incident) -> Link | str:
    target = incident.resolve_reason_merged_into or ""
    start, _, last = incident.html_url.rpartition("/")
    return Link(target, f"{start}/{target}") if last == incident.id else target


def _ids(people: Sequence[Reference]) -> set[str]:
    return {one.id for one in people}


def _ids_of_acknowledgers(incident: Incident) -> set[str]:
    acknowledged = incident.status is Status.ACKNOWLEDGED
    return {one.by.id for one in incident.acknowledgements} if acknowledged else set()


def _names(people: Sequence[Reference]) -> str:
    return ", ".join(one.name for one in people) or "nobody"


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
