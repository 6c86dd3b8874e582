"""Events v2: what is accepted, and what becomes of it a moment later."""

import asyncio
import re
import uuid
from collections import deque
from collections.abc import Mapping
from typing import Any

from bot.sandbox.pagerduty.alerts import Alerts
from bot.sandbox.pagerduty.checks import (
    IMAGES,
    ISO_8601,
    LINKS,
    URL_CHARACTERS,
    Check,
    any_object,
    obj,
    one_of,
    text,
)
from bot.sandbox.pagerduty.records import Alert, Service

BODY_BYTES_MAX = 512_000
SUMMARY_CHARACTERS = 1024
DEDUP_KEY_CHARACTERS = 255
ROUTING_KEY = re.compile(r"[A-Za-z0-9]{32}")
ACTIONS = ("trigger", "acknowledge", "resolve")

UNRECOGNIZED = {
    "status": "Unrecognized object",
    "message": "Event object format is unrecognized",
    "errors": ["JSON parse error"],
}
Body = dict[str, Any]


def _routing_key(name: str, value: object) -> list[str]:
    if not isinstance(value, str) or not value:
        return [f"'{name}' is missing or blank"]
    if not ROUTING_KEY.fullmatch(value):
        return [f"Length of '{name}' is incorrect (should be 32 characters)"]
    return []


def _event_rules(event: dict[str, Any]) -> list[str]:
    needed = "payload" if event["event_action"] == "trigger" else "dedup_key"
    return [] if needed in event else [f"'{needed}' is missing or blank"]


# Their spelling; dagster-io/dagster#19567 and seven more threads.
SUMMARY = text(
    low=1,
    high=SUMMARY_CHARACTERS,
    too_long="is too long (maiximum is {high} characters)",
)
PAYLOAD: dict[str, Check] = {
    "summary": SUMMARY,
    "source": text(low=1),
    "timestamp": text(pattern=ISO_8601),
    "custom_details": any_object,
}
EVENT = obj(
    {
        "routing_key": _routing_key,
        "event_action": one_of(*ACTIONS),
        "dedup_key": text(low=1, high=DEDUP_KEY_CHARACTERS),
        "client": text(),
        "client_url": text(high=URL_CHARACTERS, pattern=r"https?://.*"),
        "links": LINKS,
        "images": IMAGES,
        "payload": obj(
            {
                **PAYLOAD,
                "severity": one_of("critical", "error", "warning", "info"),
                "component": text(),
                "group": text(),
                "class": text(),
            },
            required=["summary", "source", "severity"],
        ),
    },
    required=["routing_key", "event_action"],
    also=_event_rules,
)
CHANGE_EVENT = obj(
    {
        "routing_key": _routing_key,
        "payload": obj(PAYLOAD, required=["summary"]),
        "links": LINKS,
        "images": IMAGES,
    },
    required=["routing_key", "payload"],
)


class Events:
    """Take events, and apply them in order, `delay_seconds` after they were accepted."""

    def __init__(self, account: Alerts) -> None:
        self._account = account
        self.delay_seconds = 0.2
        self._waiting: deque[tuple[float, Service, Body]] = deque()
        self._worker: asyncio.Task[None] | None = None

    def accept(
        self, operation: str, headers: Mapping[str, str], event: object, size: int
    ) -> tuple[int, Body]:
        """Answer a request of either kind; a change event makes no incident.

        `event` is the parsed body, None when it is not JSON; `size` counts the bytes as sent.
        """
        is_json = headers.get("Content-Type", "").partition(";")[0].strip() == "application/json"
        if not is_json or not isinstance(event, dict):
            return 400, UNRECOGNIZED
        is_change = operation == "events_v2.createChangeEvent"
        errors = (CHANGE_EVENT if is_change else EVENT)("event", event)
        if size > BODY_BYTES_MAX:
            errors = [f"The event is too large (maximum is {BODY_BYTES_MAX} bytes)"]
        service = None if errors else self._account.service_of(event["routing_key"])
        if not errors and service is None:
            errors = ["Invalid routing key"]
        if errors or service is None:
            message = "Event object is invalid"
            return 400, {"status": "invalid event", "message": message, "errors": errors}
        key = event.get("dedup_key", uuid.uuid4().hex)
        if not is_change:
            self._schedule(service, {**event, "dedup_key": key})
        return 202, {"status": "success", "message": "Event processed", "dedup_key": key}

    # ------------------------------------------------------------ a moment later

    @property
    def is_idle(self) -> bool:
        """Tell whether everything accepted has been applied."""
        return not self._waiting

    def _schedule(self, service: Service, event: Body) -> None:
        if not self.delay_seconds and not self._waiting:
            self._apply(service, event)
            return
        loop = asyncio.get_running_loop()
        self._waiting.append((loop.time() + self.delay_seconds, service, event))
        if self._worker is None or self._worker.done():
            self._worker = loop.create_task(self._work(), name="sandbox events")

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            due, service, event = self._waiting[0]
            await asyncio.sleep(due - loop.time())
            self._apply(service, event)
            self._waiting.popleft()

    async def settled(self) -> None:
        """Wait until everything accepted has been applied."""
        if self._worker is not None:
            await asyncio.shield(self._worker)

    async def stop(self) -> None:
        """Drop what has not been applied yet."""
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
        self._waiting.clear()

    def _apply(self, service: Service, event: Body) -> None:
        """Apply an event; during maintenance, and without an open alert, it is dropped."""
        if service.in_maintenance:
            return
        account = self._account
        alert = account.open_alerts.get((service.integration_key, event["dedup_key"]))
        match event["event_action"], alert:
            case "trigger", None:
                account.open_alert(service, event)
            case "trigger", Alert():
                account.repeat_alert(alert, event)
            case "acknowledge", Alert():
                account.acknowledge_alert(alert)
            case "resolve", Alert():
                account.resolve_alert(alert)
