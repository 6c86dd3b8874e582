"""What people and other apps' bots write, edit and delete in channels."""

import asyncio
import re
from typing import Any, Literal

from bot.sandbox.slack import payloads
from bot.sandbox.slack.board import removal
from bot.sandbox.slack.errors import NotPossibleError
from bot.sandbox.slack.people import People
from bot.sandbox.slack.records import Ack, Channel, Json, Message, OtherBot
from bot.sandbox.slack.typed import escape
from bot.sandbox.slack.workspace import Where, Who

Shape = Literal["modern", "legacy"]
_OUTER = {"type", "subtype", "channel", "channel_type", "event_ts"}


class Talk(People):
    """Write messages. `wait=False` returns at once and delivers in the background."""

    async def post(
        self,
        who: Who,
        channel: Where,
        typed: str,
        *,
        thread_ts: str | None = None,
        raw: bool = False,
        wait: bool = True,
    ) -> Ack:
        """Post as a person; a mention of the bot is delivered as `app_mention` as well."""
        user, place = self.workspace.user(who), self.workspace.channel(channel)
        self.check_place(user, place)
        ts = self.workspace.next_ts()
        content: Json = {
            "type": "message",
            "user": user.id,
            "ts": ts,
            "client_msg_id": f"00000000-0000-4000-8000-{ts.replace('.', '')[-12:]}",
            "text": typed if raw else escape(typed, self.workspace, labels=False),
            "team": user.team_id,
        }
        if thread_ts is not None:
            parent = place.messages[thread_ts]
            author = {"parent_user_id": parent["user"]} if "user" in parent else {}
            content |= {"thread_ts": thread_ts, **author}
        message = self.workspace.add(place, content)
        return await self._tell(place, message, self._news(place, message), wait=wait)

    async def edit(self, who: Who, message: Message, typed: str, *, wait: bool = True) -> Ack:
        """Change one's own message."""
        user, place = self.workspace.user(who), self.workspace.channels[message.channel_id]
        if message.get("user") != user.id:
            raise NotPossibleError(f"{user.name} cannot edit somebody else's message.")
        ts = self.workspace.next_ts()
        text = escape(typed, self.workspace, labels=False)
        before = self.workspace.edit(message, text=text, edited={"user": user.id, "ts": ts})
        event = payloads.changed(place, message, before, ts)
        return await self._tell(place, message, [event], wait=wait)

    async def delete(self, who: Who, message: Message, *, wait: bool = True) -> Ack:
        """Delete one's own message."""
        user, place = self.workspace.user(who), self.workspace.channels[message.channel_id]
        if message.get("user") != user.id:
            raise NotPossibleError(f"{user.name} cannot delete somebody else's message.")
        event = removal(self.workspace, place, message)
        return await self._tell(place, message, [event], wait=wait)

    async def post_as_bot(
        self,
        bot_id: str,
        channel: Where,
        event_fields: Json,
        *,
        shape: Shape = "modern",
        ts: str | None = None,
        update_of: Message | str | None = None,
        wait: bool = True,
    ) -> Ack:
        """Post as another app's bot, or change what it posted (`update_of`).

        `event_fields` are text, blocks, attachments, thread_ts, username ...; they win over what
        the shape says, but for where and by whom it is. `modern`: `bot_id` and `user`;
        `legacy`: `subtype: bot_message` and `username`, no `user`.
        """
        bot, place = self.workspace.bots[bot_id], self.workspace.channel(channel)
        fields = {name: value for name, value in event_fields.items() if name not in _OUTER}
        if update_of is not None:
            return await self._update_as_bot(place, update_of, fields, wait=wait)
        content = self._by_bot(bot, shape) | fields | {"bot_id": bot.id}
        content["ts"] = ts or self.workspace.next_ts()
        if shape == "legacy":
            content.pop("user", None)
        message = self.workspace.add(place, content)
        return await self._tell(place, message, self._news(place, message), wait=wait)

    async def delete_as_bot(self, message: Message, *, wait: bool = True) -> Ack:
        """Delete another app's message."""
        place = self.workspace.channels[message.channel_id]
        event = removal(self.workspace, place, message)
        return await self._tell(place, message, [event], wait=wait)

    async def deliver_event(self, event: Json, *, wait: bool = True) -> Ack:
        """Deliver an inner event as it is, with Slack's envelope and retries."""
        task = self.emit_any(event)
        return await _wait([task], None, wait=wait)

    # ---------------------------------------------------------------- inside

    async def _update_as_bot(
        self, place: Channel, update_of: Message | str, fields: Json, *, wait: bool
    ) -> Ack:
        message = place.messages[update_of] if isinstance(update_of, str) else update_of
        ts = self.workspace.next_ts()
        author = message.get("user") or message["bot_id"]
        edited: Any = {"user": author, "ts": ts}
        before = self.workspace.edit(message, **{"edited": edited, **fields})
        event = payloads.changed(place, message, before, ts)
        return await self._tell(place, message, [event], wait=wait)

    def _by_bot(self, bot: OtherBot, shape: Shape) -> Json:
        if shape == "legacy":
            return {"type": "message", "subtype": "bot_message", "text": "", "username": bot.name}
        return {
            "type": "message",
            "user": bot.user_id,
            "text": "",
            "app_id": bot.app_id,
            "team": self.identity.team_id,
            "bot_profile": {
                "id": bot.id,
                "app_id": bot.app_id,
                "name": bot.name,
                "deleted": False,
                "team_id": self.identity.team_id,
            },
        }

    def _news(self, place: Channel, message: Message) -> list[Json]:
        """Give the events of a new message; in a direct message there are no mentions."""
        events = [payloads.posted(place, message)]
        is_mention = re.search(rf"<@{self.identity.bot_user_id}[|>]", message.text)
        if is_mention and not place.is_im:
            events.append(payloads.mentioned(place, message))
        return events

    async def _tell(
        self, place: Channel, message: Message, events: list[Json], *, wait: bool
    ) -> Ack:
        tasks = [task for one in events if (task := self.emit(place, one)) is not None]
        return await _wait(tasks, message, wait=wait)


async def _wait(tasks: list[asyncio.Task[Ack]], message: Message | None, *, wait: bool) -> Ack:
    """Wait for all deliveries; gives the first that was not acknowledged, else the last."""
    if not tasks:
        return Ack("none", reason="not_subscribed", attempts=0, message=message)
    if not wait:
        return Ack("none", reason="not_awaited", attempts=0, message=message)
    acks = await asyncio.shield(asyncio.gather(*tasks))
    ack = next((one for one in acks if not one.ok), acks[-1])
    ack.message = message
    return ack
