"""A producer's description, compiled for the engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.notifier.matching import (
    FINDS,
    LINE,
    WHOLE,
    Extraction,
    Pattern,
    Test,
    families_of,
)
from bot.notifier.producer_schema import (
    PARTS,
    Description,
    Extractor,
    Part,
    SlotTest,
    Variant,
)


@dataclass(frozen=True, slots=True)
class CompiledVariant:
    """One shape of a producer's messages; `key` is the test by which an index finds it."""

    number: int
    tests: tuple[Test, ...]
    key: Test | None
    status: tuple[Extraction, ...]
    raw_status: str | None
    condition: str | None
    extractions: Mapping[Part, tuple[Extraction, ...]]
    formats: Mapping[Part, tuple[str, ...]]
    parts: tuple[Part, ...]  # those that this shape may tell


@dataclass(frozen=True, slots=True)
class Compiled:
    """A producer."""

    name: str
    variants: tuple[CompiledVariant, ...]
    words: Mapping[str, str]
    case_sensitive: bool
    bots: frozenset[str]
    usernames: tuple[str, ...]

    def condition_of(self, word: str) -> str | None:
        """Give the condition that a status word is mapped to, or `ignore`, or None."""
        return self.words.get(word if self.case_sensitive else _folded(word))


def compile_description(description: Description) -> Compiled:
    """Compile a description that was checked before, so nothing can be wrong with it."""
    exact = description.case_sensitive
    return Compiled(
        name=description.name,
        variants=tuple(
            _variant(number, variant, description)
            for number, variant in enumerate(description.variant, 1)
        ),
        words={word if exact else _folded(word): to for word, to in description.map.items()},
        case_sensitive=exact,
        bots=frozenset(description.source.bots or ()),
        usernames=tuple(glob.lower() for glob in description.source.usernames or ()),
    )


def _folded(word: str) -> str:
    return " ".join(word.casefold().split())


def _variant(number: int, variant: Variant, description: Description) -> CompiledVariant:
    tests = tuple(_test(test) for test in variant.when)
    extractors = dict(description.extract) | dict(variant.extract)
    formats = dict(description.format) | dict(variant.format)
    told = {*extractors, *formats, *(name for test in tests for name in test.names)}
    return CompiledVariant(
        number=number,
        tests=tests,
        key=next((test for test in tests if test.indexable), None),
        status=tuple(_extraction(extractor) for extractor in variant.status),
        raw_status=variant.raw_status,
        condition=variant.condition,
        extractions={
            part: tuple(_extraction(extractor) for extractor in found)
            for part, found in extractors.items()
        },
        formats=formats,
        parts=tuple(part for part in PARTS if part in told),
    )


def _test(test: SlotTest) -> Test:
    if test.fields is not None:
        return Test(
            shown="fields " + ", ".join(test.fields),
            fields=tuple(families_of(f"field[{title}]") for title in test.fields),
        )
    assert test.slot is not None  # noqa: S101 - the schema demands one of the two
    return Test(
        shown=_shown(test),
        families=_families(test.slot),
        pattern=_pattern(test),
        equals=frozenset(test.equals) if test.equals else None,
        absent=test.absent,
        links_to=_whole(test.links_to),
    )


def _shown(test: SlotTest) -> str:
    asked = "is absent" if test.absent else "is there"
    if test.equals:
        asked = "equals " + " or ".join(test.equals)
    elif test.pattern:
        asked = f"fits {test.pattern}"
    elif test.links_to:
        asked = f"links to {test.links_to}"
    return f"{' or '.join(test.slot or ())} {asked}"


def _families(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(family for name in names for family in families_of(name))


def _pattern(reader: SlotTest | Extractor) -> Pattern | None:
    ways = ((WHOLE, reader.matches), (LINE, reader.first_line), (FINDS, reader.finds))
    for way, pattern in ways:
        if pattern:
            return Pattern(pattern, way, marked=reader.marked)
    return None


def _whole(pattern: str | None) -> Pattern | None:
    return Pattern(pattern, WHOLE, marked=False) if pattern else None


def _extraction(extractor: Extractor) -> Extraction:
    return Extraction(
        families=_families(extractor.slot),
        pattern=_pattern(extractor),
        link=_whole(extractor.link),
        href=_whole(extractor.href),
        label=_whole(extractor.label),
        marked=extractor.marked,
        then=extractor.then,
    )
