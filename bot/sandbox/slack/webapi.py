"""The Web API's front door: faults, token, scope, method, and a line in `calls` for each call."""

import asyncio
from dataclasses import replace

from aiohttp import web

from bot.sandbox.slack import arguments
from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.core import Core
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.faults import Fault
from bot.sandbox.slack.methods import APP_TOKEN_METHODS, METHODS, NO_TOKEN_METHODS
from bot.sandbox.slack.records import Call, Json, remember
from bot.sandbox.slack.scopes import METHOD_SCOPES

NOTHING = Arguments({})
_OK = 200


class WebApi:
    """Answer `/api/METHOD` and `response_url`s."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def routes(self) -> list[web.RouteDef]:
        """Give the routes of everything that the bot calls."""
        return [
            web.post("/api/{method}", self.call),
            web.get("/api/{method}", self.call),
            web.post("/commands/{team}/{secret}", self.respond),
            web.post("/actions/{team}/{secret}", self.respond),
            web.get("/link/", self._core.hub.handshake),
        ]

    async def call(self, request: web.Request) -> web.Response:
        """Answer one Web API call."""
        name = request.match_info["method"]
        args = NOTHING
        fault = self._core.faults.take(name, is_method=True)
        if fault is not None:
            await asyncio.sleep(fault.delay)
        try:
            token, args = await arguments.read(request)
            if fault is not None and fault.fails and not fault.after:
                return self._fail(request, fault, name, args)
            body = {"ok": True, **self._perform(name, token, args)}
        except SlackError as error:
            body = error.body
        if fault is not None and fault.fails:
            return self._fail(request, fault, name, args)
        self._note(name, args, body, _OK)
        return web.json_response(body, headers=self._scope_headers(name))

    def _perform(self, name: str, token: str | None, args: Arguments) -> Json:
        core = self._core
        method = METHODS.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        if name in NO_TOKEN_METHODS:
            return method(core, args)
        if token is None:
            raise SlackError("not_authed")
        if token not in {core.identity.bot_token, core.identity.app_token}:
            raise SlackError("invalid_auth")
        if (token == core.identity.app_token) != (name in APP_TOKEN_METHODS):
            raise SlackError("not_allowed_token_type")
        needed = METHOD_SCOPES.get(name, ())
        if needed and core.scopes.isdisjoint(needed):
            provided = ",".join(sorted(core.scopes))
            raise SlackError("missing_scope", needed=",".join(needed), provided=provided)
        return method(core, args)

    def _scope_headers(self, name: str) -> dict[str, str]:
        if name in NO_TOKEN_METHODS | APP_TOKEN_METHODS:
            return {}
        accepted = ",".join(METHOD_SCOPES.get(name, ()))
        given = ",".join(sorted(self._core.scopes))
        return {"x-oauth-scopes": given, "x-accepted-oauth-scopes": accepted}

    def _fail(self, request: web.Request, fault: Fault, name: str, args: Arguments) -> web.Response:
        self._note(name, args, {} if fault.drop else fault.body, 0 if fault.drop else fault.status)
        return _failure(request, fault)

    def _note(self, name: str, args: Arguments, response: Json, status: int) -> None:
        core = self._core
        remember(core.calls, Call(core.clock.now(), name, args.values, response, status))
        core.changes.touch("call")

    async def respond(self, request: web.Request) -> web.Response:
        """Take an answer through a `response_url`."""
        core = self._core
        fault = core.faults.take("response_url")
        if fault is not None:
            await asyncio.sleep(fault.delay)
            if fault.fails:
                status = 404 if fault.status == _OK else fault.status  # Slack's for `expired_url`
                return self._fail(request, replace(fault, status=status), "response_url", NOTHING)
        body: Json | None = None
        try:
            try:
                body = await request.json()
            except ValueError:
                raise SlackError("invalid_payload") from None
            core.response_urls.use(request.match_info["secret"], body)
        except SlackError as error:
            status = 404 if error.code in {"expired_url", "used_url"} else 400
            self._note("response_url", Arguments(body or {}), error.body, status)
            return web.json_response(error.body, status=status)
        self._note("response_url", Arguments(body or {}), {"ok": True}, _OK)
        return web.Response(text="ok")


def _failure(request: web.Request, fault: Fault) -> web.Response:
    if fault.drop and request.transport is not None:
        request.transport.close()
    return web.json_response(fault.body, status=fault.status, headers=fault.headers)
