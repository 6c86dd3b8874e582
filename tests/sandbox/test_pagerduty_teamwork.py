"""Notes, snoozing, merging, responder requests, status updates."""

from typing import Any

import pytest

from bot.sandbox.pagerduty import Incident
from tests.sandbox.pagerduty_client import World, refer, world

__all__ = ["world"]


@pytest.fixture
def incident(world: World) -> Incident:
    """Open an incident that the policy has given to Ann."""
    return world.pd.add_incident("Export failed", service=world.billing)


def link(incident: Incident) -> dict[str, str]:
    return {"id": incident.id, "type": "incident_reference"}


# ---------------------------------------------------------------- notes


@pytest.mark.parametrize("status", ["triggered", "acknowledged", "resolved"])
async def test_note_is_kept_in_every_state(world: World, status: str) -> None:
    incident = world.pd.add_incident("Export failed", service=world.billing, status=status)
    content = "Zeile eins\nline two \u202bשלום 🔥" + "x" * 10_000

    reply = await world.send(
        "POST", f"/incidents/{incident.id}/notes", {"note": {"content": content}}, by=world.bob
    )

    assert reply.status == 200
    assert reply.body["note"]["content"] == content
    assert reply.body["note"]["user"]["summary"] == "Bob Baker"
    assert [(note.content, note.user) for note in incident.notes] == [(content, world.bob)]
    assert incident.status == status


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"note": {"content": ""}}, id="empty"),
        pytest.param({"note": {"content": " \n"}}, id="blank"),
        pytest.param({"note": {"content": None}}, id="null"),
        pytest.param({"note": {}}, id="no content"),
        pytest.param({"note": "disk is full"}, id="bare"),
        pytest.param({"content": "disk is full"}, id="not wrapped"),
        pytest.param({"note": {"content": "x", "user": "PX"}}, id="unknown key"),
    ],
)
async def test_note_wrong_is_refused(world: World, incident: Incident, body: Any) -> None:
    reply = await world.send("POST", f"/incidents/{incident.id}/notes", body)

    assert reply.error == (400, 2001, "Invalid Input Provided")
    assert incident.notes == []


async def test_note_2001_is_refused(world: World, incident: Incident) -> None:
    for number in range(2000):
        world.pd.note(incident, f"note {number}", by=world.ann)

    reply = await world.send(
        "POST", f"/incidents/{incident.id}/notes", {"note": {"content": "one more"}}
    )

    assert reply.error[:2] == (400, 2019)
    assert len(incident.notes) == 2000


# ---------------------------------------------------------------- snoozing


async def test_snooze_announces_when_it_ends(world: World, incident: Incident) -> None:
    world.pd.acknowledge(incident, by=world.ann)

    reply = await world.send("POST", f"/incidents/{incident.id}/snooze", {"duration": 3600})

    assert reply.status == 201
    assert [one["type"] for one in reply.body["incident"]["pending_actions"]] == ["unacknowledge"]


@pytest.mark.parametrize(
    ("status", "duration", "code"),
    [
        pytest.param("triggered", 60, 1012, id="triggered"),
        pytest.param("resolved", 60, 1001, id="resolved"),
        pytest.param("acknowledged", 0, 2001, id="too short"),
        pytest.param("acknowledged", 604_801, 2001, id="too long"),
        pytest.param("acknowledged", "60", 2001, id="text"),
        pytest.param("acknowledged", 1.5, 2001, id="fraction"),
    ],
)
async def test_snooze_wrong_is_refused(world: World, status: str, duration: Any, code: int) -> None:
    incident = world.pd.add_incident("Export failed", service=world.billing, status=status)

    reply = await world.send("POST", f"/incidents/{incident.id}/snooze", {"duration": duration})

    assert reply.error[:2] == (400, code)
    assert incident.snoozed_until is None


# ---------------------------------------------------------------- merging


async def test_merge_resolves_the_sources_into_the_target(world: World) -> None:
    for key in ("one", "two"):
        await world.enqueue(dedup_key=key)
    target, source = world.pd.incidents.values()

    reply = await world.send(
        "PUT", f"/incidents/{target.id}/merge", {"source_incidents": [link(source)]}
    )

    assert reply.body["incident"]["id"] == target.id
    assert (target.status, source.status) == ("triggered", "resolved")
    assert [alert.key for alert in target.alerts] == ["one", "two"]
    shown = (await world.get(f"/incidents/{source.id}")).body["incident"]
    assert shown["resolve_reason"]["incident"]["id"] == target.id
    await world.enqueue(event_action="resolve", dedup_key="two", payload=None)
    assert target.status == "triggered"
    await world.enqueue(event_action="resolve", dedup_key="one", payload=None)
    assert target.status == "resolved"


