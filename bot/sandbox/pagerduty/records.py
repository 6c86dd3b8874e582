"""What the account holds. Plain records: how they look on the wire is `wire`'s business."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Team:
    """A team."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account."""

    id: str
    name: str
    email: str
    role: str = "user"
    time_zone: str = "Etc/UTC"
    teams: tuple[Team, ...] = ()


@dataclass(frozen=True, slots=True)
class Priority:
    """A priority; the account lists the highest first."""

    id: str
    name: str
    description: str


@dataclass(slots=True, eq=False)
class Schedule:
    """Who takes turns; `on_call` is who is on call now."""

    id: str
    name: str
    on_call: list[User]
    time_zone: str = "Etc/UTC"


Target = User | Schedule


@dataclass(slots=True, eq=False)
class EscalationPolicy:
    """Whom to page, level by level."""

    id: str
    name: str
    levels: list[list[Target]]
    teams: tuple[Team, ...] = ()

    def on_call(self, level: int = 1) -> list[User]:
        """Give the people of a level, counted from 1, each once."""
        people: list[User] = []
        for target in self.levels[level - 1] if level <= len(self.levels) else []:
            people += target.on_call if isinstance(target, Schedule) else [target]
        return list(dict.fromkeys(people))


@dataclass(slots=True, eq=False)
class Service:
    """What incidents happen to. In maintenance it takes events and makes nothing of them."""

    id: str
    name: str
    escalation_policy: EscalationPolicy
    integration_key: str = field(repr=False)
    integration_id: str
    created_at: datetime
    teams: tuple[Team, ...] = ()
    urgency: str = "high"
    in_maintenance: bool = False


Agent = User | Service
"""Who did something: a person, or a service through one of its integrations."""


@dataclass(frozen=True, slots=True)
class Key:
    """A REST key; with an owner it is user-level, and every write carries the owner's name.

    A read-only one may GET.
    """

    token: str = field(repr=False)
    owner: User | None = None
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who has to do something about an incident, since when."""

    user: User
    at: datetime


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who has acknowledged, when."""

    by: Agent
    at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """A note on an incident."""

    id: str
    content: str
    user: User
    at: datetime


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """What stakeholders were told."""

    id: str
    message: str
    sender: User
    at: datetime
    subject: str | None = None
    html_message: str | None = None


@dataclass(frozen=True, slots=True)
class ResponderRequest:
    """Somebody was asked to help."""

    id: str
    requester: User
    message: str
    targets: tuple[User | EscalationPolicy, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of an incident's timeline.

    `kind` is the vendor's type without `_log_entry`; `note` holds the resolution of a `resolve`.
    """

    id: str
    kind: str
    at: datetime
    agent: Agent
    summary: str
    note: str | None = None
    assignees: tuple[User, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Alert:
    """What an event opened; `key` is its `dedup_key`."""

    id: str
    key: str
    service: Service
    summary: str
    severity: str
    at: datetime
    incident_id: str
    status: str = "triggered"
    details: Mapping[str, Any] = field(default_factory=dict)
    links: tuple[Mapping[str, Any], ...] = ()
    images: tuple[Mapping[str, Any], ...] = ()


@dataclass(slots=True, eq=False)
class Incident:
    """An incident and everything that happened to it."""

    id: str
    number: int
    title: str
    service: Service
    escalation_policy: EscalationPolicy
    created_at: datetime
    updated_at: datetime
    last_status_change_at: datetime
    last_status_change_by: Agent
    status: str = "triggered"
    urgency: str = "high"
    priority: Priority | None = None
    incident_key: str | None = None
    assigned_via: str = "escalation_policy"
    assignments: list[Assignment] = field(default_factory=list)
    acknowledgements: list[Acknowledgement] = field(default_factory=list)
    escalation_level: int = 1
    resolved_at: datetime | None = None
    merged_into: "Incident | None" = None
    snoozed_until: datetime | None = None
    body: str | None = None
    conference_bridge: Mapping[str, str] | None = None
    incident_type: str = "incident_default"
    notes: list[Note] = field(default_factory=list)
    log: list[LogEntry] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    status_updates: list[StatusUpdate] = field(default_factory=list)
    responder_requests: list[ResponderRequest] = field(default_factory=list)

    @property
    def assignees(self) -> list[User]:
        """Who has to do something now."""
        return [assignment.user for assignment in self.assignments]

    @property
    def acknowledgers(self) -> list[Agent]:
        """Who has acknowledged, in order."""
        return [acknowledgement.by for acknowledgement in self.acknowledgements]


Detail = Note | StatusUpdate | ResponderRequest


@dataclass(frozen=True, slots=True)
class Change:
    """Something happened to an incident.

    `kind` is the webhook's event type without `incident.`, or, where PagerDuty sends no webhook,
    one of `updated`, `snoozed`, `retriggered`, `deleted`.
    """

    kind: str
    incident: Incident
    at: datetime
    agent: Agent | None = None
    detail: Detail | None = None
