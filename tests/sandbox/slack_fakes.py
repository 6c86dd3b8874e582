"""The smallest bots that there can be, in plain aiohttp: what the sandbox is tested with."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import aiohttp
from aiohttp import web

from bot.sandbox.slack import Message, Slack
from tests.patience import PATIENCE_SECONDS

Json = dict[str, Any]
Answer = Callable[[str, Json], Any]
NO_ACK = object()


def acknowledge(_kind: str, _payload: Json) -> Any:
    """Take everything and say nothing."""
    return None


class Answers:
    """What the bot answers next."""

    def __init__(self) -> None:
        self.body: Any = None

    def __call__(self, _kind: str, _payload: Json) -> Any:
        return self.body


class ManualClock:
    """A clock that stands still until it is told to move."""

    def __init__(self) -> None:
        self._now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        """Give the instant."""
        return self._now

    def forward(self, **duration: float) -> None:
        """Move on."""
        self._now += timedelta(**duration)


@dataclass
class Api:
    """Calls the Web API as a bot does."""

    slack: Slack
    session: aiohttp.ClientSession

    async def __call__(self, method: str, *, token: str | None = None, **args: Any) -> Json:
        """Call with a JSON body."""
        headers = {"Authorization": f"Bearer {token or self.slack.identity.bot_token}"}
        url = self.slack.api_url + method
        async with self.session.post(url, json=args, headers=headers) as response:
            body: Json = await response.json()
            return body

    async def respond(self, url: str, **body: Any) -> tuple[int, str]:
        """Post to a response_url."""
        async with self.session.post(url, json=body) as response:
            return response.status, await response.text()


@asynccontextmanager
async def calling(slack: Slack) -> AsyncIterator[Api]:
    """Serve, and give what calls the Web API."""
    async with slack.serve(), aiohttp.ClientSession() as session:
        yield Api(slack, session)


@dataclass
class SocketBot:
    """A bot in Socket Mode that comes back whenever it loses its connection."""

    api: Api
    answer: Answer = acknowledge
    envelopes: list[Json] = field(default_factory=list)
    frames: list[Json] = field(default_factory=list)
    pongs: list[bytes] = field(default_factory=list)
    socket: aiohttp.ClientWebSocketResponse | None = None
    follows_renewals: bool = True
    hellos: asyncio.Queue[Json] = field(default_factory=asyncio.Queue)

    async def run(self) -> None:
        """Connect for ever."""
        while True:
            with suppress(aiohttp.ClientError):
                await self._connection()

    async def _connection(self) -> None:
        opened = await self.api("apps.connections.open", token=self.api.slack.identity.app_token)
        async with self.api.session.ws_connect(opened["url"], autoping=False) as self.socket:
            async for message in self.socket:
                if message.type is aiohttp.WSMsgType.PONG:
                    self.pongs.append(message.data)
                    continue
                frame = json.loads(message.data)
                self.frames.append(frame)
                if frame["type"] == "hello":
                    self.hellos.put_nowait(frame)
                if frame["type"] == "disconnect" and self.follows_renewals:
                    return
                if "envelope_id" in frame:
                    await self._take(frame)

    async def _take(self, frame: Json) -> None:
        self.envelopes.append(frame)
        given = self.answer(frame["type"], frame["payload"])
        if given is not NO_ACK and self.socket is not None:
            body = {} if given is None else {"payload": given}
            await self.socket.send_str(json.dumps({"envelope_id": frame["envelope_id"], **body}))


@asynccontextmanager
async def socket_bot(
    api: Api, answer: Answer = acknowledge, *, connections: int = 1
) -> AsyncIterator[SocketBot]:
    """Run a bot in Socket Mode, connected when the block begins."""
    bot = SocketBot(api, answer)
    tasks = [asyncio.create_task(bot.run()) for _ in range(connections)]
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            for _ in range(connections):
                await bot.hellos.get()
        yield bot
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass
class HttpBot:
    """A bot behind a request URL. `answer` gives (status, body) or a body for 200."""

    answer: Answer = acknowledge
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    payloads: list[tuple[str, Json]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        """Take one request."""
        body = await request.read()
        self.requests.append((dict(request.headers), body))
        kind, payload = read(request.content_type, body)
        self.payloads.append((kind, payload))
        given = self.answer(kind, payload)
        if given is NO_ACK:
            await asyncio.sleep(30)
        if isinstance(given, web.Response):
            return given
        status, content = given if isinstance(given, tuple) else (200, given)
        if content is None:
            return web.Response(status=status)
        if isinstance(content, str):
            return web.Response(status=status, text=content)
        return web.json_response(content, status=status)


def read(content_type: str, body: bytes) -> tuple[str, Json]:
    """Tell what a request is by its form."""
    if content_type == "application/json":
        return "events_api", json.loads(body)
    form = {name: values[0] for name, values in parse_qs(body.decode(), True).items()}
    if "payload" in form:
        return "interactive", json.loads(form["payload"])
    return "slash_commands", form


@asynccontextmanager
async def http_bot(slack: Slack, answer: Answer = acknowledge) -> AsyncIterator[HttpBot]:
    """Run a bot behind a request URL and tell the sandbox about it."""
    bot = HttpBot(answer)
    application = web.Application()
    application.router.add_post("/slack/events", bot.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    slack.request_url = f"http://127.0.0.1:{port}/slack/events"
    try:
        yield bot
    finally:
        await runner.cleanup()


def workspace(clock: ManualClock | None = None, **settings: Any) -> Slack:
    """Make a workspace with Ann and Bob, #prod and #jobs, a user group and Rundeck."""
    slack = Slack(clock=clock, **settings)
    ann = slack.add_user("ann", email="Ann@example.com", real_name="Ann Archer", id="U0ANN")
    bob = slack.add_user("bob", email="bob@example.com", id="U0BOB")
    slack.add_user("gone", email="gone@example.com", id="U0GONE", deleted=True)
    slack.add_user("zoe", email="zoe@other.example", id="U0ZOE", is_stranger=True)
    slack.add_channel("prod", id="C0PROD", members=[ann, bob])
    slack.add_channel("jobs", id="C0JOBS", members=["U0ANN"])
    slack.add_channel("random", id="C0RANDOM", members=[bob], bot_is_member=False)
    slack.add_channel("old", id="C0OLD", members=[ann], is_archived=True)
    slack.add_channel("secret", id="G0SECRET", members=[bob], bot_is_member=False, is_private=True)
    slack.add_channel("", id="D0ANN", members=[ann], is_im=True)
    slack.add_usergroup("payments-oncall", id="S0PAY", users=[ann])
    slack.add_other_bot("Rundeck", bot_id="B0RUNDECK", app_id="A0RUNDECK", user_id="U0RUNDECK")
    return slack