async def test_merge_wrong_is_refused(world: World, incident: Incident) -> None:
    other = world.pd.add_incident("Import failed", service=world.billing)
    gone = world.pd.add_incident("Over", service=world.billing, status="resolved")
    ghost = {"id": "QNOSUCH", "type": "incident_reference"}

    async def code(target: Incident, *sources: dict[str, str]) -> tuple[int, int]:
        body = {"source_incidents": list(sources)}
        return (await world.send("PUT", f"/incidents/{target.id}/merge", body)).error[:2]

    assert await code(incident) == (400, 2001)
    assert await code(incident, ghost) == (404, 2100)
    assert await code(incident, link(incident)) == (400, 2001)
    assert await code(gone, link(other)) == (400, 1001)
    world.pd.merge(incident, [other], by=world.ann)
    assert await code(incident, link(other)) == (400, 1019)


async def test_merge_stops_at_1000_alerts(world: World, incident: Incident) -> None:
    await world.enqueue()
    source = list(world.pd.incidents.values())[-1]
    incident.alerts = source.alerts * 1000

    reply = await world.send(
        "PUT", f"/incidents/{incident.id}/merge", {"source_incidents": [link(source)]}
    )

    assert reply.error[:2] == (400, 2019)


# ---------------------------------------------------------------- responders


def ask(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "requester_id": world.ann.id,
        "message": "Please help",
        "responder_request_targets": [
            {"responder_request_target": refer(world.cid)},
            {"responder_request_target": refer(world.second)},
        ],
        **changes,
    }


async def test_responders_are_asked_without_from(world: World, incident: Incident) -> None:
    reply = await world.send(
        "POST", f"/incidents/{incident.id}/responder_requests", ask(world), headers={"From": None}
    )

    assert reply.status == 200
    assert reply.body["responder_request"]["requester"]["summary"] == "Ann Archer"
    shown = (await world.get(f"/incidents/{incident.id}")).body["incident"]
    assert [one["user"]["summary"] for one in shown["incidents_responders"]] == [
        "Cid Cole",
        "Bob Baker",
    ]
    assert len(shown["responder_requests"][0]["responder_request_targets"]) == 2


async def test_responders_need_the_ability(world: World, incident: Incident) -> None:
    world.pd.abilities.remove("coordinated_responding")

    reply = await world.send("POST", f"/incidents/{incident.id}/responder_requests", ask(world))

    assert reply.error == (402, 2014, "Missing Account Ability")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"requester_id": "PNOBODY"}, 1008, id="unknown requester"),
        pytest.param({"responder_request_targets": []}, 2001, id="nobody"),
        pytest.param({"message": None}, 2001, id="no message"),
        pytest.param(
            {
                "responder_request_targets": [
                    {"responder_request_target": {"id": "PX", "type": "user_reference"}}
                ]
            },
            2001,
            id="unknown target",
        ),
    ],
)
async def test_responder_request_wrong_is_refused(
    world: World, incident: Incident, changes: dict[str, Any], code: int
) -> None:
    reply = await world.send(
        "POST", f"/incidents/{incident.id}/responder_requests", ask(world, **changes)
    )

    assert reply.error[:2] == (400, code)
    assert incident.responder_requests == []


# ---------------------------------------------------------------- status updates


@pytest.mark.parametrize(
    "extra",
    [{}, {"subject": "Export", "html_message": "<p>We are on it</p>"}],
    ids=["bare", "mail"],
)
async def test_status_update_is_published(
    world: World, incident: Incident, extra: dict[str, str]
) -> None:
    reply = await world.send(
        "POST", f"/incidents/{incident.id}/status_updates", {"message": "We are on it", **extra}
    )

    shown = reply.body["status_update"]
    assert (shown["message"], shown["sender"]["summary"]) == ("We are on it", "Ann Archer")
    assert {name: shown[name] for name in extra} == extra
    assert len(incident.status_updates) == 1


@pytest.mark.parametrize(
    "body",
    [{}, {"message": ""}, {"message": "x", "subject": "y"}, {"message": "x", "html_message": "y"}],
    ids=["nothing", "empty", "subject alone", "html alone"],
)
async def test_status_update_wrong_is_refused(
    world: World, incident: Incident, body: dict[str, str]
) -> None:
    reply = await world.send("POST", f"/incidents/{incident.id}/status_updates", body)

    assert reply.error[:2] == (400, 2001)
    assert incident.status_updates == []
