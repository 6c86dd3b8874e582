"""How soon Slack is told "received", and of what."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from time import perf_counter
from typing import Final

from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.telemetry import Observe

KINDS: Final = frozenset(
    {
        "block_actions",
        "block_suggestion",
        "event_callback",
        "message_action",
        "shortcut",
        "view_closed",
        "view_submission",
    }
)


class Measured(AsyncMiddleware):
    """Tell `observe` of everything that `inner` answers."""

    def __init__(self, inner: AsyncMiddleware, observe: Observe) -> None:
        self._inner = inner
        self._observe = observe

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's signature
    ) -> BoltResponse | None:
        """Answer as `inner` does."""
        started, outcome = perf_counter(), "refused"
        try:
            response = await self._inner.async_process(req=req, resp=resp, next=next)
            if response is not None and response.status == HTTPStatus.OK:
                outcome = "acknowledged"
            return response
        finally:
            self._observe(_kind(req.body), outcome, perf_counter() - started)


def _kind(body: dict[str, object]) -> str:
    if "command" in body:
        return "command"
    kind = body.get("type")
    return kind if isinstance(kind, str) and kind in KINDS else "other"
