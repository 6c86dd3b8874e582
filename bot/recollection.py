"""What an invocation has seen of each incident before it changed it: the audit's "before"."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from bot.actions.undo import held
from bot.model import Assignment, Incident, IncidentId, Note, Status
from bot.ports import Deed, Incidents


class Recollection:
    """`ports.Incidents` that remember how each incident was when it was first read.

    Every action reads an incident before it writes, so nothing more is asked of PagerDuty.
    """

    def __init__(self, incidents: Incidents) -> None:
        self._incidents = incidents
        self._first: dict[str, Incident] = {}

    def deed(self, reference: str, text: str, changed: Iterable[Incident]) -> Deed:
        """Give what was asked, how the incidents were, where that was read, and how they are."""
        after = {str(one.id): state_of(one) for one in changed}
        before = {one: state_of(self._first[one]) for one in after if one in self._first}
        return Deed(reference, text, before, after)

    def _seen(self, incident: Incident) -> Incident:
        self._first.setdefault(incident.id, incident)
        return incident

    async def get(self, id_or_number: str) -> Incident:
        """Read one incident."""
        return self._seen(await self._incidents.get(id_or_number))

    async def find(
        self,
        *,
        statuses: Sequence[Status] = (Status.TRIGGERED, Status.ACKNOWLEDGED),
        user_ids: Sequence[str] = (),
        team_ids: Sequence[str] = (),
        incident_key: str | None = None,
        limit: int = 1000,
    ) -> list[Incident]:
        """Read incidents."""
        found = await self._incidents.find(
            statuses=statuses,
            user_ids=user_ids,
            team_ids=team_ids,
            incident_key=incident_key,
            limit=limit,
        )
        return [self._seen(one) for one in found]

    async def set_status(
        self,
        incident_id: IncidentId,
        status: Status,
        *,
        from_email: str | None,
        resolution: str | None = None,
    ) -> Incident:
        """Write the status."""
        return await self._incidents.set_status(
            incident_id, status, from_email=from_email, resolution=resolution
        )

    async def assign(
        self, incident_id: IncidentId, to: Assignment, *, from_email: str | None
    ) -> Incident:
        """Replace the assignees, or hand over."""
        return await self._incidents.assign(incident_id, to, from_email=from_email)

    async def escalate(
        self, incident_id: IncidentId, level: int, *, from_email: str | None
    ) -> Incident:
        """Escalate to a level."""
        return await self._incidents.escalate(incident_id, level, from_email=from_email)

    async def set_priority(
        self, incident_id: IncidentId, priority_id: str, *, from_email: str | None
    ) -> Incident:
        """Set the priority."""
        return await self._incidents.set_priority(incident_id, priority_id, from_email=from_email)

    async def snooze(
        self, incident_id: IncidentId, seconds: int, *, from_email: str | None
    ) -> Incident:
        """Snooze."""
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
        await self._incidents.request_responders(
            incident_id, requester_id=requester_id, message=message, to=to
        )

    async def notes(self, incident_id: IncidentId) -> list[Note]:
        """Read the notes."""
        return await self._incidents.notes(incident_id)

    async def add_note(
        self, incident_id: IncidentId, content: str, *, from_email: str | None
    ) -> Note:
        """Write a note."""
        return await self._incidents.add_note(incident_id, content, from_email=from_email)


def state_of(incident: Incident) -> Mapping[str, Any]:
    """Give what the audit keeps of an incident."""
    policy = incident.escalation_policy
    return {
        **held(incident),
        "number": incident.number,
        "assignees": [one.name for one in incident.assignees],
        "acknowledged_by": [one.by.name for one in incident.acknowledgements],
        "escalation_policy": policy.name if policy else None,
        "priority": incident.priority,
        "urgency": incident.urgency,
    }