OWN, ANNS, OTHERS = "1772366300.000001", "1772366300.000002", "1772366300.000003"
REPLY = "1772366300.000004"


@asynccontextmanager
async def talking() -> AsyncIterator[Api]:
    """Serve a workspace where the bot, Ann, Rundeck and (in Ann's thread) Bob have spoken."""
    slack = workspace(ManualClock())
    slack.retry_delays_seconds = ()
    prod = slack.workspace.channel("C0PROD")
    own = {"type": "message", "user": "U0PDBOT", "bot_id": "B0PDBOT", "text": "own"}
    slack.workspace.add(prod, {**own, "ts": OWN})
    slack.workspace.add(prod, {"type": "message", "user": "U0ANN", "text": "hi", "ts": ANNS})
    old = {"type": "message", "subtype": "bot_message", "bot_id": "B0RUNDECK", "text": "job"}
    slack.workspace.add(prod, {**old, "ts": OTHERS})
    reply = {"type": "message", "user": "U0BOB", "text": "reply", "thread_ts": ANNS}
    slack.workspace.add(prod, {**reply, "ts": REPLY})
    async with calling(slack) as api:
        yield api


def last(bot: SocketBot) -> Json:
    """Give the payload that the bot got last."""
    payload: Json = bot.envelopes[-1]["payload"]
    return payload


def events(bot: SocketBot) -> list[Json]:
    """Give the inner events that the bot got."""
    return [one["payload"]["event"] for one in bot.envelopes if one["type"] == "events_api"]


async def posted(slack: Slack, typed: str = "hello", **more: Any) -> Message:
    """Let Ann post."""
    message = (await slack.post("ann", "C0PROD", typed, **more)).message
    assert message is not None
    return message
