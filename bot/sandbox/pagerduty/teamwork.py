"""REST v2, writing: notes, snoozing, merging, responder requests, status updates."""

from bot.sandbox.pagerduty.bodies import (
    MERGE,
    NOTE,
    RESPONDER_REQUEST,
    SNOOZE,
    STATUS_UPDATE,
    check_body,
)
from bot.sandbox.pagerduty.call import Answer, Call
from bot.sandbox.pagerduty.collaboration import Collaboration
from bot.sandbox.pagerduty.incident_reads import incident_of
from bot.sandbox.pagerduty.records import EscalationPolicy, User
from bot.sandbox.pagerduty.refusals import (
    already_resolved,
    invalid,
    missing_ability,
    not_found,
    refuse,
)
from bot.sandbox.pagerduty.wire import (
    incident_json,
    incident_reference,
    note_json,
    responder_request_json,
    status_update_json,
)

NOTES_MAX = 2000
ALERTS_MAX = 1000


def create_note(account: Collaboration, call: Call) -> Answer:
    """`POST /incidents/{id}/notes`: at most 2,000 on one incident."""
    incident = incident_of(account, call)
    check_body(NOTE, call.body)
    if len(incident.notes) >= NOTES_MAX:
        raise refuse(400, 2019, "Product Limit Reached", [f"At most {NOTES_MAX} notes."])
    note = account.note(incident, call.body["note"]["content"], by=call.by)
    return 200, {"note": note_json(account, note)}


def snooze(account: Collaboration, call: Call) -> Answer:
    """`POST /incidents/{id}/snooze`: only what is acknowledged."""
    incident = incident_of(account, call)
    check_body(SNOOZE, call.body)
    if incident.status == "resolved":
        raise already_resolved()
    if incident.status == "triggered":
        raise refuse(400, 1012, "Incident is not Acknowledged", [])
    account.snooze(incident, call.body["duration"], by=call.by)
    return 201, {"incident": incident_json(account, incident)}


def merge(account: Collaboration, call: Call) -> Answer:
    """`PUT /incidents/{id}/merge`: at most 1,000 alerts in the target."""
    target = incident_of(account, call)
    check_body(MERGE, call.body)
    sources = []
    for one in call.body["source_incidents"]:
        source = account.incidents.get(one["id"])
        if source is None:
            raise not_found()
        sources.append(source)
    if target in sources:
        raise invalid("An incident cannot be merged into itself.")
    if target.status == "resolved":
        raise already_resolved()
    if any(source.merged_into for source in sources):
        raise refuse(400, 1019, "Incident Already Merged", [])
    if sum(len(one.alerts) for one in (target, *sources)) > ALERTS_MAX:
        raise refuse(400, 2019, "Product Limit Reached", [f"At most {ALERTS_MAX} alerts."])
    account.merge(target, sources, by=call.by)
    return 200, {"incident": incident_reference(account, target)}


def request_responders(account: Collaboration, call: Call) -> Answer:
    """`POST /incidents/{id}/responder_requests`: no `From`, the body names the requester."""
    if "coordinated_responding" not in account.abilities:
        raise missing_ability("coordinated_responding")
    incident = incident_of(account, call)
    check_body(RESPONDER_REQUEST, call.body)
    requester = account.users.get(call.body["requester_id"])
    if requester is None:
        raise refuse(400, 1008, "Requester User Not Found", [])
    targets: list[User | EscalationPolicy] = []
    for item in call.body["responder_request_targets"]:
        one = item["responder_request_target"]
        things = account.users if one["type"] == "user_reference" else account.policies
        found = things.get(one["id"])
        if found is None:
            raise invalid(f"There is no {one['type']} {one['id']}.")
        targets.append(found)
    request = account.request_responders(incident, targets, call.body["message"], by=requester)
    return 200, {"responder_request": responder_request_json(account, incident, request)}


def publish_status(account: Collaboration, call: Call) -> Answer:
    """`POST /incidents/{id}/status_updates`."""
    incident = incident_of(account, call)
    check_body(STATUS_UPDATE, call.body)
    update = account.publish_status(
        incident,
        call.body["message"],
        by=call.by,
        subject=call.body.get("subject"),
        html_message=call.body.get("html_message"),
    )
    return 200, {"status_update": status_update_json(account, update)}
