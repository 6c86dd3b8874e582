"""How the fields of a message show what they are called. Pure.

A title of their own, `*Job*: x`, `*Job:* x`, `*Job*` and x on the next line, or two fields: `*Job*`
and x, or Job and `x`.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from bot.notifier.mrkdwn import clean, without_marks

_LABELLED = re.compile(  # a colon, or the end of the line, makes bold text a label
    r"\*{1,2}([^*\n]{1,80}?)"
    r"(?:(?::\*{1,2}:?|\*{1,2}:)(?:\\n)?|\*{1,2}[^\S\n]*(?:\n|\\n)|\*{1,2}$)\s*(.*)",
    re.DOTALL,
)
_LABEL = re.compile(r"[^`<>\n]{1,40}")
_CODE = re.compile(r"`[^`\n]+`")


@lru_cache(512)  # the same few titles come back with every message
def title_of(raw: str) -> str:
    """Read a field's title."""
    return without_marks(clean(raw))


def split_label(value: str) -> tuple[str | None, str]:
    """Give a field's label, None where it shows none, and what follows it."""
    found = _LABELLED.fullmatch(value.strip())
    return (found[1].strip(), found[2]) if found else (None, value)


def names_the_next(value: str, following: Sequence[Any]) -> bool:
    """Tell whether a field is the label of the next one, which is nothing but code."""
    if not following or not isinstance(following[0], Mapping) or following[0].get("title"):
        return False
    code = following[0].get("value")
    return isinstance(code, str) and bool(_LABEL.fullmatch(value) and _CODE.fullmatch(code))
