"""Patterns on slots: what a description asks of a message, compiled.

All patterns are RE2's: other people's text is matched, so time must be linear in its length.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import re2

from bot.notifier.slots import Slot, Slots
from bot.notifier.transforms import TRANSFORMS

_BODY: Final = ("text", "block", "att.text", "att.pretext", "att.block", "att.field[]")
ALIASES: Final = ("body", "heading", "field[Label]", "button[Label]")
_SET_MEMORY: Final = 64 << 20  # a budget, not an allocation
MOST_BINDINGS: Final = 8

_ANYTHING: Final = r"(?s).*"

Groups = dict[str, str]


class PatternError(ValueError):
    """The pattern is none of RE2's; the text says what RE2 said."""


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    return options


def compile_pattern(pattern: str) -> Any:
    """Compile a pattern. Raises PatternError."""
    try:
        return re2.compile(pattern, _options())
    except re2.error as error:
        told = error.args[0] if error.args else ""
        raise PatternError(told.decode() if isinstance(told, bytes) else str(told)) from None


def families_of(name: str) -> tuple[str, ...]:
    """Give the families that a name of a slot in a description stands for."""
    if name == "body":
        return _BODY
    if name == "heading":
        return ("header", "att.header")
    if name.startswith("field["):
        return tuple(prefix + name for prefix in ("att.", "block.", "att.block."))
    if name.startswith("button[") and not name.endswith(".url"):
        return (f"{name}.url", f"att.{name}.url")
    return (name,)


# ways to look at a slot: (what is read of it, how the pattern is applied)
WHOLE: Final = "matches"
LINE: Final = "first_line"
FINDS: Final = "finds"


def seen(slot: Slot, way: str, marked: bool) -> bytes:
    """Give what a pattern of that way is run on."""
    data = slot.marked_utf8 if marked else slot.utf8
    return data.partition(b"\n")[0] if way == LINE else data


class Pattern:
    """A pattern and the way it looks at a slot."""

    def __init__(self, pattern: str, way: str, *, marked: bool) -> None:
        self.pattern = pattern
        self.way = way
        self.marked = marked
        self._regexp = compile_pattern(pattern)
        self._run = self._regexp.search if way == FINDS else self._regexp.fullmatch
        self._names = tuple(self._regexp.groupindex.items())
        self._groups = self._regexp.groups
        self.names = tuple(name for name, _ in self._names)

    def groups(self, slot: Slot) -> Groups | None:
        """Give the named groups that took part; None when the slot does not match."""
        found = self._run(seen(slot, self.way, self.marked))
        if found is None:
            return None
        named: Groups = {}
        for name, number in self._names:
            if found[number]:
                named[name] = found[number].decode()
        return named

    def fits(self, text: str) -> bool:
        """Tell whether the pattern matches a text that is no slot's."""
        return self._run(text.encode()) is not None  # RE2 takes bytes without a detour

    def value(self, text: bytes) -> str | None:
        """Give the first group that took part, the whole match where there are no groups."""
        found = self._run(text)
        if found is None:
            return None
        if not self._groups:
            return str(found[0].decode())
        return next((group.decode() for group in found.groups() if group is not None), None)


@dataclass(frozen=True, slots=True)
class Test:
    """One thing that must be true; `run` gives the named groups, None when it is not true."""

    shown: str
    families: tuple[str, ...] = ()
    pattern: Pattern | None = None
    equals: frozenset[str] | None = None
    absent: bool = False
    links_to: Pattern | None = None
    fields: tuple[tuple[str, ...], ...] = ()

    @property
    def indexable(self) -> bool:
        """Tell whether a set of patterns can find the messages for which this may be true."""
        return self.pattern is not None and self.pattern.way != FINDS

    @property
    def names(self) -> tuple[str, ...]:
        """The groups that it may catch."""
        return self.pattern.names if self.pattern else ()

    def run(self, slots: Slots, attachment: int | None) -> Groups | None:
        """Look at all slots of the families; in one attachment, where they are an attachment's."""
        if self.fields:
            found = all(
                any(slots.get(family, attachment) for family in alternatives)
                for alternatives in self.fields
            )
            return {} if found else None
        for family in self.families:
            for slot in slots.get(family, attachment):
                if self.absent:
                    return None
                groups = self.run_on(slot)
                if groups is not None:
                    return groups
        return {} if self.absent else None

    def run_on(self, slot: Slot) -> Groups | None:
        """Look at one slot."""
        if self.equals is not None and slot.text not in self.equals:
            return None
        if self.links_to is not None and not any(
            self.links_to.fits(link.url) for link in slot.links
        ):
            return None
        return {} if self.pattern is None else self.pattern.groups(slot)


