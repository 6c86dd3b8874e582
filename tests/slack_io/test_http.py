"""The HTTP server: only what Slack signed gets in, and health tells the truth."""

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.errors import ConfigError
from bot.slack.client import Identity, SlackWeb, build_app
from bot.slack.http import LARGEST_BODY, Health, HttpServer
from tests.slack_io.fake_slack import BOT_TOKEN, SECRET

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HELP = "command=%2Fpd&text=help&user_id=U1&team_id=T0&trigger_id=1"


def signed(body: str, *, secret: str = SECRET, age_seconds: int = 0) -> dict[str, str]:
    timestamp = str(int(time.time()) - age_seconds)
    signature = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body)
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": str(signature)}


class Served:
    """A server with one command, and a client for it."""

    def __init__(self, server: HttpServer, http: aiohttp.ClientSession, seen: list[str]) -> None:
        self.server = server
        self.http = http
        self.seen = seen
        self.base = f"http://127.0.0.1:{server.port}"

    async def post(
        self, body: str | bytes | io.BytesIO, headers: dict[str, str]
    ) -> tuple[int, str]:
        url = f"{self.base}/slack/events"
        async with self.http.post(url, data=body, headers=headers) as response:
            return response.status, await response.text()

    async def get(self, path: str) -> tuple[int, str]:
        async with self.http.get(self.base + path) as response:
            return response.status, await response.text()


HEALTH = {"health": Health(ok=True)}


async def health() -> Health:
    return HEALTH["health"]


async def up() -> bytes:
    return b"up 1\n"


async def extra(_: web.Request) -> web.Response:
    return web.Response(text="extra")


@pytest.fixture
async def clients() -> AsyncIterator[SlackWeb]:
    async with SlackWeb(BOT_TOKEN) as made:
        yield made


@pytest.fixture
async def served(clients: SlackWeb) -> AsyncIterator[Served]:
    app = build_app(clients, Identity("U0BOT", "B0BOT", "T0"), signing_secret=SECRET)
    seen: list[str] = []

    async def command(ack: AsyncAck, body: dict[str, str]) -> None:
        seen.append(body["text"])
        await ack("Received.")

    app.command("/pd")(command)
    server = HttpServer(
        host="127.0.0.1",
        port=0,
        health=health,
        metrics=up,
        app=app,
        signing_secret=SECRET,
        routes=[web.post("/extra", extra)],
    )
    await server.start()
    async with aiohttp.ClientSession() as http:
        yield Served(server, http, seen)
    await server.stop()


async def test_a_signed_command_gets_in(served: Served) -> None:
    status, text = await served.post(HELP, FORM | signed(HELP))

    assert (status, text) == (200, "Received.")
    assert served.seen == ["help"]


