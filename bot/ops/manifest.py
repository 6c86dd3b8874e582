"""The Slack app manifest: it asks for what the code uses, each scope with its reason."""

import re

from bot.errors import ConfigError

SCOPES = {
    "app_mentions:read": "be asked by mention, also in threads, where slash commands do not work",
    "channels:history": "read job messages, and which card a thread is about, in public channels",
    "channels:read": "know public channels by name, for rules and policy",
    "chat:write": "answer and post cards",
    "commands": "the slash command",
    "groups:history": "the same as channels:history, in private channels it was invited to",
    "groups:read": "the same as channels:read, for private channels it was invited to",
    "im:history": "be asked in direct messages",
    "im:write": "answer in a direct message where an answer in the channel is impossible",
    "reactions:write": "mark a mention as done, and a job message with what became of it",
    "usergroups:read": "know who is in a user group that the policy names",
    "users:read": "know guests, bots and people of other organizations from members",
    "users:read.email": "find the PagerDuty user of a Slack user",
}

EVENTS = {
    "app_home_opened": "somebody looks at the Home tab",
    "app_mention": "mentions",
    "message.channels": "job messages in public channels",
    "message.groups": "job messages in private channels",
    "message.im": "direct messages",
}

_COMMAND = re.compile(r"/[a-z0-9_-]{1,31}")
_URL = re.compile(r"https://[^\s/?#@\"]+(?:/[^\s?#\"]*)?")


def manifest(command: str = "/pd", url: str | None = None) -> str:
    """Write the manifest as YAML; with `url` for HTTP mode, else for Socket Mode.

    Raises:
        ConfigError: the command or the address cannot be used.
    """
    problems = []
    if _COMMAND.fullmatch(command) is None:
        problems.append(f'--command {command[:40]}: write it like "/pd", in lower case letters.')
    if url is not None and _URL.fullmatch(url) is None:
        problems.append("--url: write the address at which Slack reaches the bot, https://…")
    if problems:
        raise ConfigError(problems)
    request_url = f"{url.rstrip('/')}/slack/events" if url else None
    lines = [*_head(command, request_url), *_rights(), *_settings(request_url)]
    return "\n".join(lines) + "\n"


def _head(command: str, request_url: str | None) -> list[str]:
    return [
        "# The Slack app. Paste it at https://api.slack.com/apps: Create New App, From a manifest.",
        "_metadata:",
        "  major_version: 2",
        "  minor_version: 1",
        "display_information:",
        "  name: pdbot",
        "  description: Acknowledge, resolve, note and reassign PagerDuty incidents from Slack",
        '  background_color: "#1b3a2a"',
        "features:",
        "  bot_user:",
        "    display_name: pdbot",
        "    always_online: true",
        "  app_home:",
        "    home_tab_enabled: true",
        "    messages_tab_enabled: true",
        "    messages_tab_read_only_enabled: false",
        "  shortcuts:",
        "    - name: Open incidents",
        "      type: global",
        "      callback_id: open_incidents",
        "      description: My open PagerDuty incidents, with their buttons",
        "    - name: Add to incident as note",
        "      type: message",
        "      callback_id: add_to_incident",
        "      description: Keep this message as a note on a PagerDuty incident",
        "  slash_commands:",
        f"    - command: {command}",
        "      description: Work on PagerDuty incidents",
        '      usage_hint: "help | list | ack | resolve | note | reassign"',
        "      should_escape: true # mentions arrive as user ids; names could not be resolved",
        *([f"      url: {request_url}"] if request_url else []),
    ]


def _rights() -> list[str]:
    width = max(map(len, SCOPES))
    return [
        "oauth_config:",
        "  scopes:",
        "    bot:",
        *(f"      - {scope.ljust(width)} # {why}" for scope, why in SCOPES.items()),
    ]


def _settings(request_url: str | None) -> list[str]:
    width = max(map(len, EVENTS))
    return [
        "settings:",
        "  event_subscriptions:",
        *([f"    request_url: {request_url}"] if request_url else []),
        "    bot_events:",
        *(f"      - {event.ljust(width)} # {why}" for event, why in EVENTS.items()),
        "  interactivity:",
        "    is_enabled: true",
        *(
            [
                f"    request_url: {request_url}",
                f"    message_menu_options_url: {request_url}",
            ]
            if request_url
            else []
        ),
        "  org_deploy_enabled: false",
        f"  socket_mode_enabled: {'false' if request_url else 'true'}",
        "  token_rotation_enabled: false",
    ]
