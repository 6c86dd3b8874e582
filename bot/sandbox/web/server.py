"""Serves the page on loopback, pushes the state to it, and takes what is done on it."""

import asyncio
import errno
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.sandbox.stage import Stage
from bot.sandbox.web.hands import Hands, WrongRequestError
from bot.sandbox.web.state import scene, state

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

STATIC = Path(__file__).with_name("static")
KINDS = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
REQUEST_BYTES = 64 * 1024
TOGETHER_SECONDS = 0.04  # changes that follow one another so closely are pushed as one
LOOK_SECONDS = 0.4  # at what nobody reports: requests that are being answered, the outbox
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class PortTakenError(Exception):
    """Something else listens on the port."""


class Page:
    """The page for one stage. It listens on loopback and answers to loopback's names only."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._hands = Hands(stage)
        self._watchers: set[asyncio.Event] = set()
        self._current = ""
        self._changed = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._pusher: asyncio.Task[None] | None = None
        self._end: Callable[[], None] = lambda: None
        self._hosts: frozenset[str] = frozenset()
        self.url = ""

    async def start(self, port: int, host: str = "127.0.0.1") -> None:
        """Listen. Port 0 takes a free one.

        Raises:
            PortTakenError: something else listens there.
        """
        app = web.Application(middlewares=[self._guarded], client_max_size=REQUEST_BYTES)
        app.router.add_get("/", self._file)
        app.router.add_get("/scene", self._scene)
        app.router.add_get("/state", self._watch)
        app.router.add_post("/do", self._do)
        app.router.add_get("/{name}", self._file)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            await runner.cleanup()
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortTakenError(port) from error
        self._runner = runner
        bound = runner.addresses[0][1]
        self._hosts = frozenset(f"{name}:{bound}" for name in ("127.0.0.1", "localhost", "[::1]"))
        self.url = f"http://{host}:{bound}/"
        self._end = self._stage.slack.on_change(lambda _: self.touch())
        self._pusher = asyncio.create_task(self._push(), name="the page's state")

    async def stop(self) -> None:
        """Stop listening and pushing."""
        self._end()
        if self._pusher is not None:
            self._pusher.cancel()
            await asyncio.gather(self._pusher, return_exceptions=True)
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def touch(self) -> None:
        """Say that there is something new to see."""
        self._changed.set()

    # ---------------------------------------------------------------- who may ask

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse other names for this address (DNS rebinding), and other pages' requests."""
        host, origin = request.headers.get("Host", ""), request.headers.get("Origin")
        if host not in self._hosts:
            return _refuse(421, "This page answers to 127.0.0.1 and localhost only.")
        if origin is not None and origin != f"http://{host}":
            return _refuse(403, "Other pages may not use this one.")
        if request.method == "POST" and request.content_type != "application/json":
            return _refuse(415, "Send JSON.")
        return await handler(request)

    # ---------------------------------------------------------------- what is served

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info.get("name", "index.html")
        path = STATIC / name
        if path.parent != STATIC or path.suffix not in KINDS or not path.is_file():
            return _refuse(404, "There is nothing here.")
        return web.Response(
            body=path.read_bytes(),
            content_type=KINDS[path.suffix],
            charset="utf-8",
            headers=HEADERS,
        )

    async def _scene(self, _: web.Request) -> web.Response:
        return web.json_response(scene(self._stage), headers=HEADERS)

    async def _do(self, request: web.Request) -> web.Response:
        try:
            asked: Any = await request.json()
        except ValueError:
            return _refuse(400, "This is no JSON.")
        if not isinstance(asked, dict):
            return _refuse(400, "Send a JSON object.")
        try:
            answer = await self._hands.do(asked)
        except WrongRequestError as error:
            return _refuse(404, str(error))
        self.touch()
        return web.json_response(answer, headers=HEADERS)

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        """Push the whole state after each change (server-sent events)."""
        response = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
        news = asyncio.Event()
        self._watchers.add(news)
        try:
            await response.prepare(request)
            sent = await self._look()
            await response.write(_event(sent))
            while True:
                await news.wait()
                news.clear()
                if self._current != sent:
                    sent = self._current
                    await response.write(_event(sent))
        except ConnectionError:
            pass  # the tab was closed
        finally:
            self._watchers.discard(news)
        return response

    # ---------------------------------------------------------------- looking

    async def _look(self) -> str:
        outbox = await self._stage.machine.outbox()
        self._current = json.dumps(state(self._stage, outbox), separators=(",", ":"))
        return self._current

    async def _push(self) -> None:
        """Look after each change, and now and then; wake the open tabs when something is new."""
        while True:
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._changed.wait()
            except TimeoutError:
                pass
            else:
                await asyncio.sleep(TOGETHER_SECONDS)
            self._changed.clear()
            if not self._watchers:
                continue
            before = self._current
            if await self._look() != before:
                for news in tuple(self._watchers):
                    news.set()


def _event(data: str) -> bytes:
    return f"data: {data}\n\n".encode()


def _refuse(status: int, sentence: str) -> web.Response:
    return web.json_response({"ok": False, "problem": sentence}, status=status, headers=HEADERS)
