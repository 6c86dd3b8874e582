"""Small tools for other people's text: cleaning, cutting, and the nearest right word. Pure."""

import difflib
import unicodedata
from collections.abc import Iterable
from typing import Final

ELLIPSIS: Final = "…"
REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

_SURROGATES: Final = dict.fromkeys(range(0xD800, 0xE000), REPLACEMENT)
_CONTROLS: Final = {
    code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"
}
# Bidirectional overrides would let a job's name rearrange the sentence around it.
_OVERRIDES: Final = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_LINES: Final = {0x2028: "\n", 0x2029: "\n"}
_TEXT: Final = _SURROGATES | _CONTROLS | _OVERRIDES | _LINES
_INVISIBLE: Final = frozenset({"Cf", "Zs", "Zl", "Zp", "Cc"})


def clean_text(text: str) -> str:
    """Remove control characters but line breaks, and what UTF-8 cannot carry."""
    if text.isascii() and text.isprintable():
        return text
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_TEXT)


def clean_line(text: str) -> str:
    """Clean and fold into one line; text in which nothing can be seen becomes empty."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip(" ")  # nearly all of them; a message asks for some fifty
    folded = " ".join(clean_text(text).split())
    if not folded.isascii() and all(
        unicodedata.category(character) in _INVISIBLE for character in folded
    ):
        return ""
    return folded


def cut(text: str, limit: int) -> str:
    """Cut at `limit` code points, the last one `…`."""
    return text if len(text) <= limit else text[: limit - 1] + ELLIPSIS


def suggestion(word: str, choices: Iterable[str]) -> str:
    """Give `; did you mean "…"?` for the nearest choice, nothing where none is near."""
    by_lower = {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return f'; did you mean "{by_lower[near[0]]}"?' if near else ""
