"""The Web API, one module a family of methods; `METHODS` is the whole of it.

Each method takes the sandbox and the call's arguments, gives the answer without `ok`, and raises
SlackError with Slack's own code.
"""

from collections.abc import Callable

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.core import Core
from bot.sandbox.slack.methods import (
    chat,
    conversations,
    general,
    histories,
    reactions,
    users,
    views,
)
from bot.sandbox.slack.records import Json

Method = Callable[[Core, Arguments], Json]

APP_TOKEN_METHODS = frozenset({"apps.connections.open"})
NO_TOKEN_METHODS = frozenset({"api.test"})

METHODS: dict[str, Method] = {
    "api.test": general.api_test,
    "apps.connections.open": general.open_connection,
    "auth.test": general.auth_test,
    "bots.info": general.bot_info,
    "team.info": general.team_info,
    "chat.postMessage": chat.post_message,
    "chat.postEphemeral": chat.post_ephemeral,
    "chat.update": chat.update,
    "chat.delete": chat.delete,
    "chat.getPermalink": chat.permalink,
    "conversations.list": conversations.list_all,
    "conversations.info": conversations.info,
    "conversations.members": conversations.members,
    "conversations.open": conversations.open_direct,
    "conversations.join": conversations.join,
    "conversations.history": histories.history,
    "conversations.replies": histories.replies,
    "users.info": users.info,
    "users.list": users.list_all,
    "users.lookupByEmail": users.lookup_by_email,
    "users.conversations": conversations.list_of_user,
    "usergroups.list": users.list_groups,
    "usergroups.users.list": users.list_group_members,
    "reactions.add": reactions.add,
    "reactions.remove": reactions.remove,
    "reactions.get": reactions.get,
    "views.open": views.open_modal,
    "views.push": views.push,
    "views.update": views.update,
    "views.publish": views.publish,
}
