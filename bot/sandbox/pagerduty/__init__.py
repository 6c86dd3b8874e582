"""A PagerDuty on loopback: stateful, strict, and with bad weather on demand.

It refuses what the real one refuses and does what the real one does, so that tests and the demo
meet the same semantics: an acknowledged resolved incident reopens, `assignments` replaces the
list, an event's incident appears a moment after the 202.

    async with PagerDuty().serve() as pagerduty:
        ann = pagerduty.add_user("Ann Archer", "ann@example.com")
        ...
"""

from bot.sandbox.pagerduty.faults import Fault
from bot.sandbox.pagerduty.records import (
    EscalationPolicy,
    Incident,
    Note,
    Priority,
    Schedule,
    Service,
    Team,
    User,
)
from bot.sandbox.pagerduty.server import PagerDuty, Request

__all__ = [
    "EscalationPolicy",
    "Fault",
    "Incident",
    "Note",
    "PagerDuty",
    "Priority",
    "Request",
    "Schedule",
    "Service",
    "Team",
    "User",
]
