"""The lines to Slack: broken websockets, renewals, signatures, health."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox.slack import Fault
from tests.e2e.world import World, world
from tests.patience import PATIENCE_SECONDS

BODY = "command=%2Fpd&text=ack+1&user_id=U0ANN&team_id=T0&trigger_id=1&channel_id=C0PROD"


@pytest.fixture
async def over_http(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, "http") as found:
        yield found


async def test_killed_websocket_leaves_the_other_and_is_replaced(weather: World) -> None:
    weather.incident()
    await weather.slack.expect_connections(2)

    await weather.slack.kill_connection(0)

    assert "Acknowledged." in await weather.pd("ack 1")
    await weather.slack.expect_connections(2)


async def test_commands_are_answered_after_all_lines_were_cut(weather: World) -> None:
    weather.incident()
    await weather.slack.expect_connections(2)
    for _ in range(2):
        await weather.slack.kill_connection(0)

    await weather.slack.expect_connections(1)

    assert "Acknowledged." in await weather.pd("ack 1")


async def test_refused_handshakes_are_tried_again_with_a_fresh_address(weather: World) -> None:
    weather.incident()
    await weather.slack.expect_connections(2)
    weather.slack.faults.add(Fault("socket.handshake", status=500, times=3))
    for _ in range(2):
        await weather.slack.kill_connection(0)

    await weather.slack.expect_connections(2)

    assert "Acknowledged." in await weather.pd("ack 1")


async def test_renewed_connection_leaves_no_gap(weather: World) -> None:
    weather.incident()
    await weather.slack.expect_connections(2)

    await weather.slack.refresh_connection(0, 1.0)

    assert "Acknowledged." in await weather.pd("ack 1")


async def get(here: World, path: str) -> tuple[int, dict[str, object]]:
    url = f"http://127.0.0.1:{here.bot.port}{path}"
    async with aiohttp.ClientSession() as http, http.get(url) as response:
        return response.status, json.loads(await response.text())


async def test_health_is_200_while_connected_and_503_while_not(weather: World) -> None:
    assert await get(weather, "/healthz") == (
        200,
        {"ok": True, "slack": "connected", "database": "ok"},
    )
    weather.slack.faults.add(Fault("apps.connections.open", error="internal_error", times=None))

    for _ in range(2):
        await weather.slack.kill_connection(0)
    await _until_unhealthy(weather)

    weather.slack.faults.clear()
    await weather.slack.expect_connections(1)


async def _until_unhealthy(here: World) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (answer := await get(here, "/healthz"))[0] == 200:
            pass
    assert (answer[0], answer[1]["slack"]) == (503, "not connected")


@pytest.mark.parametrize(
    ("age_seconds", "secret"),
    [
        pytest.param(0, "not-the-secret-at-all", id="forged"),
        pytest.param(600, None, id="stale"),
        pytest.param(-600, None, id="from the future"),
    ],
)
async def test_request_that_slack_did_not_sign_now_is_refused(
    over_http: World, age_seconds: int, secret: str | None
) -> None:
    incident = over_http.incident()
    headers = over_http.slack.signed_headers(BODY, int(time.time()) - age_seconds, secret)
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    url = f"http://127.0.0.1:{over_http.bot.port}/slack/events"

    async with (
        aiohttp.ClientSession() as http,
        http.post(url, data=BODY, headers=headers) as response,
    ):
        assert response.status == 401

    assert incident.status == "triggered"
    assert over_http.writes() == []


async def test_socket_mode_has_no_door_for_slack(here: World) -> None:
    url = f"http://127.0.0.1:{here.bot.port}/slack/events"

    async with aiohttp.ClientSession() as http, http.post(url, data=BODY) as response:
        assert response.status == 404
