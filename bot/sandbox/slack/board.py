"""What the bot itself shows: posts, edits, deletions, each with the event that follows from it."""

from collections.abc import Callable

from bot.sandbox.slack import payloads
from bot.sandbox.slack.identity import Identity
from bot.sandbox.slack.records import Channel, Json, Message
from bot.sandbox.slack.workspace import Workspace

Emit = Callable[[Channel, Json], object]


class Board:
    """Show things in the bot's name. `emit` delivers the event: Slack tells the bot of its own."""

    def __init__(self, identity: Identity, workspace: Workspace, emit: Emit) -> None:
        self._identity = identity
        self._workspace = workspace
        self._emit = emit

    def post(self, channel: Channel, content: Json) -> Message:
        """Show a message to everybody."""
        message = self._workspace.add(channel, self._own(content))
        self._emit(channel, payloads.posted(channel, message))
        return message

    def show(self, user_id: str, channel: Channel, content: Json) -> Message:
        """Show an ephemeral message."""
        return self._workspace.show_to(user_id, channel, self._own(content))

    def update(self, message: Message, content: Json) -> None:
        """Replace the given parts of a message; an empty list takes blocks or attachments away."""
        channel = self._workspace.channels[message.channel_id]
        ts = self._workspace.next_ts()
        parts = {name: value or ("" if name == "text" else None) for name, value in content.items()}
        if "text" in content and content["text"] != message.text:
            parts["edited"] = {"user": self._identity.bot_user_id, "ts": ts}
        before = self._workspace.edit(message, **parts)
        if not message.is_ephemeral:
            self._emit(channel, payloads.changed(channel, message, before, ts))

    def delete(self, message: Message) -> None:
        """Take a message away."""
        channel = self._workspace.channels[message.channel_id]
        event = removal(self._workspace, channel, message)
        if not message.is_ephemeral:
            self._emit(channel, event)

    def _own(self, content: Json) -> Json:
        identity = self._identity
        return {
            "type": "message",
            "user": identity.bot_user_id,
            "ts": self._workspace.next_ts(),
            "bot_id": identity.bot_id,
            "app_id": identity.app_id,
            "text": "",
            "team": identity.team_id,
            "bot_profile": {
                "id": identity.bot_id,
                "app_id": identity.app_id,
                "name": identity.bot_name,
                "deleted": False,
                "team_id": identity.team_id,
            },
            **content,
        }


def removal(workspace: Workspace, channel: Channel, message: Message) -> Json:
    """Delete a message and give the event: a parent with replies merely becomes a tombstone."""
    before, ts = dict(message), workspace.next_ts()
    if workspace.remove(message):
        return payloads.changed(channel, message, before, ts)
    return payloads.deleted(channel, before, ts)
