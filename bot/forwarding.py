"""`ports.Incidents` that pass everything on: what those have in common who look at some of it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal

from bot.model import Assignment, Incident, IncidentId, Note, Status
from bot.ports import Incidents


class Forwarding:
    """Stand in front of other incidents; `_writing` is around each write to one that exists."""

    def __init__(self, incidents: Incidents) -> None:
        self._incidents = incidents

    def _writing(self, incident_id: str) -> AbstractContextManager[Any]:  # noqa: ARG002 - for those who look
        return nullcontext()

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
        with self._writing(incident_id):
            return await self._incidents.add_note(incident_id, content, from_email=from_email)
