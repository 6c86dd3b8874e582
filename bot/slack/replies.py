"""Bring an answer to the person who asked, by whichever way Slack still allows."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import structlog

from bot.errors import SlackError
from bot.model import Invocation
from bot.slack.client import FAILURES, SlackWeb, reason_of
from bot.slack.views import Message

log = structlog.get_logger(__name__)

_WORD = re.compile(r"[a-z_]{1,60}")
_EXPIRED_TRIGGER = frozenset({"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"})


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message is; `ts` is None for what cannot be edited later."""

    channel_id: str
    ts: str | None = None


class _Undelivered(Exception):
    """A response_url did not take the answer."""


_Way = tuple[str, Callable[[], Awaitable[Posted]]]


class Replies:
    """Send answers, reactions and forms. What no way takes is logged, never lost in silence."""

    def __init__(self, web: SlackWeb) -> None:
        self._web = web

    async def send(
        self, invocation: Invocation, message: Message, *, reference: str, public: bool = False
    ) -> Posted | None:
        """Send an answer; None when Slack took it on no way, which is logged with the reference.

        To the caller: the response_url (5 uses, 30 minutes), an ephemeral message in the thread or
        channel, a direct message. To everybody: the channel, the response_url, a direct message.
        """
        tried: dict[str, str] = {}
        for way, attempt in self._ways(invocation, message, public=public):
            try:
                return await attempt()
            except _Undelivered as error:
                tried[way] = str(error)
            except FAILURES as error:
                tried[way] = reason_of(error)
        log.error(
            "an answer could not be delivered",
            reference=reference,
            slack_user_id=invocation.slack_user_id,
            channel_id=invocation.channel_id,
            tried=tried,
        )
        return None

    async def react(self, channel_id: str, ts: str, emoji: str) -> None:
        """Put a reaction on a message, at best effort: the answer itself is sent apart."""
        try:
            await self._web.patient.reactions_add(channel=channel_id, timestamp=ts, name=emoji)
        except FAILURES as error:
            log.info("no reaction", channel_id=channel_id, ts=ts, reason=reason_of(error))

    async def open_form(self, trigger_id: str | None, view: Mapping[str, Any]) -> None:
        """Open a modal.

        Raises:
            SlackError: it did not open; the sentence says what to do.
        """
        try:
            await self._web.prompt.views_open(trigger_id=trigger_id or "", view=dict(view))
        except FAILURES as error:
            reason = reason_of(error)
            log.warning("a form did not open", callback_id=view.get("callback_id"), reason=reason)
            if reason in _EXPIRED_TRIGGER:
                raise SlackError(
                    "The form did not open, because Slack allows only 3 seconds for it and they "
                    "had passed. Nothing was done; press the button again."
                ) from error
            raise SlackError(
                f"The form did not open, because Slack refused it ({reason}). Nothing was done; "
                "press the button again, or type the command instead."
            ) from error

    def _ways(self, invocation: Invocation, message: Message, *, public: bool) -> Sequence[_Way]:
        """Give the ways in their order; those that lack an address are left out."""
        content = _content(message)
        ways: list[_Way] = []
        channel_id, response_url = invocation.channel_id, invocation.response_url
        if public and channel_id:
            ways.append(("channel", lambda: self._post(channel_id, content, invocation.thread_ts)))
        if response_url:
            ways.append(
                (
                    "response_url",
                    lambda: self._respond(response_url, invocation, content, public=public),
                )
            )
        if not public and channel_id:
            ways.append(("ephemeral", lambda: self._whisper(channel_id, invocation, content)))
        ways.append(("direct message", lambda: self._write_to(invocation.slack_user_id, content)))
        return ways

    async def _respond(
        self, url: str, invocation: Invocation, content: Mapping[str, Any], *, public: bool
    ) -> Posted:
        """Use the response_url; the message pressed on is never replaced, it may be a card."""
        body = {
            "response_type": "in_channel" if public else "ephemeral",
            "replace_original": False,
            **content,
            **_in_thread(invocation.thread_ts),
        }
        async with self._web.session.post(
            url, json=body, proxy=self._web.prompt.proxy, ssl=self._web.tls
        ) as response:
            if response.status != 200:  # noqa: PLR2004 - HTTP's own number
                raise _Undelivered(await _refusal(response))
        return Posted(invocation.channel_id or "")

    async def _whisper(
        self, channel_id: str, invocation: Invocation, content: Mapping[str, Any]
    ) -> Posted:
        await self._web.patient.chat_postEphemeral(
            channel=channel_id,
            user=invocation.slack_user_id,
            **content,
            **_in_thread(invocation.thread_ts),
        )
        return Posted(channel_id)

    async def _write_to(self, slack_user_id: str, content: Mapping[str, Any]) -> Posted:
        opened = await self._web.patient.conversations_open(users=slack_user_id)
        return await self._post(opened["channel"]["id"], content, None)

    async def _post(
        self, channel_id: str, content: Mapping[str, Any], thread_ts: str | None
    ) -> Posted:
        answer = await self._web.patient.chat_postMessage(
            channel=channel_id,
            unfurl_links=False,
            unfurl_media=False,
            **content,
            **_in_thread(thread_ts),
        )
        return Posted(answer["channel"], answer["ts"])


def _content(message: Message) -> dict[str, Any]:
    content: dict[str, Any] = {"text": message.text}
    if message.blocks:
        content["blocks"] = list(message.blocks)
    return content


def _in_thread(thread_ts: str | None) -> dict[str, str]:
    return {"thread_ts": thread_ts} if thread_ts else {}


async def _refusal(response: aiohttp.ClientResponse) -> str:
    """Name why a response_url refused: Slack's word where it is one, and never a page's text."""
    word = (await response.content.read(100)).decode(errors="replace").strip()
    return f"{response.status} {word}" if _WORD.fullmatch(word) else str(response.status)
