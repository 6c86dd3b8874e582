"""The shape of a producer's description, for pydantic; every problem becomes a sentence.

`docs/producers.md` explains the keys to people; `producers/*.toml` are the examples.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from bot.model import Condition
from bot.notifier.matching import ALIASES, PatternError, compile_pattern
from bot.notifier.transforms import TRANSFORMS
from bot.notifier.words import suggestion

IGNORE: Final = "ignore"
WORDS: Final = (*(condition.value for condition in Condition), IGNORE)
Part = Literal["job", "project", "ref", "execution_id", "url", "duration", "user"]
PARTS: Final[tuple[Part, ...]] = get_args(Part)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_FAMILY = re.compile(
    r"text|username|body|heading|field\[[^\]]*\]|button\[[^\]]*\]"
    r"|(?:att\.)?(?:header|block|context|block\.field\[[^\]]*\]|button\[[^\]]*\]\.url)"
    r"|att\.(?:pretext|title|title_link|text|fallback|author_name|author_link|footer|color"
    r"|image_url|field_title|field\[[^\]]*\])"
)
FAMILIES: Final = (
    *("text", "username", "header", "block", "block.field[Label]", "context", "button[Label].url"),
    *("att.pretext", "att.title", "att.title_link", "att.text", "att.fallback", "att.author_name"),
    *("att.author_link", "att.footer", "att.color", "att.image_url", "att.field[Title]"),
    "att.field_title",
    *("att.header", "att.block", "att.block.field[Label]", "att.context", "att.button[Label].url"),
    *ALIASES,
)


def _many(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


def _family(value: str) -> str:
    if not _FAMILY.fullmatch(value):
        raise ValueError(f'"{value}" is no slot{suggestion(value, FAMILIES)}')
    return value


def _pattern(value: str) -> str:
    try:
        compile_pattern(value)
    except PatternError as error:
        raise ValueError(
            f"is not a regular expression of RE2: {error}. RE2 has neither lookaround nor"
            " back-references: https://github.com/google/re2/wiki/Syntax"
        ) from None
    return value


def _condition(value: Any) -> Any:
    if value not in WORDS:
        near = suggestion(str(value), WORDS)
        raise ValueError(f'"{value}" is no condition{near} (conditions: {", ".join(WORDS)})')
    return value


def _transform(value: str) -> str:
    if value not in TRANSFORMS:
        near = suggestion(value, TRANSFORMS)
        raise ValueError(f'"{value}" is no transform{near} (transforms: {", ".join(TRANSFORMS)})')
    return value


def _producer_name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError("must be lower-case letters, digits, dots and dashes, at most 80")
    return value


Name = Annotated[str, AfterValidator(_producer_name)]
Family = Annotated[str, AfterValidator(_family)]
Families = Annotated[tuple[Family, ...], BeforeValidator(_many), Field(min_length=1)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_many), Field(min_length=1)]
Pattern = Annotated[str, AfterValidator(_pattern)]
Word = Annotated[
    Literal["start", "success", "failure", "avg_duration", "retryable_failure", "ignore"],
    BeforeValidator(_condition),
]
Transform = Annotated[str, AfterValidator(_transform)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Reader(_Table):
    """At most one way to look at a slot's text."""

    matches: Pattern | None = None
    first_line: Pattern | None = None
    finds: Pattern | None = None
    marked: bool = False

    @property
    def pattern(self) -> str | None:
        """The pattern, whichever way it is to be used."""
        return self.matches or self.first_line or self.finds

    @model_validator(mode="after")
    def _one_pattern(self) -> Self:
        if sum(bool(way) for way in (self.matches, self.first_line, self.finds)) > 1:
            raise ValueError("takes one of matches, first_line and finds, not several")
        return self


class SlotTest(_Reader):
    """One thing that must be true of a message."""

    slot: Families | None = None
    equals: Texts | None = None
    absent: bool = False
    links_to: Pattern | None = None
    fields: Texts | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.slot is None) == (self.fields is None):
            raise ValueError("needs either slot (with what is asked of it) or fields")
        if self.fields and (self.pattern or self.equals or self.links_to or self.absent):
            raise ValueError("asks for fields, so nothing else can be asked in the same test")
        if self.absent and (self.pattern or self.equals or self.links_to):
            raise ValueError("cannot ask anything of a slot that must be absent")
        return self


