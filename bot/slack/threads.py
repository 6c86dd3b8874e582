"""Which incident a thread is about: its newest card says so itself, in its buttons' values."""

from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.client import FAILURES, reason_of

log = structlog.get_logger(__name__)

CARD_ACTIONS = frozenset({"acknowledge", "resolve", "note", "reassign", "reopen"})
MOST_PAGES = 5
PAGE = 200  # docs.slack.dev/reference/methods/conversations.replies: at most 1,000


class Threads:
    """`ports.Threads` over conversations.replies: works with an empty database."""

    def __init__(self, client: AsyncWebClient, *, bot_id: str) -> None:
        self._client = client
        self._bot_id = bot_id

    async def incident_of(self, channel_id: str, thread_ts: str) -> str | None:
        """Give the incident of the newest card in the thread, its first message included.

        Where Slack does not tell, there is none: the caller then asks which one is meant.
        """
        newest: str | None = None
        cursor = ""
        for _ in range(MOST_PAGES):
            try:
                answer = await self._client.conversations_replies(
                    channel=channel_id, ts=thread_ts, limit=PAGE, cursor=cursor
                )
            except FAILURES as error:
                log.info("no replies to read", channel_id=channel_id, reason=reason_of(error))
                return newest
            for message in answer.get("messages") or ():
                if message.get("bot_id") == self._bot_id:
                    newest = next(incidents_in(message), None) or newest
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return newest


def incidents_in(message: Mapping[str, Any]) -> Iterator[str]:
    """Give the incidents that the buttons of a message name."""
    for block in message.get("blocks") or ():
        for element in block.get("elements") or () if block.get("type") == "actions" else ():
            if element.get("action_id") in CARD_ACTIONS and element.get("value"):
                yield str(element["value"])
