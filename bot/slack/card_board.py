"""`ports.CardBoard` over Slack's Web API: cards are posted, edited and commented in their threads.

Nothing is tried twice here: whoever keeps the cards decides when, and a repeated
`chat.postMessage` posts twice.
"""

from collections.abc import Awaitable, Mapping
from typing import Any

from bot.errors import ChannelClosed, MessageGone, SlackError, SlackLimited
from bot.model import Card, Line
from bot.slack import blocks, views
from bot.slack.client import FAILURES, SlackWeb, reason_of
from bot.slack.text import fallback

LINE_LENGTH = 2900  # a section takes 3,000
DEFAULT_RETRY_SECONDS = 30.0  # a 429 without Retry-After
LONGEST_RETRY_SECONDS = 600.0

# https://docs.slack.dev/reference/methods/chat.update#errors, chat.postMessage#errors
_GONE = frozenset(
    {
        "cant_update_message",
        "edit_window_closed",
        "message_not_found",
        "thread_not_found",
        "cannot_reply_to_message",
    }
)
_CLOSED = frozenset(
    {
        "channel_not_found",
        "ekm_access_denied",
        "is_archived",
        "not_in_channel",
        "posting_to_general_channel_denied",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
        "restricted_action_thread_only_channel",
    }
)


class CardBoard:
    """Show cards."""

    def __init__(self, web: SlackWeb) -> None:
        self._client = web.plain

    async def post(self, channel_id: str, card: Card, *, thread_ts: str | None = None) -> str:
        """Post a card; gives its `ts`."""
        message = views.card(card)
        answer = await _ask(
            self._client.chat_postMessage(
                channel=channel_id,
                text=message.text,
                blocks=list(message.blocks),
                unfurl_links=False,
                unfurl_media=False,
                thread_ts=thread_ts,
            )
        )
        return str(answer["ts"])

    async def show(self, channel_id: str, ts: str, card: Card) -> None:
        """Let a card show this."""
        message = views.card(card)
        await _ask(
            self._client.chat_update(
                channel=channel_id, ts=ts, text=message.text, blocks=list(message.blocks)
            )
        )

    async def say(
        self,
        channel_id: str,
        line: Line,
        *,
        thread_ts: str | None = None,
        to_channel: bool = False,
    ) -> None:
        """Write a line into a thread (`to_channel`: and show it in the channel), or there only."""
        await _ask(
            self._client.chat_postMessage(
                channel=channel_id,
                text=fallback([line], LINE_LENGTH),
                blocks=[blocks.section(line)],
                unfurl_links=False,
                unfurl_media=False,
                thread_ts=thread_ts,
                reply_broadcast=True if to_channel and thread_ts else None,
            )
        )

    async def permalink(self, channel_id: str, ts: str) -> str:
        """Give a message's address."""
        answer = await _ask(self._client.chat_getPermalink(channel=channel_id, message_ts=ts))
        return str(answer["permalink"])


async def _ask(call: Awaitable[Any]) -> Mapping[str, Any]:
    try:
        answer: Mapping[str, Any] = await call
    except FAILURES as error:
        raise _meaning(error) from error
    return answer


def _meaning(error: BaseException) -> SlackError:
    reason = reason_of(error)
    if reason in _GONE:
        return MessageGone(f"The message is gone or cannot be edited any more ({reason}).")
    if reason in _CLOSED:
        return ChannelClosed(f"Slack lets the bot write nothing there ({reason}).")
    if reason == "ratelimited" or _status(error) == 429:  # noqa: PLR2004 - HTTP's own number
        return SlackLimited("Slack asked to wait.", retry_after_seconds=_retry_after(error))
    return SlackError(f"Slack did not take it ({reason}).")


def _status(error: BaseException) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _retry_after(error: BaseException) -> float:
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    for name, value in headers.items():
        if str(name).lower() == "retry-after" and str(value).strip().isdecimal():
            return min(LONGEST_RETRY_SECONDS, max(1.0, float(value)))
    return DEFAULT_RETRY_SECONDS
