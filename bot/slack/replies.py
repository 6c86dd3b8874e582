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

    channel_id: str | None
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

    async def open_form(
        self, trigger_id: str | None, view: Mapping[str, Any], *, on_top: bool = False
    ) -> str:
        """Open a modal, or put it on top of the one that is open; gives its id, if Slack told it.

        Raises:
            SlackError: it did not open; the sentence says what to do.
        """
        try:
            show = self._web.prompt.views_push if on_top else self._web.prompt.views_open
            answer = await show(trigger_id=trigger_id or "", view=dict(view))
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

        return str((answer.get("view") or {}).get("id") or "")

    async def update_form(self, view_id: str, view: Mapping[str, Any]) -> bool:
        """Replace what a modal shows; False when it is closed already."""
        try:
            await self._web.patient.views_update(view_id=view_id, view=dict(view))
        except FAILURES as error:
            log.info("a form was not updated", view_id=view_id, reason=reason_of(error))
            return False
        return True

    def _ways(self, invocation: Invocation, message: Message, *, public: bool) -> Sequence[_Way]:
        """Give the ways in their order; those that lack an address are left out."""
        content = _content(message)
        threaded = {**content, "thread_ts": invocation.thread_ts}
        if invocation.thread_ts is None:
            threaded = content
        channel_id, response_url = invocation.channel_id, invocation.response_url
        slack_user_id = invocation.slack_user_id
        ways: list[_Way] = []
        if public and channel_id:
            ways.append(("channel", lambda: self._post(channel_id, threaded)))
        if response_url:
            body = {"response_type": "in_channel" if public else "ephemeral", **threaded}
            ways.append(("response_url", lambda: self._respond(response_url, channel_id, body)))
        if channel_id and not public:
            ways.append(("ephemeral", lambda: self._whisper(channel_id, slack_user_id, threaded)))
        ways.append(("direct message", lambda: self._write_to(slack_user_id, content)))
        return ways

    async def _respond(self, url: str, channel_id: str | None, body: Mapping[str, Any]) -> Posted:
        """Use the response_url; the message pressed on is never replaced, it may be a card."""
        async with self._web.session.post(
            url,
            json={"replace_original": False, **body},
            proxy=self._web.prompt.proxy,
            ssl=self._web.tls,
        ) as response:
            if response.status != 200:  # noqa: PLR2004 - HTTP's own number
                raise _Undelivered(await _refusal(response))
        return Posted(channel_id)

    async def _whisper(
        self, channel_id: str, slack_user_id: str, content: dict[str, Any]
    ) -> Posted:
        await self._web.patient.chat_postEphemeral(
            channel=channel_id, user=slack_user_id, **content
        )
        return Posted(channel_id)

    async def _write_to(self, slack_user_id: str, content: dict[str, Any]) -> Posted:
        channel_id = slack_user_id  # Slack takes it for the same conversation's
        try:
            opened = await self._web.patient.conversations_open(users=slack_user_id)
        except FAILURES as error:
            log.info("no direct message was opened", reason=reason_of(error))
        else:
            channel_id = (opened.get("channel") or {}).get("id") or channel_id
        return await self._post(channel_id, content)

    async def _post(self, channel_id: str, content: dict[str, Any]) -> Posted:
        answer = await self._web.patient.chat_postMessage(
            channel=channel_id, unfurl_links=False, unfurl_media=False, **content
        )
        return Posted(answer.get("channel") or channel_id, answer.get("ts"))


def _content(message: Message) -> dict[str, Any]:
    content: dict[str, Any] = {"text": message.text}
    if message.blocks:
        content["blocks"] = list(message.blocks)
    return content


async def _refusal(response: aiohttp.ClientResponse) -> str:
    """Name why a response_url refused: Slack's word where it is one, and never a page's text."""
    word = (await response.content.read(100)).decode(errors="replace").strip()
    return f"{response.status} {word}" if _WORD.fullmatch(word) else str(response.status)
