"""Socket Mode over real websockets, with every way in which a line can fail."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse

from bot.clock import SystemClock
from bot.errors import ConfigError
from bot.slack.client import Identity, SlackWeb, build_app
from bot.slack.socket import SocketMode, Timing, acknowledgement
from tests.patience import until
from tests.slack_io.fake_slack import APP_TOKEN, BOT_TOKEN, FakeSlack, Json

IDENTITY = Identity("U0BOT", "B0BOT", "T0")
QUICK = Timing(renewal=0.5, settled=0.0, first_delay=0.01)
HELP: Json = {"command": "/pd", "text": "help", "user_id": "U1", "team_id": "T0"}


class Bot:
    """A Bolt app with one command that can be held up."""

    def __init__(self, web_clients: SlackWeb, **options: Any) -> None:
        self.app: AsyncApp = build_app(web_clients, IDENTITY)
        self.go = asyncio.Event()
        self.go.set()
        self.working = asyncio.Event()
        self.headers: list[dict[str, Any]] = []
        self.app.command("/pd")(self._command)
        chosen: dict[str, Any] = {"connections": 1, "timing": QUICK, **options}
        self.socket = SocketMode(
            self.app,
            client=web_clients.prompt,
            app_token=APP_TOKEN,
            clock=SystemClock(),
            **chosen,
        )

    async def _command(self, ack: AsyncAck, request: Any) -> None:
        self.headers.append(request.headers)
        self.working.set()
        await self.go.wait()
        await ack(request.body["text"].replace("nothing", ""))


@asynccontextmanager
async def connected(slack: FakeSlack, **options: Any) -> AsyncIterator[Bot]:
    async with SlackWeb(BOT_TOKEN, slack.api_url) as clients:
        bot = Bot(clients, **options)
        try:
            await bot.socket.connect()
            yield bot
        finally:
            await bot.socket.close()


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as fake:
        yield fake


async def test_a_command_is_acknowledged_with_its_answer(slack: FakeSlack) -> None:
    async with connected(slack) as bot:
        ack = await slack.send(HELP)

        assert ack["payload"] == {"text": "help"}
        assert bot.socket.connected
        assert bot.socket.last_envelope_at is not None


async def test_the_app_token_opens_the_connection(slack: FakeSlack) -> None:
    async with connected(slack) as bot:
        assert [name for name, _ in slack.calls] == ["apps.connections.open"]
        assert bot.socket.connections == 1


async def test_two_connections_are_the_default(slack: FakeSlack) -> None:
    async with connected(slack, connections=2) as bot:
        await slack.until(lambda: len(slack.lines) == 2)
        for line in slack.lines:
            assert (await slack.send(HELP, over=line))["payload"] == {"text": "help"}
        assert bot.socket.connections == 2


async def test_refused_handshakes_are_followed_by_fresh_addresses(slack: FakeSlack) -> None:
    """The SDK's client repeats the dead address for ever."""
    slack.handshakes_to_refuse = 3
    async with connected(slack) as bot:
        await slack.until(lambda: slack.lines)

        assert (await slack.send(HELP))["payload"] == {"text": "help"}
        assert slack.handshakes == 4
        assert bot.socket.connected


async def test_a_handshake_without_an_answer_is_given_up(slack: FakeSlack) -> None:
    slack.handshakes_to_ignore = 1
    timing = replace(QUICK, handshake=0.5)
    async with connected(slack, timing=timing) as bot:
        assert not bot.socket.connected

        await until(lambda: bot.socket.connected)
        assert (await slack.send(HELP))["payload"] == {"text": "help"}


async def test_the_start_survives_a_slack_that_cannot_be_reached(slack: FakeSlack) -> None:
    slack.answers["apps.connections.open"] = web.Response(status=503, text="gone")
    async with connected(slack) as bot:
        assert not bot.socket.connected

        del slack.answers["apps.connections.open"]
        await slack.until(lambda: slack.lines)

        assert (await slack.send(HELP))["payload"] == {"text": "help"}


async def test_a_refused_app_token_stops_the_start(slack: FakeSlack) -> None:
    slack.answers["apps.connections.open"] = {"ok": False, "error": "invalid_auth"}
    with pytest.raises(ConfigError, match=r"SLACK_APP_TOKEN was refused by Slack \(invalid_auth\)"):
        async with connected(slack):
            pass


async def test_a_rate_limit_is_waited_for(slack: FakeSlack) -> None:
    slack.answers["apps.connections.open"] = web.Response(
        status=429,
        text='{"ok": false, "error": "ratelimited"}',
        headers={"Retry-After": "1", "Content-Type": "application/json"},
    )
    loop = asyncio.get_running_loop()
    before = loop.time()
    async with connected(slack) as bot:
        del slack.answers["apps.connections.open"]
        await slack.until(lambda: slack.lines)

        assert loop.time() - before > 0.9
        assert (await slack.send(HELP))["payload"] == {"text": "help"}
        assert bot.socket.connected


async def test_a_cut_connection_is_replaced(slack: FakeSlack) -> None:
    async with connected(slack):
        slack.lines[0].cut()
        await slack.until(lambda: not slack.lines)
        await slack.until(lambda: slack.lines)

        assert (await slack.send(HELP))["payload"] == {"text": "help"}


async def test_the_other_connection_answers_while_one_is_cut(slack: FakeSlack) -> None:
    async with connected(slack, connections=2) as bot:
        await slack.until(lambda: len(slack.lines) == 2)
        slack.handshakes_to_refuse = 1000
        slack.lines[0].cut()
        await slack.until(lambda: len(slack.lines) == 1)

        assert (await slack.send(HELP))["payload"] == {"text": "help"}
        assert bot.socket.connected


