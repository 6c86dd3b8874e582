"""A Slack of a hundred lines: canned answers, single-use addresses, and bad lines on demand."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Self

from aiohttp import WSMsgType, web

from tests.patience import PATIENCE_SECONDS

Json = dict[str, Any]

SECRET = "signing-secret-of-the-tests"
BOT_TOKEN = "xoxb-of-the-tests"
APP_TOKEN = "xapp-of-the-tests"
AUTH_TEST = {
    "ok": True,
    "user_id": "U0BOT",
    "bot_id": "B0BOT",
    "team_id": "T0",
    "team": "Acme",
}


class Line:
    """One websocket as Slack sees it."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.socket = socket
        self._transport = request.transport

    async def ask_to_renew(self, reason: str = "refresh_requested") -> None:
        await self.socket.send_json({"type": "disconnect", "reason": reason})

    def cut(self) -> None:
        """Break the TCP connection without a word."""
        assert self._transport is not None
        self._transport.abort()


class FakeSlack:
    """Serve on loopback; `calls` are the methods called, `said` what response_urls got."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Json]] = []
        self.said: list[Json] = []
        self.answers: dict[str, Json | web.Response] = {"auth.test": AUTH_TEST}
        self.respond_status = 200
        self.respond_text = "ok"
        self.handshakes_to_refuse = 0
        self.handshakes = 0
        self.handshakes_to_ignore = 0
        self._stopping = asyncio.Event()
        self.greets = True
        self.pongs = True
        self.pings = 0  # answered
        self.lines: list[Line] = []
        self.acks: dict[str, asyncio.Future[Json]] = {}
        self._tickets: set[str] = set()
        self._count = 0
        self._changed = asyncio.Condition()
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._api)  # some methods are read with GET
        app.router.add_post("/respond", self._respond)
        app.router.add_get("/link", self._link)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.base = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping.set()
        for line in self.lines:
            line.cut()
        await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        return f"{self.base}/api/"

    @property
    def response_url(self) -> str:
        return f"{self.base}/respond"

    def called(self, method: str) -> list[Json]:
        return [arguments for name, arguments in self.calls if name == method]

    async def until(self, fact: Callable[[], object]) -> None:
        """Wait until something that the server has seen is true."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._changed:
            await self._changed.wait_for(fact)

    async def send(self, payload: Json, *, over: Line | None = None, **envelope: Any) -> Json:
        """Send an envelope and give its acknowledgement."""
        acked = await self.post(payload, over=over, **envelope)
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await acked

    async def post(
        self, payload: Json, *, over: Line | None = None, **envelope: Any
    ) -> asyncio.Future[Json]:
        """Send an envelope and give what becomes its acknowledgement."""
        self._count += 1
        envelope_id = f"envelope-{self._count}"
        acked: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self.acks[envelope_id] = acked
        line = over or self.lines[-1]
        whole = {"envelope_id": envelope_id, "payload": payload, **envelope}
        await line.socket.send_json(whole)
        return acked

    async def _notice(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _api(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        if request.content_type == "application/json":
            arguments = await request.json()
        else:
            arguments = {**request.query, **await request.post()}
        self.calls.append((method, arguments))
        await self._notice()
        if method == "apps.connections.open" and method not in self.answers:
            self._count += 1
            self._tickets.add(str(self._count))
            url = f"{self.base.replace('http', 'ws')}/link?ticket={self._count}"
            return web.json_response({"ok": True, "url": url})
        answer = self.answers.get(method, {"ok": True})
        if isinstance(answer, web.Response):
            return web.Response(status=answer.status, text=answer.text, headers=answer.headers)
        return web.json_response(answer)

    async def _respond(self, request: web.Request) -> web.Response:
        self.said.append(await request.json())
        await self._notice()
        return web.Response(status=self.respond_status, text=self.respond_text)

    async def _link(self, request: web.Request) -> web.StreamResponse:
        self.handshakes += 1
        await self._notice()
        if self.handshakes_to_ignore > 0:
            self.handshakes_to_ignore -= 1
            await self._stopping.wait()
        ticket = request.query["ticket"]
        used = ticket not in self._tickets
        self._tickets.discard(ticket)
        if used or self.handshakes_to_refuse > 0:
            self.handshakes_to_refuse -= 1
            return web.Response(status=408)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        line = Line(socket, request)
        self.lines.append(line)
        if self.greets:
            await socket.send_json({"type": "hello", "num_connections": len(self.lines)})
        await self._notice()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    ack = json.loads(message.data)
                    self.acks[ack["envelope_id"]].set_result(ack)
                elif message.type is WSMsgType.PING and self.pongs:
                    await socket.pong(message.data)
                    self.pings += 1
                    await self._notice()
        finally:
            self.lines.remove(line)
            await self._notice()
        return socket
