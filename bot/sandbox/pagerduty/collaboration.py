"""What people add to an incident besides its status: notes, priority, updates, helpers."""

from collections.abc import Sequence

from bot.sandbox.pagerduty.operations import Operations
from bot.sandbox.pagerduty.records import (
    Agent,
    EscalationPolicy,
    Incident,
    Note,
    Priority,
    ResponderRequest,
    Service,
    StatusUpdate,
    User,
)


class Collaboration(Operations):
    """Add to incidents; the counterpart of `Operations` for everything but the status."""

    def note(self, incident: Incident, content: str, *, by: User) -> Note:
        """Add a note, also to a resolved incident."""
        note = Note(self.new_id("P"), content, by, self.now())
        incident.notes.append(note)
        self.log(incident, "annotate", by, f"Note added by {by.name}", details={"note": content})
        self._touch(incident)
        self._tell("annotated", incident, by, note)
        return note

    def set_priority(self, incident: Incident, priority: Priority | None, *, by: Agent) -> None:
        """Set or clear the priority."""
        incident.priority = priority
        name = priority.name if priority else "none"
        self.log(incident, "field_value_change", by, f"Priority set to {name} by {by.name}")
        self._touch(incident)
        self._tell("priority_updated", incident, by)

    def retitle(self, incident: Incident, title: str, *, by: Agent) -> None:
        """Change the title."""
        incident.title = title
        self.log(incident, "field_value_change", by, f"Title changed by {by.name}")
        self._touch(incident)
        self._tell("updated", incident, by)

    def set_urgency(self, incident: Incident, urgency: str, *, by: Agent) -> None:
        """Change the urgency."""
        incident.urgency = urgency
        self.log(incident, "urgency_change", by, f"Urgency set to {urgency} by {by.name}")
        self._touch(incident)
        self._tell("updated", incident, by)

    def move(self, incident: Incident, service: Service, *, by: Agent) -> None:
        """Hand the incident to another service; assignees stay."""
        incident.service = service
        self.log(incident, "field_value_change", by, f"Moved to {service.name} by {by.name}")
        self._touch(incident)
        self._tell("service_updated", incident, by)

    def publish_status(
        self,
        incident: Incident,
        message: str,
        *,
        by: User,
        subject: str | None = None,
        html_message: str | None = None,
    ) -> StatusUpdate:
        """Tell stakeholders."""
        update = StatusUpdate(self.new_id("P"), message, by, self.now(), subject, html_message)
        incident.status_updates.append(update)
        self._touch(incident)
        self._tell("status_update_published", incident, by, update)
        return update

    def request_responders(
        self,
        incident: Incident,
        targets: Sequence[User | EscalationPolicy],
        message: str,
        *,
        by: User,
    ) -> ResponderRequest:
        """Ask people to help."""
        request = ResponderRequest(self.new_id("P"), by, message, tuple(targets), self.now())
        incident.responder_requests.append(request)
        self._touch(incident)
        self._tell("responder.added", incident, by, request)
        return request

    def delete(self, incident: Incident) -> None:
        """Make an incident disappear; its id then answers 404."""
        del self.incidents[incident.id]
        for alert in incident.alerts:
            self.open_alerts.pop((alert.service.integration_key, alert.key), None)
        self._tell("deleted", incident, None)
