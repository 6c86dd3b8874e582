"""The sandbox's Slack: one object that serves, acts, expects and shows."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

from aiohttp import web

from bot.sandbox.slack.errors import NotSeenError
from bot.sandbox.slack.expect import Expectations
from bot.sandbox.slack.records import Json
from bot.sandbox.slack.socket_mode import Connection
from bot.sandbox.slack.webapi import WebApi

_SHOWN_DELIVERIES = 50
_SHOWN_CALLS = 100
_REFRESH_GRACE_SECONDS = 2.0


class Slack(Expectations):
    """A Slack on loopback for one workspace and one app.

    Set the scene (`add_user` ...), `serve` it, point the bot at `api_url`, then act as people do
    (`command`, `click` ...) and wait for what the bot does (`expect_message` ...).
    """

    _runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 chooses a free one."""
        application = web.Application(client_max_size=8 * 1024 * 1024)
        application.add_routes(WebApi(self).routes())
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, host, port).start()
        self._runner = runner
        bound_host, bound_port = runner.addresses[0][:2]
        self.base_url = f"http://{bound_host}:{bound_port}"

    async def stop(self) -> None:
        """Cut all lines, cancel what is under way and stop listening."""
        await self.deliverer.stop()
        self.hub.abort_all()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Self]:
        """Listen as long as the block runs."""
        await self.start(host, port)
        try:
            yield self
        finally:
            await self.stop()

    # ---------------------------------------------------------------- the lines

    async def refresh_connection(
        self, index: int = 0, grace_seconds: float = _REFRESH_GRACE_SECONDS
    ) -> Connection:
        """Renew a websocket as Slack does every few hours; gives the new one."""
        fresh = await self.hub.refresh(self.connections[index], grace_seconds)
        if fresh is None:
            raise NotSeenError("The bot made no new connection after the renewal was announced.")
        return fresh

    async def kill_connection(self, index: int = 0) -> Connection:
        """Abort a websocket's TCP connection; returns when it is out of the list."""
        connection = self.connections[index]
        connection.abort()
        await self.changes.until(
            lambda: True if connection not in self.connections else None, _REFRESH_GRACE_SECONDS
        )
        return connection

    def silence(self, index: int = 0, *, swallow: bool = False) -> Connection:
        """Let a websocket answer no pings and send nothing.

        `swallow`: Slack still chooses it for envelopes, which vanish.
        """
        connection = self.connections[index]
        connection.is_silent, connection.swallows = True, swallow
        return connection

    def signed_headers(
        self, body: bytes | str, timestamp: int | None = None, secret: str | None = None
    ) -> dict[str, str]:
        """Sign a body; another time or secret makes a stale or forged request."""
        raw = body.encode() if isinstance(body, str) else body
        return self.deliverer.signed_headers(raw, timestamp, secret)

    async def verify_request_url(self) -> bool:
        """Send the `url_verification` that Slack sends when the request URL is entered."""
        payload = {"type": "url_verification", "token": "sandbox", "challenge": "sandbox-challenge"}
        answer = await self.deliverer.post("events_api", payload)
        body = answer.body if isinstance(answer.body, dict) else {}
        return "sandbox-challenge" in {body.get("challenge"), body.get("text")}

    async def settle(self, timeout_seconds: float = 5.0) -> bool:
        """Wait until no event is under way any more; False when it took too long."""
        return await self.deliverer.settle(timeout_seconds)

    # ---------------------------------------------------------------- the demo's page

    def on_change(self, callback: Callable[[str], None]) -> Callable[[], None]:
        """Call back with the name of what changed; gives the function that ends it."""
        return self.changes.listen(callback)

    def snapshot(self) -> Json:
        """Give everything that there is to see, as JSON."""
        workspace = self.workspace
        shown: Json = {
            "team": {"id": self.identity.team_id, "domain": self.identity.domain},
            "bot": {"user_id": self.identity.bot_user_id, "name": self.identity.bot_name},
            "command": self.identity.command,
            "users": [
                {"id": one.id, "name": one.name, "real_name": one.real_name, "is_bot": one.is_bot}
                for one in workspace.users.values()
            ],
            "channels": [
                {
                    "id": one.id,
                    "name": one.name,
                    "is_im": one.is_im,
                    "members": list(one.members),
                    "messages": [dict(message) for message in workspace.visible(one)],
                    "ephemerals": [
                        {**message, "to_user": message.to_user} for message in one.ephemerals
                    ],
                }
                for one in workspace.channels.values()
            ],
            "views": {user: [dict(one) for one in views] for user, views in self.views.items()},
            "homes": {user: dict(view) for user, view in self.modals.homes.items()},
            "connections": [
                {"number": one.number, "sent": one.sent, "is_silent": one.is_silent}
                for one in self.connections
            ],
            "calls": [
                {"method": one.method, "ok": one.response.get("ok", False), "status": one.status}
                for one in self.calls[-_SHOWN_CALLS:]
            ],
            "deliveries": [
                {
                    "kind": one.kind,
                    "status": one.status,
                    "attempt": one.attempt,
                    "milliseconds": round(one.seconds * 1000, 1),
                }
                for one in self.deliveries[-_SHOWN_DELIVERIES:]
            ],
        }
        copied: Any = json.loads(json.dumps(shown))
        return dict(copied)