async def test_a_closed_connection_is_replaced(slack: FakeSlack) -> None:
    async with connected(slack):
        await slack.lines[0].socket.close()
        await slack.until(lambda: len(slack.lines) == 1 and slack.handshakes == 2)

        assert (await slack.send(HELP))["payload"] == {"text": "help"}


async def test_a_renewal_leaves_no_gap(slack: FakeSlack) -> None:
    """The old connection is still read while its successor is opened."""
    async with connected(slack) as bot:
        old = slack.lines[0]
        await old.ask_to_renew("warning")
        await slack.until(lambda: len(slack.lines) == 2)

        assert (await slack.send(HELP, over=old))["payload"] == {"text": "help"}
        assert (await slack.send(HELP))["payload"] == {"text": "help"}
        await slack.until(lambda: old not in slack.lines)
        assert bot.socket.connections == 1
        assert slack.handshakes == 2


async def test_a_silent_connection_is_replaced(slack: FakeSlack) -> None:
    """Pings without an answer show it: the TCP connection itself still looks well."""
    async with connected(slack, timing=replace(QUICK, heartbeat=0.4)):
        old, slack.pongs = slack.lines[0], False
        await slack.until(lambda: slack.lines and old not in slack.lines)
        slack.pongs = True

        assert (await slack.send(HELP))["payload"] == {"text": "help"}


async def test_a_live_connection_stays(slack: FakeSlack) -> None:
    async with connected(slack, timing=replace(QUICK, heartbeat=0.8)):
        await slack.until(lambda: slack.pings == 2)

        assert slack.handshakes == 1


async def test_a_connection_without_a_greeting_is_replaced(slack: FakeSlack) -> None:
    slack.greets = False
    async with connected(slack, timing=replace(QUICK, hello=0.5)) as bot:
        assert not bot.socket.connected

        slack.greets = True
        await until(lambda: bot.socket.connected)
        assert (await slack.send(HELP))["payload"] == {"text": "help"}


async def test_closing_acknowledges_what_is_in_work(slack: FakeSlack) -> None:
    async with connected(slack) as bot:
        bot.go.clear()
        sending = asyncio.create_task(slack.send(HELP))
        await bot.working.wait()
        closing = asyncio.create_task(bot.socket.close())
        await asyncio.sleep(0)
        bot.go.set()

        assert (await sending)["payload"] == {"text": "help"}
        await closing
        assert not bot.socket.connected
        assert not slack.lines


async def test_closing_leaves_no_task_behind(slack: FakeSlack) -> None:
    before = asyncio.all_tasks()
    async with connected(slack, connections=2):
        await slack.until(lambda: len(slack.lines) == 2)
        slack.lines[0].cut()
    await slack.until(lambda: not slack.lines)
    mine = {task for task in asyncio.all_tasks() - before if "slack" in task.get_name()}

    assert not mine


async def test_envelopes_in_flight_are_bounded(slack: FakeSlack) -> None:
    async with connected(slack, in_flight=2) as bot:
        bot.go.clear()
        sending = [asyncio.create_task(slack.send(HELP)) for _ in range(5)]
        await bot.working.wait()
        await asyncio.sleep(0.05)
        assert len(bot.headers) == 2

        bot.go.set()
        assert len(await asyncio.gather(*sending)) == 5


async def test_an_acknowledgement_lost_with_its_connection_harms_nobody(slack: FakeSlack) -> None:
    async with connected(slack) as bot:
        bot.go.clear()
        lost, old = await slack.post(HELP), slack.lines[0]
        await bot.working.wait()
        old.cut()
        await slack.until(lambda: slack.lines and old not in slack.lines)
        bot.go.set()

        assert (await slack.send(HELP))["payload"] == {"text": "help"}
    await slack.until(lambda: not slack.lines)
    assert not lost.done()


async def test_a_failure_is_not_acknowledged(slack: FakeSlack) -> None:
    async with connected(slack):
        failing = await slack.post({"command": "/pd", "user_id": "U1"})
        assert (await slack.send(HELP))["payload"] == {"text": "help"}
    await slack.until(lambda: not slack.lines)
    assert not failing.done()


async def test_a_repeated_delivery_carries_slacks_headers(slack: FakeSlack) -> None:
    async with connected(slack) as bot:
        await slack.send(HELP, retry_attempt=1, retry_reason="timeout")

        assert bot.headers[0]["x-slack-retry-num"] == ["1"]
        assert bot.headers[0]["x-slack-retry-reason"] == ["timeout"]


@pytest.mark.parametrize("text", ["no json", "[]", "null", '{"type": "unheard of"}'])
async def test_what_is_no_envelope_is_ignored(slack: FakeSlack, text: str) -> None:
    async with connected(slack):
        await slack.lines[0].socket.send_str(text)
        await slack.lines[0].socket.send_bytes(b"bytes")

        assert (await slack.send(HELP))["payload"] == {"text": "help"}


@pytest.mark.parametrize(
    ("response", "payload"),
    [
        pytest.param(BoltResponse(status=200, body=""), None, id="empty"),
        pytest.param(BoltResponse(status=200, body="busy"), {"text": "busy"}, id="text"),
        pytest.param(BoltResponse(status=200, body={"options": []}), {"options": []}, id="json"),
    ],
)
def test_an_acknowledgement_carries_bolts_answer(
    response: BoltResponse, payload: Json | None
) -> None:

    expected: Json = {"envelope_id": "e1"}
    if payload is not None:
        expected["payload"] = payload

    assert json.loads(acknowledgement("e1", response)) == expected


async def test_closing_before_connecting_is_harmless(slack: FakeSlack) -> None:
    async with SlackWeb(BOT_TOKEN, slack.api_url) as clients:
        await Bot(clients).socket.close()
