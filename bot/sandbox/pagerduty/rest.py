"""REST v2: the routes, and the way of a request from the gate to its handler."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from bot.sandbox.pagerduty import directory, incident_reads, incident_writes, teamwork
from bot.sandbox.pagerduty.call import Call, Handler
from bot.sandbox.pagerduty.collaboration import Collaboration
from bot.sandbox.pagerduty.gate import actor, authenticate, check_json, check_version
from bot.sandbox.pagerduty.query import Query
from bot.sandbox.pagerduty.refusals import Refusal, invalid, not_found, refuse


class Route(NamedTuple):
    """One operation; `wants_from` is False for the one write that names its author in the body."""

    method: str
    path: str
    operation: str
    handler: Handler
    wants_from: bool = True

    @property
    def pattern(self) -> re.Pattern[str]:
        """Give what the path must look like."""
        return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", self.path))


ROUTES = (
    Route("GET", "/incidents", "rest.listIncidents", incident_reads.list_incidents),
    Route("POST", "/incidents", "rest.createIncident", incident_writes.create_incident),
    Route("PUT", "/incidents", "rest.updateIncidents", incident_writes.update_incidents),
    Route("GET", "/incidents/{id}", "rest.getIncident", incident_reads.get_incident),
    Route("PUT", "/incidents/{id}", "rest.updateIncident", incident_writes.update_incident),
    Route("GET", "/incidents/{id}/notes", "rest.listIncidentNotes", incident_reads.list_notes),
    Route("POST", "/incidents/{id}/notes", "rest.createIncidentNote", teamwork.create_note),
    Route("GET", "/incidents/{id}/alerts", "rest.listIncidentAlerts", incident_reads.list_alerts),
    Route(
        "GET",
        "/incidents/{id}/log_entries",
        "rest.listIncidentLogEntries",
        incident_reads.list_log_entries,
    ),
    Route("POST", "/incidents/{id}/snooze", "rest.createIncidentSnooze", teamwork.snooze),
    Route("PUT", "/incidents/{id}/merge", "rest.mergeIncidents", teamwork.merge),
    Route(
        "POST",
        "/incidents/{id}/responder_requests",
        "rest.createIncidentResponderRequest",
        teamwork.request_responders,
        wants_from=False,
    ),
    Route(
        "POST",
        "/incidents/{id}/status_updates",
        "rest.createIncidentStatusUpdate",
        teamwork.publish_status,
    ),
    Route("GET", "/users", "rest.listUsers", directory.list_users),
    Route("GET", "/users/me", "rest.getCurrentUser", directory.get_current_user),
    Route("GET", "/users/{id}", "rest.getUser", directory.get_user),
    Route("GET", "/oncalls", "rest.listOnCalls", directory.list_on_calls),
    Route(
        "GET",
        "/escalation_policies",
        "rest.listEscalationPolicies",
        directory.list_escalation_policies,
    ),
    Route(
        "GET",
        "/escalation_policies/{id}",
        "rest.getEscalationPolicy",
        directory.get_escalation_policy,
    ),
    Route("GET", "/services", "rest.listServices", directory.list_services),
    Route("GET", "/services/{id}", "rest.getService", directory.get_service),
    Route("GET", "/schedules", "rest.listSchedules", directory.list_schedules),
    Route("GET", "/schedules/{id}", "rest.getSchedule", directory.get_schedule),
    Route("GET", "/priorities", "rest.listPriorities", directory.list_priorities),
    Route("GET", "/abilities", "rest.listAbilities", directory.list_abilities),
)
PATTERNS = tuple((route, route.pattern) for route in ROUTES)


def find_route(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Find the route of a request; the first one wins, so `/users/me` is nobody's id."""
    for route, pattern in PATTERNS:
        if route.method == method and (found := pattern.fullmatch(path)):
            return route, found.groupdict()
    return None


def answer(
    account: Collaboration,
    found: tuple[Route, dict[str, str]] | None,
    headers: Mapping[str, str],
    query: Query,
    body: Any,
) -> tuple[int, dict[str, Any] | None]:
    """Answer a request; what was refused has changed nothing. `body` is None when not JSON."""
    try:
        key = authenticate(account, headers)
        check_version(headers)
        if found is None:
            raise not_found()
        route, path = found
        if route.method == "GET":
            return route.handler(account, Call(key, query, path))
        if key.read_only:
            raise refuse(403, 2010, "Access Denied")
        by = actor(account, key, headers) if route.wants_from else None
        check_json(headers)
        if body is None:
            raise invalid("The body is not JSON.")
        return route.handler(account, Call(key, query, path, body, by))
    except Refusal as refusal:
        return refusal.status, refusal.body
