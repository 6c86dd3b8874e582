"""The channels that the bot is in: their names in memory, their messages' addresses."""

from collections.abc import Mapping
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackError
from bot.slack.client import FAILURES, reason_of

log = structlog.get_logger(__name__)

PAGE = 200
MOST_PAGES = 50  # 10,000 channels
MOST_NAMES = 20_000


class Rooms:
    """`ports.Rooms` over users.conversations; `url` is the workspace's own address."""

    def __init__(self, client: AsyncWebClient, *, url: str | None) -> None:
        self._client = client
        self._url = url.rstrip("/") if url else None
        self._names: dict[str, str] = {}

    def name(self, channel_id: str) -> str | None:
        """Give the name, as far as it was read."""
        return self._names.get(channel_id)

    def permalink(self, channel_id: str, ts: str, thread_ts: str | None = None) -> str | None:
        """Give a message's address, as chat.getPermalink would."""
        if self._url is None:
            return None
        address = f"{self._url}/archives/{channel_id}/p{ts.replace('.', '')}"
        if thread_ts and thread_ts != ts:
            address += f"?thread_ts={thread_ts}&cid={channel_id}"
        return address

    async def resolve(self, channel_id: str) -> str | None:
        """Read a channel's name."""
        if (known := self._names.get(channel_id)) is not None:
            return known
        try:
            answer = await self._client.conversations_info(channel=channel_id)
        except FAILURES as error:
            raise SlackError(
                f"Slack did not tell the name of the channel {channel_id} ({reason_of(error)})."
            ) from error
        self._remember(answer.get("channel") or {})
        return self._names.get(channel_id)

    async def joined(self) -> Mapping[str, str]:
        """Read the channels that the bot is in, public and private ones."""
        found: dict[str, str] = {}
        cursor = ""
        for _ in range(MOST_PAGES):
            try:
                answer = await self._client.users_conversations(
                    types="public_channel,private_channel",
                    exclude_archived=True,
                    limit=PAGE,
                    cursor=cursor,
                )
            except FAILURES as error:
                raise SlackError(
                    f"Slack did not tell which channels the bot is in ({reason_of(error)})."
                ) from error
            for channel in answer.get("channels") or ():
                self._remember(channel)
                found[str(channel["id"])] = self._names.get(str(channel["id"]), "")
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return found

    def _remember(self, channel: Mapping[str, Any]) -> None:
        channel_id, name = channel.get("id"), channel.get("name")
        if not (isinstance(channel_id, str) and isinstance(name, str) and name):
            return
        self._names[channel_id] = name
        while len(self._names) > MOST_NAMES:
            del self._names[next(iter(self._names))]
