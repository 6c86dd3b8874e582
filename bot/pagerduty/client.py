"""PagerDuty's REST API as calls: authorization, retries while a person waits, paging.

Why not stamina or tenacity: both sleep by themselves, where no clock can be handed in, a 429
says itself how long to wait, and between two tries of a note something has to be read. What
remains of a retry library after that is the loop in `call`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from random import SystemRandom
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import structlog

from bot import waits
from bot.clock import Clock
from bot.errors import (
    ConfigError,
    FromRejected,
    OutcomeUnknown,
    PagerDutyError,
    RateLimited,
    Unavailable,
)
from bot.model import Incident
from bot.pagerduty import http_errors
from bot.pagerduty.answers import MalformedAnswer, Page
from bot.pagerduty.cache import ExpiringCache
from bot.pagerduty.connection import Answer, AnswerTooLarge, Connection, Disconnected, encode
from bot.pagerduty.wire import MAX_OFFSET, MAX_PAGE, Call
from bot.telemetry import Observe, ignore

log = structlog.get_logger(__name__)

T = TypeVar("T")

_KNOWN_INCIDENTS = 5_000  # for how many the number is remembered
_KNOWN_SECONDS = 7 * 86_400.0
_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try while a person waits.

    Exponential backoff with full jitter. A 429 is waited for as told; `total_seconds` bounds the
    sum of all waits of one call.
    """

    attempts: int = 4
    first_seconds: float = 1.0
    longest_seconds: float = 20.0
    longest_limit_seconds: float = 30.0
    total_seconds: float = 60.0

    def backoff(self, number: int) -> float:
        """Draw the wait after failure `number` (from 1)."""
        return _random.uniform(
            0.0, min(self.longest_seconds, self.first_seconds * 2 ** (number - 1))
        )

    def wait_seconds(self, error: PagerDutyError, number: int) -> float:
        """Give the wait after failure `number`."""
        told = error.retry_after_seconds if isinstance(error, RateLimited) else None
        if told is None:
            return self.backoff(number)
        # The jitter keeps those who were refused together from coming back together.
        return min(told, self.longest_limit_seconds) + _random.uniform(0.0, 1.0)


