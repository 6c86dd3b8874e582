"""What a message said, in a few lines, for somebody who has only PagerDuty before them. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.notifier.redact import redact
from bot.notifier.slots import Slots, flatten
from bot.notifier.words import clean_text, cut

EXCERPT_LIMIT: Final = 2_000
_ADDRESSES: Final = (".title_link", ".author_link", ".color", ".image_url", ".url")
_NOT_SAID: Final = frozenset({"username"})


def excerpt(content: Mapping[str, Any]) -> str:
    """Give the message's visible text, at most 2,000 characters, secrets redacted.

    Secrets are redacted before the text is cut: half a secret no longer looks like one.
    """
    slots = flatten(content)
    lines = list(dict.fromkeys(_lines(slots, fallback=False)))
    if not lines:
        lines = list(dict.fromkeys(_lines(slots, fallback=True)))
    return cut(redact(clean_text("\n".join(lines))), EXCERPT_LIMIT)


def _lines(slots: Slots, *, fallback: bool) -> Iterator[str]:
    for slot in slots:
        name = slot.name
        if name in _NOT_SAID or name.endswith(_ADDRESSES) or not slot.text:
            continue
        if name.endswith(".fallback") is not fallback:
            continue
        before, found, title = name.partition("field[")
        is_titled = found and before.endswith(".") and not title[:-1].isdecimal()
        yield f"{title[:-1]}: {slot.text}" if is_titled else slot.text
