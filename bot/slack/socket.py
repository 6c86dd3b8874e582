"""Socket Mode: envelopes that Slack sends over connections the bot opens itself.

Not the SDK's client: one failed handshake sticks it to a dead address for good, its reconnects
can leave loops behind, and it accepts envelopes without a bound. What is left to write over
aiohttp's websocket, which pings and times out by itself, is less than what would be overridden.

Each slot keeps one connection up. A connection that Slack is about to renew goes on reading
while its successor is being opened, so that no command falls into a gap.
https://docs.slack.dev/apis/events-api/using-socket-mode/
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp
import structlog
from aiohttp import ClientWebSocketResponse, ClientWSTimeout, WSMsgType
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import Clock
from bot.errors import ConfigError
from bot.slack.backoff import delay_seconds
from bot.slack.client import FAILURES, REFUSED_TOKEN, reason_of
from bot.tasks import TaskSet

log = structlog.get_logger(__name__)

LARGEST_MESSAGE = 4 * 1024 * 1024  # bytes; Slack's largest payload is a view of 250 kB


@dataclass(frozen=True, slots=True)
class Timing:
    """Waits and limits of a connection, in seconds."""

    handshake: float = 15.0  # for an address and the connection to it
    hello: float = 30.0  # from the handshake to Slack's first word
    heartbeat: float = 40.0  # of silence until a ping; without a pong it is dead after half as much
    renewal: float = 30.0  # how long a connection is still read after Slack announced its end
    settled: float = 10.0  # a connection that lived so long is replaced without waiting
    drain: float = 3.0  # for envelopes in work when a connection ends; Slack waits no longer
    first_delay: float = 0.25
    longest_delay: float = 30.0


@dataclass(slots=True)
class _Session:
    """One connection from its address to its end."""

    tasks: TaskSet
    over: asyncio.Event = field(default_factory=asyncio.Event)  # a successor is wanted
    greeted_at: float | None = None
    retry_after: float = 0.0


class SocketMode:
    """Hold connections to Slack and hand what arrives to Bolt."""

    def __init__(
        self,
        app: AsyncApp,
        *,
        client: AsyncWebClient,
        app_token: str,
        clock: Clock,
        connections: int = 2,
        in_flight: int = 200,
        timing: Timing | None = None,
    ) -> None:
        self._app = app
        self._client = client
        self._app_token = app_token
        self._clock = clock
        self._count = connections
        self._in_flight = in_flight
        self._free = asyncio.Semaphore(in_flight)
        self._timing = timing or Timing()
        self._slots = TaskSet(limit=connections)
        self._sessions = TaskSet()
        self._up: set[int] = set()
        self._http: aiohttp.ClientSession | None = None
        self._first = asyncio.Event()
        self._refused_at_first: list[str] = []
        self.last_envelope_at: datetime | None = None

    @property
    def connections(self) -> int:
        """Count the connections over which Slack can reach the bot now."""
        return len(self._up)

    @property
    def connected(self) -> bool:
        """Tell whether Slack can reach the bot."""
        return bool(self._up)

    async def connect(self) -> None:
        """Open the connections; return with the first, or when each has failed once.

        A failure is not the end: every slot goes on trying by itself.

        Raises:
            ConfigError: Slack refused the app token.
        """
        self._http = aiohttp.ClientSession()
        for number in range(self._count):
            self._slots.spawn(self._keep(number), name=f"slack socket {number}")
        await self._first.wait()
        if self.connected:
            return
        for reason in self._refused_at_first:
            if reason in REFUSED_TOKEN:
                await self.close()
                raise ConfigError(
                    [
                        (
                            f"SLACK_APP_TOKEN was refused by Slack ({reason}): create an app-level "
                            "token with the scope connections:write; it begins with xapp-."
                        )
                    ]
                )
        log.error(
            "Slack cannot be reached over Socket Mode yet; the bot keeps trying",
            reason=self._refused_at_first[0],
        )

    async def close(self) -> None:
        """Take no new envelopes, acknowledge what is in work, close the connections."""
        await self._slots.drain(0)
        await self._sessions.drain(0)
        if self._http is not None:
            await self._http.close()

    async def _keep(self, number: int) -> None:
        """Keep one slot connected until cancelled."""
        failures = 0
        while True:
            session = _Session(TaskSet(limit=2 * self._in_flight))
            self._sessions.spawn(self._hold(session, number), name=f"slack connection {number}")
            await session.over.wait()
            failures = 0 if self._has_settled(session) else failures + 1
            delay = delay_seconds(
                failures, first=self._timing.first_delay, longest=self._timing.longest_delay
            )
            await self._clock.sleep(max(delay, session.retry_after))

    def _has_settled(self, session: _Session) -> bool:
        greeted_at = session.greeted_at
        if greeted_at is None:
            return False
        return self._clock.monotonic() - greeted_at >= self._timing.settled

    async def _hold(self, session: _Session, number: int) -> None:
        """Open a connection with an address of its own, and read until it ends."""
        assert self._http is not None  # noqa: S101 - connect() made it before the first slot
        reason = "closed"
        try:
            websocket = await self._open(self._http)
            try:
                await self._read(websocket, session)
            finally:
                self._up.discard(id(session))
                session.over.set()
                await session.tasks.drain(self._timing.drain)
                await websocket.close()
            if (failure := websocket.exception()) is not None:
                reason = reason_of(failure)
        except FAILURES as error:
            reason = reason_of(error)
            session.retry_after = _retry_after_seconds(error)
        finally:
            self._up.discard(id(session))
            session.over.set()
            self._report_end(session, number, reason)

    async def _open(self, http: aiohttp.ClientSession) -> ClientWebSocketResponse:
        async with asyncio.timeout(self._timing.handshake):
            answer = await self._client.apps_connections_open(app_token=self._app_token)
            return await http.ws_connect(
                answer["url"],
                heartbeat=self._timing.heartbeat,
                timeout=ClientWSTimeout(ws_close=1.0),
                max_msg_size=LARGEST_MESSAGE,
                proxy=self._client.proxy,
                ssl=True if self._client.ssl is None else self._client.ssl,
            )

    def _report_end(self, session: _Session, number: int, reason: str) -> None:
        if session.greeted_at is None:
            log.warning("no connection to Slack, trying again", connection=number, reason=reason)
            if not self._first.is_set():
                self._refused_at_first.append(reason)
                if len(self._refused_at_first) >= self._count:
                    self._first.set()
        else:
            log.info("connection to Slack ended", connection=number, reason=reason)

    async def _read(self, websocket: ClientWebSocketResponse, session: _Session) -> None:
        """Read until the connection ends, says nothing at first, or outlives its renewal."""
        loop = asyncio.get_running_loop()
        renewing = False
        try:
            async with asyncio.timeout(self._timing.hello) as deadline:
                async for message in websocket:
                    if message.type is not WSMsgType.TEXT:
                        continue
                    envelope = _parse(message.data)
                    match envelope.get("type"):
                        case "hello":
                            deadline.reschedule(None)
                            self._greet(session)
                        case "disconnect":
                            renewing = True
                            log.info("Slack renews a connection", reason=envelope.get("reason"))
                            deadline.reschedule(loop.time() + self._timing.renewal)
                            session.over.set()
                        case _ if "envelope_id" in envelope:
                            self.last_envelope_at = self._clock.now()
                            await self._free.acquire()
                            session.tasks.spawn(self._work(websocket, envelope))
        except TimeoutError:
            if not renewing:
                raise

    def _greet(self, session: _Session) -> None:
        session.greeted_at = self._clock.monotonic()
        self._up.add(id(session))
        self._first.set()
        log.info("connected to Slack", connections=self.connections)

    async def _work(self, websocket: ClientWebSocketResponse, envelope: Mapping[str, Any]) -> None:
        """Let Bolt handle one envelope; without its 200 Slack is told nothing and sends it again.

        Half of a session's task limit are tasks that end here, but whose callbacks are yet to run.
        """
        try:
            response = await self._app.async_dispatch(_request(envelope))
            if response.status == 200:  # noqa: PLR2004 - HTTP's own number
                await websocket.send_str(acknowledgement(envelope["envelope_id"], response))
        except (ConnectionError, aiohttp.ClientError) as error:
            log.warning(
                "an acknowledgement was lost with its connection",
                envelope_id=envelope["envelope_id"],
                reason=reason_of(error),
            )
        finally:
            self._free.release()


def _parse(text: str) -> dict[str, Any]:
    try:
        envelope = json.loads(text)
    except ValueError:
        envelope = None
    if not isinstance(envelope, dict):
        log.warning("Slack sent something that is no envelope", characters=len(text))
        return {}
    return envelope


def _request(envelope: Mapping[str, Any]) -> AsyncBoltRequest:
    headers: dict[str, Any] = {}
    if (attempt := envelope.get("retry_attempt")) is not None:
        headers["x-slack-retry-num"] = str(attempt)
        headers["x-slack-retry-reason"] = str(envelope.get("retry_reason") or "")
    payload = envelope.get("payload")
    return AsyncBoltRequest(
        mode="socket_mode", body=payload if isinstance(payload, dict) else {}, headers=headers
    )


def acknowledgement(envelope_id: str, response: BoltResponse) -> str:
    """Give the message that tells Slack "received", with Bolt's answer where it has one."""
    message: dict[str, Any] = {"envelope_id": envelope_id}
    if response.body:
        is_json = response.first_headers().get("content-type", "").startswith("application/json")
        message["payload"] = json.loads(response.body) if is_json else {"text": response.body}
    return json.dumps(message)


def _retry_after_seconds(error: BaseException) -> float:
    """Read how long Slack wants to be left alone, at most 5 minutes."""
    if not isinstance(error, SlackApiError):
        return 0.0
    header = getattr(error.response, "headers", {}).get("Retry-After", "")
    return min(float(header), 300.0) if header.isdigit() else 0.0
