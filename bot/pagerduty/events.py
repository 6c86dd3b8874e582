"""PagerDuty's Events API v2: one attempt each.

No retries here: the relay is the one retrier, it waits for hours and keeps the order. An answer
that is not on the short list of transient ones is final.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self

import httpx

from bot.errors import OutcomeUnknown, PagerDutyError, RateLimited, Refused, Unavailable
from bot.pagerduty import http_errors
from bot.pagerduty.connection import Answer, AnswerTooLarge, Connection, Disconnected, encode
from bot.telemetry import Observe, ignore

TIMEOUT_SECONDS = 3.0  # in all, from connecting to the last byte: below the relay's lease of 6 s


@dataclass(frozen=True, slots=True)
class Delivered:
    """PagerDuty has accepted the event, which does not mean that an incident exists."""

    dedup_key: str
    status_code: int


class Events:
    """Send events; `async with`, or `aclose` at the end. Routing keys are never shown."""

    def __init__(
        self,
        *,
        base_url: str,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        observe: Observe = ignore,
    ) -> None:
        """Prepare; nothing is sent yet.

        Raises:
            ConfigError: the address cannot be right.
        """
        self._connection = Connection(
            base_url=base_url,
            setting="PAGERDUTY_EVENTS_URL",
            headers={"Accept": "application/json", "Content-Type": "application/json"},
            timeout_seconds=timeout_seconds,
            transport=transport,
            observe=observe,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._connection.aclose()

    async def send(self, routing_key: str, body: Mapping[str, Any]) -> Delivered:
        """Send one event, `body` being complete but for its routing key.

        Repeating it is harmless: PagerDuty deduplicates by `dedup_key`.

        Raises:
            RateLimited: 429.
            Unavailable: 408, 5xx, no connection.
            OutcomeUnknown: no answer in time, or the connection broke: it may have been taken.
            Refused: anything else; final. `details` holds PagerDuty's reasons.
        """
        answer = await self._post("/enqueue", routing_key, body)
        return Delivered(_dedup_key(answer.body) or str(body.get("dedup_key", "")), answer.status)

    async def change(self, routing_key: str, summary: str) -> None:
        """Send a change event, which pages nobody: a way to try an integration key.

        Raises:
            PagerDutyError: as `send` does. Keys of rulesets (`R...`) are refused by PagerDuty.
        """
        payload = {"summary": summary, "source": "pdbot"}
        await self._post("/change/enqueue", routing_key, {"payload": payload})

    async def _post(self, path: str, routing_key: str, body: Mapping[str, Any]) -> Answer:
        try:
            content = encode({**body, "routing_key": routing_key})
        except (ValueError, TypeError, RecursionError):
            raise Refused(
                "The event was not sent, because it cannot be written as JSON. This is a defect of"
                " the bot or of a producer's description; please report it."
            ) from None
        try:
            answer = await self._connection.exchange("POST", path, content=content)
        except Disconnected as lost:
            if lost.sent:
                raise OutcomeUnknown(
                    f"It is not known whether PagerDuty took the event: {lost.why}. It is sent"
                    " again, which PagerDuty's deduplication absorbs."
                ) from None
            raise Unavailable(
                f"PagerDuty did not take the event: {lost.why}. It will be sent again."
            ) from None
        except AnswerTooLarge:
            raise Refused(
                "The answer to the event is too long to be one of PagerDuty's."
                " Check PAGERDUTY_EVENTS_URL and the proxies in between."
            ) from None
        if answer.status != HTTPStatus.ACCEPTED:
            raise _event_error(answer, routing_key)
        return answer


def _dedup_key(body: bytes) -> str | None:
    try:
        found = json.loads(body).get("dedup_key")
    except (ValueError, AttributeError, RecursionError):  # accepted is accepted
        return None
    return found if isinstance(found, str) else None


def _event_error(answer: Answer, routing_key: str) -> PagerDutyError:
    status = answer.status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        seconds = http_errors.retry_after_seconds(answer.headers)
        told = f"for {seconds:.0f} s" if seconds else "for a while"
        return RateLimited(
            f"PagerDuty asks to wait {told}, because too many events were sent to this integration"
            " key. It will be sent again then.",
            retry_after_seconds=seconds,
        )
    said = http_errors.read_error(answer.body, (routing_key,))
    if status == HTTPStatus.REQUEST_TIMEOUT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(
            f"PagerDuty did not take the event (it answered {status}). It will be sent again.",
            status=status,
            code=said.code,
            details=said.details,
        )
    return Refused(
        f"PagerDuty refused the event ({status}){said.sentence(': ') or ', without saying why.'}"
        " It is not sent again by itself. Correct what is named, then retry it.",
        status=status,
        code=said.code,
        details=said.details,
    )
