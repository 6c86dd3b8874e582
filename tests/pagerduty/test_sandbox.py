"""The client against the sandbox's PagerDuty: real sockets, real state, bad weather on demand."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from bot import errors
from bot.model import Assignment, Incident, PagerDutyUserId, Status
from bot.pagerduty.events import Events
from bot.pagerduty.rest import Rest
from bot.sandbox.pagerduty import Fault, PagerDuty, Service, User
from tests.pagerduty.support import FakeClock

KEY = "pd-account-key"


@dataclass
class World:
    pagerduty: PagerDuty
    rest: Rest
    clock: FakeClock
    ann: User
    bob: User
    billing: Service

    async def open(self, title: str = "Nightly export failed", key: str | None = None) -> Incident:
        return await self.rest.incidents.create(
            title=title, service_id=self.billing.id, from_email=self.ann.email, incident_key=key
        )


@pytest.fixture
async def world() -> AsyncIterator[World]:
    clock = FakeClock()
    async with PagerDuty().serve() as pagerduty:
        ann = pagerduty.add_user("Ann Archer", "ann@example.com")
        bob = pagerduty.add_user("Bob Baker", "bob@example.com")
        rota = pagerduty.add_schedule("Billing rota", [ann])
        policy = pagerduty.add_escalation_policy("Default", [[rota], [bob]])
        billing = pagerduty.add_service("Billing", policy)
        async with Rest(base_url=pagerduty.rest_url, token=KEY, clock=clock) as rest:
            yield World(pagerduty, rest, clock, ann, bob, billing)


async def test_incident_goes_through_its_life(world: World) -> None:
    incidents, ann = world.rest.incidents, world.ann.email
    opened = await world.open()
    assert (await incidents.get(str(opened.number))).id == opened.id
    acknowledged = await incidents.set_status(opened.id, Status.ACKNOWLEDGED, from_email=ann)
    assert [one.by.name for one in acknowledged.acknowledgements] == ["Ann Archer"]
    to = Assignment(user_ids=(PagerDutyUserId(world.bob.id),))
    assigned = await incidents.assign(opened.id, to, from_email=ann)
    assert [who.name for who in assigned.assignees] == ["Bob Baker"]
    assert assigned.assigned_via == "direct_assignment"
    await incidents.snooze(opened.id, 3600, from_email=ann)
    note = await incidents.add_note(opened.id, "disk is full 💾", from_email=ann)
    resolved = await incidents.set_status(
        opened.id, Status.RESOLVED, from_email=ann, resolution="disk is full"
    )
    assert not resolved.is_open
    assert [one.id for one in await incidents.notes(opened.id)] == [note.id]
    assert await incidents.find() == []
    assert [one.id for one in await incidents.find(statuses=[Status.RESOLVED])] == [opened.id]
    reopened = await incidents.set_status(opened.id, Status.TRIGGERED, from_email=ann)
    assert reopened.is_open


async def test_policy_priority_level_and_responders(world: World) -> None:
    incidents, ann = world.rest.incidents, world.ann.email
    opened = await world.open()
    policies = await world.rest.directory.escalation_policies("default")
    assigned = await incidents.assign(
        opened.id, Assignment(escalation_policy_id=policies[0].id), from_email=ann
    )
    assert assigned.escalation_policy is not None
    assert assigned.escalation_policy.name == "Default"
    priority = (await world.rest.directory.priorities())[0]
    assert (await incidents.set_priority(opened.id, priority.id, from_email=ann)).priority == "P1"
    escalated = await incidents.escalate(opened.id, 2, from_email=ann)
    assert [who.name for who in escalated.assignees] == ["Bob Baker"]
    await incidents.request_responders(
        opened.id,
        requester_id=world.ann.id,
        message="Please help.",
        to=Assignment(user_ids=(PagerDutyUserId(world.bob.id),)),
    )
    assert "teams" in await world.rest.directory.abilities()


async def test_people_are_found(world: World) -> None:
    directory = world.rest.directory
    assert await directory.me() is None
    ann = await directory.user_by_email("ANN@example.com")
    assert ann is not None
    assert ann.name == "Ann Archer"
    assert [one.name for one in await directory.users_named("baker")] == ["Bob Baker"]
    for name in ("billing rota", "Billing", world.billing.id):
        assert [one.email for one in await directory.on_call(name)] == ["ann@example.com"]
    assert await directory.account_host() == "acme.pagerduty.com"


async def test_many_incidents_are_read_page_by_page(world: World) -> None:
    for number in range(105):
        await world.open(f"Failure {number}", key=f"job:{number}")
    found = await world.rest.incidents.find()
    assert len({one.id for one in found}) == 105
    assert [one.created_at for one in found] == sorted(
        (one.created_at for one in found), reverse=True
    )
    assert [one.title for one in await world.rest.incidents.find(incident_key="job:7")] == [
        "Failure 7"
    ]


FAULTS = {
    "lost before": Fault("rest.createIncidentNote", drop="before"),
    "lost after": Fault("rest.createIncidentNote", drop="after"),
    "500": Fault("rest.createIncidentNote", 500),
    "429": Fault.rate_limited("rest.createIncidentNote", times=2),
    "429 with reset": Fault.rate_limited("rest.createIncidentNote", reset_seconds=20),
    "HTML": Fault("rest.createIncidentNote", 200, body="<html>sign in</html>"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_note_survives_bad_weather_once(world: World, fault: str) -> None:
    opened = await world.open()
    world.pagerduty.faults.add(replace(FAULTS[fault]))
    await world.rest.incidents.add_note(opened.id, "disk is full", from_email=world.ann.email)
    notes = world.pagerduty.incident(opened.number).notes
    assert [note.content for note in notes] == ["disk is full"]
    assert world.pagerduty.faults.active == []


@pytest.mark.parametrize("drop", ["before", "after"])
async def test_resolve_survives_a_lost_connection(world: World, drop: str) -> None:
    opened = await world.open()
    fault = Fault("rest.updateIncident", drop="before" if drop == "before" else "after")
    world.pagerduty.faults.add(fault)
    resolved = await world.rest.incidents.set_status(
        opened.id, Status.RESOLVED, from_email=world.ann.email
    )
    assert resolved.status is Status.RESOLVED


async def test_stranger_in_from_is_refused(world: World) -> None:
    opened = await world.open()
    with pytest.raises(errors.FromRejected, match=r"mallory@example\.com"):
        await world.rest.incidents.set_status(
            opened.id, Status.RESOLVED, from_email="mallory@example.com"
        )
    with pytest.raises(errors.FromRejected, match="PAGERDUTY_FROM_EMAIL"):
        await world.rest.incidents.set_status(opened.id, Status.RESOLVED, from_email=None)


async def test_wrong_key_is_rejected(world: World) -> None:
    url, clock = world.pagerduty.rest_url, FakeClock()
    async with Rest(base_url=url, token="wrong", clock=clock) as rest:
        with pytest.raises(errors.KeyRejected, match="other region"):
            await rest.incidents.find()
    assert clock.waits == []


async def test_unknown_incident_is_not_found(world: World) -> None:
    with pytest.raises(errors.NotFound, match="no incident #999"):
        await world.rest.incidents.get("999")


async def test_owner_of_the_key_is_me(world: World) -> None:
    world.pagerduty.add_key("user-level-key", owner=world.bob)
    url = world.pagerduty.rest_url
    async with Rest(base_url=url, token="user-level-key", clock=FakeClock()) as rest:
        me = await rest.directory.me()
    assert me is not None
    assert me.name == "Bob Baker"


async def test_event_opens_and_resolves_an_incident(world: World) -> None:
    world.pagerduty.event_delay_seconds = 0
    payload = {"summary": "nightly failed", "source": "rundeck", "severity": "error"}
    event = {"event_action": "trigger", "dedup_key": "a:b:c", "payload": payload}
    key = world.billing.integration_key
    async with Events(base_url=world.pagerduty.events_url) as events:
        assert (await events.send(key, event)).dedup_key == "a:b:c"
        await world.pagerduty.settled()
        assert len(await world.rest.incidents.find(incident_key="a:b:c")) == 1
        await events.send(key, {**event, "event_action": "resolve"})
        await world.pagerduty.settled()
        assert await world.rest.incidents.find() == []
        await events.change(key, "pdbot check")
        with pytest.raises(errors.Refused, match="summary"):
            await events.send(key, {**event, "payload": {**payload, "summary": "x" * 1025}})
        world.pagerduty.faults.add(Fault.rate_limited("events_v2.createV2Event"))
        with pytest.raises(errors.RateLimited):
            await events.send(key, event)
        world.pagerduty.faults.add(Fault("events_v2.createV2Event", drop="before"))
        with pytest.raises(errors.OutcomeUnknown):
            await events.send(key, event)
