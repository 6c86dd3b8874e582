"""Keep an Events v2 body under PagerDuty's 512 KB; decoration goes first, the page never. Pure."""

import json
from collections.abc import Mapping
from typing import Any, Final

from bot.notifier.words import cut

BODY_LIMIT: Final = 512_000
"""Bytes; what alertmanager and Grafana use for the "512 KB" of PagerDuty's page on events."""

_ROUTING_KEY_ROOM: Final = 100
_SHORTEST: Final = 200
_LEFT_OUT: Final = (
    "The details were left out: the event would have been larger than PagerDuty takes. "
    "The Slack message has them."
)


def size(body: Mapping[str, Any]) -> int:
    """Give the bytes of the encoded body with a routing key, in the longest encoding there is."""
    return len(json.dumps(body)) + _ROUTING_KEY_ROOM


def fit(body: Mapping[str, Any], warnings: list[str]) -> dict[str, Any]:
    """Shrink a body that is too large: the largest detail, then all details, then decoration."""
    fitted = dict(body)
    if size(fitted) < BODY_LIMIT:
        return fitted
    payload = dict(fitted["payload"])
    details = dict(payload.get("custom_details", {}))
    fitted["payload"] = payload
    while details and size({**fitted, "payload": {**payload, "custom_details": details}}) >= (
        BODY_LIMIT
    ):
        name = max(details, key=lambda key: len(json.dumps(details[key])))
        largest = details[name]
        if not isinstance(largest, str) or len(largest) <= _SHORTEST:
            details = {"note": _LEFT_OUT}
            break
        details[name] = cut(largest, max(_SHORTEST, len(largest) // 2))
    payload["custom_details"] = details
    warnings.append("The event was larger than 512 KB, so its details were shortened.")
    for decoration in ("images", "links"):
        if size(fitted) >= BODY_LIMIT:
            fitted[decoration] = []
            warnings.append(f"The event was larger than 512 KB, so its {decoration} were left out.")
    return fitted
