"""REST v2, writing: create and update incidents.

An update is planned first, which refuses what is wrong with it, and carried out afterwards: so
one wrong entry of a bulk update leaves all the others undone.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from bot.sandbox.pagerduty.bodies import CREATE, UPDATE_MANY, UPDATE_ONE, check_body
from bot.sandbox.pagerduty.call import Answer, Call
from bot.sandbox.pagerduty.collaboration import Collaboration
from bot.sandbox.pagerduty.incident_reads import incident_of
from bot.sandbox.pagerduty.records import EscalationPolicy, Incident, Priority, Service, User
from bot.sandbox.pagerduty.refusals import (
    Refusal,
    already_resolved,
    bad_argument,
    error_body,
    not_found,
    refuse,
)
from bot.sandbox.pagerduty.wire import incident_json

BULK_MAX = 250
Json = Mapping[str, Any]
Step = Callable[[User], None]
T = TypeVar("T")


def update_incident(account: Collaboration, call: Call) -> Answer:
    """`PUT /incidents/{id}`."""
    incident = incident_of(account, call)
    check_body(UPDATE_ONE, call.body)
    _plan(account, incident, call.body["incident"])(call.by)
    return 200, {"incident": incident_json(account, incident)}


def update_incidents(account: Collaboration, call: Call) -> Answer:
    """`PUT /incidents`: all or nothing."""
    entries = call.body.get("incidents") if isinstance(call.body, dict) else None
    if isinstance(entries, list) and len(entries) > BULK_MAX:
        raise Refusal(413, error_body(2001, "Invalid Input Provided", [f"At most {BULK_MAX}."]))
    check_body(UPDATE_MANY, call.body)
    found = []
    for entry in call.body["incidents"]:
        incident = account.incidents.get(entry["id"])
        if incident is None:
            raise not_found()
        found.append((incident, _plan(account, incident, entry)))
    for _, carry_out in found:
        carry_out(call.by)
    return 200, {"incidents": [incident_json(account, incident) for incident, _ in found]}


def create_incident(account: Collaboration, call: Call) -> Answer:
    """`POST /incidents`."""
    check_body(CREATE, call.body)
    wanted = call.body["incident"]
    service = _known(account.services, wanted["service"], bad_argument("Service not found"))
    key = wanted.get("incident_key")
    if key is not None and any(
        one.incident_key == key and one.service is service and one.status != "resolved"
        for one in account.incidents.values()
    ):
        raise bad_argument("Open incident with matching dedup key already exists on this service")
    incident = account.add_incident(
        wanted["title"],
        service,
        assignees=_users(account, wanted) if "assignments" in wanted else None,
        urgency=wanted.get("urgency"),
        priority=_priority(account, wanted["priority"]) if "priority" in wanted else None,
        incident_key=key,
        escalation_policy=_policy(account, wanted) if "escalation_policy" in wanted else None,
        by=call.by,
        body=wanted.get("body", {}).get("details"),
    )
    _describe(incident, wanted)
    return 201, {"incident": incident_json(account, incident)}


# ---------------------------------------------------------------- looking things up


def _known(things: Mapping[str, T], reference: Json, otherwise: Refusal) -> T:
    found = things.get(reference["id"])
    if found is None:
        raise otherwise
    return found


def _users(account: Collaboration, wanted: Json) -> list[User]:
    unknown = refuse(400, 1007, "Assigned To User Not Found", [])
    return [_known(account.users, one["assignee"], unknown) for one in wanted["assignments"]]


def _policy(account: Collaboration, wanted: Json) -> EscalationPolicy:
    policy = _known(
        account.policies,
        wanted["escalation_policy"],
        refuse(400, 1014, "Escalation Policy Not Found", []),
    )
    if not policy.on_call():
        raise refuse(400, 1015, "Escalation Policy Has No User On Call", [])
    return policy


def _priority(account: Collaboration, wanted: Json | str) -> Priority:
    """Find a priority by id, or by name (the highest of that name)."""
    for priority in account.priorities.values():
        if wanted == priority.name or (not isinstance(wanted, str) and wanted["id"] == priority.id):
            return priority
    raise refuse(400, 1020, "Invalid Priority", [])


def _level(incident: Incident, policy: EscalationPolicy, level: int) -> int:
    """Check that an incident can go to a level: never with low urgency."""
    if incident.urgency == "low" or not policy.on_call(level):
        raise refuse(400, 1006, "Cannot Escalate", [])
    return level


# ---------------------------------------------------------------- planning an update


def _describe(incident: Incident, wanted: Json) -> None:
    if "conference_bridge" in wanted:
        incident.conference_bridge = wanted["conference_bridge"]
    if "incident_type" in wanted:
        incident.incident_type = wanted["incident_type"]["name"]


def _plan(account: Collaboration, incident: Incident, wanted: Json) -> Step:
    """Look everything up, and give what carries the update out."""
    steps = [*_plan_fields(account, incident, wanted), *_plan_state(account, incident, wanted)]

    def carry_out(by: User) -> None:
        for step in steps:
            step(by)

    return carry_out


def _plan_fields(account: Collaboration, incident: Incident, wanted: Json) -> list[Step]:
    steps: list[Step] = [lambda _by: _describe(incident, wanted)]
    if "title" in wanted and wanted["title"] != incident.title:
        steps.append(lambda by: account.retitle(incident, wanted["title"], by=by))
    if "urgency" in wanted and wanted["urgency"] != incident.urgency:
        steps.append(lambda by: account.set_urgency(incident, wanted["urgency"], by=by))
    if "priority" in wanted:
        priority = _priority(account, wanted["priority"])
        if priority is not incident.priority:
            steps.append(lambda by: account.set_priority(incident, priority, by=by))
    if "service" in wanted:
        service: Service = _known(
            account.services, wanted["service"], bad_argument("Service not found")
        )
        steps.append(lambda by: account.move(incident, service, by=by))
    return steps


def _plan_state(account: Collaboration, incident: Incident, wanted: Json) -> list[Step]:
    """Assignees are written before the status; a reopened incident gets the wanted ones."""
    status = wanted.get("status", incident.status)
    is_reopened = incident.status == "resolved" and status != "resolved"
    to: list[User] | EscalationPolicy | None = None
    if "assignments" in wanted:
        to = _users(account, wanted)
    elif "escalation_policy" in wanted:
        to = _policy(account, wanted)
    level = wanted.get("escalation_level")
    if level is not None:
        policy = to if isinstance(to, EscalationPolicy) else incident.escalation_policy
        level = _level(incident, policy, level)
    if (to is not None or level is not None) and incident.status == "resolved" and not is_reopened:
        raise already_resolved()

    steps: list[Step] = []
    if is_reopened and status == "triggered":
        steps.append(lambda by: account.reopen(incident, by=by, to=to))
    elif to is not None:
        steps.append(lambda by: account.reassign(incident, to, by=by))
    if level is not None:
        steps.append(lambda by: account.escalate(incident, by=by, level=level))
    if "status" in wanted and not (is_reopened and status == "triggered"):
        keep = to is not None or level is not None
        steps.append(lambda by: _set_status(account, incident, wanted, by, keep))
    return steps


def _set_status(
    account: Collaboration, incident: Incident, wanted: Json, by: User, keep: bool
) -> None:
    if wanted["status"] == "acknowledged":
        account.acknowledge(incident, by=by, keep_assignees=keep)
    elif wanted["status"] == "resolved":
        account.resolve(incident, by=by, resolution=wanted.get("resolution"))
    else:
        account.unacknowledge(incident, by=by)