@dataclass(frozen=True, slots=True)
class Extraction:
    """Where a value is."""

    families: tuple[str, ...]
    pattern: Pattern | None = None
    link: Pattern | None = None
    href: Pattern | None = None
    label: Pattern | None = None
    marked: bool = False
    then: tuple[str, ...] = ()

    def run(self, slots: Slots, attachment: int | None) -> str | None:
        """Give the first value found, None where there is none."""
        for family in self.families:
            for slot in slots.get(family, attachment):
                value = self._of(slot)
                if value:
                    for name in self.then:
                        value = TRANSFORMS[name](value)
                    if value:
                        return value
        return None

    def _of(self, slot: Slot) -> str | None:
        if self.link is None and self.href is None and self.label is None:
            if self.pattern is None:
                return slot.marked if self.marked else slot.text
            return self.pattern.value(seen(slot, self.pattern.way, self.pattern.marked))
        for link in slot.links:
            if self.link is not None and not self.link.fits(link.text):
                continue
            value = link.url if self.href is None else self.href.value(link.url.encode())
            if value and self.label is not None:
                value = self.label.value(link.text.encode())
            if value:
                return value
        return None


@dataclass(frozen=True, slots=True)
class _Family:
    """All patterns that look at slots of one family, with or without their marks."""

    marked: bool
    patterns: list[Any] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)


def _for_index(pattern: Pattern) -> Any:
    """Compile a pattern for whole texts; it may match more than the pattern does, never less.

    So one set answers for both ways: what follows the first line is no matter there.
    """
    if pattern.way != LINE:
        return compile_pattern(pattern.pattern)
    if r"\z" in pattern.pattern:  # the line's end, which is not the text's
        return compile_pattern(_ANYTHING)
    try:
        return compile_pattern(rf"(?m:{pattern.pattern})(?:\n(?s:.*))?")
    except PatternError:  # it was as large as a pattern can be
        return compile_pattern(_ANYTHING)


class Index:
    """Finds which of many patterns may match a message, in a time that hardly depends on how many.

    A set whose automaton outgrows its memory says "nothing" without a word. So each set has one
    more pattern that always matches: when even that is missing, the patterns are run one by one.
    """

    def __init__(self, tests: Sequence[tuple[int, Test]]) -> None:
        families: dict[str, dict[bool, _Family]] = {}
        for owner, test in tests:
            pattern = test.pattern
            if pattern is None:
                continue
            compiled = _for_index(pattern)
            for name in test.families:
                ways = families.setdefault(name, {})
                family = ways.setdefault(pattern.marked, _Family(pattern.marked))
                family.patterns.append(compiled)
                family.owners.append(owner)
        self._families: Mapping[str, list[tuple[_Family, Callable[[bytes], list[int]]]]] = {
            name: [(family, _matcher(family.patterns)) for family in ways.values()]
            for name, ways in families.items()
        }

    def candidates(self, slots: Slots) -> list[tuple[int, Slot]]:
        """Give (owner, slot) for every pattern that may match a slot."""
        found: list[tuple[int, Slot]] = []
        for name, members in slots.families.items():
            for family, matcher in self._families.get(name, ()):
                for slot in members:
                    text = slot.marked_utf8 if family.marked else slot.utf8
                    found.extend((family.owners[number], slot) for number in matcher(text))
        return found


def _matcher(patterns: Sequence[Any]) -> Callable[[bytes], list[int]]:
    def one_by_one(text: bytes) -> list[int]:
        return [number for number, regexp in enumerate(patterns) if regexp.fullmatch(text)]

    options = _options()
    options.max_mem = _SET_MEMORY
    automaton = re2.Set.FullMatchSet(options)
    try:
        for regexp in patterns:
            automaton.Add(regexp.pattern)
        always = automaton.Add(_ANYTHING)
        automaton.Compile()
    except re2.error:  # each fits into the memory, all together do not
        return one_by_one

    def match(text: bytes) -> list[int]:
        numbers: list[int] = automaton.Match(text)
        if always in numbers:
            return [number for number in numbers if number != always]
        return one_by_one(text)

    return match
