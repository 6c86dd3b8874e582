"""Keys, versions, `From`, paths: what is checked before anything else."""

import re

import pytest

from bot.sandbox.pagerduty import PagerDuty, User
from bot.sandbox.pagerduty.rest import ROUTES, Route
from tests.sandbox.pagerduty_client import VERSION, World, acme, contract, world
from tests.shared import shared_data

__all__ = ["world"]

NOTE = {"note": {"content": "disk is full"}}


def test_routes_cover_every_operation_of_the_contract() -> None:
    shared_data()
    found = contract()
    assert found is not None
    published = {
        (name, one["method"], one["path"])
        for name, one in found["operations"].items()
        if name.startswith("rest.")
    }

    assert published <= {(one.operation, one.method, one.path) for one in ROUTES}


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("pd-account-key", id="bare"),
        pytest.param("Token token=other", id="unknown"),
        pytest.param("Token token=", id="nothing in it"),
        pytest.param("Basic cGQ6", id="another scheme"),
    ],
)
async def test_key_wrong_is_answered_401_without_json(
    world: World, authorization: str | None
) -> None:
    reply = await world.send("GET", "/incidents", headers={"Authorization": authorization})

    assert (reply.status, reply.text) == (401, "")
    assert reply.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
async def test_route_refuses_a_wrong_key_and_a_missing_version(world: World, route: Route) -> None:
    path = route.path.replace("{id}", "QX")

    assert (await world.send(route.method, path, headers={"Authorization": "x"})).status == 401
    assert "Accept" in (await world.send(route.method, path, headers={"Accept": None})).errors


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (VERSION, 200),
        (VERSION.replace(";", "; "), 200),
        ("application/json", 400),
        ("*/*", 400),
        (VERSION.replace("2", "1"), 400),
    ],
)
async def test_version_must_be_the_second(world: World, accept: str, status: int) -> None:
    assert (await world.send("GET", "/abilities", headers={"Accept": accept})).status == status


async def test_bearer_token_is_a_key_as_well(world: World) -> None:
    reply = await world.send(
        "GET", "/abilities", headers={"Authorization": "Bearer pd-account-key"}
    )

    assert reply.status == 200


@pytest.mark.parametrize(
    ("email", "code", "message"),
    [
        pytest.param(
            None,
            2016,
            'You must specify a user\'s email address in the "From" header to perform this action',
            id="missing",
        ),
        pytest.param("", 1028, 'Malformed "From" header', id="empty"),
        pytest.param("ann", 1028, 'Malformed "From" header', id="no e-mail"),
        pytest.param("zoe@example.com", 1008, "Requester User Not Found", id="nobody"),
    ],
)
async def test_from_wrong_is_refused_as_observed(
    world: World, email: str | None, code: int, message: str
) -> None:
    incident = world.pd.add_incident("Export failed", service=world.billing)

    reply = await world.send(
        "POST", f"/incidents/{incident.id}/notes", NOTE, headers={"From": email}
    )

    assert reply.error == (400, code, message)
    assert incident.notes == []


@pytest.mark.parametrize(
    "route",
    [one for one in ROUTES if one.method != "GET"],
    ids=lambda route: route.operation,
)
async def test_write_needs_from_unless_its_body_names_somebody(world: World, route: Route) -> None:
    path = route.path.replace("{id}", "QX")

    reply = await world.send(route.method, path, {}, headers={"From": None})

    assert (reply.error[1] == 2016) is route.wants_from


async def test_from_is_compared_ignoring_case(world: World) -> None:
    incident = world.pd.add_incident("Export failed", service=world.billing)

    reply = await world.send(
        "POST", f"/incidents/{incident.id}/notes", NOTE, headers={"From": "BOB@example.COM"}
    )

    assert reply.body["note"]["user"]["summary"] == "Bob Baker"


