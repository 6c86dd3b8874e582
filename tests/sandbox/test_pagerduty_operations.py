"""The account from the inside: fixtures, what somebody else does, listeners, the page's state."""

import json
from datetime import UTC, datetime

import pytest

from bot.sandbox.pagerduty import Incident
from tests.sandbox.pagerduty_client import World, acme, world

__all__ = ["world"]


@pytest.fixture
def incident(world: World) -> Incident:
    """Open an incident that the policy has given to Ann."""
    return world.pd.add_incident("Export failed", service=world.billing)


async def test_new_incident_has_every_field_as_told(world: World) -> None:
    at = datetime(2026, 8, 1, 9, 30, tzinfo=UTC)
    priority = next(iter(world.pd.priorities.values()))

    incident = world.pd.add_incident(
        "Export failed",
        service=world.billing,
        assignees=[world.bob, world.cid],
        status="acknowledged",
        urgency="low",
        priority=priority,
        id="PT4KHLK",
        created_at=at,
        incident_key="nightly",
    )

    shown = (await world.get("/incidents/PT4KHLK", date_range="all")).body["incident"]
    assert (shown["created_at"], shown["last_status_change_at"]) == ("2026-08-01T09:30:00Z",) * 2
    assert (shown["incident_key"], shown["priority"]["name"]) == ("nightly", "P1")
    assert (incident.assignees, incident.acknowledgers) == ([world.bob, world.cid], [world.bob])
    assert incident.assigned_via == "direct_assignment"


@pytest.mark.parametrize("status", ["triggered", "acknowledged", "resolved"])
async def test_new_incident_nobody_is_on_call_for_has_no_assignee(
    world: World, status: str
) -> None:
    incident = world.pd.add_incident(
        "Export failed", service=world.billing, assignees=[], status=status
    )

    assert (incident.status, incident.assignees) == (status, [])
    assert (await world.get(f"/incidents/{incident.id}")).status == 200


async def test_incident_is_found_by_id_and_number(world: World, incident: Incident) -> None:
    assert world.pd.incident(incident.id) is incident
    assert world.pd.incident(incident.number) is incident
    assert world.pd.incidents[incident.id] is incident
    with pytest.raises(KeyError):
        world.pd.incident("QNOSUCH")


async def test_ids_are_the_same_in_every_run() -> None:
    async with acme() as first, acme() as second:
        ids = [
            world.pd.add_incident("Export failed", service=world.billing).id
            for world in (first, second)
        ]

        assert ids[0] == ids[1]
        assert first.billing.integration_key == second.billing.integration_key
        assert len(first.billing.integration_key) == 32
        assert first.billing.integration_key not in repr(first.billing)


async def test_others_changes_are_seen_through_the_api(world: World, incident: Incident) -> None:
    world.pd.acknowledge(incident, by=world.bob)
    world.pd.resolve(incident, by=world.cid)

    shown = (await world.get(f"/incidents/{incident.id}")).body["incident"]

    assert shown["status"] == "resolved"
    assert shown["last_status_change_by"]["summary"] == "Cid Cole"


async def test_unacknowledge_and_reopen_need_something_to_undo(
    world: World, incident: Incident
) -> None:
    logged = len(incident.log)

    world.pd.unacknowledge(incident)
    world.pd.reopen(incident, by=world.ann)

    assert (incident.status, len(incident.log)) == ("triggered", logged)


async def test_escalating_goes_to_the_next_level(world: World, incident: Incident) -> None:
    world.pd.escalate(incident, by=world.ann)
    assert incident.assignees == [world.bob]

    world.pd.escalate(incident, by=None)
    assert incident.assignees == []


async def test_unacknowledging_ends_a_snooze(world: World, incident: Incident) -> None:
    world.pd.acknowledge(incident, by=world.ann)
    world.pd.snooze(incident, 3600, by=world.ann)
    world.pd.unacknowledge(incident)

    assert (incident.snoozed_until, incident.acknowledgers) == (None, [])


async def test_priority_can_be_cleared(world: World, incident: Incident) -> None:
    world.pd.set_priority(incident, next(iter(world.pd.priorities.values())), by=world.ann)
    world.pd.set_priority(incident, None, by=world.ann)

    shown = (await world.get(f"/incidents/{incident.id}")).body["incident"]

    assert shown["priority"] is None


async def test_listeners_hear_of_every_change(world: World) -> None:
    heard: list[tuple[str, int]] = []
    world.pd.on_change(lambda kind, incident: heard.append((kind, incident.number)))

    incident = world.pd.add_incident("Export failed", service=world.billing)
    other = world.pd.add_incident("Import failed", service=world.billing)
    world.pd.acknowledge(incident, by=world.ann)
    world.pd.snooze(incident, 60, by=None)
    world.pd.merge(incident, [other], by=world.ann)
    world.pd.acknowledge(other, by=world.ann)
    world.pd.delete(other)

    assert heard == [
        ("triggered", 1),
        ("triggered", 2),
        ("acknowledged", 1),
        ("snoozed", 1),
        ("resolved", 2),
        ("updated", 1),
        ("reopened", 2),
        ("acknowledged", 2),
        ("deleted", 2),
    ]


async def test_snapshot_is_json_with_the_newest_first(world: World, incident: Incident) -> None:
    world.pd.acknowledge(incident, by=world.ann)
    world.pd.note(incident, "disk is full", by=world.bob)
    world.pd.resolve(incident, by=world.ann, resolution="deleted logs")
    await world.enqueue()

    shown = json.loads(json.dumps(world.pd.snapshot()))

    assert [one["title"] for one in shown["incidents"]] == ["It failed", "Export failed"]
    assert shown["incidents"][1]["notes"][0]["content"] == "disk is full"
    assert shown["incidents"][1]["log"][-1]["note"] == "deleted logs"
    assert [event["status"] for event in shown["events"]] == [202]
    assert world.billing.integration_key not in str(shown["services"])
