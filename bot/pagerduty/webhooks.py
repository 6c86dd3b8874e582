"""What PagerDuty's webhooks (v3) say: signature and payload, without any I/O.

A webhook is a hint: deliveries come at least once and late, so the incident is read before
anything is drawn from it.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.model import Reference
from bot.pagerduty.answers import MalformedAnswer, instant, reference

MAX_BODY_BYTES = 2 * 1024 * 1024  # PagerDuty drops payloads over 256 KB itself
_MAX_SIGNATURES = 20  # in one header; a rotation has two


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """One delivery. `event_type` is an open set (`incident.acknowledged`, `pagey.ping` ...).

    `incident_id` is None for what is not about an incident; `agent` is who did it.
    """

    event_id: str
    event_type: str
    occurred_at: datetime
    incident_id: str | None
    agent: Reference | None


def verify(raw_body: bytes, header: str | None, secrets: Sequence[str]) -> bool:
    """Tell whether any `v1` signature of `X-PagerDuty-Signature` is one of ours, in constant time.

    Other versions are ignored; secrets are several while one is being replaced.
    """
    given = [
        value.strip().encode("utf-8", "replace")
        for version, _, value in (one.partition("=") for one in (header or "").split(","))
        if version.strip() == "v1"
    ]
    ours = [
        hmac.new(secret.encode(), raw_body, hashlib.sha256).hexdigest().encode()
        for secret in secrets
        if secret
    ]
    matches = [hmac.compare_digest(a, b) for a in given[:_MAX_SIGNATURES] for b in ours]
    return any(matches)


def parse_webhook(raw_body: bytes) -> WebhookEvent:
    """Read a delivery whose signature was verified.

    Raises:
        MalformedAnswer: it is not one of PagerDuty's.
    """
    try:
        event = json.loads(raw_body)["event"]
        data = _mapping(event.get("data"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise MalformedAnswer("no object called event") from None
    event_id, event_type = event.get("id"), event.get("event_type")
    occurred_at = instant(event.get("occurred_at"))
    if not (isinstance(event_id, str) and isinstance(event_type, str) and occurred_at):
        raise MalformedAnswer("an event without id, type or time")
    about = data if data.get("type") == "incident" else _mapping(data.get("incident"))
    incident_id = about.get("id")
    return WebhookEvent(
        event_id=event_id,
        event_type=event_type,
        occurred_at=occurred_at,
        incident_id=incident_id if isinstance(incident_id, str) and incident_id else None,
        agent=reference(event.get("agent")),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