async def test_user_level_key_writes_in_its_owners_name(world: World) -> None:
    world.pd.add_key("cids-key", owner=world.cid)
    incident = world.pd.add_incident("Export failed", service=world.billing)
    path, key = f"/incidents/{incident.id}/notes", {"Authorization": "Token token=cids-key"}

    await world.send("POST", path, NOTE, headers={**key, "From": None})
    await world.send("POST", path, NOTE, headers={**key, "From": "ann@example.com"})

    assert [note.user for note in incident.notes] == [world.cid, world.cid]


async def test_key_owner_makes_the_first_key_user_level() -> None:
    zoe = User("PZOE001", "Zoe Zimmer", "zoe@example.com")

    async with acme(key_owner=zoe) as served:
        reply = await served.get("/users/me")

    assert reply.body["user"]["email"] == "zoe@example.com"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/incident"),
        ("GET", "/incidents/QX/nodes"),
        ("DELETE", "/incidents"),
        ("POST", "/abilities"),
        ("GET", "/v2/enqueue"),
        ("POST", "/v2/other"),
    ],
)
async def test_path_unknown_is_not_found(world: World, method: str, path: str) -> None:
    reply = await world.send(method, path)

    assert reply.status == 404
    assert world.pd.requests[-1].operation == "unknown"


@pytest.mark.parametrize(
    "route", [one for one in ROUTES if "{id}" in one.path], ids=lambda route: route.operation
)
async def test_id_unknown_is_not_found(world: World, route: Route) -> None:
    reply = await world.send(route.method, route.path.replace("{id}", "QNOSUCH1234567"), {})

    assert reply.error == (404, 2100, "Not Found")


@pytest.mark.parametrize(
    "route", [one for one in ROUTES if one.method != "GET"], ids=lambda route: route.operation
)
@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        pytest.param(b"{", "application/json", id="no JSON"),
        pytest.param(b"", "application/json", id="nothing"),
        pytest.param(b"[]", "application/json", id="a list"),
        pytest.param(b"{}", "application/json; charset=utf-8", id="empty object"),
        pytest.param(b"{}", "text/plain", id="another type"),
        pytest.param(b"{}", None, id="no type"),
    ],
)
async def test_body_malformed_is_invalid_input(
    world: World, route: Route, data: bytes, content_type: str | None
) -> None:
    incident = world.pd.add_incident("Export failed", service=world.billing)
    path = route.path.replace("{id}", incident.id)

    reply = await world.send(route.method, path, data=data, headers={"Content-Type": content_type})

    assert reply.error == (400, 2001, "Invalid Input Provided")
    assert reply.errors


async def test_requests_are_recorded_with_operation_and_status(world: World) -> None:
    incident = world.pd.add_incident("Export failed", service=world.billing)
    await world.send("GET", "/incidents", query=[("statuses[]", "resolved"), ("limit", "5")])
    await world.update(incident.id, status="acknowledged")

    read, write = world.pd.requests

    assert (read.operation, read.status, read.query) == (
        "rest.listIncidents",
        200,
        {"statuses[]": ["resolved"], "limit": ["5"]},
    )
    assert (write.operation, write.method, write.path) == (
        "rest.updateIncident",
        "PUT",
        f"/incidents/{incident.id}",
    )
    assert write.headers["from"] == write.headers["From"] == "ann@example.com"
    assert write.body == {"incident": {"type": "incident_reference", "status": "acknowledged"}}
    assert "pd-account-key" not in repr(write)


async def test_requests_can_be_forgotten(world: World) -> None:
    await world.get("/abilities")
    await world.enqueue()

    world.pd.clear_requests()

    assert world.pd.requests == world.pd.events == []


async def test_requests_are_bounded(world: World) -> None:
    world.pd.remembered_max = 4
    for _ in range(9):
        await world.get("/abilities")

    assert len(world.pd.requests) <= 4


def test_address_is_unknown_before_the_start() -> None:
    with pytest.raises(RuntimeError, match="started"):
        _ = PagerDuty().rest_url


async def test_addresses_are_on_loopback(world: World) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", world.pd.rest_url)
    assert world.pd.events_url == world.pd.rest_url + "/v2"


async def test_stop_is_harmless_without_a_start() -> None:
    await PagerDuty().stop()
