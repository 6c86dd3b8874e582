"""Records as REST v2 shows them."""

from datetime import UTC, datetime
from typing import Any

from bot.sandbox.pagerduty.account import Account
from bot.sandbox.pagerduty.records import (
    Alert,
    EscalationPolicy,
    Incident,
    LogEntry,
    Note,
    Priority,
    ResponderRequest,
    Schedule,
    Service,
    StatusUpdate,
    Team,
    User,
)

Json = dict[str, Any]
Thing = User | Service | Schedule | EscalationPolicy | Team | Priority

PATHS: dict[type[Thing], tuple[str, str, str]] = {
    User: ("user", "/users/", "/users/"),
    Service: ("service", "/services/", "/service-directory/"),
    Schedule: ("schedule", "/schedules/", "/schedules/"),
    EscalationPolicy: (
        "escalation_policy",
        "/escalation_policies/",
        "/escalation_policies/",
    ),
    Team: ("team", "/teams/", "/teams/"),
    Priority: ("priority", "/priorities/", "/account/incident_priorities?id="),
}


def instant(at: datetime) -> str:
    """Write an instant as PagerDuty does: whole seconds, UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def reference(account: Account, thing: Thing) -> Json:
    """Give the short form of a thing."""
    kind, path, page = PATHS[type(thing)]
    return {
        "id": thing.id,
        "type": f"{kind}_reference",
        "summary": thing.name,
        "self": account.self_url(path + thing.id),
        "html_url": account.web_url(page + thing.id),
    }


def full(account: Account, thing: Thing) -> Json:
    """Give what the full form of a thing begins with."""
    short = reference(account, thing)
    return {**short, "type": PATHS[type(thing)][0], "name": thing.name}


def priority_json(account: Account, priority: Priority) -> Json:
    """Give a priority."""
    return {**full(account, priority), "description": priority.description}


def incident_reference(account: Account, incident: Incident) -> Json:
    """Give the short form of an incident."""
    return {
        "id": incident.id,
        "type": "incident_reference",
        "summary": f"[#{incident.number}] {incident.title}",
        "self": account.self_url(f"/incidents/{incident.id}"),
        "html_url": account.web_url(f"/incidents/{incident.id}"),
    }


def _entry_reference(account: Account, incident: Incident, entry: LogEntry) -> Json:
    return {
        "id": entry.id,
        "type": f"{entry.kind}_log_entry_reference",
        "summary": entry.summary,
        "self": account.self_url(f"/log_entries/{entry.id}?incident_id={incident.id}"),
        "html_url": account.web_url(f"/incidents/{incident.id}/log_entries/{entry.id}"),
    }


def incident_json(account: Account, incident: Incident) -> Json:
    """Give an incident. One with alerts has no key of its own: its alerts have them."""
    resolved = sum(alert.status == "resolved" for alert in incident.alerts)
    is_open = incident.status != "resolved"
    snoozed = incident.snoozed_until
    pending = [{"type": "unacknowledge", "at": instant(snoozed)}] if snoozed and is_open else []
    return {
        **incident_reference(account, incident),
        "type": "incident",
        "incident_number": incident.number,
        "title": incident.title,
        "created_at": instant(incident.created_at),
        "updated_at": instant(incident.updated_at),
        "status": incident.status,
        "incident_key": None if incident.alerts else incident.incident_key,
        "service": reference(account, incident.service),
        "assignments": [
            {"at": instant(one.at), "assignee": reference(account, one.user)}
            for one in incident.assignments
        ],
        "assigned_via": incident.assigned_via,
        "last_status_change_at": instant(incident.last_status_change_at),
        "last_status_change_by": reference(account, incident.last_status_change_by),
        "resolved_at": incident.resolved_at and instant(incident.resolved_at),
        "first_trigger_log_entry": _entry_reference(account, incident, incident.log[0]),
        "alert_counts": {
            "all": len(incident.alerts),
            "triggered": len(incident.alerts) - resolved,
            "resolved": resolved,
        },
        "is_mergeable": is_open,
        "incident_type": {"name": incident.incident_type},
        "escalation_policy": reference(account, incident.escalation_policy),
        "teams": [reference(account, team) for team in incident.service.teams],
        "pending_actions": pending,
        "acknowledgements": [
            {"at": instant(one.at), "acknowledger": reference(account, one.by)}
            for one in incident.acknowledgements
        ],
        "alert_grouping": None,
        "priority": incident.priority and priority_json(account, incident.priority),
        "resolve_reason": incident.merged_into
        and {
            "type": "merge_resolve_reason",
            "incident": incident_reference(account, incident.merged_into),
        },
        "incidents_responders": [
            responder
            for request in incident.responder_requests
            for responder in responders_json(account, incident, request)
        ],
        "responder_requests": [
            responder_request_json(account, incident, request)
            for request in incident.responder_requests
        ],
        "urgency": incident.urgency,
    }


def note_json(account: Account, note: Note) -> Json:
    """Give a note."""
    return {
        "id": note.id,
        "user": reference(account, note.user),
        "channel": {"summary": "The PagerDuty website or APIs"},
        "content": note.content,
        "created_at": instant(note.at),
        "updated_at": instant(note.at),
    }


def status_update_json(account: Account, update: StatusUpdate) -> Json:
    """Give a status update."""
    extra = {"subject": update.subject, "html_message": update.html_message}
    return {
        "id": update.id,
        "message": update.message,
        "sender": reference(account, update.sender),
        "created_at": instant(update.at),
        **{name: value for name, value in extra.items() if value is not None},
    }


def responders_json(account: Account, incident: Incident, request: ResponderRequest) -> list[Json]:
    """Give the people that a request reached, policies by their first level."""
    people: list[User] = []
    for target in request.targets:
        people += target.on_call() if isinstance(target, EscalationPolicy) else [target]
    return [
        {
            "state": "pending",
            "user": reference(account, user),
            "incident": incident_reference(account, incident),
            "updated_at": instant(request.at),
            "message": request.message,
            "requester": reference(account, request.requester),
            "requested_at": instant(request.at),
        }
        for user in dict.fromkeys(people)
    ]


def responder_request_json(account: Account, incident: Incident, request: ResponderRequest) -> Json:
    """Give a responder request."""
    return {
        "id": request.id,
        "incident": incident_reference(account, incident),
        "requester": reference(account, request.requester),
        "requested_at": instant(request.at),
        "message": request.message,
        "responder_request_targets": [
            {
                "responder_request_target": {
                    "type": PATHS[type(target)][0],
                    "id": target.id,
                    "summary": target.name,
                    "incidents_responders": [],
                }
            }
            for target in request.targets
        ],
    }


def alert_json(account: Account, incident: Incident, alert: Alert) -> Json:
    """Give an alert."""
    service = alert.service
    contexts = [{"type": "link", **link} for link in alert.links]
    contexts += [{"type": "image", **image} for image in alert.images]
    return {
        "id": alert.id,
        "type": "alert",
        "summary": alert.summary,
        "self": account.self_url(f"/incidents/{incident.id}/alerts/{alert.id}"),
        "html_url": account.web_url(f"/alerts/{alert.id}"),
        "created_at": instant(alert.at),
        "status": alert.status,
        "alert_key": alert.key,
        "service": reference(account, service),
        "body": {"type": "alert_body", "contexts": contexts, "details": dict(alert.details)},
        "incident": incident_reference(account, incident),
        "suppressed": False,
        "severity": alert.severity,
        "integration": {
            "id": service.integration_id,
            "type": "events_api_v2_inbound_integration_reference",
            "summary": "Events API V2",
            "self": account.self_url(
                f"/services/{service.id}/integrations/{service.integration_id}"
            ),
            "html_url": account.web_url(
                f"/services/{service.id}/integrations/{service.integration_id}"
            ),
        },
    }


def log_entry_json(account: Account, incident: Incident, entry: LogEntry) -> Json:
    """Give a line of the timeline."""
    note = entry.details.get("note")
    channel = {"type": "note", "summary": note} if note else {"type": "api"}
    short = _entry_reference(account, incident, entry)
    return {
        **short,
        "type": f"{entry.kind}_log_entry",
        "created_at": instant(entry.at),
        "agent": reference(account, entry.agent),
        "channel": channel,
        "service": reference(account, incident.service),
        "incident": incident_reference(account, incident),
        "teams": [reference(account, team) for team in incident.service.teams],
        "contexts": [],
        **({"note": entry.note} if entry.note is not None else {}),
        **(
            {"assignees": [reference(account, user) for user in entry.assignees]}
            if entry.assignees
            else {}
        ),
        **({"event_details": dict(entry.details)} if entry.kind == "trigger" else {}),
    }
