"""Slack's channels: their names, remembered for a while."""

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import Clock
from bot.slack.client import FAILURES, reason_of
from bot.slack.people import Remembered

log = structlog.get_logger(__name__)

NAME_SECONDS = 600.0
CHANNELS_LIMIT = 5000


class Channels:
    """`ports.Channels` over conversations.info."""

    def __init__(self, client: AsyncWebClient, *, clock: Clock) -> None:
        self._client = client
        self._names: Remembered[str, str | None] = Remembered(
            clock, seconds=NAME_SECONDS, limit=CHANNELS_LIMIT
        )

    async def name_of(self, channel_id: str) -> str | None:
        """Give the name without `#`; None where Slack does not tell, which is not remembered."""
        try:
            return await self._names.get(channel_id, lambda: self._read(channel_id))
        except FAILURES as error:
            log.warning("no channel name", channel_id=channel_id, reason=reason_of(error))
            return None

    async def _read(self, channel_id: str) -> str | None:
        answer = await self._client.conversations_info(channel=channel_id)
        name = (answer.get("channel") or {}).get("name")
        return str(name) if name else None
