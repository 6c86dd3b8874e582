"""chat.*: https://docs.slack.dev/reference/methods?family=chat."""

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.core import Core
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.inspection import MOST_UPDATED_TEXT
from bot.sandbox.slack.records import Channel, Json, Message


def _destination(core: Core, name: str) -> Channel:
    """Find where to post: an id, `#name`, or a user for a direct message."""
    if name in core.workspace.users:
        return core.workspace.direct([name])
    if name.startswith("#"):
        named = core.workspace.channel_named(name[1:])
        name = "" if named is None else named.id
    return core.workspace.writable(name)


def _thread(channel: Channel, args: Arguments) -> Json:
    """Check the thread: only a parent that is there takes replies."""
    thread_ts = args.text("thread_ts")
    if not thread_ts:
        return {}
    parent = channel.messages.get(thread_ts)
    if parent is None:
        raise SlackError("thread_not_found")
    if parent.is_reply:
        raise SlackError("cannot_reply_to_message")
    thread: Json = {"thread_ts": thread_ts}
    if "user" in parent:
        thread["parent_user_id"] = parent["user"]
    if args.flag("reply_broadcast"):
        thread["subtype"] = "thread_broadcast"
    return thread


def _own(core: Core, channel: Channel, ts: str, refusal: str) -> Message:
    message = channel.messages.get(ts)
    if message is None or message.get("subtype") == "tombstone":
        raise SlackError("message_not_found")
    if message.get("bot_id") != core.identity.bot_id:
        raise SlackError(refusal)
    return message


def post_message(core: Core, args: Arguments) -> Json:
    """Post a message."""
    channel = _destination(core, args.needed("channel"))
    content = core.inspector.content(args)
    if (metadata := args.decoded("metadata")) is not None:
        content["metadata"] = metadata
    message = core.board.post(channel, {**content, **_thread(channel, args)})
    return {"channel": channel.id, "ts": message.ts, "message": dict(message)}


def post_ephemeral(core: Core, args: Arguments) -> Json:
    """Show a message to one member of a channel."""
    channel = core.workspace.writable(args.needed("channel"))
    user_id = args.needed("user")
    if user_id not in channel.members:
        raise SlackError("user_not_in_channel")
    content = core.inspector.content(args)
    message = core.board.show(user_id, channel, {**content, **_thread(channel, args)})
    return {"message_ts": message.ts}


def update(core: Core, args: Arguments) -> Json:
    """Replace parts of one of the bot's own messages; what is not given stays."""
    channel = core.workspace.writable(args.needed("channel"))
    message = _own(core, channel, args.needed("ts"), "cant_update_message")
    content = core.inspector.content(args, most_text=MOST_UPDATED_TEXT)
    core.board.update(message, content)
    shown = {"channel": channel.id, "ts": message.ts, "text": message.text}
    return {**shown, "message": dict(message)}


def delete(core: Core, args: Arguments) -> Json:
    """Delete one of the bot's own messages."""
    channel = core.workspace.writable(args.needed("channel"))
    message = _own(core, channel, args.needed("ts"), "cant_delete_message")
    core.board.delete(message)
    return {"channel": channel.id, "ts": message.ts}


def permalink(core: Core, args: Arguments) -> Json:
    """Give a message's address."""
    channel = core.workspace.bot_channel(args.needed("channel"), is_member=False)
    message = channel.messages.get(args.needed("message_ts"))
    if message is None:
        raise SlackError("message_not_found")
    url = f"{core.identity.web_url}archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        url += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": url}
