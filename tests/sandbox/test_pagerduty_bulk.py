"""Several incidents at once, and new ones."""

from typing import Any

import pytest

from bot.sandbox.pagerduty import Incident
from tests.sandbox.pagerduty_client import World, assign, refer, world

__all__ = ["world"]


@pytest.fixture
def incidents(world: World) -> list[Incident]:
    """Open three incidents."""
    return [world.pd.add_incident(f"Job {n}", service=world.billing) for n in range(3)]


def entry(incident_id: str, **changes: Any) -> dict[str, Any]:
    return {"id": incident_id, "type": "incident_reference", **changes}


async def test_bulk_update_changes_all(world: World, incidents: list[Incident]) -> None:
    first, second, third = incidents

    reply = await world.send(
        "PUT",
        "/incidents",
        {
            "incidents": [
                entry(first.id, status="acknowledged"),
                entry(second.id, status="resolved", resolution="done"),
                entry(third.id, assignments=assign(world.bob)),
            ]
        },
    )

    assert reply.status == 200
    assert [one.status for one in incidents] == ["acknowledged", "resolved", "triggered"]
    assert third.assignees == [world.bob]


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        pytest.param({"id": "QNOSUCH", "status": "resolved"}, 404, 2100, id="unknown incident"),
        pytest.param({"status": "open"}, 400, 2001, id="malformed"),
        pytest.param({"priority": "P9"}, 400, 1020, id="unknown priority"),
        pytest.param(
            {"service": {"id": "P1", "type": "service_reference"}}, 400, 2001, id="service"
        ),
    ],
)
async def test_bulk_update_is_all_or_nothing(
    world: World, incidents: list[Incident], wrong: dict[str, Any], status: int, code: int
) -> None:
    body = {
        "incidents": [
            entry(incidents[0].id, status="resolved"),
            {**entry(incidents[1].id), **wrong},
        ]
    }

    reply = await world.send("PUT", "/incidents", body)

    assert reply.error[:2] == (status, code)
    assert [one.status for one in incidents] == ["triggered"] * 3


@pytest.mark.parametrize(("number", "status"), [(250, 200), (251, 413), (0, 400)])
async def test_bulk_update_takes_250(
    world: World, incidents: list[Incident], number: int, status: int
) -> None:
    entries = [entry(incidents[0].id, status="acknowledged")] * number

    reply = await world.send("PUT", "/incidents", {"incidents": entries})

    assert reply.status == status


def new(world: World, **changes: Any) -> dict[str, Any]:
    incident = {"type": "incident", "title": "Database is slow", "service": refer(world.mail)}
    return {"incident": {**incident, **changes}}


async def test_new_incident_goes_to_the_services_policy(world: World) -> None:
    reply = await world.send("POST", "/incidents", new(world))

    assert reply.status == 201
    shown = reply.body["incident"]
    assert (shown["status"], shown["urgency"]) == ("triggered", "high")
    assert [one["assignee"]["summary"] for one in shown["assignments"]] == ["Bob Baker"]
    assert shown["last_status_change_by"]["summary"] == "Ann Archer"


async def test_new_incident_takes_every_field(world: World) -> None:
    body = new(
        world,
        urgency="low",
        priority="P1",
        incident_key="db-slow",
        body={"type": "incident_body", "details": "p99 is 4 s"},
        assignments=assign(world.cid),
        incident_type={"name": "major_incident"},
        conference_bridge={"conference_number": "+1 555"},
    )

    shown = (await world.send("POST", "/incidents", body)).body["incident"]

    incident = world.pd.incident(shown["id"])
    assert (shown["urgency"], shown["priority"]["name"]) == ("low", "P1")
    assert (shown["incident_key"], shown["assigned_via"]) == ("db-slow", "direct_assignment")
    assert (incident.body, incident.assignees) == ("p99 is 4 s", [world.cid])


async def test_new_incident_may_name_a_policy(world: World) -> None:
    body = new(world, escalation_policy=refer(world.first))

    shown = (await world.send("POST", "/incidents", body)).body["incident"]

    assert shown["escalation_policy"]["summary"] == "Billing EP"
    assert [one["assignee"]["summary"] for one in shown["assignments"]] == ["Ann Archer"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"title": ""}, 2001, id="no title"),
        pytest.param({"service": {"id": "PX", "type": "service_reference"}}, 2002, id="service"),
        pytest.param({"type": "incident_reference"}, 2001, id="type"),
        pytest.param({"incident_key": "k" * 256}, 2001, id="long key"),
        pytest.param({"body": {"type": "incident_body"}}, 2001, id="empty body"),
        pytest.param({"status": "acknowledged"}, 2001, id="unknown key"),
    ],
)
async def test_new_incident_wrong_is_refused(
    world: World, changes: dict[str, Any], code: int
) -> None:
    reply = await world.send("POST", "/incidents", new(world, **changes))

    assert reply.error[:2] == (400, code)
    assert world.pd.incidents == {}


async def test_new_incident_has_one_assignee_or_a_policy(world: World) -> None:
    two = new(world, assignments=assign(world.ann, world.bob))
    both = new(world, assignments=assign(world.ann), escalation_policy=refer(world.first))

    assert (await world.send("POST", "/incidents", two)).error[1] == 2001
    assert "cannot go with" in (await world.send("POST", "/incidents", both)).errors


async def test_new_incident_with_an_open_key_is_refused_as_observed(world: World) -> None:
    body = new(world, incident_key="db-slow")
    first = (await world.send("POST", "/incidents", body)).body["incident"]

    second = await world.send("POST", "/incidents", body)
    elsewhere = await world.send(
        "POST", "/incidents", {"incident": {**body["incident"], "service": refer(world.billing)}}
    )
    await world.update(first["id"], status="resolved")
    third = await world.send("POST", "/incidents", body)

    assert second.error[:2] == (400, 2002)
    assert second.errors == "Open incident with matching dedup key already exists on this service"
    assert (elsewhere.status, third.status) == (201, 201)
