"""conversations.history and conversations.replies."""

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.core import Core
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.records import Json, Message


def _instant(args: Arguments, name: str, default: float, error: str) -> float:
    value = args.text(name)
    try:
        return default if not value else float(value)
    except ValueError:
        raise SlackError(error) from None


def _within(args: Arguments, messages: list[Message]) -> list[Message]:
    """Keep what lies between `oldest` and `latest`; the ends only with `inclusive`."""
    oldest = _instant(args, "oldest", 0, "invalid_ts_oldest")
    latest = _instant(args, "latest", float("inf"), "invalid_ts_latest")
    if args.flag("inclusive"):
        return [one for one in messages if oldest <= float(one.ts) <= latest]
    return [one for one in messages if oldest < float(one.ts) < latest]


def _answer(page: list[Message], cursor: str) -> Json:
    answer: Json = {"messages": [dict(one) for one in page], "has_more": bool(cursor)}
    if cursor:
        answer["response_metadata"] = {"next_cursor": cursor}
    return answer


def history(core: Core, args: Arguments) -> Json:
    """Read a channel, newest first, without the replies in its threads."""
    channel = core.workspace.bot_channel(args.needed("channel"))
    top = [
        one
        for one in core.workspace.visible(channel)
        if not one.is_reply or one.get("subtype") == "thread_broadcast"
    ]
    found = _within(args, top)[::-1]
    return _answer(*args.page(found, lambda one: one.ts, newest_first=True)) | {"pin_count": 0}


def replies(core: Core, args: Arguments) -> Json:
    """Read a thread, oldest first; the parent comes first, on the first page."""
    channel = core.workspace.bot_channel(args.needed("channel"))
    ts = args.needed("ts")
    parent = channel.messages.get(ts)
    if parent is None:
        raise SlackError("thread_not_found")
    thread_ts = parent.thread_ts or parent.ts
    below = [
        one
        for one in core.workspace.visible(channel)
        if one.thread_ts == thread_ts and one.ts != thread_ts
    ]
    found = [channel.messages[thread_ts], *_within(args, below)]
    return _answer(*args.page(found, lambda one: one.ts))
