"""Small changes to an extracted value, by name. Pure."""

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import unquote

from bot.notifier.mrkdwn import unescape

_QUOTES: Final = "\"'`“”‘’«»"
_REFS: Final = ("refs/heads/", "refs/tags/", "refs/remotes/origin/", "refs/")


def branch(value: str) -> str:
    """Shorten `refs/heads/main` to `main`."""
    for prefix in _REFS:
        if value.startswith(prefix):
            return value.removeprefix(prefix)
    return value


def without_group_slash(value: str) -> str:
    """Remove the " / " that Rundeck writes before the name of a job without a group."""
    return value.strip().removeprefix("/ ").strip()


def last_path_part(value: str) -> str:
    """Give what stands after the last slash; a slash at the end does not count."""
    return value.partition("?")[0].rstrip("/").rpartition("/")[2]


def unquoted(value: str) -> str:
    """Remove quotation marks around the value."""
    return value.strip().strip(_QUOTES)


TRANSFORMS: Final[Mapping[str, Callable[[str], str]]] = {
    "strip": str.strip,
    "lower": str.lower,
    "unescape": unescape,
    "unquote": unquoted,
    "url_decode": unquote,
    "branch": branch,
    "last_path_part": last_path_part,
    "without_group_slash": without_group_slash,
}
