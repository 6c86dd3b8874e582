"""Lines of rich text as JSON and back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.model import Bold, Code, Line, Link, Mention, Piece, Struck, When

_TEXTS: Mapping[str, type[Bold | Code | Struck]] = {"bold": Bold, "code": Code, "struck": Struck}


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
        case "when", [str(at), "clock" | "date" as style]:
            piece = When(datetime.fromisoformat(at), style)
        case _, str(text) if kind in _TEXTS:
            piece = _TEXTS[kind](text)
    return piece
