"""The account as a page shows it."""

from typing import Any

from bot.sandbox.pagerduty.account import Account
from bot.sandbox.pagerduty.records import Incident
from bot.sandbox.pagerduty.wire import incident_reference


def _incident(account: Account, incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "number": incident.number,
        "title": incident.title,
        "status": incident.status,
        "urgency": incident.urgency,
        "priority": incident.priority and incident.priority.name,
        "service": incident.service.name,
        "html_url": incident_reference(account, incident)["html_url"],
        "created_at": incident.created_at.isoformat(),
        "updated_at": incident.updated_at.isoformat(),
        "assigned_via": incident.assigned_via,
        "assignees": [user.name for user in incident.assignees],
        "acknowledged_by": [agent.name for agent in incident.acknowledgers],
        "notes": [
            {"at": note.at.isoformat(), "by": note.user.name, "content": note.content}
            for note in incident.notes
        ],
        "log": [
            {
                "at": entry.at.isoformat(),
                "kind": entry.kind,
                "by": entry.agent.name,
                "summary": entry.summary,
                "note": entry.note,
            }
            for entry in incident.log
        ],
    }


def snapshot(account: Account) -> dict[str, Any]:
    """Give the account as JSON, the newest incident first."""
    incidents = sorted(account.incidents.values(), key=lambda one: -one.number)
    return {
        "account": account.account,
        "incidents": [_incident(account, incident) for incident in incidents],
        "users": [
            {"id": user.id, "name": user.name, "email": user.email}
            for user in account.users.values()
        ],
        "services": [
            {"id": service.id, "name": service.name, "in_maintenance": service.in_maintenance}
            for service in account.services.values()
        ],
    }
