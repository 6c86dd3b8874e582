"""A PagerDuty, a Slack and an audit that hold what a test puts into them.

They do what the verbs of `tests/test_conversation.py` need; the e2e tests have everything.
"""
# ruff: noqa: ARG002 - a stand-in takes all that its port gives it

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from bot.errors import NotFound
from bot.identity import Identity
from bot.model import (
    Acknowledgement,
    Assignment,
    Incident,
    IncidentId,
    Note,
    PagerDutyUser,
    PagerDutyUserId,
    Reference,
    Responder,
    SlackPerson,
    SlackUserId,
    Status,
)
from bot.ports import Asked, AuditTrail, Directory, Incidents
from bot.rights import Office

NOW = datetime(2026, 8, 20, 12, 0, tzinfo=UTC)
ANN = PagerDutyUser(PagerDutyUserId("PANN001"), "Ann Archer", "ann@example.com")
BOB = PagerDutyUser(PagerDutyUserId("PBOB001"), "Bob Breuer", "bob@example.com")


class StillClock:
    """The time does not pass."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nobody waits {seconds} s here")


def incident(number: int = 1, **facts: Any) -> Incident:
    """Make one, open and Ann's."""
    plain = Incident(
        id=IncidentId(f"Q{number:013d}"),
        number=number,
        title="Nightly export failed",
        status=Status.TRIGGERED,
        urgency="high",
        html_url=f"https://acme.pagerduty.com/incidents/Q{number:013d}",
        created_at=NOW,
        service=Reference("PSERV01", "Billing"),
        assignees=(Reference(ANN.id, ANN.name),),
    )
    return replace(plain, **facts)


@dataclass
class FakePagerDuty:
    """`ports.Incidents` and `ports.Directory`. `failures` are raised, one a write, before it."""

    held: dict[str, Incident] = field(default_factory=dict)
    users: list[PagerDutyUser] = field(default_factory=lambda: [ANN, BOB])
    owner: PagerDutyUser | None = None
    failures: list[Exception] = field(default_factory=list)
    directory_failures: list[Exception] = field(default_factory=list)
    written: list[str] = field(default_factory=list)

    def add(self, one: Incident) -> Incident:
        self.held[one.id] = one
        return one

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)

    async def get(self, id_or_number: str) -> Incident:
        await asyncio.sleep(0)  # as the real one, it lets others go on meanwhile
        for one in self.held.values():
            if id_or_number in {one.id, str(one.number)}:
                return one
        raise NotFound("PagerDuty has no such incident.")

    async def find(
        self,
        *,
        statuses: Sequence[Status] = (Status.TRIGGERED, Status.ACKNOWLEDGED),
        user_ids: Sequence[str] = (),
        team_ids: Sequence[str] = (),
        incident_key: str | None = None,
        limit: int = 1000,
    ) -> list[Incident]:
        fitting = [
            one
            for one in self.held.values()
            if one.status in statuses
            and (not user_ids or {a.id for a in one.assignees} & set(user_ids))
        ]
        return sorted(fitting, key=lambda one: -one.number)[:limit]

    async def set_status(
        self,
        incident_id: IncidentId,
        status: Status,
        *,
        from_email: str | None,
        resolution: str | None = None,
    ) -> Incident:
        self._fail()
        self.written.append(f"{status} as {from_email}")
        by = (Acknowledgement(Reference(ANN.id, ANN.name), NOW),)
        return self.add(replace(self.held[incident_id], status=status, acknowledgements=by))

    async def assign(
        self, incident_id: IncidentId, to: Assignment, *, from_email: str | None
    ) -> Incident:
        self._fail()
        self.written.append(f"assigned as {from_email}")
        names = {one.id: one.name for one in self.users}
        whom = tuple(Reference(one, names[one]) for one in to.user_ids)
        return self.add(replace(self.held[incident_id], assignees=whom))

    async def notes(self, incident_id: IncidentId) -> list[Note]:
        return []

    async def add_note(
        self, incident_id: IncidentId, content: str, *, from_email: str | None
    ) -> Note:
        self._fail()
        self.written.append(f"note {content!r} as {from_email}")
        return Note("PNOTE01", content, ANN.name, NOW)

    async def me(self) -> PagerDutyUser | None:
        return self.owner

    async def user_by_email(self, email: str) -> PagerDutyUser | None:
        if self.directory_failures:
            raise self.directory_failures.pop(0)
        return next((one for one in self.users if one.email == email.lower()), None)

    async def user(self, user_id: str) -> PagerDutyUser | None:
        return next((one for one in self.users if one.id == user_id), None)

    async def users_named(self, name: str) -> list[PagerDutyUser]:
        return [one for one in self.users if name.lower() in one.name.lower().split()]

    async def on_call(self, schedule_or_service: str) -> list[PagerDutyUser]:
        return [BOB]

    async def escalation_policies(self, name_or_id: str) -> list[Reference]:
        return [Reference("PEP0001", "Billing EP"), Reference("PEP0002", "Billing EP 2")]

    async def account_host(self) -> str | None:
        return "acme.pagerduty.com"


