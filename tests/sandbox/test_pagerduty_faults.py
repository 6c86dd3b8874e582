"""Bad weather: what a fault does to a request, and what it leaves undone."""

import asyncio
from typing import Any, Literal

import aiohttp
import pytest

from bot.sandbox.pagerduty import Fault, Incident
from tests.patience import PATIENCE_SECONDS
from tests.sandbox.pagerduty_client import World, world

__all__ = ["world"]


@pytest.fixture
def incident(world: World) -> Incident:
    """Open an incident that the policy has given to Ann."""
    return world.pd.add_incident("Export failed", service=world.billing)


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, 2001), (402, 2014), (403, 2010), (404, 2100), (408, 2016), (429, 2020), (503, 2000)],
)
async def test_fault_answers_with_its_status_and_does_nothing(
    world: World, incident: Incident, status: int, code: int
) -> None:
    world.pd.faults.add(Fault("rest.updateIncident", status=status))

    reply = await world.update(incident.id, status="resolved")

    assert (reply.error[:2], incident.status) == ((status, code), "triggered")
    assert world.pd.requests[-1].status == status


async def test_fault_401_has_no_body(world: World) -> None:
    world.pd.faults.add(Fault("rest.listAbilities", status=401))

    assert (await world.get("/abilities")).text == ""


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param({"error": {"message": "x", "code": 1}}, "application/json", id="JSON"),
        pytest.param("<h1>Bad Gateway</h1>", "text/html", id="a proxy's page"),
        pytest.param("", "text/html", id="nothing"),
    ],
)
async def test_fault_may_bring_its_own_body_and_headers(
    world: World, body: Any, content_type: str
) -> None:
    world.pd.faults.add(
        Fault("rest.listAbilities", status=502, body=body, headers={"Retry-After": "3"})
    )

    reply = await world.get("/abilities")

    assert reply.body == body if isinstance(body, dict) else reply.text == body
    assert reply.headers["Content-Type"].startswith(content_type)
    assert reply.headers["Retry-After"] == "3"


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_fault_happens_so_many_times(world: World, times: int) -> None:
    world.pd.faults.add(Fault("rest.listAbilities", status=503, times=times))

    statuses = [(await world.get("/abilities")).status for _ in range(4)]

    assert statuses == [503] * times + [200] * (4 - times)
    assert world.pd.faults.active == []


async def test_fault_without_end_stays_until_cleared(world: World) -> None:
    world.pd.faults.add(Fault("*", status=503, times=None))
    statuses = [(await world.get("/abilities")).status for _ in range(5)]
    world.pd.faults.clear()

    assert statuses == [503] * 5
    assert (await world.get("/abilities")).status == 200


async def test_fault_is_for_its_operation_alone(world: World, incident: Incident) -> None:
    world.pd.faults.add(Fault("rest.updateIncident", status=503))

    assert (await world.get(f"/incidents/{incident.id}")).status == 200
    assert len(world.pd.faults.active) == 1


async def test_faults_are_taken_one_after_the_other(world: World) -> None:
    world.pd.faults.add(Fault("rest.listAbilities", 500), Fault("*", 503))

    assert [(await world.get("/abilities")).status for _ in range(3)] == [500, 503, 200]


@pytest.mark.parametrize("reset", [None, 0, 20])
async def test_rate_limit_may_lack_its_headers(world: World, reset: int | None) -> None:
    world.pd.faults.add(Fault.rate_limited("rest.listAbilities", reset_seconds=reset))

    reply = await world.get("/abilities")

    assert reply.error == (429, 2020, "Rate Limit Exceeded")
    assert reply.headers.get("ratelimit-reset") == (None if reset is None else str(reset))


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.rate_limited("events_v2.createV2Event"), "throttle exceeded"),
        (Fault("events_v2.createV2Event", 500), "error"),
    ],
    ids=["429", "500"],
)
async def test_fault_of_events_has_their_form(world: World, fault: Fault, status: str) -> None:
    world.pd.faults.add(fault)

    assert (await world.enqueue()).body["status"] == status
    assert world.pd.incidents == {}
    assert world.pd.events[-1].status == fault.status


@pytest.mark.parametrize(("drop", "kept"), [("before", 0), ("after", 1)])
async def test_drop_closes_the_connection_without_an_answer(
    world: World, incident: Incident, drop: Literal["before", "after"], kept: int
) -> None:
    world.pd.faults.add(Fault("rest.createIncidentNote", drop=drop))

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await world.send("POST", f"/incidents/{incident.id}/notes", {"note": {"content": "x"}})

    assert len(incident.notes) == kept
    assert world.pd.requests[-1].status is None


async def test_delay_lets_a_client_give_up_after_the_write(
    world: World, incident: Incident
) -> None:
    world.pd.faults.add(Fault("rest.updateIncident", delay=60))

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(world.update(incident.id, status="resolved"), 0.1)

    assert incident.status == "resolved"


async def test_delay_with_drop_before_lets_a_client_give_up_without_a_write(
    world: World, incident: Incident
) -> None:
    world.pd.faults.add(Fault("rest.updateIncident", delay=60, drop="before"))

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(world.update(incident.id, status="resolved"), 0.1)

    assert incident.status == "triggered"


async def test_delay_is_waited(world: World) -> None:
    world.pd.faults.add(Fault("rest.listAbilities", delay=0.05))
    loop = asyncio.get_running_loop()
    began = loop.time()

    reply = await world.get("/abilities")

    assert reply.status == 200
    assert loop.time() - began >= 0.05


async def test_stop_does_not_wait_for_delays(world: World, incident: Incident) -> None:
    world.pd.faults.add(Fault("rest.updateIncident", delay=60))
    written = asyncio.Event()
    world.pd.on_change(lambda *_: written.set())
    writing = asyncio.create_task(world.update(incident.id, status="resolved"))
    await asyncio.wait_for(written.wait(), PATIENCE_SECONDS)

    await asyncio.wait_for(world.pd.stop(), PATIENCE_SECONDS)

    assert (await writing).status == 200
