"""reactions.*: emoji below messages."""

import re

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.core import Core
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.records import Json, Message

_NAME = re.compile(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?")


def _message(core: Core, args: Arguments) -> Message:
    channel = core.workspace.bot_channel(args.needed("channel"))
    message = channel.messages.get(args.needed("timestamp"))
    if message is None:
        raise SlackError("message_not_found")
    return message


def _name(args: Arguments) -> str:
    name = args.needed("name").strip(":")
    if not _NAME.fullmatch(name):
        raise SlackError("invalid_name")
    return name


def add(core: Core, args: Arguments) -> Json:
    """Add the bot's reaction."""
    name, message = _name(args), _message(core, args)
    bot = core.identity.bot_user_id
    reactions: list[Json] = [dict(one) for one in message.get("reactions", [])]
    found = next((one for one in reactions if one["name"] == name), None)
    if found is None:
        found = {"name": name, "users": [], "count": 0}
        reactions.append(found)
    if bot in found["users"]:
        raise SlackError("already_reacted")
    found["users"] = [*found["users"], bot]
    found["count"] = len(found["users"])
    message["reactions"] = reactions
    core.changes.touch("reaction")
    return {}


def remove(core: Core, args: Arguments) -> Json:
    """Take the bot's reaction away."""
    name, message = _name(args), _message(core, args)
    bot = core.identity.bot_user_id
    kept: list[Json] = []
    is_found = False
    for one in message.get("reactions", []):
        users = one["users"]
        if one["name"] == name and bot in users:
            is_found = True
            users = [user for user in users if user != bot]
        if users:
            kept.append({"name": one["name"], "users": users, "count": len(users)})
    if not is_found:
        raise SlackError("no_reaction")
    message["reactions"] = kept
    if not kept:
        del message["reactions"]
    core.changes.touch("reaction")
    return {}


def get(core: Core, args: Arguments) -> Json:
    """Give a message with its reactions."""
    message = _message(core, args)
    return {"type": "message", "channel": message.channel_id, "message": dict(message)}
