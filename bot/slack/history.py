"""What was said in channels while nobody listened."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackError
from bot.model import ChannelMessage
from bot.ports import Said
from bot.slack.client import FAILURES, Identity, reason_of
from bot.slack.messages import Ignored, message

PAGE = 200  # apps sold outside the Marketplace get 15 of them, and say so with a cursor
MOST_REPLIES_PAGES = 50

# Slack will not let the bot read there, however often it asks.
# https://docs.slack.dev/reference/methods/conversations.history#errors
CLOSED = frozenset(
    {
        "channel_not_found",
        "is_archived",
        "method_not_supported_for_channel_type",
        "missing_scope",
        "no_permission",
        "not_in_channel",
        "thread_not_found",
    }
)


class Unreadable(SlackError):
    """Slack does not let the bot read there; asking again changes nothing."""

    transient = False


class History:
    """`ports.History` over conversations.history and conversations.replies.

    `client` should wait out rate limits.
    """

    def __init__(self, client: AsyncWebClient, *, identity: Identity) -> None:
        self._client = client
        self._identity = identity

    async def pages(self, channel_id: str, oldest: str) -> AsyncIterator[Sequence[Said]]:
        """Read everything after `oldest`, newest first, without replies."""
        cursor = ""
        while True:
            answer = await _asked(
                channel_id,
                self._client.conversations_history,
                channel=channel_id,
                oldest=oldest,
                limit=PAGE,
                cursor=cursor,
            )
            messages = answer.get("messages") or ()
            yield [said for each in messages if (said := self._said(channel_id, each))]
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    async def replies(self, channel_id: str, ts: str, oldest: str = "0") -> Sequence[Said]:
        """Read a message and its replies after `oldest`, newest first."""
        found: dict[str, Said] = {}
        cursor = ""
        for _ in range(MOST_REPLIES_PAGES):
            answer = await _asked(
                channel_id,
                self._client.conversations_replies,
                channel=channel_id,
                ts=ts,
                oldest=oldest,
                limit=PAGE,
                cursor=cursor,
            )
            for each in answer.get("messages") or ():
                if said := self._said(channel_id, each):
                    found[said.ts] = said
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return sorted(found.values(), key=lambda said: _microseconds(said.ts), reverse=True)

    def _said(self, channel_id: str, content: Mapping[str, Any]) -> Said | None:
        ts = content.get("ts")
        if not isinstance(ts, str):
            return None
        read = message(
            {**content, "type": "message", "channel": channel_id},
            team_id=self._identity.team_id,
            own_bot_id=self._identity.bot_id,
            own_app_id=self._identity.app_id,
            own_user_id=self._identity.bot_user_id,
        )
        latest = content.get("latest_reply")
        return Said(
            ts=ts,
            message=None if isinstance(read, Ignored) else _as_edited(read),
            latest_reply=latest if isinstance(latest, str) else None,
        )


def _as_edited(read: ChannelMessage) -> ChannelMessage:
    """Date it by its last edit: history shows an edited message under its old `ts`."""
    edited = read.content.get("edited")
    at = edited.get("ts") if isinstance(edited, Mapping) else None
    is_later = isinstance(at, str) and _microseconds(at) > _microseconds(read.ts)
    return replace(read, changed_at=at) if isinstance(at, str) and is_later else read


def _microseconds(ts: str) -> int:
    seconds, _, fraction = ts.partition(".")
    return int(f"{seconds}{fraction:0<6}"[:20]) if (seconds + fraction).isdecimal() else 0


async def _asked(channel_id: str, method: Callable[..., Any], **arguments: Any) -> Any:
    try:
        return await method(**arguments)
    except FAILURES as error:
        reason = reason_of(error)
        kind = Unreadable if reason in CLOSED else SlackError
        raise kind(f"Slack did not show what was said in {channel_id} ({reason}).") from error
