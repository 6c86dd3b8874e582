"""Writing incidents: what each change does, and what is refused."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from bot.sandbox.pagerduty import Incident
from tests.sandbox.pagerduty_client import World, acme, assign, refer, world

__all__ = ["world"]

GHOST = {"id": "PGHOST1", "type": "user_reference"}


@pytest.fixture
def incident(world: World) -> Incident:
    """Open an incident that the policy has given to Ann."""
    return world.pd.add_incident("Export failed", service=world.billing)


def names(shown: dict[str, Any], field: str = "assignments", who: str = "assignee") -> list[str]:
    return [one[who]["summary"] for one in shown[field]]


# ---------------------------------------------------------------- acknowledging


async def test_acknowledge_by_an_assignee_keeps_the_assignees(
    world: World, incident: Incident
) -> None:
    world.pd.reassign(incident, [world.ann, world.bob], by=world.ann)

    shown = (await world.update(incident.id, status="acknowledged")).body["incident"]

    assert shown["status"] == "acknowledged"
    assert names(shown) == ["Ann Archer", "Bob Baker"]
    assert names(shown, "acknowledgements", "acknowledger") == ["Ann Archer"]
    assert shown["last_status_change_by"]["summary"] == "Ann Archer"


async def test_acknowledge_by_an_outsider_assigns_to_them(world: World, incident: Incident) -> None:
    shown = (await world.update(incident.id, by=world.cid, status="acknowledged")).body["incident"]

    assert names(shown) == ["Cid Cole"]


async def test_acknowledge_of_an_acknowledged_one_takes_it_over(
    world: World, incident: Incident
) -> None:
    await world.update(incident.id, status="acknowledged")

    shown = (await world.update(incident.id, by=world.bob, status="acknowledged")).body["incident"]

    assert names(shown, "acknowledgements", "acknowledger") == ["Ann Archer", "Bob Baker"]
    assert names(shown) == ["Bob Baker"]


async def test_acknowledge_twice_by_the_same_changes_nothing(
    world: World, incident: Incident
) -> None:
    first = await world.update(incident.id, status="acknowledged")
    logged = len(incident.log)

    second = await world.update(incident.id, status="acknowledged")

    assert (second.status, second.body) == (200, first.body)
    assert len(incident.log) == logged


async def test_acknowledge_of_a_resolved_one_reopens_it(world: World, incident: Incident) -> None:
    world.pd.resolve(incident, by=world.ann)

    shown = (await world.update(incident.id, by=world.cid, status="acknowledged")).body["incident"]

    assert (shown["status"], shown["resolved_at"]) == ("acknowledged", None)
    assert names(shown) == ["Cid Cole"]


async def test_acknowledge_with_assignees_gives_it_to_them(
    world: World, incident: Incident
) -> None:
    shown = (
        await world.update(incident.id, status="acknowledged", assignments=assign(world.bob))
    ).body["incident"]

    assert (shown["status"], names(shown)) == ("acknowledged", ["Bob Baker"])
    assert names(shown, "acknowledgements", "acknowledger") == ["Ann Archer"]


# ---------------------------------------------------------------- resolving, reopening


async def test_resolve_empties_the_assignments(world: World, incident: Incident) -> None:
    world.pd.acknowledge(incident, by=world.ann)

    shown = (await world.update(incident.id, status="resolved")).body["incident"]

    assert (shown["status"], shown["assignments"], shown["acknowledgements"]) == (
        "resolved",
        [],
        [],
    )
    assert shown["resolved_at"] == shown["last_status_change_at"]


async def test_resolution_is_in_the_log_and_nowhere_else(world: World, incident: Incident) -> None:
    reply = await world.update(incident.id, status="resolved", resolution="restarted it")

    assert "restarted it" not in reply.text
    assert incident.log[-1].note == "restarted it"
    assert incident.notes == []


async def test_resolve_twice_is_no_error(world: World, incident: Incident) -> None:
    first = await world.update(incident.id, status="resolved")
    second = await world.update(incident.id, by=world.bob, status="resolved")

    assert (second.status, second.body) == (200, first.body)


async def test_trigger_of_a_resolved_one_reopens_it_for_its_policy(
    world: World, incident: Incident
) -> None:
    world.pd.reassign(incident, world.cid, by=world.ann)
    world.pd.resolve(incident, by=world.ann)

    shown = (await world.update(incident.id, by=world.bob, status="triggered")).body["incident"]

    assert (shown["status"], shown["resolved_at"]) == ("triggered", None)
    assert (names(shown), shown["assigned_via"]) == (["Ann Archer"], "escalation_policy")


@pytest.mark.parametrize("target", ["users", "policy"])
async def test_trigger_of_a_resolved_one_may_name_who_gets_it(
    world: World, incident: Incident, target: str
) -> None:
    world.pd.resolve(incident, by=world.ann)
    targets: dict[str, dict[str, Any]] = {
        "users": {"assignments": assign(world.bob)},
        "policy": {"escalation_policy": refer(world.second)},
    }

    shown = (await world.update(incident.id, status="triggered", **targets[target])).body[
        "incident"
    ]

    assert (shown["status"], names(shown)) == ("triggered", ["Bob Baker"])


async def test_trigger_of_an_acknowledged_one_takes_the_acknowledgement_back(
    world: World, incident: Incident
) -> None:
    world.pd.acknowledge(incident, by=world.ann)

    shown = (await world.update(incident.id, status="triggered")).body["incident"]

    assert (shown["status"], shown["acknowledgements"]) == ("triggered", [])


async def test_trigger_of_a_triggered_one_changes_nothing(world: World, incident: Incident) -> None:
    logged = len(incident.log)

    assert (await world.update(incident.id, status="triggered")).status == 200
    assert len(incident.log) == logged


# ---------------------------------------------------------------- assigning


async def test_assignments_replace_the_whole_list(world: World, incident: Incident) -> None:
    shown = (
        await world.update(incident.id, assignments=assign(world.bob, world.cid, world.bob))
    ).body["incident"]

    assert names(shown) == ["Bob Baker", "Cid Cole"]
    assert shown["assigned_via"] == "direct_assignment"
    assert shown["status"] == "triggered"


async def test_policy_assigns_its_first_level(world: World, incident: Incident) -> None:
    world.pd.reassign(incident, world.cid, by=world.ann)

    shown = (await world.update(incident.id, escalation_policy=refer(world.second))).body[
        "incident"
    ]

    assert (names(shown), shown["assigned_via"]) == (["Bob Baker"], "escalation_policy")
    assert shown["escalation_policy"]["summary"] == "Mail EP"


async def test_escalation_level_assigns_that_level(world: World, incident: Incident) -> None:
    shown = (await world.update(incident.id, escalation_level=2)).body["incident"]

    assert (names(shown), shown["assigned_via"]) == (["Bob Baker"], "escalation_policy")


async def test_escalation_level_may_be_of_another_policy(world: World, incident: Incident) -> None:
    shown = (
        await world.update(incident.id, escalation_policy=refer(world.second), escalation_level=2)
    ).body["incident"]

    assert names(shown) == ["Cid Cole"]


@pytest.mark.parametrize(("switch", "status"), [(False, "acknowledged"), (True, "triggered")])
async def test_reassigning_falls_back_to_triggered_only_when_told(
    world: World, incident: Incident, switch: bool, status: str
) -> None:
    world.pd.reassigning_unacknowledges = switch
    world.pd.acknowledge(incident, by=world.ann)

    shown = (await world.update(incident.id, assignments=assign(world.bob))).body["incident"]

    assert shown["status"] == status


# ---------------------------------------------------------------- everything else


async def test_fields_are_changed(world: World, incident: Incident) -> None:
    changes: dict[str, Any] = {
        "title": "Export is broken",
        "urgency": "low",
        "priority": "P2",
        "service": refer(world.mail),
        "conference_bridge": {"conference_url": "https://meet.example.com/1"},
        "incident_type": {"name": "major_incident"},
    }

    shown = (await world.update(incident.id, **changes)).body["incident"]
    again = await world.update(incident.id, **changes)

    assert (shown["title"], shown["urgency"]) == ("Export is broken", "low")
    assert (shown["priority"]["name"], shown["service"]["summary"]) == ("P2", "Mail")
    assert shown["incident_type"] == {"name": "major_incident"}
    assert incident.conference_bridge == changes["conference_bridge"]
    assert again.status == 200


async def test_priority_may_be_an_id(world: World, incident: Incident) -> None:
    priority = next(one for one in world.pd.priorities.values() if one.name == "P3")

    shown = (
        await world.update(incident.id, priority={"id": priority.id, "type": "priority_reference"})
    ).body["incident"]

    assert shown["priority"]["name"] == "P3"


async def test_instants_tell_when_what_changed() -> None:
    minutes = (datetime(2026, 8, 20, 12, tzinfo=UTC) + timedelta(minutes=n) for n in count())
    async with acme(now=minutes.__next__) as world:
        incident = world.pd.add_incident("Export failed", service=world.billing)
        await world.update(incident.id, status="acknowledged")
        changed = incident.last_status_change_at
        await world.update(incident.id, title="Export is broken")

    assert incident.created_at < changed == incident.last_status_change_at < incident.updated_at


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        pytest.param({}, 2001, "changes nothing", id="nothing"),
        pytest.param({"type": "incident_referenz", "title": "x"}, 2001, "'type'", id="type"),
        pytest.param({"status": "open"}, 2001, "'status'", id="status"),
        pytest.param({"status": None}, 2001, "'status'", id="status null"),
        pytest.param({"resolution": "x"}, 2001, "'resolution'", id="resolution alone"),
        pytest.param(
            {"status": "acknowledged", "resolution": "x"}, 2001, "'resolution'", id="resolution"
        ),
        pytest.param({"title": " "}, 2001, "'title'", id="blank title"),
        pytest.param({"title": "x" * 1025}, 2001, "1024", id="long title"),
        pytest.param({"assignments": []}, 2001, "'assignments'", id="nobody"),
        pytest.param({"assignments": "PX"}, 2001, "'assignments'", id="no list"),
        pytest.param({"assignments": [GHOST]}, 2001, "'assignee'", id="not wrapped"),
        pytest.param({"assignments": [{"assignee": GHOST}]}, 1007, "", id="unknown user"),
        pytest.param(
            {
                "assignments": [{"assignee": GHOST}],
                "escalation_policy": {"id": "PX", "type": "escalation_policy_reference"},
            },
            2001,
            "'assignments' cannot",
            id="users and policy",
        ),
        pytest.param(
            {"escalation_policy": {"id": "PX", "type": "escalation_policy_reference"}},
            1014,
            "",
            id="unknown policy",
        ),
        pytest.param(
            {"escalation_policy": {"id": "PX", "type": "policy"}}, 2001, "'type'", id="policy type"
        ),
        pytest.param({"escalation_level": 0}, 2001, "'escalation_level'", id="level 0"),
        pytest.param({"escalation_level": True}, 2001, "'escalation_level'", id="level true"),
        pytest.param({"escalation_level": 3}, 1006, "", id="level too high"),
        pytest.param({"priority": "P9"}, 1020, "", id="unknown priority"),
        pytest.param(
            {"service": {"id": "PX", "type": "service_reference"}}, 2002, "Service", id="service"
        ),
        pytest.param({"urgency": "medium"}, 2001, "'urgency'", id="urgency"),
        pytest.param({"assignees": []}, 2001, "'assignees' is not known", id="unknown key"),
    ],
)
async def test_update_wrong_is_refused_and_changes_nothing(
    world: World, incident: Incident, changes: dict[str, Any], code: int, words: str
) -> None:
    logged = len(incident.log)

    reply = await world.update(incident.id, **changes)

    assert reply.error[:2] == (400, code)
    assert words in reply.errors
    assert len(incident.log) == logged


async def test_low_urgency_cannot_escalate(world: World) -> None:
    incident = world.pd.add_incident("Export failed", service=world.billing, urgency="low")

    assert (await world.update(incident.id, escalation_level=2)).error[1] == 1006


async def test_policy_without_anybody_on_call_is_refused(world: World, incident: Incident) -> None:
    empty = world.pd.add_escalation_policy("Empty", levels=[])

    assert (await world.update(incident.id, escalation_policy=refer(empty))).error[1] == 1015


async def test_resolved_incident_cannot_be_reassigned(world: World, incident: Incident) -> None:
    world.pd.resolve(incident, by=world.ann)

    reply = await world.update(incident.id, assignments=assign(world.bob))

    assert reply.error == (400, 1001, "Incident Already Resolved")
    assert incident.assignees == []
