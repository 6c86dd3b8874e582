"""Match a value against many globs at once, in a time that hardly grows with their number.

One `re2.Set` over all globs would be shorter, but when its automaton outgrows its memory it says
"no match" without a word, and a rule that silently does not match is a lost page. So globs are
looked up by the literal text they begin or end with, and only the few found are run.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

import re2

_META: Final = frozenset("*?[")
_Buckets = Mapping[int, Mapping[str, tuple[tuple["Glob", int], ...]]]


class Glob:
    """One glob: `*`, `?`, `[abc]`, `[a-z]`, `[!abc]`; case counts, `*` takes slashes as well.

    A glob also matches its own text, so that a job called `[nightly] load` can be named as it is.
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        first = next((i for i, character in enumerate(pattern) if character in _META), None)
        self.is_literal = first is None
        self.prefix = pattern[:first]
        self.suffix = "" if first is None else _literal_tail(pattern)
        # The longest literal text within: what the value must contain anyway.
        self.core = "" if "[" in pattern else max(re.split(r"[*?]", pattern), key=len)
        # `prefix*suffix` and `*core*`, by far the most frequent, need no regular expression.
        self._is_ends = pattern == f"{self.prefix}*{self.suffix}"
        self._is_core = pattern == f"*{self.core}*"
        self._regexp: Any = None
        if not (self.is_literal or self._is_ends or self._is_core):
            self._regexp = re2.compile(_translate(pattern), _options())

    def matches(self, value: str) -> bool:
        """Tell whether the whole value fits."""
        if value == self.pattern:
            return True
        if self._is_ends:
            return (
                len(value) >= len(self.prefix) + len(self.suffix)
                and value.startswith(self.prefix)
                and value.endswith(self.suffix)
            )
        if self._is_core:
            return self.core in value
        return self._regexp is not None and self._regexp.fullmatch(value) is not None


class GlobIndex:
    """Many globs, each with a set of owners; a set is an `int` with one bit an owner."""

    def __init__(self, owners: Mapping[str, int], always: int = 0) -> None:
        self._always = always
        self._exact = dict(owners)
        prefixes: defaultdict[int, defaultdict[str, list[tuple[Glob, int]]]]
        suffixes: defaultdict[int, defaultdict[str, list[tuple[Glob, int]]]]
        prefixes, suffixes = _empty(), _empty()
        loose: list[tuple[str, Glob, int]] = []
        for pattern, bits in owners.items():
            glob = Glob(pattern)
            if glob.is_literal:
                continue
            if glob.prefix:
                prefixes[len(glob.prefix)][glob.prefix].append((glob, bits))
            elif glob.suffix:
                suffixes[len(glob.suffix)][glob.suffix].append((glob, bits))
            else:
                loose.append((glob.core, glob, bits))
        self._prefixes, self._suffixes = _frozen(prefixes), _frozen(suffixes)
        self._loose = tuple(loose)

    def owners_of(self, value: str, wanted: int = -1) -> int:
        """Give the owners, of those that are `wanted`, with a glob that matches the value."""
        found = self._always | self._exact.get(value, 0)
        candidates = [(glob, bits) for core, glob, bits in self._loose if core in value]
        for length, table in self._prefixes.items():
            candidates += table.get(value[:length], ())
        for length, table in self._suffixes.items():
            candidates += table.get(value[-length:], ())
        for glob, bits in candidates:
            if bits & wanted & ~found and glob.matches(value):
                found |= bits
        return found & wanted


def _empty() -> defaultdict[int, defaultdict[str, list[tuple[Glob, int]]]]:
    return defaultdict(lambda: defaultdict(list))


def _frozen(buckets: Mapping[int, Mapping[str, list[tuple[Glob, int]]]]) -> _Buckets:
    return {
        length: {text: tuple(globs) for text, globs in table.items()}
        for length, table in buckets.items()
    }


def _literal_tail(pattern: str) -> str:
    """Give the literal text after the last wildcard; nothing where a `[` makes that unclear."""
    if "[" in pattern:
        return ""
    return pattern[max(pattern.rfind("*"), pattern.rfind("?")) + 1 :]


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True
    return options


def _translate(pattern: str) -> str:
    """Write a glob as a regular expression; a `[` that is never closed stands for itself."""
    written, position = "", 0
    while position < len(pattern):
        character = pattern[position]
        position += 1
        if character == "*":
            written += "" if written.endswith(".*") else ".*"
        elif character == "?":
            written += "."
        elif character == "[" and (end := _class_end(pattern, position)) > 0:
            written += _translate_class(pattern[position:end])
            position = end + 1
        else:
            written += re2.escape(character)
    return written


def _class_end(pattern: str, start: int) -> int:
    """Find the `]` that closes a class; one in the first place is a member."""
    negated = pattern.startswith("!", start)
    return pattern.find("]", start + (2 if negated else 1))


def _translate_class(members: str) -> str:
    negated = members.startswith("!")
    members = members[1:] if negated else members
    written, position = "", 0
    while position < len(members):
        low, high = members[position], members[position]
        if members[position + 1 : position + 2] == "-" and position + 2 < len(members):
            high = members[position + 2]
            position += 2
        position += 1
        if low <= high:
            written += rf"\x{{{ord(low):x}}}-\x{{{ord(high):x}}}"
    if not written:  # every range was written backwards, so there are no members
        return "." if negated else r"[^\x{0}-\x{10FFFF}]"
    return f"[{'^' if negated else ''}{written}]"
