"""Call an address while the bot is well, so that somebody else notices when it no longer is."""

from collections.abc import Awaitable, Callable
from typing import Final

import httpx
import structlog

from bot.clock import Clock
from bot.pagerduty.connection import is_loopback
from bot.secret import Secret

log = structlog.get_logger(__name__)

EVERY_SECONDS: Final = 60.0
TIMEOUT_SECONDS: Final = 10.0


class Heartbeat:
    """Call `url` once a minute while `is_well`; an address that fails never harms the bot."""

    def __init__(
        self,
        url: Secret,
        *,
        is_well: Callable[[], Awaitable[bool]],
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url = url
        self._is_well = is_well
        self._clock = clock
        self._transport = transport
        self._trouble: str | None = None

    async def run(self) -> None:
        """Call for ever."""
        address = httpx.URL(self._url.reveal())
        async with httpx.AsyncClient(
            timeout=TIMEOUT_SECONDS,
            trust_env=not is_loopback(address),
            transport=self._transport,
        ) as http:
            while True:
                await self.beat(http)
                await self._clock.sleep(EVERY_SECONDS)

    async def beat(self, http: httpx.AsyncClient) -> None:
        """Call once, unless the bot is unwell."""
        try:
            if not await self._is_well():
                self._report("the bot is not well; /healthz says why")
                return
            # Streamed and left unread: nobody needs the page behind it, however long it is.
            async with http.stream("GET", self._url.reveal()) as response:
                refused = response.is_error
                self._report(f"it answered {response.status_code}" if refused else None)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            self._report(type(error).__name__)
        except Exception:  # whatever it is, it must not end what the bot is for
            log.exception("the heartbeat failed in itself")

    def _report(self, trouble: str | None) -> None:
        """Log only what changes; never the address, which may be all there is to know."""
        if trouble != self._trouble:
            if trouble:
                log.warning("no heartbeat was sent", reason=trouble)
            else:
                log.info("heartbeats are sent")
        self._trouble = trouble
