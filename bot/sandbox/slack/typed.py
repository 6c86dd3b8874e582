"""What people type becomes what Slack sends: mentions, links and the three escaped characters.

With `should_escape` in the manifest a command's mentions carry labels (`<@U0ANN|ann>`), those of a
message do not. https://docs.slack.dev/interactivity/implementing-slash-commands
"""

import re

from bot.sandbox.slack.workspace import Workspace

_TOKEN = re.compile(
    r"""
    (?P<wire> <[@#!][^<>]+> )                       # typed as Slack's own token: kept
    | (?P<url> https?://[^\s<>|]+ )
    | (?P<mail> [\w.+-]+@[\w-]+(?:\.[\w-]+)+ )
    | @(?P<name> [\w.-]+ )
    | \#(?P<channel> [\w-]+ )
    | (?P<special> [&<>] )
    """,
    re.VERBOSE,
)
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_BROADCASTS = {"here", "channel", "everyone"}


def escape(text: str, workspace: Workspace, *, labels: bool) -> str:
    """Turn typed text into wire text; names that nobody has stay plain."""

    def replace(found: re.Match[str]) -> str:
        whole = found.group()
        if found["wire"]:
            return whole
        if found["special"]:
            return _ESCAPED[whole]
        if found["url"]:
            return f"<{escape_entities(whole)}>"
        if found["mail"]:
            return f"<mailto:{whole}|{whole}>"
        if found["channel"]:
            return _channel(workspace, found["channel"]) or whole
        return _mention(workspace, found["name"], labels=labels) or whole

    return _TOKEN.sub(replace, text)


def escape_entities(text: str) -> str:
    """Escape the three characters that mean something to Slack."""
    return re.sub("[&<>]", lambda found: _ESCAPED[found.group()], text)


def _channel(workspace: Workspace, name: str) -> str | None:
    channel = workspace.channel_named(name)
    return None if channel is None else f"<#{channel.id}|{channel.name}>"


def _mention(workspace: Workspace, typed: str, *, labels: bool) -> str | None:
    name = typed.rstrip(".-")
    rest = typed[len(name) :]
    if name in _BROADCASTS:
        return f"<!{name}>{rest}"
    if (user := workspace.user_named(name)) is not None:
        return f"<@{user.id}|{name}>{rest}" if labels else f"<@{user.id}>{rest}"
    if (group := workspace.usergroup_named(name)) is not None:
        label = f"|@{name}" if labels else ""
        return f"<!subteam^{group.id}{label}>{rest}"
    return None
