"""PagerDuty on loopback: one port for REST v2 and Events v2."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.sandbox.pagerduty import rest
from bot.sandbox.pagerduty.account import utc_now
from bot.sandbox.pagerduty.alerts import Alerts
from bot.sandbox.pagerduty.events import Events
from bot.sandbox.pagerduty.faults import Fault, Faults
from bot.sandbox.pagerduty.query import Query
from bot.sandbox.pagerduty.records import User
from bot.sandbox.pagerduty.snapshot import snapshot
from bot.sandbox.pagerduty.webhooks import Subscription, Webhooks

EVENTS_PATHS = {
    "/v2/enqueue": "events_v2.createV2Event",
    "/v2/change/enqueue": "events_v2.createChangeEvent",
}
REQUEST_BYTES_MAX = 4_000_000
Answer = tuple[int, Any]


@dataclass(slots=True)
class Request:
    """A request as it arrived. `status` is None until it is answered, and when it never was.

    `body` is None when there was none, or no JSON. Headers are looked up in any case of letters.
    """

    at: datetime
    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str] = field(repr=False)  # the key is in them
    body: Any
    operation: str
    status: int | None = None


class PagerDuty(Alerts):
    """An account, served. Change it as the UI would through its methods, also while it runs."""

    def __init__(
        self,
        account: str = "acme",
        region_host: str | None = None,
        api_token: str = "pd-account-key",  # noqa: S107 - opens nothing but this sandbox
        key_owner: User | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(account, region_host, api_token, key_owner, now)
        self.faults = Faults()
        self.requests: list[Request] = []
        self.events: list[Request] = []
        self.remembered_max = 20_000
        self.webhooks = Webhooks(self)
        self._events = Events(self)
        self._runner: web.AppRunner | None = None
        self._stopping = asyncio.Event()
        self._url: str | None = None

    # ------------------------------------------------------------ running

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one."""
        app = web.Application(client_max_size=REQUEST_BYTES_MAX)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._stopping = asyncio.Event()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        address = self._runner.addresses[0]
        self._url = f"http://{address[0]}:{address[1]}"
        await self.webhooks.start()

    async def stop(self) -> None:
        """Stop listening; delayed answers are given at once, delayed incidents never appear."""
        self._stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self._events.stop()
        await self.webhooks.stop()

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator["PagerDuty"]:
        """Run for as long as the block."""
        await self.start(host, port)
        try:
            yield self
        finally:
            await self.stop()

    @property
    def rest_url(self) -> str:
        """The base of REST v2 (PAGERDUTY_API_URL)."""
        if self._url is None:
            raise RuntimeError("The sandbox has no address before it is started.")
        return self._url

    @property
    def events_url(self) -> str:
        """The base of Events v2 (PAGERDUTY_EVENTS_URL)."""
        return f"{self.rest_url}/v2"

    # ------------------------------------------------------------ around the edges

    @property
    def event_delay_seconds(self) -> float:
        """How long after its 202 an event takes effect."""
        return self._events.delay_seconds

    @event_delay_seconds.setter
    def event_delay_seconds(self, seconds: float) -> None:
        self._events.delay_seconds = seconds

    def subscribe(self, url: str, secret: str) -> Subscription:
        """Send signed webhooks to an address from now on."""
        return self.webhooks.subscribe(url, secret)

    async def settled(self) -> None:
        """Wait until all delayed incidents have appeared and all webhooks are out."""
        while not (self._events.is_idle and self.webhooks.is_idle):
            await self._events.settled()
            await self.webhooks.settled()

    def clear_requests(self) -> None:
        """Forget the requests and events so far."""
        self.requests.clear()
        self.events.clear()

    def snapshot(self) -> dict[str, Any]:
        """Give everything a page needs to show, as JSON."""
        events = [
            {"at": one.at.isoformat(), "body": one.body, "status": one.status}
            for one in self.events
        ]
        return {**snapshot(self), "events": events}

    # ------------------------------------------------------------ requests

    def _remember(self, log: list[Request], request: Request) -> None:
        """Keep the newest; long demonstrations and benchmarks must not eat the memory."""
        if len(log) >= self.remembered_max:
            del log[: self.remembered_max // 2]
        log.append(request)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body: Any = None
        with suppress(ValueError):
            body = json.loads(raw)
        is_event = request.path in EVENTS_PATHS and request.method == "POST"
        found = None if is_event else rest.find_route(request.method, request.path)
        known = found[0].operation if found else "unknown"
        operation = EVENTS_PATHS[request.path] if is_event else known
        query = Query(request.query.items())
        record = Request(
            self.now(),
            request.method,
            request.path,
            query.items,
            request.headers,
            body,
            operation,
        )
        self._remember(self.events if is_event else self.requests, record)

        def serve() -> Answer:
            if is_event:
                return self._events.accept(operation, request.headers, body, len(raw))
            return rest.answer(self, found, request.headers, query, body)

        fault = self.faults.take(operation)
        if fault is None:
            record.status, answer = serve()
            return _response(record.status, answer)
        return await self._spoil(fault, record, request, serve)

    async def _spoil(
        self, fault: Fault, record: Request, request: web.Request, serve: Callable[[], Answer]
    ) -> web.StreamResponse:
        """Let a fault happen to a request."""
        status, answer = 0, None
        if fault.status is not None:
            status, answer = fault.status, fault.answer(record.operation)
        elif fault.drop != "before":
            status, answer = serve()
        if fault.delay:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), fault.delay)
        if fault.drop is not None:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        record.status = status
        return _response(status, answer, fault.headers)


def _response(status: int, answer: Any, headers: Mapping[str, str] | None = None) -> web.Response:
    """Give JSON as such, and text or nothing as HTML, which is what proxies send."""
    if answer is None or isinstance(answer, str):
        return web.Response(
            status=status, text=answer or "", content_type="text/html", headers=headers
        )
    return web.json_response(answer, status=status, headers=headers)
