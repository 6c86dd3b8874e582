"""conversations.*, but for what is read in them (histories.py)."""

from collections.abc import Iterable

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.core import Core
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.records import Channel, Json

_TYPES = {"channel": "public_channel", "group": "private_channel", "im": "im", "mpim": "mpim"}


def as_json(core: Core, channel: Channel) -> Json:
    """Describe a channel as Slack does."""
    common = {
        "id": channel.id,
        "created": channel.created,
        "is_archived": channel.is_archived,
        "is_im": channel.is_im,
        "context_team_id": core.identity.team_id,
        "updated": channel.created * 1000,
    }
    if channel.is_im:
        others = [one for one in channel.members if one != core.identity.bot_user_id]
        return {**common, "user": others[0], "is_user_deleted": False, "is_open": True}
    return {
        **common,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_mpim": channel.is_mpim,
        "is_private": channel.is_private,
        "is_member": core.identity.bot_user_id in channel.members,
        "is_general": False,
        "is_shared": False,
        "is_ext_shared": False,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "num_members": len(channel.members),
    }


def _listed(core: Core, args: Arguments, channels: Iterable[Channel]) -> Json:
    types = args.ids("types") or ["public_channel"]
    if unknown := set(types) - set(_TYPES.values()):
        raise SlackError("invalid_types", [f"[ERROR] invalid types: {sorted(unknown)}"])
    without_archived = args.flag("exclude_archived")
    bot = core.identity.bot_user_id
    found = [
        one
        for one in channels
        if _TYPES[one.kind] in types
        and not (without_archived and one.is_archived)
        and (one.kind == "channel" or bot in one.members)
    ]
    found.sort(key=lambda one: one.id)
    page, cursor = args.page(found, lambda one: one.id)
    shown = [as_json(core, one) for one in page]
    return {"channels": shown, "response_metadata": {"next_cursor": cursor}}


def list_all(core: Core, args: Arguments) -> Json:
    """List the channels that the bot may know."""
    return _listed(core, args, core.workspace.channels.values())


def list_of_user(core: Core, args: Arguments) -> Json:
    """List the channels that somebody is in; without `user`, the bot."""
    user_id = args.text("user") or core.identity.bot_user_id
    if user_id not in core.workspace.users:
        raise SlackError("user_not_found")
    channels = [one for one in core.workspace.channels.values() if user_id in one.members]
    return _listed(core, args, channels)


def info(core: Core, args: Arguments) -> Json:
    """Describe one channel."""
    channel = core.workspace.bot_channel(args.needed("channel"), is_member=False)
    return {"channel": as_json(core, channel)}


def members(core: Core, args: Arguments) -> Json:
    """List the ids of a channel's members."""
    channel = core.workspace.bot_channel(args.needed("channel"), is_member=False)
    page, cursor = args.page(sorted(channel.members), str)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def open_direct(core: Core, args: Arguments) -> Json:
    """Open a direct message with somebody, or with up to eight people."""
    if channel_id := args.text("channel"):
        channel = core.workspace.bot_channel(channel_id)
        if not (channel.is_im or channel.is_mpim):
            raise SlackError("method_not_supported_for_channel_type")
    else:
        user_ids = args.ids("users")
        if not user_ids:
            raise SlackError("users_list_not_supplied")
        if len(user_ids) > 8:  # noqa: PLR2004 - conversations.open: "no more than 8 users"
            raise SlackError("too_many_users")
        if not set(user_ids) <= set(core.workspace.users):
            raise SlackError("user_not_found")
        channel = core.workspace.direct(user_ids)
    whole = as_json(core, channel) if args.flag("return_im") else {"id": channel.id}
    return {"channel": whole}


def join(core: Core, args: Arguments) -> Json:
    """Let the bot join a public channel."""
    channel = core.workspace.bot_channel(args.needed("channel"), is_member=False)
    if channel.kind != "channel":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    if core.identity.bot_user_id in channel.members:
        return {"channel": as_json(core, channel), "warning": "already_in_channel"}
    channel.members.append(core.identity.bot_user_id)
    core.changes.touch("channel")
    return {"channel": as_json(core, channel)}