async def test_a_signed_command_reaches_bolt_without_a_server(clients: SlackWeb) -> None:
    """Bolt's own check stays on, for whoever calls it another way."""
    app = build_app(clients, Identity("U0BOT", "B0BOT", "T0"), signing_secret=SECRET)

    async def command(ack: AsyncAck) -> None:
        await ack()

    app.command("/pd")(command)
    good = AsyncBoltRequest(body=HELP, headers={**FORM, **signed(HELP)})
    forged = AsyncBoltRequest(body=HELP, headers={**FORM, **signed(HELP, secret="another")})

    assert (await app.async_dispatch(good)).status == 200
    assert (await app.async_dispatch(forged)).status == 401


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no signature"),
        pytest.param(signed(HELP, secret="another"), id="another secret"),
        pytest.param(signed(HELP + "x"), id="another body"),
        pytest.param(signed(HELP) | {"X-Slack-Signature": "v0=é"}, id="not ASCII"),
        pytest.param(signed(HELP) | {"X-Slack-Request-Timestamp": "soon"}, id="no number"),
        pytest.param(signed(HELP) | {"X-Slack-Request-Timestamp": "1" * 5000}, id="huge number"),
    ],
)
async def test_a_forged_request_is_refused(
    served: Served, headers: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    status, _ = await served.post(HELP, FORM | headers)

    assert status == 401
    assert served.seen == []
    assert "help" not in capsys.readouterr().out


@pytest.mark.parametrize("age_seconds", [301, 3600, -600])
async def test_a_stale_timestamp_is_refused(served: Served, age_seconds: int) -> None:
    status, _ = await served.post(HELP, FORM | signed(HELP, age_seconds=age_seconds))

    assert status == 401
    assert served.seen == []


async def test_a_body_that_is_no_text_is_refused(served: Served) -> None:
    status, _ = await served.post(b"\xff\xfe", FORM | signed("x"))

    assert status == 401


async def test_a_signed_body_that_is_no_json_is_refused(served: Served) -> None:
    headers = {"Content-Type": "application/json"}
    status, _ = await served.post("{", headers | signed("{"))

    assert status == 400


async def test_a_body_that_is_too_large_is_refused(served: Served) -> None:
    body = "x" * (LARGEST_BODY + 1)
    status, _ = await served.post(io.BytesIO(body.encode()), FORM | signed(body))

    assert status == 413


async def test_slack_can_verify_the_address(served: Served) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c"})
    headers = {"Content-Type": "application/json"}
    status, text = await served.post(body, headers | signed(body))

    assert status == 200
    assert "c" in text


async def test_health_tells_the_parts(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await served.get("/healthz"))[0] == 200

    monkeypatch.setitem(HEALTH, "health", Health(ok=False, parts={"database": "gone"}))
    status, text = await served.get("/healthz")

    assert (status, json.loads(text)) == (503, {"ok": False, "database": "gone"})


async def test_metrics_and_further_routes_are_served(served: Served) -> None:
    assert await served.get("/metrics") == (200, "up 1\n")
    async with served.http.post(f"{served.base}/extra") as response:
        assert await response.text() == "extra"


async def test_events_are_served_only_with_a_signing_secret(clients: SlackWeb) -> None:
    app = build_app(clients, Identity("U0BOT", "B0BOT", "T0"))
    server = HttpServer(host="127.0.0.1", port=0, health=health, app=app)
    await server.start()
    base = f"http://127.0.0.1:{server.port}"
    async with aiohttp.ClientSession() as http:
        assert (await http.post(f"{base}/slack/events", data=HELP)).status == 404
        assert (await http.get(f"{base}/metrics")).status == 404
    await server.stop()


async def test_a_port_in_use_is_said_in_a_sentence(served: Served) -> None:
    second = HttpServer(host="127.0.0.1", port=served.server.port, health=health)
    with pytest.raises(ConfigError, match=f"127.0.0.1:{served.server.port}, another program"):
        await second.start()
    assert second.port == served.server.port


async def test_an_address_of_another_machine_is_said_in_a_sentence() -> None:
    server = HttpServer(host="192.0.2.1", port=0, health=health)
    with pytest.raises(ConfigError, match="this machine has no such address"):
        await server.start()


async def test_stopping_answers_what_is_in_work(clients: SlackWeb) -> None:
    app = build_app(clients, Identity("U0BOT", "B0BOT", "T0"), signing_secret=SECRET)
    working, go = asyncio.Event(), asyncio.Event()

    async def command(ack: AsyncAck) -> None:
        working.set()
        await go.wait()
        await ack("Received.")

    app.command("/pd")(command)
    server = HttpServer(host="127.0.0.1", port=0, health=health, app=app, signing_secret=SECRET)
    await server.start()
    async with aiohttp.ClientSession() as http:
        served = Served(server, http, [])
        posting = asyncio.create_task(served.post(HELP, FORM | signed(HELP)))
        await working.wait()
        stopping = asyncio.create_task(server.stop())
        await asyncio.sleep(0)
        go.set()

        assert (await posting)[0] == 200
        await stopping
