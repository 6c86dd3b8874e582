"""What tests wait for: event driven, with a failure that says what was there instead."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from bot.sandbox.slack.errors import NotSeenError
from bot.sandbox.slack.records import Json, Message, View
from bot.sandbox.slack.talk import Talk
from bot.sandbox.slack.workspace import Where, Who

T = TypeVar("T")

TIMEOUT_SECONDS = 20.0  # it matters only where something fails


def all_text(shown: Json) -> str:
    """Give every text in a message or view, blocks and attachments included, a line each."""
    return "\n".join(_texts(dict(shown)))


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            if name in _SHOWN and isinstance(part, str):
                yield part
            elif name not in _HIDDEN:
                yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


_SHOWN = {"text", "title", "fallback", "pretext", "alt_text", "value", "footer"}
_HIDDEN = {"bot_profile", "state", "edited"}


class Expectations(Talk):
    """Wait for what the bot does.

    `expect_message` and `expect_ephemeral` give each message once: the next call gives the next.
    """

    async def expect_message(
        self,
        channel: Where,
        containing: str = "",
        *,
        thread_ts: str | None = None,
        timeout: float = TIMEOUT_SECONDS,  # noqa: ASYNC109 - part of the vocabulary
    ) -> Message:
        """Wait for a message of the bot in a channel (in a thread: `thread_ts`)."""

        def candidates() -> list[Message]:
            return [
                one
                for one in self.messages(channel)
                if one.get("bot_id") == self.identity.bot_id and thread_ts in {None, one.thread_ts}
            ]

        return await self._expect_new(candidates, containing, timeout, f"message in {channel}")

    async def expect_ephemeral(
        self,
        who: Who,
        channel: Where | None = None,
        containing: str = "",
        *,
        timeout: float = TIMEOUT_SECONDS,  # noqa: ASYNC109 - part of the vocabulary
    ) -> Message:
        """Wait for an ephemeral message that somebody sees."""
        return await self._expect_new(
            lambda: self.ephemerals(who, channel), containing, timeout, f"ephemeral to {who}"
        )

    async def expect_update(
        self,
        message: Message,
        containing: str = "",
        *,
        timeout: float = TIMEOUT_SECONDS,  # noqa: ASYNC109 - part of the vocabulary
    ) -> Message:
        """Wait until a message was edited (since an expectation gave it last) and contains this."""

        def find() -> Message | None:
            is_new = message.version > max(message.seen, 0)
            return message if is_new and containing in all_text(message) else None

        found = await self._expect(
            find, timeout, f"update with {containing!r}", lambda: [all_text(message)]
        )
        found.seen = found.version
        return found

    async def expect_deleted(
        self,
        message: Message,
        *,
        timeout: float = TIMEOUT_SECONDS,  # noqa: ASYNC109 - part of the vocabulary
    ) -> None:
        """Wait until a message is gone."""
        channel = self.workspace.channels[message.channel_id]

        def find() -> bool | None:
            there = [*channel.ephemerals, *channel.messages.values()]
            return None if any(one is message for one in there) else True

        await self._expect(find, timeout, "deletion", lambda: [all_text(message)])

    async def expect_reaction(
        self,
        message: Message,
        name: str,
        *,
        timeout: float = TIMEOUT_SECONDS,  # noqa: ASYNC109 - part of the vocabulary
    ) -> Message:
        """Wait for a reaction below a message."""

        def names() -> list[str]:
            return [str(one["name"]) for one in message.get("reactions", [])]

        return await self._expect(
            lambda: message if name in names() else None, timeout, f"reaction :{name}:", names
        )

    async def expect_view(
        self,
        who: Who,
        callback_id: str | None = None,
        containing: str = "",
        *,
        timeout: float = TIMEOUT_SECONDS,  # noqa: ASYNC109 - part of the vocabulary
    ) -> View:
        """Wait until somebody's topmost modal is this one."""
        user_id = self.workspace.user(who).id

        def find() -> View | None:
            stack = self.modals.stacks.get(user_id)
            top = stack[-1] if stack else None
            if top is None or callback_id not in {None, top["callback_id"]}:
                return None
            return top if containing in all_text(top) else None

        def there() -> list[str]:
            return [f"{one['callback_id']}: {all_text(one)}" for one in self.views.get(user_id, [])]

        return await self._expect(find, timeout, f"view {callback_id} {containing!r}", there)

    async def expect_home(
        self,
        who: Who,
        containing: str = "",
        *,
        timeout: float = TIMEOUT_SECONDS,  # noqa: ASYNC109 - part of the vocabulary
    ) -> View:
        """Wait until somebody's Home tab contains this."""

        def find() -> View | None:
            home = self.home(who)
            return home if home is not None and containing in all_text(home) else None

        def there() -> list[str]:
            home = self.home(who)
            return [] if home is None else [all_text(home)]

        return await self._expect(find, timeout, f"home of {who} with {containing!r}", there)

    async def expect_call(
        self,
        method: str,
        *,
        since: int = 0,
        timeout: float = TIMEOUT_SECONDS,  # noqa: ASYNC109 - part of the vocabulary
    ) -> Any:
        """Wait for a Web API call; `since` is how many of `calls` are old."""
        return await self._expect(
            lambda: next((one for one in self.calls[since:] if one.method == method), None),
            timeout,
            f"call of {method}",
            lambda: [one.method for one in self.calls[since:]],
        )

    async def expect_connections(
        self,
        count: int,
        *,
        timeout: float = TIMEOUT_SECONDS,  # noqa: ASYNC109 - part of the vocabulary
    ) -> None:
        """Wait until so many websockets are open, or more."""
        await self._expect(
            lambda: True if sum(one.is_open for one in self.connections) >= count else None,
            timeout,
            f"{count} connections",
            lambda: [repr(one) for one in self.connections],
        )

    # ---------------------------------------------------------------- inside

    async def _expect_new(
        self,
        candidates: Callable[[], list[Message]],
        containing: str,
        seconds: float,
        what: str,
    ) -> Message:
        def find() -> Message | None:
            for one in candidates():
                if one.seen < 0 and containing in all_text(one):
                    return one
            return None

        def there() -> list[str]:
            return [("(seen) " if one.seen >= 0 else "") + all_text(one) for one in candidates()]

        found = await self._expect(find, seconds, f"{what} with {containing!r}", there)
        found.seen = found.version
        return found

    async def _expect(
        self,
        find: Callable[[], T | None],
        seconds: float,
        what: str,
        there: Callable[[], list[str]],
    ) -> T:
        found = await self.changes.until(find, seconds)
        if found is None:
            seen = "\n- ".join(there()) or "nothing"
            raise NotSeenError(f"No {what} within {seconds} s. There was:\n- {seen}")
        return found
