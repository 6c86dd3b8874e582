"""Events v2: what is refused, what is accepted, and what becomes of it."""

import asyncio
import json
from typing import Any

import pytest

from tests.patience import PATIENCE_SECONDS
from tests.sandbox.pagerduty_client import World, world

__all__ = ["world"]

PAYLOAD = {"summary": "It failed", "source": "rundeck", "severity": "error"}


def payload(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**PAYLOAD, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"routing_key": None}, "'routing_key' is missing or blank", id="no key"),
        pytest.param({"routing_key": ""}, "'routing_key' is missing or blank", id="empty key"),
        pytest.param(
            {"routing_key": "abc"},
            "Length of 'routing_key' is incorrect (should be 32 characters)",
            id="short key",
        ),
        pytest.param({"routing_key": "0" * 32}, "Invalid routing key", id="unknown key"),
        pytest.param({"event_action": None}, "'event_action' is missing or blank", id="no action"),
        pytest.param({"event_action": "close"}, "'event_action' must be one of", id="action"),
        pytest.param({"payload": None}, "'payload' is missing or blank", id="no payload"),
        pytest.param({"payload": "It failed"}, "'payload' must be an object", id="payload"),
        pytest.param(
            {"payload": payload(summary="x" * 1025)},
            "'summary' is too long (maiximum is 1024 characters)",
            id="long summary",
        ),
        pytest.param({"payload": payload(summary=" ")}, "'summary' is missing", id="blank summary"),
        pytest.param({"payload": payload(source=None)}, "'source' is missing", id="no source"),
        pytest.param(
            {"payload": payload(severity=None)}, "'severity' is missing", id="no severity"
        ),
        pytest.param({"payload": payload(severity="fatal")}, "'severity' must be", id="severity"),
        pytest.param({"payload": payload(timestamp="today")}, "'timestamp' is", id="timestamp"),
        pytest.param({"payload": payload(custom_details="x")}, "'custom_details'", id="details"),
        pytest.param(
            {"payload": payload(links=[])}, "'links' is not known in 'payload'", id="links inside"
        ),
        pytest.param({"dedup_key": "k" * 256}, "'dedup_key' is too long", id="long dedup key"),
        pytest.param({"links": [{"text": "Run 7"}]}, "'href' is missing", id="link without href"),
        pytest.param({"links": [{"href": "run/7"}]}, "'href' is invalid", id="relative link"),
        pytest.param({"images": [{"alt": "x"}]}, "'src' is missing", id="image without src"),
        pytest.param({"images": [{"src": "http://a/b.png"}]}, "'src' is invalid", id="plain http"),
        pytest.param({"client_url": "ftp://x"}, "'client_url' is invalid", id="client url"),
        pytest.param(
            {"event_action": "resolve", "payload": None, "dedup_key": None},
            "'dedup_key' is missing or blank",
            id="resolve without key",
        ),
        pytest.param(
            {"event_action": "acknowledge", "payload": None, "dedup_key": None},
            "'dedup_key' is missing or blank",
            id="acknowledge without key",
        ),
        pytest.param({"service_key": "x"}, "'service_key' is not known", id="unknown key"),
    ],
)
async def test_event_wrong_is_refused(world: World, changes: dict[str, Any], error: str) -> None:
    reply = await world.enqueue(**changes)

    assert (reply.status, reply.body["status"]) == (400, "invalid event")
    assert reply.body["message"] == "Event object is invalid"
    assert error in reply.errors
    assert world.pd.incidents == {}


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null"])
async def test_event_that_is_no_object_is_not_recognized(world: World, data: bytes) -> None:
    reply = await world.send("POST", "/v2/enqueue", data=data)

    assert reply.body == {
        "status": "Unrecognized object",
        "message": "Event object format is unrecognized",
        "errors": ["JSON parse error"],
    }


async def test_event_must_say_that_it_is_json(world: World) -> None:
    reply = await world.send("POST", "/v2/enqueue", {}, headers={"Content-Type": "text/plain"})

    assert (reply.status, reply.body["status"]) == (400, "Unrecognized object")


@pytest.mark.parametrize(("size", "status"), [(512_000, 202), (512_001, 400)])
async def test_event_has_at_most_512_000_bytes(world: World, size: int, status: int) -> None:
    event: dict[str, Any] = {
        "routing_key": world.billing.integration_key,
        "event_action": "trigger",
        "payload": {**PAYLOAD, "custom_details": {"log": ""}},
    }
    event["payload"]["custom_details"]["log"] = "x" * (size - len(json.dumps(event)))

    assert (await world.send("POST", "/v2/enqueue", event)).status == status


async def test_summary_counts_characters_not_bytes(world: World) -> None:
    assert (await world.enqueue(payload=payload(summary="🔥" * 1024))).status == 202


async def test_trigger_opens_an_incident_for_the_first_level(world: World) -> None:
    reply = await world.enqueue()

    assert reply.status == 202
    assert reply.body == {"status": "success", "message": "Event processed", "dedup_key": "nightly"}
    (incident,) = world.pd.incidents.values()
    assert (incident.title, incident.service) == ("It failed", world.billing)
    assert incident.assignees == [world.ann]
    (found,) = (await world.get("/incidents", incident_key="nightly")).body["incidents"]
    assert (found["id"], found["incident_key"]) == (incident.id, None)
    assert found["last_status_change_by"]["type"] == "service_reference"


async def test_trigger_without_dedup_key_is_always_new(world: World) -> None:
    first = (await world.enqueue(dedup_key=None)).body["dedup_key"]
    second = (await world.enqueue(dedup_key=None)).body["dedup_key"]

    assert first != second
    assert len(world.pd.incidents) == 2


