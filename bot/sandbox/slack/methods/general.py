"""Methods about the app and the workspace: api.test, auth.test, apps.connections.open ..."""

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.core import Core
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.records import Json


def api_test(_core: Core, args: Arguments) -> Json:
    """Give back what was sent, or the error that was asked for."""
    if error := args.text("error"):
        raise SlackError(error, args=args.values)
    return {"args": args.values}


def auth_test(core: Core, _args: Arguments) -> Json:
    """Tell the bot who it is."""
    identity = core.identity
    return {
        "url": identity.web_url,
        "team": identity.domain.title(),
        "user": identity.bot_name,
        "team_id": identity.team_id,
        "user_id": identity.bot_user_id,
        "bot_id": identity.bot_id,
        "is_enterprise_install": False,
    }


def open_connection(core: Core, _args: Arguments) -> Json:
    """Give an address for Socket Mode, good for one handshake."""
    host = core.base_url.removeprefix("http")
    query = f"ticket={core.hub.ticket()}&app_id={core.identity.app_id}"
    return {"url": f"ws{host}/link/?{query}"}


def bot_info(core: Core, args: Arguments) -> Json:
    """Describe the app's bot, or another one."""
    identity = core.identity
    wanted = args.text("bot") or identity.bot_id
    if wanted == identity.bot_id:
        name, app_id, user_id = identity.bot_name, identity.app_id, identity.bot_user_id
    elif wanted in core.workspace.bots:
        bot = core.workspace.bots[wanted]
        name, app_id, user_id = bot.name, bot.app_id, bot.user_id
    else:
        raise SlackError("bot_not_found")
    about = {"id": wanted, "deleted": False, "name": name, "updated": 0}
    return {"bot": {**about, "app_id": app_id, "user_id": user_id, "icons": {}}}


def team_info(core: Core, args: Arguments) -> Json:
    """Describe the workspace."""
    identity = core.identity
    if args.text("team") not in {None, identity.team_id}:
        raise SlackError("team_not_found")
    about = {"id": identity.team_id, "name": identity.domain.title(), "domain": identity.domain}
    return {"team": {**about, "url": identity.web_url, "email_domain": "", "icon": {}}}