class Extractor(_Reader):
    """Where a value is: a slot's text or part of it, or of a link the address or the text.

    `link` and `href` choose the first link whose text or address fits; the value is its address,
    or the group that `href` has, or the group (or all) that `label` finds in its text.
    """

    slot: Families
    link: Pattern | None = None
    href: Pattern | None = None
    label: Pattern | None = None
    then: Annotated[tuple[Transform, ...], BeforeValidator(_many)] = ()


def _extractors(value: Any) -> Any:
    return [{"slot": each} if isinstance(each, str) else each for each in _many(value)]


Extractors = Annotated[tuple[Extractor, ...], BeforeValidator(_extractors)]


class Variant(_Table):
    """One shape of a producer's messages."""

    when: Annotated[tuple[SlotTest, ...], Field(min_length=1)]
    status: Extractors = ()
    raw_status: str | None = None
    condition: Word | None = None
    extract: Mapping[Part, Extractors] = Field(default_factory=dict)
    format: Mapping[Part, Texts] = Field(default_factory=dict)


class Source(_Table):
    """Who may speak: ids of bots and apps, globs of user names. Empty lists allow everybody."""

    bots: Texts | None = None
    usernames: Texts | None = None


class Example(_Table):
    """A message, and what must be read from it; without a condition a near miss."""

    shows: str
    message: Mapping[str, Any]
    condition: Word | None = None
    raw_status: str | None = None
    job: str | None = None
    project: str | None = None
    ref: str | None = None
    execution_id: str | None = None
    url: str | None = None
    duration_seconds: float | None = None
    user: str | None = None
    unknown_word: str | None = None


class Description(_Table):
    """A producer."""

    name: Name
    about: str = ""
    read_from: Texts | None = None
    enabled: bool = True
    priority: int = 100
    case_sensitive: bool = False
    source: Source = Source()
    map: Mapping[str, Word] = Field(default_factory=dict)
    extract: Mapping[Part, Extractors] = Field(default_factory=dict)
    format: Mapping[Part, Texts] = Field(default_factory=dict)
    variant: tuple[Variant, ...] = ()
    example: tuple[Example, ...] = ()


_MODELS: Final = (Description, Variant, SlotTest, Extractor, Source, Example)
_KEYS: Final = sorted({key for model in _MODELS for key in model.model_fields} | set(PARTS))
_KINDS: Final = {
    "string_type": "must be a text in quotes",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "missing": "is missing",
    "dict_type": "must be a table",
    "mapping_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "tuple_type": "must be a list",
    "too_short": "must not be empty",
}


def parse_description(table: Mapping[str, Any], where: str) -> tuple[Description | None, list[str]]:
    """Check one table; give the description, or every problem as a sentence."""
    try:
        return Description.model_validate(table), []
    except ValidationError as error:
        problems = error.errors(include_url=False)
        return None, [
            _sentence(where, problem)
            for problem in problems
            if problem["type"] != "too_short" or not _is_above(problem["loc"], problems)
        ]


def _is_above(location: Sequence[int | str], problems: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a list is "empty" only because its entries are wrong, which is told already."""
    depth = len(location)
    return any(len(each["loc"]) > depth and each["loc"][:depth] == location for each in problems)


def _sentence(where: str, problem: Mapping[str, Any]) -> str:
    location = problem["loc"]
    kind = problem["type"]
    if kind == "extra_forbidden":
        key = str(location[-1])
        return f'{where}: {_path(location[:-1])}unknown key "{key}"{suggestion(key, _KEYS)}'
    if kind == "literal_error" and "[key]" in location:
        key = str(location[-2])
        near = suggestion(key, PARTS)
        return (
            f'{where}: {_path(location[:-2])}"{key}" cannot be extracted{near}'
            f" (parts: {', '.join(PARTS)})"
        )
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{where}: {_path(location)}{_KINDS.get(kind, message)}"


def _path(location: Sequence[int | str]) -> str:
    """Write `("variant", 0, "when", 1, "slot")` as `variant 1, when 2, slot: `."""
    words: list[str] = []
    for step in location:
        if isinstance(step, int) and words:
            words[-1] += f" {step + 1}"
        else:
            words.append(str(step))
    return ", ".join(words) + ": " if words else ""
