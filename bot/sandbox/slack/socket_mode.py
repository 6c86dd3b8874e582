"""Socket Mode: single-use addresses, hello, envelopes, acknowledgements, renewals, bad lines.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import json
import random
import secrets
import uuid
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiohttp import WSMsgType, web

from bot.sandbox.slack.changes import Changes
from bot.sandbox.slack.faults import Faults
from bot.sandbox.slack.http_mode import Answer
from bot.sandbox.slack.records import Json

MOST_CONNECTIONS = 10
_CLOSE_SECONDS = 1.0
_GONE = 499
_USED_TICKET = 408
"""Slack's answer to a second handshake on one address (slackapi/node-slack-sdk#1472)."""


@dataclass(slots=True, eq=False)
class Connection:
    """One websocket. `is_silent` answers no pings; `swallows` still takes envelopes then."""

    number: int
    socket: web.WebSocketResponse = field(repr=False)
    transport: asyncio.Transport | None = field(repr=False)
    is_open: bool = True
    is_leaving: bool = False
    is_silent: bool = False
    swallows: bool = False
    sent: int = 0
    pings: int = 0

    @property
    def takes_envelopes(self) -> bool:
        """Tell whether Slack would choose this connection."""
        return self.is_open and not self.is_leaving and (not self.is_silent or self.swallows)

    async def send(self, frame: Json) -> bool:
        """Send a frame; False when the line is broken. A silent connection swallows it."""
        self.sent += 1
        if self.is_silent:
            return True
        try:
            await self.socket.send_str(json.dumps(frame))
        except (ConnectionError, RuntimeError):
            return False
        return True

    def abort(self) -> None:
        """Cut the TCP connection without a word."""
        self.is_open = False
        if self.transport is not None:
            self.transport.abort()


class SocketHub:
    """All websockets of the app."""

    def __init__(self, app_id: str, faults: Faults, changes: Changes, seed: int) -> None:
        self.connections: list[Connection] = []
        self.stray_acks: list[Json] = []
        self.handshakes = 0
        self._app_id = app_id
        self._faults = faults
        self._changes = changes
        self._random = random.Random(seed)  # noqa: S311 - which connection, not a secret
        self._tickets: set[str] = set()
        self._waiting: dict[str, asyncio.Future[Any]] = {}

    def ticket(self) -> str:
        """Make an address's secret, good for one handshake."""
        ticket = secrets.token_hex(16)
        self._tickets.add(ticket)
        return ticket

    async def handshake(self, request: web.Request) -> web.StreamResponse:
        """Take a websocket and serve it until it ends."""
        fault = self._faults.take("socket.handshake")
        ticket = request.query.get("ticket", "")
        is_fresh = ticket in self._tickets
        self._tickets.discard(ticket)
        if fault is not None:
            await asyncio.sleep(fault.delay)
            if fault.drop and request.transport is not None:
                request.transport.close()
            if fault.fails:
                return web.Response(status=fault.status, headers=fault.headers)
        if not is_fresh:
            return web.Response(status=_USED_TICKET, text="The address was used already.")
        socket = web.WebSocketResponse(autoping=False, timeout=_CLOSE_SECONDS)
        try:
            await socket.prepare(request)
        except ConnectionError:
            return web.Response(status=_GONE)  # to nobody: the client hung up meanwhile
        self.handshakes += 1
        connection = Connection(self.handshakes, socket, request.transport)
        if sum(one.is_open for one in self.connections) >= MOST_CONNECTIONS:
            await connection.send(_disconnect("too_many_websockets"))
            await socket.close()
            return socket
        await self._serve(connection)
        return socket

    async def _serve(self, connection: Connection) -> None:
        self.connections.append(connection)
        await connection.send(
            {
                "type": "hello",
                "num_connections": len(self.connections),
                "debug_info": {"host": "sandbox", "approximate_connection_time": 18060},
                "connection_info": {"app_id": self._app_id},
            }
        )
        self._changes.touch("connection")
        try:
            async for message in connection.socket:
                if message.type is WSMsgType.PING:
                    connection.pings += 1
                    if not connection.is_silent:
                        await connection.socket.pong(message.data)
                elif message.type is WSMsgType.TEXT:
                    self._read(message.data)
        except ConnectionError:
            pass  # the line broke while a pong was on its way: the end is the same
        finally:
            connection.is_open = False
            self.connections.remove(connection)
            self._changes.touch("connection")

    def _read(self, text: str) -> None:
        try:
            frame = json.loads(text)
        except ValueError:
            frame = None
        waiting = None
        if isinstance(frame, dict):
            waiting = self._waiting.pop(str(frame.get("envelope_id")), None)
        if waiting is None:
            self.stray_acks.append(frame if isinstance(frame, dict) else {"text": text})
        elif not waiting.done():
            waiting.set_result(frame.get("payload"))

    async def send(
        self, kind: str, payload: Json, attempt: int, reason: str, timeout_seconds: float
    ) -> Answer:
        """Send an envelope to one of the connections and wait for its acknowledgement."""
        candidates = [one for one in self.connections if one.takes_envelopes]
        if not candidates:
            return Answer("none", reason="not_connected")
        connection = self._random.choice(candidates)
        envelope_id = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        envelope = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        waiting = self._waiting[envelope_id] = asyncio.get_running_loop().create_future()
        answer = partial(Answer, envelope_id=envelope_id, connection=connection.number)
        try:
            if not await connection.send(envelope):
                return answer("none", reason="connection_failed")
            async with asyncio.timeout(timeout_seconds):
                return answer("acknowledged", await waiting)
        except TimeoutError:
            return answer("none", reason="timeout")
        finally:
            self._waiting.pop(envelope_id, None)

    async def refresh(self, connection: Connection, grace_seconds: float) -> Connection | None:
        """Ask for a renewal as Slack does every few hours; gives the new connection.

        First a `warning`; where the client is still there after the grace, `refresh_requested`;
        then the old connection is closed. None when no new one came.
        """
        before = self.handshakes
        for reason in ("warning", "refresh_requested"):
            connection.is_leaving = reason != "warning"
            await connection.send(_disconnect(reason))
            newest = await self.newer_than(before, grace_seconds)
            if newest is not None:
                break
        await connection.socket.close()
        return newest or await self.newer_than(before, grace_seconds)

    async def newer_than(self, handshake: int, timeout_seconds: float) -> Connection | None:
        """Wait for a connection that was made after a handshake."""
        return await self._changes.until(
            lambda: next((one for one in self.connections if one.number > handshake), None),
            timeout_seconds,
        )

    def abort_all(self) -> None:
        """Cut all lines."""
        for connection in tuple(self.connections):
            connection.abort()


def _disconnect(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}
