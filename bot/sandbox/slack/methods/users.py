"""users.* and usergroups.*: people and their groups."""

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.core import Core
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.records import Json, User


def as_json(core: Core, user: User) -> Json:
    """Describe somebody as Slack does; the address only with its scope, and never a stranger's."""
    profile: Json = {
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.name,
        "display_name_normalized": user.name,
        "team": user.team_id,
    }
    if user.email and "users:read.email" in core.scopes and not user.is_stranger:
        profile["email"] = user.email
    if user.deleted:
        return {
            "id": user.id,
            "team_id": user.team_id,
            "name": user.name,
            "deleted": True,
            "is_bot": user.is_bot,
            "profile": profile,
            "updated": 0,
        }
    return {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "deleted": False,
        "real_name": user.real_name,
        "tz": user.tz,
        "tz_label": user.tz,
        "profile": profile,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": 0,
        **({"is_stranger": True} if user.is_stranger else {}),
    }


def info(core: Core, args: Arguments) -> Json:
    """Describe one user."""
    user = core.workspace.users.get(args.needed("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": as_json(core, user)}


def list_all(core: Core, args: Arguments) -> Json:
    """List the workspace's users; strangers are not among them."""
    found = [one for one in core.workspace.users.values() if not one.is_stranger]
    found.sort(key=lambda one: one.id)
    page, cursor = args.page(found, lambda one: one.id)
    shown = [as_json(core, one) for one in page]
    return {"members": shown, "cache_ts": 0, "response_metadata": {"next_cursor": cursor}}


def lookup_by_email(core: Core, args: Arguments) -> Json:
    """Find an active user by address."""
    wanted = args.needed("email").lower()
    for user in core.workspace.users.values():
        is_here = not (user.deleted or user.is_stranger)
        if is_here and user.email and user.email.lower() == wanted:
            return {"user": as_json(core, user)}
    raise SlackError("users_not_found")


def list_groups(core: Core, args: Arguments) -> Json:
    """List the user groups, their members only when asked."""
    groups: list[Json] = []
    for group in core.workspace.usergroups.values():
        about: Json = {
            "id": group.id,
            "team_id": core.identity.team_id,
            "is_usergroup": True,
            "name": group.handle,
            "handle": group.handle,
            "description": "",
            "date_delete": 0,
            "user_count": len(group.users),
        }
        if args.flag("include_users"):
            about["users"] = list(group.users)
        groups.append(about)
    return {"usergroups": groups}


def list_group_members(core: Core, args: Arguments) -> Json:
    """List the ids of a user group's members."""
    group = core.workspace.usergroups.get(args.needed("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": list(group.users)}
