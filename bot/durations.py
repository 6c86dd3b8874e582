"""Durations as people write them in settings and rules: `90s`, `5m`, `2h`, `1h30m`, `7d`."""

import re
from typing import Final

EXAMPLES: Final = "90s, 5m, 2h, 1h30m or 7d"
LONGEST_SECONDS: Final = 3650 * 86_400

_UNITS: Final = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
_SHAPE: Final = re.compile(
    "".join(rf"(?:(?P<{letter}>[0-9]{{1,9}}){letter})?" for letter, _ in _UNITS)
)


def parse_duration(text: str) -> int:
    """Give the seconds.

    Raises:
        ValueError: the text is no duration, or one of more than ten years. The sentence does not
            repeat the text, which may be a secret in the wrong place.
    """
    folded = text.strip()
    found = _SHAPE.fullmatch(folded)
    if not folded or found is None:
        raise ValueError(f"is not a duration: write for example {EXAMPLES}")
    seconds = sum(int(found[letter]) * size for letter, size in _UNITS if found[letter])
    if seconds > LONGEST_SECONDS:
        raise ValueError("is a duration of more than ten years: write a shorter one")
    return seconds


def format_duration(seconds: float) -> str:
    """Write seconds the way `parse_duration` reads them: whole, and at most ten years."""
    left = round(min(max(0, seconds), LONGEST_SECONDS))
    written = ""
    for letter, size in _UNITS:
        count, left = divmod(left, size)
        if count:
            written += f"{count}{letter}"
    return written or "0s"
