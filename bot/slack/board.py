"""What the bot shows at job messages: reactions, lines and cards in their threads."""

from collections.abc import Callable, Sequence
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackError
from bot.model import Button, Card, Line, Outcome
from bot.slack import views
from bot.slack.client import FAILURES, reason_of
from bot.slack.views import Message

PAGE = 200

# The message, or its reaction, is as it should be; or there is nothing left to react to.
_FINE = frozenset({"already_reacted", "no_reaction", "message_not_found"})


class Board:
    """`ports.Noticeboard`. `client` should wait out rate limits: nothing here is urgent."""

    def __init__(self, client: AsyncWebClient, *, bot_id: str) -> None:
        self._client = client
        self._bot_id = bot_id

    async def react(self, channel_id: str, ts: str, emoji: str) -> None:
        """Put a reaction on a message."""
        await _asked(self._client.reactions_add, channel=channel_id, timestamp=ts, name=emoji)

    async def unreact(self, channel_id: str, ts: str, emoji: str) -> None:
        """Take the bot's reaction away."""
        await _asked(self._client.reactions_remove, channel=channel_id, timestamp=ts, name=emoji)

    async def post(
        self,
        channel_id: str,
        lines: Sequence[Line],
        *,
        thread_ts: str | None = None,
        buttons: Sequence[Button] = (),
    ) -> str:
        """Post lines; gives the `ts`."""
        outcome = Outcome(lines=tuple(lines), buttons=tuple(buttons))
        return await self._post(channel_id, views.answer(outcome), thread_ts)

    async def post_card(self, channel_id: str, card: Card, *, thread_ts: str | None = None) -> str:
        """Post a card; gives its `ts`."""
        return await self._post(channel_id, views.card(card), thread_ts)

    async def said(self, channel_id: str, thread_ts: str) -> Sequence[str]:
        """Give what the bot itself has said in a thread, as far as one page shows."""
        answer = await _asked(
            self._client.conversations_replies, channel=channel_id, ts=thread_ts, limit=PAGE
        )
        messages = (answer or {}).get("messages") or ()
        return [str(each) for each in messages if each.get("bot_id") == self._bot_id]

    async def _post(self, channel_id: str, message: Message, thread_ts: str | None) -> str:
        answer = await _asked(
            self._client.chat_postMessage,
            channel=channel_id,
            text=message.text,
            blocks=message.blocks,
            unfurl_links=False,
            unfurl_media=False,
            **({"thread_ts": thread_ts} if thread_ts else {}),
        )
        return str(answer["ts"]) if answer else ""


async def _asked(method: Callable[..., Any], **arguments: Any) -> Any:
    try:
        return await method(**arguments)
    except FAILURES as error:
        reason = reason_of(error)
        if reason in _FINE:
            return None
        raise SlackError(f"Slack did not take a receipt ({reason}).") from error
