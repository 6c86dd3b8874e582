"""Slack's side of the benchmark, in a process of its own: it sends commands and times their acks.

Reads a JSON line a task from standard input, writes a JSON line a result.
"""

import asyncio
import itertools
import json
import sys
import time
from typing import Any

from aiohttp import WSMsgType, web

AUTH_TEST = {
    "ok": True,
    "url": "https://acme.slack.com/",
    "team": "Acme",
    "user": "pdbot",
    "team_id": "T0",
    "user_id": "U0BOT",
    "bot_id": "B0BOT",
}


class Load:
    """A Slack that does nothing but send one command again and again."""

    def __init__(self) -> None:
        self.sockets: list[web.WebSocketResponse] = []
        self.answers = 0
        self.base = ""
        self._numbers = itertools.count(1)
        self._turns = itertools.count()
        self._text = ""
        self._sent: dict[str, float] = {}
        self._seconds: list[float] = []
        self._refused = 0
        self._left = 0
        self._over = asyncio.Event()

    async def serve(self) -> None:
        app = web.Application()
        app.router.add_post("/api/auth.test", self._auth_test)
        app.router.add_post("/api/apps.connections.open", self._open)
        app.router.add_post("/respond", self._respond)
        app.router.add_get("/link", self._link)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        self.base = f"http://{host}:{port}"

    async def _auth_test(self, _: web.Request) -> web.Response:
        return web.json_response(AUTH_TEST)

    async def _open(self, _: web.Request) -> web.Response:
        return web.json_response({"ok": True, "url": f"{self.base.replace('http', 'ws')}/link"})

    async def _respond(self, request: web.Request) -> web.Response:
        await request.read()
        self.answers += 1
        return web.Response(text="ok")

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello"})
        self.sockets.append(socket)
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._acknowledged(json.loads(message.data))
        finally:
            self.sockets.remove(socket)
        return socket

    async def _send(self) -> None:
        number = next(self._numbers)
        envelope_id = f"envelope-{number}"
        envelope = {
            "envelope_id": envelope_id,
            "type": "slash_commands",
            "accepts_response_payload": True,
            "payload": {
                "token": "x",
                "team_id": "T0",
                "team_domain": "acme",
                "channel_id": "C0PROD",
                "channel_name": "prod",
                "user_id": "U0ANN",
                "user_name": "ann",
                "command": "/pd",
                "text": self._text,
                "api_app_id": "A0PDBOT",
                "is_enterprise_install": "false",
                "response_url": f"{self.base}/respond",
                "trigger_id": f"{number}.trigger",
            },
        }
        self._left -= 1
        socket = self.sockets[next(self._turns) % len(self.sockets)]
        self._sent[envelope_id] = time.perf_counter()
        await socket.send_str(json.dumps(envelope))

    async def _acknowledged(self, ack: dict[str, Any]) -> None:
        self._seconds.append(time.perf_counter() - self._sent.pop(ack["envelope_id"]))
        self._refused += "payload" in ack
        if self._is_closed and self._left > 0:
            await self._send()
        elif self._left <= 0 and not self._sent:
            self._over.set()

    async def run(self, task: dict[str, Any]) -> dict[str, Any]:
        """Send `count` commands, `in_flight` at a time or `rate` a second."""
        self._text, self._left = task["text"], task["count"]
        self._seconds, self._refused, self.answers = [], 0, 0
        self._is_closed = "in_flight" in task
        self._over.clear()
        started = time.perf_counter()
        if self._is_closed:
            for _ in range(task["in_flight"]):
                await self._send()
        else:
            for turn in range(task["count"]):
                await asyncio.sleep(started + turn / task["rate"] - time.perf_counter())
                await self._send()
        await asyncio.wait_for(self._over.wait(), 120)
        took = time.perf_counter() - started
        ordered = sorted(self._seconds)
        return {
            "per_second": len(ordered) / took,
            "p50_ms": ordered[len(ordered) // 2] * 1000,
            "p99_ms": ordered[int(len(ordered) * 0.99)] * 1000,
            "max_ms": ordered[-1] * 1000,
            "refused": self._refused,
        }

    async def answered(self, count: int) -> dict[str, Any]:
        """Wait until so many answers have come over the response_url."""
        async with asyncio.timeout(120):
            while self.answers < count:  # noqa: ASYNC110 - an event a request would be measured too
                await asyncio.sleep(0.01)
        return {"answers": self.answers}


async def main() -> None:
    load = Load()
    await load.serve()
    print(json.dumps({"base": load.base}), flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        task = json.loads(line)
        result = await (load.answered(task["answers"]) if "answers" in task else load.run(task))
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
