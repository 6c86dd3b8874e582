"""Text for terminals of any encoding, and whether somebody watches."""

import unicodedata
from typing import TextIO


def plain(text: str, out: TextIO) -> str:
    """Keep what the terminal's encoding can show; control characters of other people's text go."""
    shown = "".join(
        one if one == "\n" or not unicodedata.category(one).startswith("C") else " " for one in text
    )
    encoding = out.encoding or "utf-8"
    return shown.encode(encoding, "replace").decode(encoding)


def write_line(out: TextIO, text: str = "") -> None:
    """Write one line."""
    out.write(plain(text.replace("\n", " "), out) + "\n")
