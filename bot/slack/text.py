"""Neutral rich text becomes Slack's mrkdwn; whatever people wrote stays inert.

Two dangers are met here and nowhere else: entities (a job called `<!channel>` must ping nobody)
and marks (`*` in a title must not end the bold of a card). Slack knows no escape for marks, so
those that would format something become look-alikes.

Syntax: https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import UTC

from bot.model import Bold, Code, Line, Link, Mention, Person, Piece, Struck, When

ELLIPSIS = "…"
_TRAILING = " \n\u200d"  # not before an ellipsis; U+200D joins the halves of an emoji
URL_LIMIT = 2000  # ours: a link and its text must fit into a section's 3,000

_LOOKALIKES = {"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"}
_DATE_FORMATS = {
    "clock": ("{time}", "%H:%M UTC"),
    "date": ("{date_short_pretty} at {time}", "%Y-%m-%d %H:%M UTC"),
}

_BREAK = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_HARMFUL = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f"  # control characters, but for tab and line feed
    r"\u202a-\u202e\u2066-\u2069"  # what turns the direction of the rest of a line around
    r"\ufeff\ufff9-\ufffb]"
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")  # cannot be sent as UTF-8
_SAFE_URL = re.compile(r"https?://[^\s/?#@|<>\"\\]+(?:[/?#]\S*)?", re.IGNORECASE)
_BARE_URL = re.compile(r"(?<!\w)https?://[^\s<>|\"'`*]+", re.IGNORECASE)
_SLACK_USER_ID = re.compile(r"[UW][A-Z0-9]{1,30}")
_TOKEN = re.compile(r"&(?:amp|lt|gt);|<[^<>\n]*>|.", re.DOTALL)
_OPENING = re.compile(r"(?<!\w)[*_~`](?=\S)")
_CLOSING = re.compile(r"(?<=\S)[*_~`](?!\w)")


class BoldLink(Link):
    """A link in bold: the title of a card."""

    __slots__ = ()


def clean(text: str) -> str:
    """Remove what is invisible and harmful: control characters and overrides of direction."""
    text = _HARMFUL.sub("", _BREAK.sub("\n", text)).replace("\t", " ")
    return _SURROGATE.sub("\ufffd", text)


def one_line(text: str) -> str:
    """Fold every run of white space, line breaks included, into one space."""
    return " ".join(clean(text).split())


def shorten(text: str, limit: int) -> str:
    """Shorten plain text to `limit` characters, ending in `…`."""
    return text if len(text) <= limit else text[: limit - 1].rstrip(_TRAILING) + ELLIPSIS


def counted(count: int, noun: str) -> str:
    """Write a number of things: `1 note`, `3 notes`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def escape(text: str) -> str:
    """Make text inert in mrkdwn: it names no channel, pings nobody and holds no link."""
    return clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Undo `escape`, for a text that Slack gives back."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def cut(text: str, limit: int) -> str:
    """Shorten mrkdwn to `limit` characters, ending in `…`, never inside an entity or a link."""
    if len(text) <= limit:
        return text
    return _whole_tokens(text, limit - len(ELLIPSIS)) + ELLIPSIS


def render(line: Line, limit: int | None = None) -> str:
    """Write a line as mrkdwn of at most `limit` characters; marks stay in pairs when it is cut.

    Slack formats only what stands between spaces or punctuation: callers leave room around bold,
    code and struck pieces.
    """
    marks = frozenset(_MARKS[type(piece)] for piece in line if type(piece) in _MARKS)
    pieces = [_render_piece(piece, marks) for piece in line]
    whole = "".join(pieces)
    if limit is None or len(whole) <= limit:
        return whole
    kept = ""
    for piece, rendered in zip(line, pieces, strict=True):
        room = limit - len(ELLIPSIS) - len(kept)
        if len(rendered) > room:
            kept += _render_piece(piece, marks, room)
            break
        kept += rendered
    return kept.rstrip(_TRAILING) + ELLIPSIS


def plain(line: Line) -> str:
    """Write a line without any markup: for e-mails, logs and the terminal."""
    return "".join(map(_plain_piece, line))


def fallback(lines: Iterable[Line], limit: int) -> str:
    """Write lines for a message's `text`, all that push, search and screen readers use.

    Slack reads it as mrkdwn, so it is escaped, but it has no marks; a mention stays one.
    """
    parts = (
        _mention(piece) if isinstance(piece, Mention) else escape(_plain_piece(piece))
        for line in lines
        for piece in (*line, "\n")
    )
    return cut("".join(parts).strip(), limit)


_MARKS: dict[type, str] = {Bold: "*", BoldLink: "*", Struck: "~", Code: "`"}


