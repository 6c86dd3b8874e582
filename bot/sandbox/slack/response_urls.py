"""`response_url`: five answers in thirty minutes, bound to one person and one channel.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.board import Board
from bot.sandbox.slack.clock import Clock
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.inspection import Inspector
from bot.sandbox.slack.records import Channel, Json, Message
from bot.sandbox.slack.workspace import Workspace

MOST_USES = 5
LIFE = timedelta(minutes=30)
_MOST_ADDRESSES = 10_000


@dataclass(slots=True, eq=False)
class ResponseUrl:
    """One address that answers one interaction. `origin` is the message that was clicked."""

    url: str = field(repr=False)
    user_id: str
    channel: Channel
    until: datetime
    origin: Message | None = None
    uses: int = 0
    replies: list[Message] = field(default_factory=list)


class ResponseUrls:
    """All addresses that were given out, and what happens when they are used."""

    def __init__(
        self, workspace: Workspace, inspector: Inspector, board: Board, clock: Clock
    ) -> None:
        self._workspace = workspace
        self._inspector = inspector
        self._board = board
        self._clock = clock
        self._by_secret: dict[str, ResponseUrl] = {}

    def new(
        self, base: str, kind: str, user_id: str, channel: Channel, origin: Message | None = None
    ) -> ResponseUrl:
        """Make an address; `kind` is `commands` or `actions`."""
        if len(self._by_secret) >= _MOST_ADDRESSES:
            for old in tuple(self._by_secret)[: _MOST_ADDRESSES // 2]:
                del self._by_secret[old]
        secret = secrets.token_hex(12)
        url = f"{base}/{kind}/{self._workspace.team_id}/{secret}"
        made = ResponseUrl(url, user_id, channel, self._clock.now() + LIFE, origin)
        self._by_secret[secret] = made
        return made

    def use(self, secret: str, body: Any) -> None:
        """Carry out what was posted to an address.

        Raises:
            SlackError: expired_url, used_url, invalid_payload, no_text, invalid_blocks ...
        """
        address = self._by_secret.get(secret)
        if address is None or self._clock.now() > address.until:
            raise SlackError("expired_url")
        if address.uses >= MOST_USES:
            raise SlackError("used_url")
        if not isinstance(body, dict):
            raise SlackError("invalid_payload")
        self.answer(address, body)
        address.uses += 1

    def answer(self, address: ResponseUrl, body: Json) -> None:
        """Show an answer: only to the caller unless `in_channel` is asked for.

        A command has no original: `replace_original` posts, `delete_original` does nothing.
        """
        args = Arguments(body)
        origin = address.origin
        if args.flag("delete_original"):
            if origin is not None:
                self._board.delete(origin)
            return
        content = self._inspector.content(args)
        if origin is not None and args.flag("replace_original"):
            self._board.update(origin, content)
            address.replies.append(origin)
            return
        thread_ts = args.text("thread_ts")
        if thread_ts is not None:
            content["thread_ts"] = thread_ts
        kind = args.text("response_type") or "ephemeral"
        if kind not in {"ephemeral", "in_channel"}:
            raise SlackError("invalid_payload")
        show = (
            self._board.post if kind == "in_channel" else partial(self._board.show, address.user_id)
        )
        address.replies.append(show(address.channel, content))
