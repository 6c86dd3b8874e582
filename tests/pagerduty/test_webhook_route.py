"""The webhook's address: what is answered, before anything is done."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientSession, web

from bot.pagerduty.webhook_route import PATH, WebhookRoute
from bot.pagerduty.webhooks import WebhookEvent
from bot.sandbox.pagerduty.webhooks import sign
from bot.tasks import TaskSet

SECRET = "webhook-secret"
EVENT = {"id": "01", "event_type": "pagey.ping", "occurred_at": "2026-11-23T03:00:00Z", "data": {}}
BODY = json.dumps({"event": EVENT}).encode()


@asynccontextmanager
async def served(
    tasks: TaskSet, taken: list[WebhookEvent], *, remembered: int = 100
) -> AsyncIterator[str]:
    async def take(event: WebhookEvent) -> None:
        taken.append(event)

    app = web.Application()
    route = WebhookRoute([SECRET, "the next one"], take, tasks, remembered=remembered)
    app.add_routes(route.routes())
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}"
    finally:
        await runner.cleanup()


async def post(url: str, *, secret: str = SECRET, name: str | None = None) -> int:
    headers = {"X-PagerDuty-Signature": sign(secret, BODY)}
    if name is not None:
        headers["X-Webhook-Id"] = name
    async with ClientSession() as session, session.post(url, data=BODY, headers=headers) as answer:
        return answer.status


async def test_both_secrets_count_while_one_is_replaced() -> None:
    taken: list[WebhookEvent] = []
    async with served(TaskSet(), taken) as url:
        assert await post(url, name="a") == 202
        assert await post(url, secret="the next one", name="b") == 202
        assert await post(url, secret="another", name="c") == 403
    assert len(taken) == 2


async def test_without_a_delivery_id_the_events_own_counts() -> None:
    taken: list[WebhookEvent] = []
    async with served(TaskSet(), taken) as url:
        assert await post(url) == 202
        assert await post(url) == 200
    assert len(taken) == 1


async def test_when_busy_it_is_to_be_delivered_again() -> None:
    taken: list[WebhookEvent] = []
    async with served(TaskSet(0), taken) as url:
        assert await post(url, name="a") == 503
    assert taken == []


async def test_what_was_delivered_is_remembered_for_a_while() -> None:
    taken: list[WebhookEvent] = []
    async with served(TaskSet(), taken, remembered=1) as url:
        for name in ("a", "b", "b", "a"):
            await post(url, name=name)
    assert len(taken) == 3
