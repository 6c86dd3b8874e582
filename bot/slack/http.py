"""The bot's one HTTP server: Slack's events, health, metrics, and what others add to it."""

import errno
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.errors import ConfigError

log = structlog.get_logger(__name__)

LARGEST_BODY = 1024 * 1024  # bytes; Slack's largest payload is a view of 250 kB, form-encoded
STOP_SECONDS = 3.0  # for requests in work; Slack waits no longer


@dataclass(frozen=True, slots=True)
class Health:
    """What `/healthz` tells: 200 or 503, and the parts as JSON."""

    ok: bool
    parts: Mapping[str, Any] = field(default_factory=dict)


class HttpServer:
    """Serve on one address. `/slack/events` exists only with an app and its signing secret."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        health: Callable[[], Awaitable[Health]],
        metrics: Callable[[], Awaitable[bytes]] | None = None,
        app: AsyncApp | None = None,
        signing_secret: str | None = None,
        routes: Iterable[web.RouteDef] = (),
    ) -> None:
        self._host = host
        self._port = port
        self._health = health
        self._metrics = metrics
        web_app = web.Application(client_max_size=LARGEST_BODY)
        web_app.router.add_get("/healthz", self._answer_health)
        if metrics is not None:
            web_app.router.add_get("/metrics", self._answer_metrics)
        if app is not None and signing_secret:
            web_app.router.add_post("/slack/events", _SlackEvents(app, signing_secret).receive)
        web_app.add_routes(routes)
        self._runner = web.AppRunner(web_app, access_log=None, shutdown_timeout=STOP_SECONDS)

    @property
    def port(self) -> int:
        """The port in use, which differs from the one asked for when that was 0."""
        return int(self._runner.addresses[0][1]) if self._runner.addresses else self._port

    async def start(self) -> None:
        """Listen.

        Raises:
            ConfigError: the address cannot be used.
        """
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise ConfigError([_unusable(self._host, self._port, error)]) from error

    async def stop(self) -> None:
        """Take no new requests, answer those in work, close."""
        await self._runner.cleanup()

    async def _answer_health(self, _: web.Request) -> web.Response:
        health = await self._health()
        body = json.dumps({"ok": health.ok, **health.parts}, default=str)
        return web.Response(
            status=200 if health.ok else 503, text=body, content_type="application/json"
        )

    async def _answer_metrics(self, _: web.Request) -> web.Response:
        assert self._metrics is not None  # noqa: S101 - the route exists only with it
        return web.Response(
            body=await self._metrics(), headers={"Content-Type": "text/plain; version=0.0.4"}
        )


class _SlackEvents:
    """Hand signed requests to Bolt.

    The signature is checked here before anything of the body is parsed, and by Bolt once more:
    its own check comes after parsing and fails on a timestamp that is no number.
    """

    def __init__(self, app: AsyncApp, signing_secret: str) -> None:
        self._app = app
        self._verifier = SignatureVerifier(signing_secret)

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            is_signed = self._verifier.is_valid_request(body, request.headers)
            text = body.decode()
        except (ValueError, TypeError):  # not a number, not ASCII, not UTF-8
            is_signed, text = False, ""
        if not is_signed:
            log.warning("refused a request without Slack's signature", remote=request.remote)
            return web.Response(status=401, text="The signature is missing, wrong or too old.")
        try:
            bolt_request = AsyncBoltRequest(body=text, headers=dict(request.headers))
        except ValueError:
            return web.Response(status=400, text="The body is not what Slack sends.")
        response: web.Response = await to_aiohttp_response(
            await self._app.async_dispatch(bolt_request)
        )
        return response


def _unusable(host: str, port: int, error: OSError) -> str:
    reasons = {
        errno.EADDRINUSE: "another program listens there already",
        errno.EACCES: "the system does not allow it; ports below 1024 need special rights",
        errno.EADDRNOTAVAIL: "this machine has no such address",
    }
    reason = reasons.get(error.errno or 0, error.strerror or str(error))
    return (
        f"PDBOT_HOST and PDBOT_PORT: cannot listen on {host}:{port}, {reason}. "
        "Choose another one, for example PDBOT_PORT=3001."
    )
