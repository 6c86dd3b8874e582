"""Webhooks: what is sent, signed how, in which order, and what happens when nobody takes it."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.sandbox.pagerduty import Incident
from bot.sandbox.pagerduty.webhooks import sign
from tests.patience import PATIENCE_SECONDS
from tests.sandbox.pagerduty_client import World, contract, refer, validator, world
from tests.shared import shared_data

__all__ = ["world"]

SECRET = "example-secret"


@dataclass(slots=True)
class Receiver:
    """Takes webhooks; `answers` are its next statuses, 200 when there are none left."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    attempts: list[tuple[str, str, bytes]] = field(default_factory=list)  # id, signature, body

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        id_, signature = request.headers["X-Webhook-Id"], request.headers["X-PagerDuty-Signature"]
        self.attempts.append((id_, signature, body))
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body)["event"] for _, _, body in self.attempts]

    @property
    def types(self) -> list[str]:
        return [event["event_type"].removeprefix("incident.") for event in self.events]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Serve a receiver on loopback."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield receiver
    finally:
        await runner.cleanup()


@pytest.fixture
async def receiver(world: World) -> AsyncIterator[Receiver]:
    """Subscribe a receiver."""
    world.pd.webhooks.retry_seconds = 0.001
    async with receiving() as receiver:
        world.pd.subscribe(receiver.url, SECRET)
        yield receiver


@pytest.fixture
def incident(world: World, receiver: Receiver) -> Incident:
    """Open an incident that the receiver hears of."""
    return world.pd.add_incident("Export failed", service=world.billing, priority=None)


def test_signature_is_that_of_the_contracts_vector() -> None:
    shared_data()
    found = contract()
    assert found is not None
    vector = found["webhooks_v3"]["signature_vector"]

    assert sign(vector["secret"], vector["body"].encode()) == vector["header"]


Step = Callable[[World, Incident], object]
STEPS: list[tuple[str, Step]] = [
    ("acknowledged", lambda w, i: w.pd.acknowledge(i, by=w.ann)),
    ("unacknowledged", lambda w, i: w.pd.unacknowledge(i)),
    ("annotated", lambda w, i: w.pd.note(i, "disk is full", by=w.bob)),
    ("annotated", lambda w, i: w.pd.note(i, "x" * 5000, by=w.bob)),
    ("reassigned", lambda w, i: w.pd.reassign(i, [w.bob, w.cid], by=w.ann)),
    ("delegated", lambda w, i: w.pd.reassign(i, w.second, by=w.ann)),
    ("escalated", lambda w, i: w.pd.escalate(i, by=w.ann)),
    (
        "priority_updated",
        lambda w, i: w.pd.set_priority(i, next(iter(w.pd.priorities.values())), by=w.ann),
    ),
    ("service_updated", lambda w, i: w.pd.move(i, w.mail, by=w.ann)),
    ("status_update_published", lambda w, i: w.pd.publish_status(i, "We are on it", by=w.ann)),
    ("responder.added", lambda w, i: w.pd.request_responders(i, [w.cid], "Help", by=w.ann)),
    ("responder.added", lambda w, i: w.pd.request_responders(i, [w.first], "Help", by=w.ann)),
    ("resolved", lambda w, i: w.pd.resolve(i, by=w.ann)),
    ("reopened", lambda w, i: w.pd.reopen(i, by=w.ann)),
]


async def test_every_change_is_sent_in_order_signed_and_valid(
    world: World, receiver: Receiver, incident: Incident
) -> None:
    for _, step in STEPS:
        step(world, incident)

    await world.pd.settled()

    assert receiver.types == ["triggered", *(kind for kind, _ in STEPS)]
    assert len({id_ for id_, _, _ in receiver.attempts}) == len(receiver.attempts)
    for _, signature, body in receiver.attempts:
        digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert signature == f"v1={digest}"
    found = contract()
    if found is not None:
        payload = validator(found["webhooks_v3"]["payload"])
        for _, _, body in receiver.attempts:
            payload.validate(json.loads(body))
        assert {event["event_type"] for event in receiver.events} <= found["webhooks_v3"][
            "event_types"
        ].keys()


async def test_change_without_a_webhook_is_not_sent(
    world: World, receiver: Receiver, incident: Incident
) -> None:
    world.pd.acknowledge(incident, by=world.ann)
    world.pd.snooze(incident, 60, by=world.ann)
    world.pd.retitle(incident, "Export is broken", by=world.ann)
    world.pd.set_urgency(incident, "low", by=world.ann)
    world.pd.delete(incident)
    await world.pd.settled()

    assert receiver.types == ["triggered", "acknowledged"]


async def test_payload_is_the_webhooks_own_form(
    world: World, receiver: Receiver, incident: Incident
) -> None:
    await world.update(incident.id, by=world.bob, status="acknowledged")
    await world.pd.settled()

    event = receiver.events[-1]
    assert (event["agent"]["summary"], event["data"]["number"]) == ("Bob Baker", incident.number)
    assert [one["summary"] for one in event["data"]["assignees"]] == ["Bob Baker"]
    assert event["occurred_at"].endswith("Z")


