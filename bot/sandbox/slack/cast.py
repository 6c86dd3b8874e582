"""Who and what is in the workspace: the vocabulary that sets a scene."""

from collections.abc import Iterable

from bot.sandbox.slack.core import Core
from bot.sandbox.slack.records import Channel, OtherBot, User, Usergroup
from bot.sandbox.slack.workspace import Who


class Cast(Core):
    """Add people, channels, groups and other apps' bots."""

    def add_user(
        self,
        name: str,
        *,
        email: str | None = None,
        real_name: str | None = None,
        id: str | None = None,  # noqa: A002 - Slack's own word
        tz: str = "Europe/Berlin",
        is_bot: bool = False,
        is_restricted: bool = False,
        is_ultra_restricted: bool = False,
        is_stranger: bool = False,
        deleted: bool = False,
        team_id: str | None = None,
    ) -> User:
        """Add somebody; a stranger is of another organization (Slack Connect)."""
        default_team = "T0STRANGER" if is_stranger else self.identity.team_id
        user = User(
            id=id or self.workspace.new_id("U"),
            name=name,
            team_id=team_id or default_team,
            email=email,
            real_name=real_name or name.title(),
            tz=tz,
            is_bot=is_bot,
            is_restricted=is_restricted or is_ultra_restricted,
            is_ultra_restricted=is_ultra_restricted,
            is_stranger=is_stranger,
            deleted=deleted,
        )
        if user.id in self.workspace.users:
            raise ValueError(f"There is a user {user.id} already.")
        self.workspace.users[user.id] = user
        self.changes.touch("user")
        return user

    def add_channel(
        self,
        name: str,
        *,
        id: str | None = None,  # noqa: A002 - Slack's own word
        members: Iterable[Who] = (),
        bot_is_member: bool = True,
        is_im: bool = False,
        is_mpim: bool = False,
        is_private: bool = False,
        is_archived: bool = False,
    ) -> Channel:
        """Add a channel, or a direct message with the bot (`is_im`, one member)."""
        ids = [self.workspace.user(one).id for one in members]
        if is_im and len(ids) != 1:
            raise ValueError("A direct message with the bot has one member besides the bot.")
        if bot_is_member or is_im:
            ids.append(self.identity.bot_user_id)
        channel = Channel(
            id=id or self.workspace.new_id("D" if is_im else "C"),
            name="" if is_im else name,
            members=list(dict.fromkeys(ids)),
            is_private=is_private,
            is_im=is_im,
            is_mpim=is_mpim,
            is_archived=is_archived,
            created=int(self.clock.now().timestamp()),
        )
        if channel.id in self.workspace.channels:
            raise ValueError(f"There is a channel {channel.id} already.")
        self.workspace.channels[channel.id] = channel
        self.changes.touch("channel")
        return channel

    def add_usergroup(
        self,
        handle: str,
        *,
        id: str | None = None,  # noqa: A002 - Slack's own word
        users: Iterable[Who] = (),
    ) -> Usergroup:
        """Add a user group."""
        ids = [self.workspace.user(one).id for one in users]
        group = Usergroup(id or self.workspace.new_id("S"), handle, ids)
        self.workspace.usergroups[group.id] = group
        self.changes.touch("usergroup")
        return group

    def add_other_bot(
        self, name: str, *, bot_id: str, app_id: str, user_id: str | None = None
    ) -> OtherBot:
        """Add another app's bot, with the user that its modern posts carry."""
        handle = name.lower().replace(" ", "-")
        user = self.add_user(handle, id=user_id, real_name=name, is_bot=True)
        bot = OtherBot(bot_id, name, app_id, user.id)
        self.workspace.bots[bot_id] = bot
        return bot
