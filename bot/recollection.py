"""What an invocation has seen of each incident before it changed it: the audit's "before"."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.actions.undo import held
from bot.forwarding import Forwarding
from bot.model import Incident, Status
from bot.ports import Deed, Incidents


class Recollection(Forwarding):
    """`ports.Incidents` that remember how each incident was when it was first read.

    Every action reads an incident before it writes, so nothing more is asked of PagerDuty.
    """

    def __init__(self, incidents: Incidents) -> None:
        super().__init__(incidents)
        self._first: dict[str, Incident] = {}

    def before(self, changed: Iterable[Incident]) -> tuple[Incident, ...]:
        """Give how incidents were when they were first read."""
        return tuple(self._first[one.id] for one in changed if one.id in self._first)

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
        return self._seen(await super().get(id_or_number))

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
        found = await super().find(
            statuses=statuses,
            user_ids=user_ids,
            team_ids=team_ids,
            incident_key=incident_key,
            limit=limit,
        )
        return [self._seen(one) for one in found]


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
