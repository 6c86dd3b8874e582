"""Delivery over HTTP, signed.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.slack.records import Json

_OK = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one attempt; `status` as in `records.Ack`."""

    status: str | int
    body: Any = None
    reason: str = ""
    may_retry: bool = True
    envelope_id: str = ""
    connection: int | None = None


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """Compute `X-Slack-Signature`."""
    base = f"v0:{timestamp}:".encode() + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def encode(kind: str, payload: Json) -> tuple[bytes, str]:
    """Give body and content type: events are JSON, commands a form, interactions JSON in a form."""
    if kind == "events_api":
        return json.dumps(payload).encode(), "application/json"
    form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(form).encode(), "application/x-www-form-urlencoded"


def decode(content_type: str, text: str) -> Any:
    """Read the body of an acknowledgement: JSON, plain text (a command's answer), or nothing."""
    if not text:
        return None
    if content_type != "application/json":
        return {"text": text}
    try:
        return json.loads(text)
    except ValueError:
        return {"text": text}


async def post(
    session: aiohttp.ClientSession,
    url: str,
    body: bytes,
    headers: dict[str, str],
    timeout_seconds: float,
) -> Answer:
    """Post once."""
    timeout = aiohttp.ClientTimeout(total=timeout_seconds)
    try:
        async with session.post(
            url, data=body, headers=headers, timeout=timeout, allow_redirects=False
        ) as response:
            text = await response.text()
    except TimeoutError:
        return Answer("none", reason="http_timeout")
    except (aiohttp.ClientError, OSError):
        return Answer("none", reason="connection_failed")
    may_retry = response.headers.get("X-Slack-No-Retry") != "1"
    if response.status != _OK:
        return Answer(response.status, text, "http_error", may_retry)
    return Answer("acknowledged", decode(response.content_type, text))
