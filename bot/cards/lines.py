"""Lines of rich text as JSON and back."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.model import Bold, Code, Line, Link, Mention, Person, Piece, Struck, When

LONGEST = 2900  # characters of a line in a thread; Slack shows no more in one section
_TO_CHANNEL = {"to": "channel"}  # in front of the pieces; who does not know it leaves it out

_TEXTS: Mapping[str, type[Bold | Code | Struck]] = {"bold": Bold, "code": Code, "struck": Struck}


def write(line: Line, *, to_channel: bool = False) -> str:
    """Write a line for its thread; what is longer than Slack shows is cut."""
    pieces = dump(shortened(line, LONGEST))
    marked = [_TO_CHANNEL, *pieces] if to_channel else pieces
    return json.dumps(marked, ensure_ascii=False, separators=(",", ":"))


def read(body: str) -> tuple[Line, bool]:
    """Read what `write` wrote, and whether the channel is told, too; empty where it cannot be."""
    try:
        found = json.loads(body)
        return load(found), isinstance(found, list) and found[:1] == [_TO_CHANNEL]
    except (ValueError, TypeError, RecursionError):
        return (), False


def quiet(line: Line) -> Line:
    """Let a line notify nobody."""
    return tuple(piece.text if isinstance(piece, Person) else piece for piece in line)


def shortened(line: Line, limit: int) -> Line:
    """Cut the plain text of a line, so that it has no more than so many characters of it."""
    kept: list[Piece] = []
    for piece in line:
        if isinstance(piece, str) and len(piece) > limit:
            return (*kept, piece[: max(0, limit - 1)] + "…")
        kept.append(piece)
        limit -= len(piece if isinstance(piece, str) else getattr(piece, "text", ""))
    return tuple(kept)


def dump(line: Line) -> list[Any]:
    """Turn a line into JSON."""
    return [_dump(piece) for piece in line]


def load(found: Any) -> Line:
    """Read what `dump` wrote; what is not known is left out."""
    pieces = (_load(one) for one in found) if isinstance(found, list) else ()
    return tuple(piece for piece in pieces if piece is not None)


def _dump(piece: Piece) -> Any:
    match piece:
        case str():
            return piece
        case Link():
            return {"link": [piece.text, piece.url]}
        case Mention():
            return {"mention": piece.slack_user_id}
        case Person():
            return {"person": [piece.text, piece.pagerduty_user_id]}
        case When():
            return {"when": [piece.at.isoformat(), piece.style]}
        case Bold() | Code() | Struck():
            return {type(piece).__name__.lower(): piece.text}


def _load(found: Any) -> Piece | None:
    if isinstance(found, str):
        return found
    if not isinstance(found, dict) or len(found) != 1:
        return None
    ((kind, value),) = found.items()
    piece: Piece | None = None
    match kind, value:
        case "link", [str(text), str(url)]:
            piece = Link(text, url)
        case "mention", str(slack_user_id):
            piece = Mention(slack_user_id)
        case "person", [str(text), str(pagerduty_user_id)]:
            piece = Person(text, pagerduty_user_id)
        case "when", [str(at), "clock" | "date" as style]:
            piece = When(datetime.fromisoformat(at), style)
        case _, str(text) if kind in _TEXTS:
            piece = _TEXTS[kind](text)
    return piece
