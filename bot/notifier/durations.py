"""Durations as job tools print them, read into seconds. Pure and exact.

`2 min 3 sec` · `1 hr 5 min` · `02:10` · `01:02:10` · `12.345s` · `1h2m3.5s` · `1h 13m 4s` ·
`2 minutes 3 seconds` · `1 hour 2 min 5 sec` · `00:02:03.456` · `(duration: 1h 2m 3s)`, and what
their printers also give: days and more, milliseconds, commas and `and` between parts, `PT1H2M3S`.
"""

from decimal import Decimal
from typing import Any, Final

import re2

LONGEST_TEXT: Final = 200
LONGEST_SECONDS: Final = 10 * 365 * 86_400  # beyond, it was not a duration

_DAY: Final = 86_400
_UNITS: Final[dict[str, Decimal]] = {
    word: Decimal(size)
    for size, words in {
        "1e-9": "ns nanosecond nanoseconds",
        "1e-6": "us µs μs microsecond microseconds",
        "0.001": "ms msec msecs millis millisecond milliseconds",
        "1": "s sec secs second seconds",
        "60": "m min mins minute minutes",
        "3600": "h hr hrs hour hours",
        str(_DAY): "d day days",
        str(7 * _DAY): "w wk week weeks",
        str(30 * _DAY): "mo month months",
        str(365 * _DAY): "y yr year years",
    }.items()
    for word in words.split()
}


def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    return re2.compile(pattern, options)


_WRAPPED: Final = _compiled(
    r"\(?\s*(?:(?:duration|execution time|elapsed|took|in|after|for|~|about)\s*:?\s*)?(.*?)"
    r"(?:\s+and counting)?\s*[.)]*"
)
_CLOCK: Final = _compiled(
    r"(?:(\d{1,4}) days?,? |(\d{1,4})\.)?(?:(\d{1,4}):)?(\d{1,4}):(\d{2}(?:\.\d{1,9})?)"
)
_PART: Final = _compiled(r"(\d{1,12}(?:\.\d{1,9})?)\s*([a-zµμ]+)(?:\s*,\s*|\s+and\s+|\s+|)")
_PARTS: Final = _compiled(r"(?:\d{1,12}(?:\.\d{1,9})?\s*[a-zµμ]+(?:\s*,\s*|\s+and\s+|\s+|))+")
_ISO: Final = _compiled(
    r"p(?:(\d{1,4})d)?(?:t(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9}(?:\.\d{1,9})?)s)?)?"
)
_ISO_SIZES: Final = (_DAY, 3600, 60, 1)


def parse_seconds(text: str) -> float | None:
    """Give the seconds; None when the text is not one whole duration."""
    bare = " ".join(text[: LONGEST_TEXT + 1].split())
    if not bare or len(bare) > LONGEST_TEXT:
        return None
    inner = _WRAPPED.fullmatch(bare)
    bare = inner[1] if inner else bare
    seconds = _clock(bare)
    if seconds is None:
        seconds = _worded(bare)
    if seconds is None:
        seconds = _iso(bare)
    if seconds is None or seconds > LONGEST_SECONDS:
        return None
    return float(seconds)


def _clock(text: str) -> Decimal | None:
    """Read `02:10`, `01:02:10`, `00:02:03.456`, `1 day, 2:03:04` and `1.02:03:04`."""
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    days, dotted, hours, minutes, seconds = found.groups()
    limit = 60
    if Decimal(seconds) >= limit or (hours and int(minutes) >= limit):
        return None
    whole = int(days or dotted or 0) * _DAY + int(hours or 0) * 3600 + int(minutes) * 60
    return whole + Decimal(seconds)


def _worded(text: str) -> Decimal | None:
    """Read numbers with units, from large to small, each unit once."""
    if not _PARTS.fullmatch(text):
        return None
    total = Decimal(0)
    smallest = Decimal("Infinity")
    for part in _PART.finditer(text):
        size = _UNITS.get(part[2].lower())
        if size is None or size >= smallest:
            return None
        smallest = size
        total += Decimal(part[1]) * size
    return total


def _iso(text: str) -> Decimal | None:
    found = _ISO.fullmatch(text)
    if not found or not any(found.groups()):
        return None
    return sum(
        (
            Decimal(part) * size
            for part, size in zip(found.groups(), _ISO_SIZES, strict=True)
            if part
        ),
        Decimal(0),
    )