async def test_payload_shows_the_incident_as_it_was_then(
    world: World, receiver: Receiver, incident: Incident
) -> None:
    world.pd.acknowledge(incident, by=world.ann)
    world.pd.resolve(incident, by=world.ann)
    await world.pd.settled()

    assert [event["data"]["status"] for event in receiver.events] == [
        "triggered",
        "acknowledged",
        "resolved",
    ]


async def test_long_note_arrives_trimmed(
    world: World, receiver: Receiver, incident: Incident
) -> None:
    world.pd.note(incident, "x" * 5000, by=world.ann)
    await world.pd.settled()

    data = receiver.events[-1]["data"]
    assert (data["trimmed"], len(data["content"])) == (True, 2000)


async def test_agent_of_pagerduty_itself_is_null(
    world: World, receiver: Receiver, incident: Incident
) -> None:
    world.pd.acknowledge(incident, by=world.ann)
    world.pd.unacknowledge(incident)
    await world.pd.settled()

    assert receiver.events[-1]["agent"] is None


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_webhook_is_tried_again_with_the_same_id(
    world: World, receiver: Receiver, incident: Incident, status: int
) -> None:
    receiver.answers[:] = [status, status]
    world.pd.acknowledge(incident, by=world.ann)
    await world.pd.settled()

    assert receiver.types == ["triggered", "triggered", "triggered", "acknowledged"]
    assert len({id_ for id_, _, _ in receiver.attempts[:3]}) == 1


async def test_webhook_refused_is_dropped(
    world: World, receiver: Receiver, incident: Incident
) -> None:
    receiver.answers[:] = [404]
    world.pd.acknowledge(incident, by=world.ann)
    await world.pd.settled()

    assert receiver.types == ["triggered", "acknowledged"]


async def test_subscription_is_disabled_after_three_drops_in_a_row(
    world: World, receiver: Receiver, incident: Incident
) -> None:
    receiver.answers[:] = [403, 200, 403, 403, 403]
    for number in range(8):
        world.pd.note(incident, f"note {number}", by=world.ann)
    await world.pd.settled()

    assert len(receiver.attempts) == 5
    assert not world.pd.webhooks.subscriptions[0].is_enabled


async def test_webhook_without_anybody_there_is_given_up(world: World) -> None:
    world.pd.webhooks.retry_seconds = 0.001
    world.pd.webhooks.attempts = 2
    async with receiving() as receiver:
        subscription = world.pd.subscribe(receiver.url, SECRET)
    world.pd.add_incident("Export failed", service=world.billing)

    await world.pd.settled()

    assert subscription.drops == 1


async def test_webhook_can_be_delivered_twice(
    world: World, receiver: Receiver, incident: Incident
) -> None:
    await world.pd.settled()
    world.pd.webhooks.copies = 2
    world.pd.acknowledge(incident, by=world.ann)
    await world.pd.settled()

    (_, first), (_, second) = (
        (type_, id_)
        for type_, (id_, _, _) in zip(receiver.types[1:], receiver.attempts[1:], strict=True)
    )
    assert first == second


async def test_ping_is_sent_on_demand(world: World, receiver: Receiver) -> None:
    world.pd.webhooks.ping()
    await world.pd.settled()

    assert receiver.types == ["pagey.ping"]


async def test_every_subscription_gets_everything(world: World, receiver: Receiver) -> None:
    async with receiving() as other:
        world.pd.subscribe(other.url, "another-secret")
        await world.update((await new_incident(world)), status="resolved")
        await world.pd.settled()

    assert receiver.types == other.types == ["triggered", "resolved"]
    assert receiver.attempts[0][1] != other.attempts[0][1]


async def new_incident(world: World) -> str:
    body = {"incident": {"type": "incident", "title": "Slow", "service": refer(world.mail)}}
    created: str = (await world.send("POST", "/incidents", body)).body["incident"]["id"]
    return created


async def test_changes_before_the_start_are_delivered_after_it(world: World) -> None:
    async with receiving() as receiver:
        await world.pd.stop()
        world.pd.subscribe(receiver.url, SECRET)
        world.pd.add_incident("Export failed", service=world.billing)
        await world.pd.start()
        await world.pd.settled()

    assert receiver.types == ["triggered"]


async def test_stop_ends_a_delivery_under_way(world: World) -> None:
    taken, done = asyncio.Event(), asyncio.Event()

    async def hang(_request: web.Request) -> web.Response:
        taken.set()
        await done.wait()
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", hang)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    world.pd.subscribe(f"http://127.0.0.1:{runner.addresses[0][1]}/hook", SECRET)
    world.pd.add_incident("Export failed", service=world.billing)
    await asyncio.wait_for(taken.wait(), PATIENCE_SECONDS)

    await asyncio.wait_for(world.pd.stop(), PATIENCE_SECONDS)
    done.set()
    await runner.cleanup()

    assert world.pd.webhooks.is_idle
    with pytest.raises(aiohttp.ClientConnectorError):
        await world.get("/abilities")
