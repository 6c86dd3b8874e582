"""Slack's mrkdwn, read: entities, links, mentions, marks. Pure, linear, never raises.

Grammar: https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from dataclasses import dataclass
from itertools import islice

_LINK = re.compile(r"<([@#!]|[A-Za-z][A-Za-z0-9+.-]{0,20}:)([^<>|\n]*)(?:\|([^<>]*))?>")
_DROPPED = "\u00ad\u034f\u061c\u180e\u200b\u200c\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"
_BLANKS = "\t\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_LINE_ENDS = "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_SEEN: dict[int, str | None] = (
    dict.fromkeys([*range(9), *range(0x0E, 0x20), 0x7F], None)
    | dict.fromkeys(map(ord, _DROPPED), None)
    | dict.fromkeys(map(ord, _BLANKS), " ")
    | dict.fromkeys(map(ord, _LINE_ENDS), "\n")
    | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")  # what UTF-8 cannot carry
)
_STRAY_JOINER = re.compile("(?<![\u2190-\u32ff\ufe0f\U0001f000-\U0001faff])\u200d")
_RUN = re.compile("  +")
_MARK = re.compile(r"\*+|_+|~+")
_TICKS = re.compile(r"`+")
_FENCES = (1, 3)
_MOST_MARKS = 400  # in one text; nobody formats more, and more would take long
_LONGEST = {"*": 2, "_": 1, "~": 1}  # longer runs are rulers, or people's own


_Span = tuple[int, int]
_NO_CODE: tuple[_Span, _Span] = ((2**62, 2**62), (2**62, 2**62))


@dataclass(frozen=True, slots=True)
class SlotLink:
    """A link in a slot: where it leads, and the text that shows it."""

    url: str
    text: str


def unescape(text: str) -> str:
    """Decode the only three entities that Slack knows."""
    if "&" not in text:
        return text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def clean(text: str) -> str:
    """Remove what nobody sees, fold blanks within lines, trim lines and the whole."""
    if not (text.isascii() and text.isprintable()):
        text = text.replace("\r\n", "\n").translate(_SEEN)
        if "\u200d" in text:
            text = _STRAY_JOINER.sub("", text)  # between emoji it makes one of two
    if "  " in text:
        text = _RUN.sub(" ", text)
    if "\n" in text:
        text = text.replace(" \n", "\n").replace("\n ", "\n")
    return text.strip()


def read(raw: str) -> tuple[str, list[SlotLink]]:
    """Give the text with its marks still in it, and its links.

    A link is replaced by its text, a mention by `@` and its name or id.
    """
    if "<" not in raw:
        return clean(unescape(raw)), []
    links: list[SlotLink] = []

    def shown(found: re.Match[str]) -> str:
        kind, target, label = found.groups()
        if kind in ("@", "#"):
            return kind + unescape(label or target)
        if kind == "!":
            return _command(target, label)
        url = clean(unescape(kind + target))
        if not label:
            links.append(SlotLink(url, url))
            return url
        text = unescape(label)
        links.append(SlotLink(url, without_marks(clean(text))))
        return text

    parts: list[str] = []
    end = 0
    for found in _LINK.finditer(raw):  # entities are decoded outside links only once
        parts.extend((unescape(raw[end : found.start()]), shown(found)))
        end = found.end()
    parts.append(unescape(raw[end:]))
    return clean("".join(parts)), links


def _command(target: str, label: str | None) -> str:
    if label:
        label = unescape(label)
        return label if target.startswith("date^") or label.startswith("@") else "@" + label
    return "@" + target.partition("^")[2 if target.startswith("subteam^") else 0]


def without_marks(text: str) -> str:
    """Remove pairs of `*`, `_`, `~` and backticks that Slack would not show.

    A mark opens before a character and after none of a word, and closes the other way round, on
    the same line. What stands between backticks is left as it is.
    """
    if "*" not in text and "_" not in text and "`" not in text and "~" not in text:
        return text
    code = _code(text) if "`" in text else []
    drop = [span for pair in code for span in pair] + _emphasis(text, code)
    if not drop:
        return text
    pieces: list[str] = []
    at = 0
    for start, end in sorted(drop):
        pieces.append(text[at:start])
        at = end
    pieces.append(text[at:])
    return clean("".join(pieces))


def _code(text: str) -> list[tuple[_Span, _Span]]:
    """Pair single and triple backticks, each with the next run of its length."""
    runs = [run.span() for run in islice(_TICKS.finditer(text), _MOST_MARKS)]
    following: dict[int, _Span] = {}  # length -> the nearest run to the right
    partner: dict[int, _Span] = {}  # start of a run -> its end mark
    for start, end in reversed(runs):
        if end - start in _FENCES:
            if end - start in following:
                partner[start] = following[end - start]
            following[end - start] = (start, end)
    pairs: list[tuple[_Span, _Span]] = []
    done = 0
    for start, end in runs:
        if start >= done and start in partner:
            pairs.append(((start, end), partner[start]))
            done = partner[start][1]
    return pairs


def _emphasis(text: str, code: list[tuple[_Span, _Span]]) -> list[_Span]:
    drop: list[_Span] = []
    opened: dict[str, re.Match[str]] = {}
    regions = iter(code)
    opening, closing = next(regions, _NO_CODE)
    for mark in islice(_MARK.finditer(text), _MOST_MARKS):
        while mark.start() >= closing[1]:
            opening, closing = next(regions, _NO_CODE)
        run = mark[0]
        if mark.start() > opening[0] or len(run) > _LONGEST[run[0]]:
            continue
        other = opened.get(run)
        if other and _closes(text, mark):
            del opened[run]
            if text.find("\n", other.end(), mark.start()) < 0:
                drop += (other.span(), mark.span())
                continue
        if _opens(text, mark):
            opened[run] = mark
    return drop


def _opens(text: str, mark: re.Match[str]) -> bool:
    start, end = mark.span()
    before, after = text[start - 1 : start], text[end : end + 1]
    return not before.isalnum() and bool(after) and not after.isspace()


def _closes(text: str, mark: re.Match[str]) -> bool:
    start, end = mark.span()
    before, after = text[start - 1 : start], text[end : end + 1]
    return not after.isalnum() and bool(before) and not before.isspace()
