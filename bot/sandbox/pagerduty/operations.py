"""What happens to incidents, whoever asks for it: the REST API, an event, or somebody in the UI.

Each method is one change with everything that PagerDuty does along with it: assignments,
acknowledgements, the log, instants, listeners. Whether it may be asked for is checked elsewhere.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.sandbox.pagerduty.account import Account
from bot.sandbox.pagerduty.records import (
    Acknowledgement,
    Agent,
    Assignment,
    Change,
    Detail,
    EscalationPolicy,
    Incident,
    LogEntry,
    Priority,
    Service,
    User,
)


class Operations(Account):
    """Change incidents. `by` is who does it; None is PagerDuty itself (a timeout, a rule)."""

    def add_incident(
        self,
        title: str,
        service: Service,
        *,
        assignees: Sequence[User] | None = None,
        status: str = "triggered",
        urgency: str | None = None,
        priority: Priority | None = None,
        id: str | None = None,  # noqa: A002 - the vendor's word
        created_at: datetime | None = None,
        incident_key: str | None = None,
        escalation_policy: EscalationPolicy | None = None,
        by: Agent | None = None,
        body: str | None = None,
    ) -> Incident:
        """Open an incident; without assignees it goes to the policy's first level.

        `status` other than triggered is reached as somebody in the UI would reach it.
        """
        policy = escalation_policy or service.escalation_policy
        people = policy.on_call() if assignees is None else list(assignees)
        incident = self.new_incident(
            title, service, policy, people, at=created_at, by=by, urgency=urgency
        )
        incident.priority = priority
        incident.incident_key = incident_key or self.new_id("", 33).lower()
        incident.body = body
        if id is not None:
            incident.id = id
        self.announce(incident, by, "Triggered through the " + ("API" if by else "website"))
        actor = people[0] if people else None
        if status == "acknowledged":
            self.acknowledge(incident, by=actor, at=created_at)
        elif status == "resolved":
            self.resolve(incident, by=actor, at=created_at)
        return incident

    def new_incident(
        self,
        title: str,
        service: Service,
        policy: EscalationPolicy,
        people: Sequence[User],
        *,
        at: datetime | None = None,
        by: Agent | None = None,
        urgency: str | None = None,
    ) -> Incident:
        """Make an incident that nobody knows of yet; `announce` follows."""
        at = at or self.now()
        return Incident(
            id=self.new_id("Q", 14),
            number=self.next_number(),
            title=title,
            service=service,
            escalation_policy=policy,
            created_at=at,
            updated_at=at,
            last_status_change_at=at,
            last_status_change_by=by or service,
            urgency=urgency or service.urgency,
            assigned_via="escalation_policy"
            if list(people) == policy.on_call()
            else "direct_assignment",
            assignments=[Assignment(user, at) for user in people],
        )

    def announce(
        self,
        incident: Incident,
        by: Agent | None,
        how: str,
        details: Mapping[str, object] | None = None,
    ) -> None:
        """Let a new incident be seen."""
        at = incident.created_at
        self.incidents[incident.id] = incident
        self.log(incident, "trigger", by or incident.service, how, at=at, details=details)
        self._assigned(incident, "assign", by, at=at)
        self._tell("triggered", incident, by)

    # ------------------------------------------------------------ status

    def acknowledge(
        self,
        incident: Incident,
        *,
        by: Agent | None,
        at: datetime | None = None,
        keep_assignees: bool = False,
    ) -> None:
        """Acknowledge: reopens a resolved incident, takes over an acknowledged one.

        Somebody who is not an assignee becomes the only one, unless others were asked for.
        """
        agent = by or incident.service
        if incident.status == "acknowledged" and agent in incident.acknowledgers:
            return
        at = at or self.now()
        was_resolved = incident.status == "resolved"
        if was_resolved:
            self._back(incident, by, at)
        incident.acknowledgements.append(Acknowledgement(agent, at))
        if isinstance(agent, User) and agent not in incident.assignees and not keep_assignees:
            incident.assignments = [Assignment(agent, at)]
            self._assigned(incident, "assign", by, at=at)
        self._set_status(incident, "acknowledged", agent, at)
        self.log(incident, "acknowledge", agent, f"Acknowledged by {agent.name}", at=at)
        if was_resolved:
            self._tell("reopened", incident, by)
        self._tell("acknowledged", incident, by)

    def unacknowledge(self, incident: Incident, *, by: Agent | None = None) -> None:
        """Fall back to triggered, as after a timeout or when a snooze ends."""
        if incident.status != "acknowledged":
            return
        agent = by or incident.service
        incident.acknowledgements = []
        incident.snoozed_until = None
        self._set_status(incident, "triggered", agent, self.now())
        self.log(incident, "unacknowledge", agent, "Unacknowledged")
        self._tell("unacknowledged", incident, by)

    def resolve(
        self,
        incident: Incident,
        *,
        by: Agent | None,
        resolution: str | None = None,
        at: datetime | None = None,
    ) -> None:
        """Resolve: nobody is assigned any more; the resolution is kept in the log only."""
        if incident.status == "resolved":
            return
        agent, at = by or incident.service, at or self.now()
        incident.assignments = []
        incident.acknowledgements = []
        incident.snoozed_until = None
        incident.resolved_at = at
        for alert in incident.alerts:
            alert.status = "resolved"
            self.open_alerts.pop((alert.service.integration_key, alert.key), None)
        self._set_status(incident, "resolved", agent, at)
        self.log(incident, "resolve", agent, f"Resolved by {agent.name}", at=at, note=resolution)
        self._tell("resolved", incident, by)

    def reopen(
        self,
        incident: Incident,
        *,
        by: Agent | None,
        to: Sequence[User] | EscalationPolicy | None = None,
    ) -> None:
        """Bring a resolved incident back: assigned as asked, or to its policy's first level."""
        if incident.status != "resolved":
            return
        at = self.now()
        self._back(incident, by, at)
        self._give(incident, incident.escalation_policy if to is None else to, at)
        self._assigned(incident, "assign", by, at=at)
        self._set_status(incident, "triggered", by or incident.service, at)
        self._tell("reopened", incident, by)

    def snooze(self, incident: Incident, seconds: int, *, by: Agent | None) -> None:
        """Keep an acknowledged incident quiet for a while; `unacknowledge` ends it."""
        incident.snoozed_until = self.now() + timedelta(seconds=seconds)
        agent = by or incident.service
        self.log(incident, "snooze", agent, f"Snoozed by {agent.name}")
        self._touch(incident)
        self._tell("snoozed", incident, by)

    def merge(self, target: Incident, sources: Sequence[Incident], *, by: Agent | None) -> None:
        """Resolve the sources into the target, which gets their alerts."""
        for source in sources:
            moved, source.alerts = source.alerts, []
            for alert in moved:
                alert.incident_id = target.id
            target.alerts += moved
            source.merged_into = target
            self.resolve(source, by=by)
        self._touch(target)
        self._tell("updated", target, by)

    # ------------------------------------------------------------ assignment

    def reassign(
        self,
        incident: Incident,
        to: User | Sequence[User] | EscalationPolicy,
        *,
        by: Agent | None,
    ) -> None:
        """Replace the assignees by users (escalation stops), or by a policy's first level."""
        to = [to] if isinstance(to, User) else to
        policy = isinstance(to, EscalationPolicy)
        at = self.now()
        if self.reassigning_unacknowledges:
            self.unacknowledge(incident, by=by)
        self._give(incident, to, at)
        self._assigned(incident, "delegate" if policy else "assign", by, at=at)
        self._tell("delegated" if policy else "reassigned", incident, by)

    def escalate(self, incident: Incident, *, by: Agent | None, level: int | None = None) -> None:
        """Go to a level of the policy, by default the next one."""
        incident.escalation_level = level or incident.escalation_level + 1
        at = self.now()
        people = incident.escalation_policy.on_call(incident.escalation_level)
        incident.assignments = [Assignment(user, at) for user in people]
        incident.assigned_via = "escalation_policy"
        self._assigned(incident, "escalate", by, at=at)
        self._tell("escalated", incident, by)

    def _give(
        self, incident: Incident, to: Sequence[User] | EscalationPolicy, at: datetime
    ) -> None:
        if isinstance(to, EscalationPolicy):
            incident.escalation_policy = to
            incident.escalation_level = 1
            incident.assigned_via = "escalation_policy"
            people = to.on_call()
        else:
            incident.assigned_via = "direct_assignment"
            people = list(dict.fromkeys(to))
        incident.assignments = [Assignment(user, at) for user in people]

    # ------------------------------------------------------------ shared

    def _back(self, incident: Incident, by: Agent | None, at: datetime) -> None:
        """Undo a resolution; alerts stay resolved."""
        agent = by or incident.service
        incident.resolved_at = None
        incident.merged_into = None
        incident.status = "triggered"
        self.log(incident, "trigger", agent, f"Reopened by {agent.name}", at=at)

    def _set_status(self, incident: Incident, status: str, agent: Agent, at: datetime) -> None:
        incident.status = status
        incident.last_status_change_at = at
        incident.last_status_change_by = agent
        self._touch(incident, at)

    def _assigned(
        self, incident: Incident, kind: str, by: Agent | None, *, at: datetime | None = None
    ) -> None:
        agent = by or incident.service
        names = ", ".join(user.name for user in incident.assignees) or "nobody"
        self.log(
            incident,
            kind,
            agent,
            f"Assigned to {names} by {agent.name}",
            at=at,
            assignees=tuple(incident.assignees),
        )
        self._touch(incident, at)

    def log(
        self,
        incident: Incident,
        kind: str,
        agent: Agent,
        summary: str,
        *,
        at: datetime | None = None,
        note: str | None = None,
        assignees: tuple[User, ...] = (),
        details: Mapping[str, object] | None = None,
    ) -> None:
        """Add a line to an incident's timeline."""
        incident.log.append(
            LogEntry(
                id=self.new_id("R", 14),
                kind=kind,
                at=at or self.now(),
                agent=agent,
                summary=summary,
                note=note,
                assignees=assignees,
                details=details or {},
            )
        )

    def _touch(self, incident: Incident, at: datetime | None = None) -> None:
        incident.updated_at = at or self.now()

    def _tell(
        self, kind: str, incident: Incident, by: Agent | None, detail: Detail | None = None
    ) -> None:
        self.tell(Change(kind, incident, incident.updated_at, by, detail))
