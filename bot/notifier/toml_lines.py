"""Find the lines on which the keys of a TOML text stand, which `tomllib` does not tell.

Reads only texts that `tomllib` has accepted, so it need not report mistakes.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

Path = tuple[str | int, ...]
"""Keys, and positions in arrays of tables: `("rule", 0, "on", "failure", "severity")`."""

_PART: Final = r"""(?:"(?:\\.|[^"\\\n])*"|'[^'\n]*'|[A-Za-z0-9_-]+)"""
_KEY: Final = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_HEADER: Final = re.compile(rf"(?P<open>\[\[?)[ \t]*(?P<key>{_KEY})[ \t]*\]\]?")
_ASSIGNMENT: Final = re.compile(rf"(?P<key>{_KEY})[ \t]*=")
_PARTS: Final = re.compile(_PART)
_BLANK: Final = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_VALUE_TOKEN: Final = re.compile(
    r'''(?P<string>"""(?:\\.|[^\\])*?"{3,5}(?!")'''
    r"""|'''.*?'{3,5}(?!')"""
    r"""|"(?:\\.|[^"\\\n])*"|'[^'\n]*')"""
    r"|(?P<comment>\#[^\n]*)|(?P<open>[\[{])|(?P<close>[\]}])|(?P<newline>\n)|.",
    re.DOTALL,
)


class Lines:
    """Line numbers, counted from 1, by path."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}
        table: Path = ()
        line, last = 1, 0
        for position, header, key in _statements(text):
            line += text.count("\n", last, position)
            last = position
            if header:
                table = self._enter(key, is_array=header == "[[")
                for depth in range(1, len(table) + 1):
                    self._note(table[:depth], line)
            else:
                for depth in range(1, len(key) + 1):
                    self._note((*table, *key[:depth]), line)

    def of(self, path: Sequence[str | int]) -> int | None:
        """Give the line of a path, or of the nearest table around it."""
        for depth in range(len(path), 0, -1):
            if (line := self._lines.get(tuple(path[:depth]))) is not None:
                return line
        return None

    def _note(self, path: Path, line: int) -> None:
        self._lines.setdefault(path, line)

    def _enter(self, key: Sequence[str], *, is_array: bool) -> Path:
        path: Path = ()
        for depth, part in enumerate(key):
            path = (*path, part)
            if is_array and depth == len(key) - 1:
                self._counts[path] = self._counts.get(path, -1) + 1
            if path in self._counts:
                path = (*path, self._counts[path])
        return path


def _statements(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Give position, `[`, `[[` or nothing, and key of each header and assignment."""
    position = 0
    while True:
        blank = _BLANK.match(text, position)
        position = blank.end() if blank else position
        if found := _HEADER.match(text, position):
            yield position, found["open"], _split(found["key"])
            position = found.end()
        elif found := _ASSIGNMENT.match(text, position):
            yield position, "", _split(found["key"])
            position = _end_of_value(text, found.end())
        else:
            return


def _end_of_value(text: str, position: int) -> int:
    depth = 0
    for token in _VALUE_TOKEN.finditer(text, position):
        depth += {"open": 1, "close": -1}.get(token.lastgroup or "", 0)
        if token.lastgroup == "newline" and depth == 0:
            return token.start()
    return len(text)


def _split(key: str) -> list[str]:
    return [_unquoted(part) for part in _PARTS.findall(key)]


def _unquoted(part: str) -> str:
    if part[0] == "'":
        return part[1:-1]
    if part[0] == '"':
        # Escapes in keys are so rare that the line of the table around them is good enough.
        return part[1:-1]
    return part