@dataclass
class FakeSlack:
    """`ports.SlackPeople`, `ports.Channels` and `ports.Threads`."""

    people: dict[str, SlackPerson] = field(default_factory=dict)
    cards: dict[str, str] = field(default_factory=dict)

    def add(self, slack_user_id: str, email: str | None, **facts: Any) -> SlackPerson:
        person = SlackPerson(
            SlackUserId(slack_user_id), slack_user_id.lower(), email, "T0", **facts
        )
        self.people[slack_user_id] = person
        return person

    async def person(self, slack_user_id: str) -> SlackPerson | None:
        return self.people.get(slack_user_id)

    async def person_with(self, email: str) -> SlackPerson | None:
        return next((one for one in self.people.values() if one.email == email), None)

    async def groups_of(self, slack_user_id: str) -> frozenset[str]:
        return frozenset()

    async def name_of(self, channel_id: str) -> str | None:
        return None

    async def incident_of(self, channel_id: str, thread_ts: str) -> str | None:
        return self.cards.get(thread_ts)


@dataclass
class FakeAudit:
    """`ports.AuditTrail`."""

    intents: list[Mapping[str, Any]] = field(default_factory=list)
    ends: list[Mapping[str, Any]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    async def intend(self, **row: Any) -> bool:
        self._fail()
        self.intents.append(row)
        return True

    async def before(self, reference: str, within: timedelta) -> list[Asked]:
        return []

    async def finish(
        self, *, reference: str, responder: Responder | None, outcome: str, **rest: Any
    ) -> None:
        self._fail()
        self.ends.append({"reference": reference, "outcome": outcome, **rest})

    async def unfinished(self) -> list[Mapping[str, Any]]:
        return [{**one, "at": NOW} for one in self.intents]

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)


@dataclass
class World:
    """All of them, and the office that knows them."""

    pagerduty: FakePagerDuty = field(default_factory=FakePagerDuty)
    slack: FakeSlack = field(default_factory=FakeSlack)
    audit: FakeAudit = field(default_factory=FakeAudit)

    def identity(self, **facts: Any) -> Identity:
        return Identity(
            people=self.slack,
            directory=cast(Directory, self.pagerduty),
            team_id="T0",
            overrides=facts.pop("overrides", {}),
            **facts,
        )

    def office(self, **facts: Any) -> Office:
        return Office(
            incidents=cast(Incidents, self.pagerduty),
            directory=cast(Directory, self.pagerduty),
            identity=facts.pop("identity", None) or self.identity(),
            people=self.slack,
            channels=self.slack,
            threads=self.slack,
            audit=cast(AuditTrail, self.audit),
            clock=StillClock(),
            **facts,
        )
