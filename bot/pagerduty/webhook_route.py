"""`POST /pagerduty/webhook`: signature first, then an answer at once; the work comes afterwards.

PagerDuty waits 5 s, delivers at least once, and gives up a subscription after three refusals.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import structlog
from aiohttp import web

from bot.errors import Busy
from bot.pagerduty.answers import MalformedAnswer
from bot.pagerduty.webhooks import WebhookEvent, parse_webhook, verify
from bot.tasks import TaskSet

log = structlog.get_logger(__name__)

PATH = "/pagerduty/webhook"
REMEMBERED = 10_000  # deliveries; a forgotten one is read again, which changes nothing
LONGEST_ID = 255

Take = Callable[[WebhookEvent], Coroutine[Any, Any, None]]


class WebhookRoute:
    """Check deliveries and hand them on."""

    def __init__(
        self, secrets: Sequence[str], take: Take, tasks: TaskSet, *, remembered: int = REMEMBERED
    ) -> None:
        self._remembered = remembered
        self._secrets = secrets
        self._take = take
        self._tasks = tasks
        self._seen: dict[str, None] = {}

    def routes(self) -> list[web.RouteDef]:
        """Give what the HTTP server adds."""
        return [web.post(PATH, self.receive)]

    async def receive(self, request: web.Request) -> web.Response:
        """Answer one delivery: 202 taken, 200 known, 403 forged, 400 unreadable, 503 busy."""
        body = await request.read()
        if not verify(body, request.headers.get("X-PagerDuty-Signature"), self._secrets):
            log.warning("refused a webhook without PagerDuty's signature", remote=request.remote)
            return web.Response(status=403, text="The signature is missing or wrong.")
        try:
            event = parse_webhook(body)
        except MalformedAnswer as error:
            log.warning("refused a webhook that is not PagerDuty's", reason=str(error))
            return web.Response(status=400, text="This is not a webhook of PagerDuty's.")
        name = (request.headers.get("X-Webhook-Id") or event.event_id)[:LONGEST_ID]
        if name in self._seen:
            return web.Response(status=200, text="Known already.")
        try:
            self._tasks.spawn(self._take(event), name="webhook")
        except Busy:
            return web.Response(status=503, text="Busy; deliver it again.")
        self._seen[name] = None
        if len(self._seen) > self._remembered:
            del self._seen[next(iter(self._seen))]
        return web.Response(status=202, text="Taken.")
