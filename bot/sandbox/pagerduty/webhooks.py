"""Webhooks v3: signed, at least once, in order per subscription and incident."""

import asyncio
import hashlib
import hmac
import json
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

import aiohttp

from bot.sandbox.pagerduty.account import Account
from bot.sandbox.pagerduty.records import (
    Change,
    EscalationPolicy,
    Note,
    ResponderRequest,
    StatusUpdate,
)
from bot.sandbox.pagerduty.wire import Json, incident_json, incident_reference, instant, reference

SILENT = {"updated", "snoozed", "retriggered", "deleted"}  # kinds without a webhook
TIMEOUT_SECONDS = 5.0
DROPS_MAX = 3
TRIMMED_CHARACTERS = 2000  # PagerDuty trims long notes; where, it does not say


def sign(secret: str, body: bytes) -> str:
    """Make the signature of a body."""
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def event_json(account: Account, change: Change) -> Json:
    """Give the payload of a change, as the incident is now."""
    return _envelope(
        f"incident.{change.kind}",
        "incident",
        change.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        reference(account, change.agent) if change.agent else None,
        _data(account, change),
    )


def ping_json(account: Account) -> Json:
    """Give the payload of the test event."""
    data = {"type": "ping", "message": "Hello from your friend Pagey!"}
    return _envelope("pagey.ping", "pagey", instant(account.now()), None, data)


def _envelope(event_type: str, resource: str, at: str, agent: Json | None, data: Json) -> Json:
    return {
        "event": {
            "id": uuid.uuid4().hex,
            "event_type": event_type,
            "resource_type": resource,
            "occurred_at": at,
            "agent": agent,
            "client": None,
            "data": data,
        }
    }


def _trimmed(text: str) -> Json:
    return {"trimmed": len(text) > TRIMMED_CHARACTERS}


def _data(account: Account, change: Change) -> Json:
    about = {"incident": incident_reference(account, change.incident)}
    match change.detail:
        case Note(id=id_, content=content):
            kind = {"type": "incident_note", **_trimmed(content)}
            return {**about, "id": id_, "content": content[:TRIMMED_CHARACTERS], **kind}
        case StatusUpdate(id=id_, message=message):
            kind = {"type": "incident_status_update", **_trimmed(message)}
            return {**about, "id": id_, "message": message[:TRIMMED_CHARACTERS], **kind}
        case ResponderRequest(message=message, targets=targets):
            target = targets[0]
            who = "escalation_policy" if isinstance(target, EscalationPolicy) else "user"
            return {
                **about,
                who: reference(account, target),
                "message": message,
                "state": "pending",
                "type": "incident_responder",
            }
    return _incident(account, change)


def _incident(account: Account, change: Change) -> Json:
    """Give the incident in the webhooks' own form: `number`, `assignees`."""
    shown = incident_json(account, change.incident)
    same = (
        "id",
        "type",
        "self",
        "html_url",
        "status",
        "incident_key",
        "created_at",
        "title",
        "incident_type",
        "service",
        "escalation_policy",
        "teams",
        "urgency",
        "resolve_reason",
    )
    return {
        **{name: shown[name] for name in same},
        "number": change.incident.number,
        "assignees": [one["assignee"] for one in shown["assignments"]],
        "priority": change.incident.priority and reference(account, change.incident.priority),
        "conference_bridge": change.incident.conference_bridge,
    }


@dataclass(slots=True, eq=False)
class Subscription:
    """Where webhooks go. After three refusals in a row it is disabled."""

    url: str
    secret: str = field(repr=False)
    is_enabled: bool = True
    drops: int = 0


@dataclass(slots=True)
class Delivery:
    """One webhook on its way; every attempt carries the same id."""

    subscription: Subscription
    body: bytes
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


class Webhooks:
    """Deliver what happens to every subscription; what fails is tried again, soon."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.subscriptions: list[Subscription] = []
        self.copies = 1
        """How often each webhook is delivered: "at least once" allows duplicates."""
        self.attempts = 8
        self.retry_seconds = 0.05
        self._lanes: dict[tuple[int, str], deque[Delivery]] = {}
        self._workers: dict[tuple[int, str], asyncio.Task[None]] = {}
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        account.listen(self._on_change)

    def subscribe(self, url: str, secret: str) -> Subscription:
        """Send everything that happens from now on."""
        subscription = Subscription(url, secret)
        self.subscriptions.append(subscription)
        return subscription

    def ping(self) -> None:
        """Send the test event."""
        self._send(ping_json(self._account), "ping")

    def _on_change(self, change: Change) -> None:
        if change.kind not in SILENT and self.subscriptions:
            self._send(event_json(self._account, change), change.incident.id)

    def _send(self, payload: dict[str, Any], about: str) -> None:
        body = json.dumps(payload, ensure_ascii=False).encode()
        for number, subscription in enumerate(self.subscriptions):
            lane = self._lanes.setdefault((number, about), deque())
            lane += [Delivery(subscription, body)] * self.copies
        self._work()

    # ------------------------------------------------------------ delivery

    async def start(self) -> None:
        """Begin to deliver, with what has gathered already."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        self._session = aiohttp.ClientSession(timeout=timeout)
        self._loop = asyncio.get_running_loop()
        self._work()

    async def stop(self) -> None:
        """Stop delivering; what was not delivered is forgotten."""
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        self._workers.clear()
        self._lanes.clear()
        if self._session is not None:
            await self._session.close()
            self._session = None

    @property
    def is_idle(self) -> bool:
        """Tell whether everything is delivered, or given up."""
        return not self._workers

    async def settled(self) -> None:
        """Wait until everything is delivered, or given up."""
        while self._workers:
            await asyncio.wait(set(self._workers.values()))

    def _work(self) -> None:
        if self._session is None or self._loop is None:
            return
        for key in self._lanes:
            if key not in self._workers:
                task = self._loop.create_task(
                    self._drain(key, self._session), name=f"webhook {key}"
                )
                self._workers[key] = task

    async def _drain(self, key: tuple[int, str], session: aiohttp.ClientSession) -> None:
        lane = self._lanes[key]
        while lane:
            await self._deliver(lane[0], session)
            lane.popleft()
        del self._lanes[key]
        del self._workers[key]

    async def _deliver(self, delivery: Delivery, session: aiohttp.ClientSession) -> None:
        subscription = delivery.subscription
        for attempt in range(self.attempts):
            if not subscription.is_enabled:
                return
            status = await self._post(delivery, session)
            if status is not None and 200 <= status < 300:  # noqa: PLR2004 - HTTP's classes
                subscription.drops = 0
                return
            if status is not None and 400 <= status < 500 and status != 429:  # noqa: PLR2004
                break
            await asyncio.sleep(self.retry_seconds * 2**attempt)
        subscription.drops += 1
        subscription.is_enabled = subscription.drops < DROPS_MAX

    async def _post(self, delivery: Delivery, session: aiohttp.ClientSession) -> int | None:
        """Give the status of the answer, None when there was none."""
        headers = {
            "Content-Type": "application/json",
            "X-PagerDuty-Signature": sign(delivery.subscription.secret, delivery.body),
            "X-Webhook-Id": delivery.id,
        }
        try:
            async with session.post(
                delivery.subscription.url, data=delivery.body, headers=headers
            ) as response:
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return None
