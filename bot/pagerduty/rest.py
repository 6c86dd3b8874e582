"""PagerDuty's REST API, put together: `rest.incidents` and `rest.directory` are the two ports."""

from datetime import datetime
from typing import Self

import httpx

from bot.clock import Clock
from bot.errors import NotFound, PagerDutyError, RoleMissing
from bot.pagerduty import wire
from bot.pagerduty.client import Client, Patience
from bot.pagerduty.directory import RestDirectory
from bot.pagerduty.incidents import RestIncidents
from bot.telemetry import Observe, ignore

TIMEOUT_SECONDS = 10.0  # of one request; a person waits, and there may be four


class Rest:
    """Hold one connection pool and one key; `async with`, or `aclose` at the end.

    `transport` replaces the network in tests. Never shows the token, not in its `repr` either.
    """

    def __init__(
        self,
        *,
        base_url: str,
        token: str,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        patience: Patience | None = None,
        observe: Observe = ignore,
    ) -> None:
        """Prepare; nothing is sent yet.

        Raises:
            ConfigError: the token or the address cannot be right.
        """
        self._client = Client(
            base_url=base_url,
            token=token,
            clock=clock,
            transport=transport,
            timeout_seconds=timeout_seconds,
            patience=patience,
            observe=observe,
        )
        self.directory = RestDirectory(self._client, clock)
        self._client.on_from_rejected = self.directory.forget_email
        self.incidents = RestIncidents(self._client, clock, self._author_of)

    def __repr__(self) -> str:
        return f"<Rest: {self._client!r}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def may_write(self, from_email: str | None) -> bool | None:
        """Tell whether the key may write, by a write that can change nothing.

        A read-only key gets 403 for every method but GET (PagerDuty's REST API, Read-Only API
        Keys); with any other one there is merely no such incident. None: the answer does not tell.
        """
        try:
            await self._client.call(wire.change_nothing(from_email), lambda _: None, attempts=1)
        except RoleMissing:
            return False
        except NotFound:
            return True
        except PagerDutyError:
            return None
        return None

    def server_now(self) -> datetime:
        """Give the present instant by PagerDuty's clock, as far as its answers told."""
        return self._client.server_now()

    async def _author_of(self, from_email: str | None) -> str | None:
        """Give the id of the user as whom a write appears: a user-level key's owner always."""
        try:
            user = await self.directory.me()
            if user is None and from_email is not None:
                user = await self.directory.user_by_email(from_email)
        except PagerDutyError:  # the comparison of notes does without the author then
            return None
        return user.id if user else None
