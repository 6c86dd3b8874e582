"""Incidents of every state, tame and hostile, for whatever shows them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.model import Acknowledgement, Incident, IncidentId, Reference, Status

AT = datetime(2026, 11, 23, 2, 14, tzinfo=UTC)
ANN = Reference("PANN001", "Ann Ahrens")
BOB = Reference("PBOB001", "Bob Birk")
HOSTILE = (
    "<!channel> <@U0ANN> *b* _i_ ~s~ `c` ``` & &amp; <https://evil.example|x> | שלום \u202eabc 🔥"
)


def incident(**changes: Any) -> Incident:
    """Make a triggered incident, but for the changes."""
    usual: dict[str, Any] = {
        "id": IncidentId("PT4KHLK"),
        "number": 123,
        "title": "Nightly billing export failed",
        "status": Status.TRIGGERED,
        "urgency": "high",
        "html_url": "https://acme.pagerduty.com/incidents/PT4KHLK",
        "created_at": AT,
        "service": Reference("PSVC001", "Billing"),
        "assignees": (ANN, BOB),
        "priority": "P2",
    }
    return Incident(**{**usual, **changes})


TRIGGERED = incident()
ACKNOWLEDGED = incident(
    status=Status.ACKNOWLEDGED,
    assignees=(BOB,),
    acknowledgements=(Acknowledgement(BOB, AT + timedelta(minutes=2)),),
)
RESOLVED = incident(
    status=Status.RESOLVED,
    assignees=(),
    resolved_at=AT + timedelta(minutes=17),
    last_status_change_by=Reference("PDANA01", "Dana Dorn"),
)
MERGED = incident(status=Status.RESOLVED, assignees=(), resolve_reason_merged_into="PT0TARGET")
HOSTILE_INCIDENT = incident(
    title=(HOSTILE * 20)[:1000],
    html_url="https://acme.pagerduty.com/incidents/PT4KHLK?a=1&b=<2>|*",
    urgency=HOSTILE,
    priority=HOSTILE * 10,
    service=Reference("PSVC001", HOSTILE * 10),
    assignees=tuple(Reference(f"P{index:06}", f"{index} {HOSTILE}") for index in range(100)),
)
BARE = incident(title="", urgency="", html_url="", service=Reference("P1", ""), priority=None)
EVERY_STATE = {
    "triggered": TRIGGERED,
    "acknowledged": ACKNOWLEDGED,
    "resolved": RESOLVED,
    "merged": MERGED,
    "hostile": HOSTILE_INCIDENT,
    "bare": BARE,
    "acknowledged by nobody known": incident(status=Status.ACKNOWLEDGED),
    "resolved by nobody known": incident(status=Status.RESOLVED, assignees=()),
    "merged elsewhere": incident(
        status=Status.RESOLVED,
        assignees=(),
        html_url="",
        resolve_reason_merged_into="PT0TARGET",
    ),
}
