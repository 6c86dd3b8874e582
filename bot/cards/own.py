"""The bot's own writes: PagerDuty reports them too, and they must not be told twice.

While one is under way, and until its answer tells what was done, whoever wants to tell about that
incident waits a moment.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from bot.cards.waiting import wait
from bot.clock import Clock
from bot.model import Assignment, Incident, IncidentId, Note, Status
from bot.ports import Incidents

ANSWER_SECONDS = 3.0  # after a write: for the rest of its action, and its answer in Slack
WRITE_SECONDS = 30.0  # nobody waits for a write longer than this
MOST_MARKS = 1000


@dataclass(slots=True)
class _Mark:
    until: float
    writing: int = 0
    notes: set[str] = field(default_factory=set)
    over: asyncio.Event = field(default_factory=asyncio.Event)


class OwnWrites:
    """`ports.Incidents` that remembers what it has just written."""

    def __init__(self, incidents: Incidents, clock: Clock) -> None:
        self._incidents = incidents
        self._clock = clock
        self._marks: dict[str, _Mark] = {}

    def take(self, incident_id: str) -> frozenset[str]:
        """Let go of an incident: what was done is told now. Gives the notes written to it."""
        mark = self._marks.get(incident_id)
        if mark is None:
            return frozenset()
        notes = frozenset(mark.notes)
        mark.notes.clear()
        if not mark.writing:
            self._end(incident_id, mark)
        return notes

    async def settled(self, incident_id: str) -> None:
        """Wait until nothing of the bot's own is still to be told about an incident."""
        while (mark := self._marks.get(incident_id)) is not None:
            left = mark.until - self._clock.monotonic()
            if left <= 0:
                self._end(incident_id, mark)
                return
            await wait(mark.over, left, self._clock)

    def _end(self, incident_id: str, mark: _Mark) -> None:
        self._marks.pop(incident_id, None)
        mark.over.set()

    @contextmanager
    def _writing(self, incident_id: str) -> Iterator[_Mark]:
        now = self._clock.monotonic()
        mark = self._marks.setdefault(incident_id, _Mark(now))
        mark.until = now + WRITE_SECONDS
        mark.writing += 1
        try:
            yield mark
        finally:
            mark.writing -= 1
            if not mark.writing:
                mark.until = self._clock.monotonic() + ANSWER_SECONDS
            if len(self._marks) > MOST_MARKS:
                oldest = next(iter(self._marks))
                self._end(oldest, self._marks[oldest])

    # ------------------------------------------------------------ what it stands in front of

    async def get(self, id_or_number: str) -> Incident:
        """Read one incident. Raises NotFound."""
        return await self._incidents.get(id_or_number)

    async def find(
        self,
        *,
        statuses: Sequence[Status] = (Status.TRIGGERED, Status.ACKNOWLEDGED),
        user_ids: Sequence[str] = (),
        team_ids: Sequence[str] = (),
        incident_key: str | None = None,
        limit: int = 1000,
    ) -> list[Incident]:
        """Read all pages, newest first, at most `limit` incidents."""
        return await self._incidents.find(
            statuses=statuses,
            user_ids=user_ids,
            team_ids=team_ids,
            incident_key=incident_key,
            limit=limit,
        )

    async def set_status(
        self,
        incident_id: IncidentId,
        status: Status,
        *,
        from_email: str | None,
        resolution: str | None = None,
    ) -> Incident:
        """Write the status."""
        with self._writing(incident_id):
            return await self._incidents.set_status(
                incident_id, status, from_email=from_email, resolution=resolution
            )

    async def assign(
        self, incident_id: IncidentId, to: Assignment, *, from_email: str | None
    ) -> Incident:
        """Replace the assignees, or hand over to an escalation policy."""
        with self._writing(incident_id):
            return await self._incidents.assign(incident_id, to, from_email=from_email)

    async def escalate(
        self, incident_id: IncidentId, level: int, *, from_email: str | None
    ) -> Incident:
        """Escalate to a level."""
        with self._writing(incident_id):
            return await self._incidents.escalate(incident_id, level, from_email=from_email)

    async def set_priority(
        self, incident_id: IncidentId, priority_id: str, *, from_email: str | None
    ) -> Incident:
        """Set the priority."""
        with self._writing(incident_id):
            return await self._incidents.set_priority(
                incident_id, priority_id, from_email=from_email
            )

    async def snooze(
        self, incident_id: IncidentId, seconds: int, *, from_email: str | None
    ) -> Incident:
        """Snooze."""
        with self._writing(incident_id):
            return await self._incidents.snooze(incident_id, seconds, from_email=from_email)

    async def create(
        self,
        *,
        title: str,
        service_id: str,
        from_email: str | None,
        urgency: Literal["high", "low"] | None = None,
        details: str | None = None,
        incident_key: str | None = None,
        to: Assignment | None = None,
    ) -> Incident:
        """Open an incident."""
        return await self._incidents.create(
            title=title,
            service_id=service_id,
            from_email=from_email,
            urgency=urgency,
            details=details,
            incident_key=incident_key,
            to=to,
        )

    async def request_responders(
        self, incident_id: IncidentId, *, requester_id: str, message: str, to: Assignment
    ) -> None:
        """Ask others to join."""
        with self._writing(incident_id):
            await self._incidents.request_responders(
                incident_id, requester_id=requester_id, message=message, to=to
            )

    async def notes(self, incident_id: IncidentId) -> list[Note]:
        """Read the notes, oldest first."""
        return await self._incidents.notes(incident_id)

    async def add_note(
        self, incident_id: IncidentId, content: str, *, from_email: str | None
    ) -> Note:
        """Write a note, never twice."""
        with self._writing(incident_id) as mark:
            note = await self._incidents.add_note(incident_id, content, from_email=from_email)
            mark.notes.add(note.id)
            return note
