"""Which incident a thread is about: its newest card says so itself, in its buttons' values."""

from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackError
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

        Raises:
            SlackError: Slack did not show the whole thread; another incident must not be guessed.
        """
        newest: str | None = None
        cursor = ""
        for _ in range(MOST_PAGES):
            try:
                answer = await self._client.conversations_replies(
                    channel=channel_id, ts=thread_ts, limit=PAGE, cursor=cursor
                )
            except FAILURES as error:
                reason = reason_of(error)
                log.warning("a thread could not be read", channel_id=channel_id, reason=reason)
                raise _not_told(reason) from error
            for message in answer.get("messages") or ():
                if message.get("bot_id") == self._bot_id:
                    newest = next(incidents_in(message), None) or newest
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return newest
        raise _not_told("the thread is too long")


def _not_told(reason: str) -> SlackError:
    return SlackError(
        f"Slack did not tell which incident this thread is about ({reason}), so nothing was done. "
        "Name the incident, or try again."
    )


def incidents_in(message: Mapping[str, Any]) -> Iterator[str]:
    """Give the incidents that the buttons of a message name."""
    for block in message.get("blocks") or ():
        for element in block.get("elements") or () if block.get("type") == "actions" else ():
            if element.get("action_id") in CARD_ACTIONS and element.get("value"):
                yield str(element["value"])