def _render_piece(piece: Piece, marks: AbstractSet[str], room: int | None = None) -> str:
    """Render one piece within `room` characters, as much of it as fits; no `…`."""
    match piece:
        case str():
            return _fit(_with_links(clean(piece), marks), room)
        case BoldLink():
            return _enclosed("*", _link(piece, {"*"}, _less(room, 2)), "*")
        case Link():
            return _link(piece, marks, room)
        case Bold() | Struck() | Code():
            return _marked(piece, _less(room, 2))
        case Person():
            return _fit(escape(_inert(one_line(piece.text), marks)), room)
        case Mention() | When():
            whole = _mention(piece) if isinstance(piece, Mention) else _when(piece)
            return _fit(whole, room)


def _marked(piece: Bold | Struck | Code, room: int | None) -> str:
    """Put marks around text that holds none of them; inside code the others mean nothing."""
    if isinstance(piece, Code) and "\n" in (block := clean(piece.text).strip("\n")):
        return _preformatted(block, _less(room, 4))
    mark = _MARKS[type(piece)]
    text = one_line(piece.text)
    inert = text.replace(mark, _LOOKALIKES[mark]) if mark == "`" else _inert(text, {mark})
    return _enclosed(mark, _fit(escape(inert), room), mark)


def _preformatted(text: str, room: int | None) -> str:
    """Keep the lines and columns of code of several lines."""
    return _enclosed("```", _fit(escape(text.replace("`", _LOOKALIKES["`"])), room), "```")


def _plain_piece(piece: Piece) -> str:
    match piece:
        case str():
            return clean(piece)
        case Code() if "\n" in piece.text:
            return clean(piece.text)
        case Mention():
            return f"@{one_line(piece.slack_user_id)}"
        case When():
            return piece.at.astimezone(UTC).strftime(_DATE_FORMATS[piece.style][1])
        case _:
            return one_line(piece.text)


def _whole_tokens(text: str, room: int) -> str:
    end = 0
    for token in _TOKEN.finditer(text):
        if token.end() > room:
            break
        end = token.end()
    return text[:end].rstrip(_TRAILING)


def _fit(text: str, room: int | None) -> str:
    return text if room is None or len(text) <= room else _whole_tokens(text, room)


def _less(room: int | None, taken: int) -> int | None:
    return None if room is None else room - taken


def _enclosed(before: str, inner: str, after: str) -> str:
    """Put marks around what is not empty: an empty pair would be shown as it stands."""
    return f"{before}{inner}{after}" if inner else ""


def _inert(text: str, marks: AbstractSet[str]) -> str:
    """Replace marks by look-alikes: those given, and those that Slack would take for a pair.

    Everything else stays as it is, so that `rm *.log` can still be copied.
    """
    return "\n".join(_inert_line(line, marks) for line in text.split("\n"))


def _inert_line(line: str, marks: AbstractSet[str]) -> str:
    first_opening: dict[str, int] = {}
    for found in _OPENING.finditer(line):
        first_opening.setdefault(found.group(), found.start())
    last_closing = {found.group(): found.start() for found in _CLOSING.finditer(line)}
    pairs = {mark for mark, at in first_opening.items() if last_closing.get(mark, -1) > at}
    for mark in marks | pairs:
        line = line.replace(mark, _LOOKALIKES[mark])
    return line


def _with_links(text: str, marks: AbstractSet[str]) -> str:
    """Escape text, making its bare addresses clickable: Slack is told not to guess them."""
    parts: list[str] = []
    end = 0
    for found in _BARE_URL.finditer(text):
        bare = found.group().rstrip(".,;:!?)]}")
        if url := _safe_url(bare):
            parts += [escape(_inert(text[end : found.start()], marks)), f"<{url}>"]
            end = found.start() + len(bare)
    return "".join(parts) + escape(_inert(text[end:], marks))


def _link(link: Link, marks: AbstractSet[str], room: int | None) -> str:
    url = _safe_url(link.url)
    label = escape(_inert(one_line(link.text), marks))
    if url is None:
        return _fit(label, room)
    if not label:
        return _fit(f"<{url}>", room)
    label_room = _less(room, len(url) + len("<|>"))
    if label_room is not None and label_room < 1:
        return _fit(label, room)
    return _enclosed(f"<{url}|", _fit(label.replace("|", "¦"), label_room), ">")


def _safe_url(url: str) -> str | None:
    """Give a web address as Slack's link syntax can carry it, None for anything else."""
    if len(url) > URL_LIMIT or clean(url) != url or not _SAFE_URL.fullmatch(url):
        return None
    for character, code in (("<", "%3C"), (">", "%3E"), ("|", "%7C"), ('"', "%22")):
        url = url.replace(character, code)
    return url.replace("&", "&amp;")


def _mention(mention: Mention) -> str:
    if _SLACK_USER_ID.fullmatch(mention.slack_user_id):
        return f"<@{mention.slack_user_id}>"
    return escape(one_line(mention.slack_user_id))


def _when(when: When) -> str:
    """Write an instant; Slack shows it in each reader's own time zone."""
    at = when.at.astimezone(UTC)
    form, written = _DATE_FORMATS[when.style]
    return f"<!date^{int(at.timestamp())}^{form}|{at.strftime(written)}>"