class Client:
    """Make calls of `wire`, read them with `answers`, raise what `http_errors` says."""

    def __init__(
        self,
        *,
        base_url: str,
        token: str,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout_seconds: float = 10.0,
        patience: Patience | None = None,
        observe: Observe = ignore,
    ) -> None:
        """Prepare the connections; nothing is sent yet.

        Raises:
            ConfigError: the token or the address cannot be right.
        """
        token = token.strip()
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            problem = (
                "PAGERDUTY_API_TOKEN is empty or has characters that no API key has;"
                " copy it again from PagerDuty."
            )
            raise ConfigError([problem])
        self._token = token
        self._clock = clock
        self.patience = patience or Patience()
        self._connection = Connection(
            base_url=base_url,
            setting="PAGERDUTY_API_URL",
            headers={
                "Authorization": f"Token token={token}",
                "Accept": "application/vnd.pagerduty+json;version=2",
                "Content-Type": "application/json",
            },
            timeout_seconds=timeout_seconds,
            transport=transport,
            observe=observe,
        )
        self._names: ExpiringCache[str] = ExpiringCache(clock, limit=_KNOWN_INCIDENTS)
        self._ahead = timedelta()
        self._is_silent = False
        self.host: str | None = None
        self.on_from_rejected: Callable[[str], None] | None = None

    def __repr__(self) -> str:
        return f"<Client of {self._connection.host}, token masked>"

    async def aclose(self) -> None:
        """Close all connections."""
        await self._connection.aclose()

    def learn(self, incident: Incident) -> Incident:
        """Remember the incident's number, for error texts, and the account's host."""
        if incident.number:
            self._names.put(incident.id, f"incident #{incident.number}", seconds=_KNOWN_SECONDS)
        self.learn_host(incident.html_url)
        return incident

    def learn_host(self, html_url: str | None) -> None:
        """Remember the account's host from any page address that PagerDuty gives."""
        if self.host is None and html_url:
            try:
                self.host = urlsplit(html_url).netloc.lower() or None
            except ValueError:
                return

    def server_now(self) -> datetime:
        """Give the present instant by PagerDuty's clock, as far as its answers told."""
        return self._clock.now() + self._ahead

    async def call(self, call: Call, read: Callable[[Any], T], *, attempts: int | None = None) -> T:
        """Make the call, several times if need be, and read its answer.

        Retried: 429 always, since it was not carried out, and so is what never left; lost
        connections, 408 and 5xx only for calls that may be repeated.

        Raises:
            PagerDutyError: as `http_errors` decides. OutcomeUnknown when any of the tries may have
                been carried out and none is known to have been.
        """
        call = call.named(self._shown(call.incident))
        attempts = attempts or self.patience.attempts
        unclear: OutcomeUnknown | None = None
        waited, number = 0.0, 0
        while True:
            number += 1
            try:
                answer = await self._once(call, read, number)
                self._report(None)
                return answer
            except (RateLimited, Unavailable, OutcomeUnknown) as error:
                if isinstance(error, OutcomeUnknown):
                    unclear = error
                wait = self.patience.wait_seconds(error, number)
                patient = number < attempts and waited + wait <= self.patience.total_seconds
                if not (patient and _may_repeat(call, error)):
                    self._report(error)
                    if unclear is not None and unclear is not error:
                        raise unclear from error
                    raise
                (log.debug if self._is_silent else log.warning)(
                    "PagerDuty call is repeated",
                    path=call.path,
                    reason=type(error).__name__,
                    status=error.status,
                    attempt=number,
                    wait_seconds=round(wait, 1),
                )
                if isinstance(error, RateLimited) and waited + wait > waits.WORTH_TELLING_SECONDS:
                    waits.tell(error.retry_after_seconds)
            await self._clock.sleep(wait)
            waited += wait

    def _report(self, error: PagerDutyError | None) -> None:
        """Log only what changes: in an outage every try of everybody fails."""
        if error is None and self._is_silent:
            log.info("PagerDuty answers again")
            self._is_silent = False
        elif isinstance(error, Unavailable | OutcomeUnknown) and not self._is_silent:
            log.warning("PagerDuty is not answering; told once", reason=error.for_operator)
            self._is_silent = True

    async def pages(self, call: Call, read: Callable[[Any], Page[T]], *, limit: int) -> list[T]:
        """Read page after page while PagerDuty says that there is more, at most `limit` entries."""
        found: list[T] = []
        offset = 0
        while len(found) < limit:
            size = min(MAX_PAGE, MAX_OFFSET - offset)
            if size <= 0:
                log.warning("PagerDuty gives no more of a long list", path=call.path, read=offset)
                break
            page = await self.call(call.page(offset, size), read)
            found.extend(page.items)
            if not page.more:
                break
            offset += page.limit if page.limit and page.limit in range(1, size) else size
        return found[:limit]

    def _shown(self, incident: str | None) -> str:
        if incident is None:
            return ""
        known = self._names.get(incident)
        return known[0] if known else f"incident {'#' if incident.isdigit() else ''}{incident}"

    async def _once(self, call: Call, read: Callable[[Any], T], number: int) -> T:
        headers = {}
        if call.from_email is not None:
            if not _may_be_header(call.from_email):
                raise http_errors.from_rejected(call)
            headers["From"] = call.from_email
        try:
            answer = await self._connection.exchange(
                call.method,
                call.path,
                query=call.query,
                headers=headers,
                content=None if call.body is None else encode(call.body),
            )
        except Disconnected as lost:
            if lost.sent and call.writes:
                raise http_errors.unknown_outcome(call, lost.why) from None
            raise http_errors.unavailable(call, lost.why, tries=number) from None
        except AnswerTooLarge:
            raise http_errors.not_understood(call, 200, "it is too long", tries=number) from None
        return self._understand(call, answer, read, number)

    def _understand(self, call: Call, answer: Answer, read: Callable[[Any], T], number: int) -> T:
        self._note_time(answer.headers.get("date"))
        if answer.status not in {200, 201}:
            error = http_errors.error_of(
                answer.status,
                answer.headers,
                answer.body,
                call,
                tries=number,
                secrets=(self._token,),
            )
            if isinstance(error, FromRejected) and call.from_email and self.on_from_rejected:
                self.on_from_rejected(call.from_email)
            raise error
        try:
            return read(json.loads(answer.body))
        except MalformedAnswer as bad:
            why = str(bad)
        except (ValueError, RecursionError):
            why = "it is no JSON"
        raise http_errors.not_understood(call, answer.status, why, tries=number)

    def _note_time(self, date: str | None) -> None:
        if date is None:
            return
        try:
            self._ahead = parsedate_to_datetime(date) - self._clock.now()
        except (ValueError, TypeError, OverflowError):  # no date; without zone; out of range
            return


def _may_repeat(call: Call, error: PagerDutyError) -> bool:
    never_left = isinstance(error, Unavailable) and error.status is None
    return call.repeatable or isinstance(error, RateLimited) or never_left


def _may_be_header(email: str) -> bool:
    return email.isascii() and email.isprintable() and "@" in email and " " not in email
