"""Hands things to the bot over whichever transport is set; events again when they are not taken."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import aiohttp

from bot.sandbox.slack import http_mode
from bot.sandbox.slack.changes import Changes
from bot.sandbox.slack.clock import Clock
from bot.sandbox.slack.http_mode import Answer
from bot.sandbox.slack.identity import Identity
from bot.sandbox.slack.records import Ack, Delivery, Json, remember
from bot.sandbox.slack.socket_mode import SocketHub

T = TypeVar("T")

RETRY_DELAYS_SECONDS = (0.05, 1.0, 5.0)
"""Slack: almost at once, after 1 minute, after 5 minutes; here it is quicker."""
ACK_TIMEOUT_SECONDS = 3.0


class Deliverer:
    """Send, wait for the acknowledgement, write it down. Owns every task of the sandbox."""

    def __init__(self, identity: Identity, hub: SocketHub, clock: Clock, changes: Changes) -> None:
        self.deliveries: list[Delivery] = []
        self.request_url: str | None = None
        self.retry_delays_seconds: tuple[float, ...] = RETRY_DELAYS_SECONDS
        self.ack_timeout_seconds = ACK_TIMEOUT_SECONDS
        self._identity = identity
        self._hub = hub
        self._clock = clock
        self._changes = changes
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start work that `stop` ends."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def settle(self, timeout_seconds: float) -> bool:
        """Wait until everything that is under way was delivered or given up."""
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=timeout_seconds)
        return not self._tasks

    async def stop(self) -> None:
        """Cancel what is under way."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def once(self, kind: str, payload: Json) -> Ack:
        """Deliver a command or an interaction: Slack does not repeat them."""
        return _ack(await self._attempt(kind, payload, 0, ""), 1)

    async def event(self, payload: Json) -> Ack:
        """Deliver an event, again and again as Slack's retry rule says."""
        delivery = await self._attempt("events_api", payload, 0, "")
        for attempt, delay in enumerate(self.retry_delays_seconds, start=1):
            if delivery.status == "acknowledged" or not delivery.may_retry:
                break
            await asyncio.sleep(delay)
            delivery = await self._attempt("events_api", payload, attempt, delivery.reason)
        return _ack(delivery, delivery.attempt + 1)

    def signed_headers(
        self, body: bytes, timestamp: int | None = None, secret: str | None = None
    ) -> dict[str, str]:
        """Sign a body; another time or secret makes a stale or forged request."""
        at = int(self._clock.now().timestamp()) if timestamp is None else timestamp
        key = self._identity.signing_secret if secret is None else secret
        return {
            "X-Slack-Request-Timestamp": str(at),
            "X-Slack-Signature": http_mode.sign(key, at, body),
        }

    async def post(self, kind: str, payload: Json, attempt: int = 0, reason: str = "") -> Answer:
        """Post to the bot's request URL, signed."""
        body, content_type = http_mode.encode(kind, payload)
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            **self.signed_headers(body),
        }
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=False)
        url = str(self.request_url)
        return await http_mode.post(self._session, url, body, headers, self.ack_timeout_seconds)

    async def _attempt(self, kind: str, payload: Json, attempt: int, reason: str) -> Delivery:
        delivery = Delivery(
            self._clock.now(),
            kind,
            payload,
            transport="http" if self.request_url else "socket",
            attempt=attempt,
            retry_reason=reason,
        )
        remember(self.deliveries, delivery)
        loop = asyncio.get_running_loop()
        start = loop.time()
        if self.request_url:
            answer = await self.post(kind, payload, attempt, reason)
        else:
            answer = await self._hub.send(kind, payload, attempt, reason, self.ack_timeout_seconds)
        delivery.seconds = loop.time() - start
        delivery.status, delivery.reason = answer.status, answer.reason
        delivery.body, delivery.may_retry = answer.body, answer.may_retry
        delivery.envelope_id, delivery.connection = answer.envelope_id, answer.connection
        self._changes.touch("delivery")
        return delivery


def _ack(delivery: Delivery, attempts: int) -> Ack:
    status = "none" if delivery.status is None else delivery.status
    return Ack(status, delivery.body, delivery.seconds, delivery.reason, attempts)
