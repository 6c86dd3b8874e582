"""What the bodies of REST v2 writes must look like."""

from collections.abc import Sequence
from typing import Any

from bot.sandbox.pagerduty.checks import (
    Check,
    either,
    many,
    obj,
    one_of,
    reference,
    text,
    whole,
)
from bot.sandbox.pagerduty.refusals import invalid

TITLE_CHARACTERS = 1024
INCIDENT_KEY_CHARACTERS = 255
SNOOZE_SECONDS_MAX = 604_800
CHANGING = (
    "status",
    "title",
    "priority",
    "escalation_level",
    "assignments",
    "incident_type",
    "escalation_policy",
    "urgency",
    "conference_bridge",
    "service",
)

PRIORITY = either(reference("priority_reference", "priority"), text(low=1))
URGENCY = one_of("high", "low")
INCIDENT_TYPE = obj({"name": text(), "id": text()}, required=["name"], is_open=True)
CONFERENCE_BRIDGE = obj({"conference_number": text(), "conference_url": text()})


def _assignments(high: int | None = None) -> Check:
    one = obj(
        {"assignee": reference("user_reference", "user"), "at": text()}, required=["assignee"]
    )
    return many(one, low=1, high=high)


def _update_rules(update: dict[str, Any]) -> list[str]:
    """Check what the fields mean together."""
    errors = []
    if "assignments" in update and {"escalation_policy", "escalation_level"} & update.keys():
        errors.append("'assignments' cannot go with an escalation policy or level")
    if "resolution" in update and update.get("status") != "resolved":
        errors.append("'resolution' needs the status resolved")
    if not update.keys() & set(CHANGING):
        errors.append("The update changes nothing")
    return errors


def _create_rules(incident: dict[str, Any]) -> list[str]:
    both = {"assignments", "escalation_policy"} <= incident.keys()
    return ["'assignments' cannot go with an escalation policy"] if both else []


def _status_update_rules(update: dict[str, Any]) -> list[str]:
    alone = ("subject" in update) != ("html_message" in update)
    return ["'subject' and 'html_message' need one another"] if alone else []


UPDATE_FIELDS: dict[str, Check] = {
    "id": text(low=1),
    "type": one_of("incident", "incident_reference"),
    "status": one_of("triggered", "acknowledged", "resolved"),
    "resolution": text(low=1),
    "title": text(low=1, high=TITLE_CHARACTERS),
    "priority": PRIORITY,
    "escalation_level": whole(1),
    "assignments": _assignments(),
    "incident_type": INCIDENT_TYPE,
    "escalation_policy": reference("escalation_policy_reference"),
    "urgency": URGENCY,
    "conference_bridge": CONFERENCE_BRIDGE,
}
UPDATE_ONE = obj(
    {
        "incident": obj(
            {**UPDATE_FIELDS, "service": reference("service_reference")},
            required=["type"],
            also=_update_rules,
        )
    },
    required=["incident"],
)
UPDATE_MANY = obj(
    {"incidents": many(obj(UPDATE_FIELDS, required=["id", "type"], also=_update_rules), low=1)},
    required=["incidents"],
)
CREATE = obj(
    {
        "incident": obj(
            {
                "type": one_of("incident"),
                "title": text(low=1, high=TITLE_CHARACTERS),
                "service": reference("service_reference"),
                "priority": PRIORITY,
                "urgency": URGENCY,
                "body": obj(
                    {"type": one_of("incident_body"), "details": text()},
                    required=["type", "details"],
                ),
                "incident_key": text(low=1, high=INCIDENT_KEY_CHARACTERS),
                "assignments": _assignments(high=1),
                "incident_type": INCIDENT_TYPE,
                "escalation_policy": reference("escalation_policy_reference"),
                "conference_bridge": CONFERENCE_BRIDGE,
            },
            required=["type", "title", "service"],
            also=_create_rules,
        )
    },
    required=["incident"],
)
NOTE = obj(
    {"note": obj({"content": text(low=1)}, required=["content"])},
    required=["note"],
)
SNOOZE = obj({"duration": whole(1, SNOOZE_SECONDS_MAX)}, required=["duration"])
MERGE = obj(
    {"source_incidents": many(reference("incident_reference"), low=1)},
    required=["source_incidents"],
)
RESPONDER_REQUEST = obj(
    {
        "requester_id": text(low=1),
        "message": text(),
        "responder_request_targets": many(
            obj(
                {
                    "responder_request_target": reference(
                        "user_reference", "escalation_policy_reference"
                    )
                },
                required=["responder_request_target"],
            ),
            low=1,
        ),
    },
    required=["requester_id", "message", "responder_request_targets"],
)
STATUS_UPDATE = obj(
    {"message": text(low=1), "subject": text(), "html_message": text()},
    required=["message"],
    also=_status_update_rules,
)


def check_body(check: Check, body: object) -> None:
    """Refuse a body with a sentence for each of its mistakes."""
    errors: Sequence[str] = check("body", body)
    if errors:
        raise invalid(*errors)
