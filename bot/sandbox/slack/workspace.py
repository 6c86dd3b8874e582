"""The workspace: people, channels and messages, and Slack's names for what is not there."""

import itertools
from collections.abc import Iterable
from typing import Any

from bot.sandbox.slack.changes import Changes
from bot.sandbox.slack.clock import Clock
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.records import Channel, Json, Message, OtherBot, User, Usergroup

Who = User | str
Where = Channel | str


class Workspace:
    """Everything that a Slack workspace remembers."""

    def __init__(self, *, team_id: str, bot_user: User, clock: Clock, changes: Changes) -> None:
        self.team_id = team_id
        self.bot_user = bot_user
        self.clock = clock
        self.changes = changes
        self.users: dict[str, User] = {bot_user.id: bot_user}
        self.channels: dict[str, Channel] = {}
        self.usergroups: dict[str, Usergroup] = {}
        self.bots: dict[str, OtherBot] = {}
        self._numbers = itertools.count(1)
        self._last_microseconds = 0

    def new_id(self, prefix: str) -> str:
        """Make an id that nothing else has."""
        return f"{prefix}0SANDBOX{next(self._numbers):05d}"

    def next_ts(self) -> str:
        """Make a `ts`: unique, growing, six decimals, a string."""
        now = int(self.clock.now().timestamp() * 1_000_000)
        self._last_microseconds = max(now, self._last_microseconds + 1)
        seconds, rest = divmod(self._last_microseconds, 1_000_000)
        return f"{seconds}.{rest:06d}"

    # ---------------------------------------------------------------- looking up, for tests

    def user(self, who: Who) -> User:
        """Find somebody by record, id or name."""
        if isinstance(who, User):
            return who
        found = self.users.get(who) or self.user_named(who.removeprefix("@"))
        if found is None:
            raise KeyError(f"The sandbox has no user {who!r}: add_user first.")
        return found

    def user_named(self, name: str) -> User | None:
        """Find somebody by name."""
        return next((user for user in self.users.values() if user.name == name), None)

    def channel(self, where: Where) -> Channel:
        """Find a channel by record, id or name."""
        if isinstance(where, Channel):
            return where
        found = self.channels.get(where) or self.channel_named(where.removeprefix("#"))
        if found is None:
            raise KeyError(f"The sandbox has no channel {where!r}: add_channel first.")
        return found

    def channel_named(self, name: str) -> Channel | None:
        """Find a channel by name."""
        return next((one for one in self.channels.values() if one.name == name), None)

    def usergroup_named(self, handle: str) -> Usergroup | None:
        """Find a user group by handle."""
        return next((one for one in self.usergroups.values() if one.handle == handle), None)

    def visible(self, where: Where) -> list[Message]:
        """Give the messages of a channel, threads included, oldest first."""
        return sorted(self.channel(where).messages.values(), key=lambda one: float(one.ts))

    # ---------------------------------------------------------------- looking up, for the bot

    def bot_channel(self, channel_id: str | None, *, is_member: bool = True) -> Channel:
        """Find the channel of a call. Raises channel_not_found, not_in_channel."""
        channel = self.channels.get(channel_id or "")
        if channel is None:
            raise SlackError("channel_not_found")
        if self.bot_user.id not in channel.members:
            if channel.kind != "channel":
                raise SlackError("channel_not_found")  # the bot may not know that it exists
            if is_member:
                raise SlackError("not_in_channel")
        return channel

    def writable(self, channel_id: str | None) -> Channel:
        """Find the channel to write to. Raises is_archived as well."""
        channel = self.bot_channel(channel_id)
        if channel.is_archived:
            raise SlackError("is_archived")
        return channel

    def direct(self, user_ids: Iterable[str]) -> Channel:
        """Open the direct message of the bot with somebody, or with several people."""
        others = sorted(set(user_ids))
        members = {*others, self.bot_user.id}
        for channel in self.channels.values():
            if (channel.is_im or channel.is_mpim) and set(channel.members) == members:
                return channel
        is_group = len(others) > 1
        channel = Channel(
            id=self.new_id("G" if is_group else "D"),
            name="mpdm-" + "--".join(others) if is_group else "",
            members=[self.bot_user.id, *others],
            is_im=not is_group,
            is_mpim=is_group,
            created=int(self.clock.now().timestamp()),
        )
        self.channels[channel.id] = channel
        self.changes.touch("channel")
        return channel

    # ---------------------------------------------------------------- messages

    def add(self, channel: Channel, content: Json) -> Message:
        """Show a message in a channel; a reply makes its parent a thread."""
        message = Message(content, channel_id=channel.id)
        if message.ts in channel.messages:
            raise ValueError(f"There is a message {message.ts} in {channel.id} already.")
        channel.messages[message.ts] = message
        if message.is_reply:
            self._count_replies(channel, str(message.thread_ts))
        self.changes.touch("message")
        return message

    def edit(self, message: Message, **content: Any) -> Json:
        """Replace parts of a message (None removes one); gives the message as it was before."""
        before = dict(message)
        for name, value in content.items():
            if value is None:
                message.pop(name, None)
            else:
                message[name] = value
        message.version += 1
        self.changes.touch("message")
        return before

    def remove(self, message: Message) -> bool:
        """Delete a message; a parent with replies leaves a tombstone (then True)."""
        channel = self.channels[message.channel_id]
        message.version += 1
        if message.is_ephemeral:
            if message in channel.ephemerals:
                channel.ephemerals.remove(message)
        elif message.get("reply_count"):
            message.update(subtype="tombstone", text="This message was deleted.", hidden=True)
            for gone in ("blocks", "attachments", "reactions"):
                message.pop(gone, None)
            self.changes.touch("message")
            return True
        else:
            channel.messages.pop(message.ts, None)
            if message.is_reply:
                self._count_replies(channel, str(message.thread_ts))
        self.changes.touch("message")
        return False

    def show_to(self, user_id: str, channel: Channel, content: Json) -> Message:
        """Show an ephemeral message."""
        message = Message(content, channel_id=channel.id, to_user=user_id)
        channel.ephemerals.append(message)
        self.changes.touch("ephemeral")
        return message

    def _count_replies(self, channel: Channel, parent_ts: str) -> None:
        parent = channel.messages.get(parent_ts)
        if parent is None:
            return
        replies = [
            one for one in self.visible(channel) if one.is_reply and one.thread_ts == parent_ts
        ]
        if not replies:
            for name in ("thread_ts", "reply_count", "reply_users", "latest_reply"):
                parent.pop(name, None)
            return
        parent["thread_ts"] = parent_ts
        parent["reply_count"] = len(replies)
        parent["reply_users"] = sorted({str(one.get("user") or one["bot_id"]) for one in replies})
        parent["latest_reply"] = replies[-1].ts