async def test_trigger_again_is_a_log_entry_and_a_new_summary(world: World) -> None:
    await world.enqueue()
    await world.enqueue(payload=payload(summary="It failed again", severity="critical"))

    (incident,) = world.pd.incidents.values()
    assert (incident.title, incident.alerts[0].severity) == ("It failed again", "critical")
    assert [entry.kind for entry in incident.log].count("trigger") == 2


async def test_trigger_after_a_resolve_opens_a_new_one(world: World) -> None:
    await world.enqueue()
    await world.enqueue(event_action="resolve")
    await world.enqueue()

    assert [one.status for one in world.pd.incidents.values()] == ["resolved", "triggered"]


async def test_trigger_after_a_resolve_in_the_ui_opens_a_new_one(world: World) -> None:
    await world.enqueue()
    (incident,) = world.pd.incidents.values()
    world.pd.resolve(incident, by=world.ann)

    await world.enqueue()

    assert len(world.pd.incidents) == 2


async def test_same_key_of_another_integration_is_another_alert(world: World) -> None:
    await world.enqueue()
    await world.enqueue(routing_key=world.mail.integration_key)

    assert {one.service.name for one in world.pd.incidents.values()} == {"Billing", "Mail"}


async def test_acknowledge_is_the_services(world: World) -> None:
    await world.enqueue()
    await world.enqueue(event_action="acknowledge", payload=None)
    await world.enqueue(event_action="acknowledge", payload=None)

    (incident,) = world.pd.incidents.values()
    assert (incident.status, incident.acknowledgers) == ("acknowledged", [world.billing])
    assert incident.assignees == [world.ann]


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
@pytest.mark.parametrize("other", ["dedup_key", "routing_key"])
async def test_event_without_its_open_alert_is_dropped(
    world: World, action: str, other: str
) -> None:
    await world.enqueue()
    different = {"dedup_key": "weekly", "routing_key": world.mail.integration_key}[other]

    reply = await world.enqueue(event_action=action, payload=None, **{other: different})

    assert reply.status == 202
    assert [one.status for one in world.pd.incidents.values()] == ["triggered"]


async def test_maintenance_swallows_everything(world: World) -> None:
    await world.enqueue()
    world.billing.in_maintenance = True

    replies = [await world.enqueue(dedup_key="weekly"), await world.enqueue(event_action="resolve")]

    assert [reply.status for reply in replies] == [202, 202]
    assert [one.status for one in world.pd.incidents.values()] == ["triggered"]


async def test_deleted_incident_leaves_no_open_alert(world: World) -> None:
    await world.enqueue()
    (incident,) = world.pd.incidents.values()
    world.pd.delete(incident)

    await world.enqueue(event_action="resolve", payload=None)

    assert world.pd.incidents == {}
    assert (await world.get(f"/incidents/{incident.id}")).error[:2] == (404, 2100)


async def test_incident_appears_a_moment_after_the_answer(world: World) -> None:
    world.pd.event_delay_seconds = 0.05
    appeared = asyncio.Event()
    world.pd.on_change(lambda *_: appeared.set())
    event = {
        "routing_key": world.billing.integration_key,
        "event_action": "trigger",
        "payload": PAYLOAD,
    }

    reply = await world.send("POST", "/v2/enqueue", event)

    assert (reply.status, world.pd.incidents) == (202, {})
    await asyncio.wait_for(appeared.wait(), PATIENCE_SECONDS)
    assert len(world.pd.incidents) == 1


async def test_events_take_effect_in_the_order_of_their_answers(world: World) -> None:
    world.pd.event_delay_seconds = 0.01
    event = {
        "routing_key": world.billing.integration_key,
        "event_action": "trigger",
        "dedup_key": "nightly",
        "payload": PAYLOAD,
    }
    for action in ("trigger", "resolve", "trigger"):
        await world.send("POST", "/v2/enqueue", {**event, "event_action": action})
    world.pd.event_delay_seconds = 0
    await world.send("POST", "/v2/enqueue", {**event, "event_action": "acknowledge"})

    await world.pd.settled()

    assert [one.status for one in world.pd.incidents.values()] == ["resolved", "acknowledged"]


async def test_stop_forgets_what_has_not_appeared(world: World) -> None:
    world.pd.event_delay_seconds = 60
    event = {
        "routing_key": world.billing.integration_key,
        "event_action": "trigger",
        "payload": PAYLOAD,
    }
    await world.send("POST", "/v2/enqueue", event)

    await world.pd.stop()
    await world.pd.settled()

    assert world.pd.incidents == {}


async def test_change_event_makes_no_incident(world: World) -> None:
    body = {
        "routing_key": world.billing.integration_key,
        "payload": {"summary": "Deployed 1.2", "timestamp": "2026-08-20T12:00:00.000+0000"},
        "links": [{"href": "https://ci.example.com/1"}],
    }

    reply = await world.send("POST", "/v2/change/enqueue", body)
    wrong = await world.send("POST", "/v2/change/enqueue", {**body, "routing_key": "R" * 32})

    assert (reply.status, reply.body["status"]) == (202, "success")
    assert (wrong.status, wrong.errors) == (400, "Invalid routing key")
    assert world.pd.incidents == {}


async def test_events_are_recorded_as_sent(world: World) -> None:
    await world.enqueue(dedup_key=None)
    await world.enqueue(routing_key="0" * 32)

    assert [(one.operation, one.status) for one in world.pd.events] == [
        ("events_v2.createV2Event", 202),
        ("events_v2.createV2Event", 400),
    ]
    assert "dedup_key" not in world.pd.events[0].body
    assert world.pd.requests == []
