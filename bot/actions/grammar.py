"""How a command's words become an incident, a text, or a mistake with a way out. Pure.

    VERB [INCIDENT…] [PEOPLE] [TEXT]

Whether a word that looks like an incident *is* one, only PagerDuty knows; so parsing says what was
named and how sure that is, and `desk` asks.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Literal
from urllib.parse import urlsplit

from bot.actions.words import Kind, Word, Words, decode
from bot.errors import UsageError
from bot.model import Code, IncidentId, Line

MAX_REFERENCES = 100

_ID = re.compile(r"[PQ][A-Z0-9]{6}(?:[A-Z0-9]{7})?")
_NUMBER = re.compile(r"#?0*([0-9]{1,7})")
_PATH = re.compile(r"/incidents/([A-Za-z0-9]{1,20})(?:/.*)?")


class Shape(Enum):
    """How an incident was named."""

    ID = "id"
    NUMBER = "number"
    HASH = "#number"
    URL = "url"
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Ref:
    """A word that may name an incident.

    `key` is what PagerDuty is asked for: an id in upper case, or a number. `host` is the account
    of a URL.
    """

    shape: Shape
    key: str
    typed: str
    host: str | None = None

    @property
    def is_certain(self) -> bool:
        """Tell whether nobody would write this as the first word of a sentence."""
        if self.shape is Shape.ID:
            return any(character.isdigit() for character in self.key)
        return self.shape in {Shape.HASH, Shape.URL}


_AROUND = "\"'.,;:!?"  # a second space makes a full stop on many keyboards


def reference(word: Word) -> Ref | None:
    """Read a word as an incident, going by its shape alone; None when it has none."""
    value = word.value
    if word.kind is Kind.LINK or "://" in value[:10]:
        return _url(value)
    if word.kind is not Kind.PLAIN:
        return None
    if value.lower() == "latest":
        return Ref(Shape.LATEST, "latest", value)
    if number := _NUMBER.fullmatch(value):
        shape = Shape.HASH if value.startswith("#") else Shape.NUMBER
        return Ref(shape, number[1], value)
    if _ID.fullmatch(value.upper()):
        return Ref(Shape.ID, value.upper(), value)
    return None


def _alone(word: Word) -> Ref | None:
    """Read a word where no text follows: quotes and a full stop around it do no harm."""
    if word.kind is Kind.QUOTED and not any(map(str.isdigit, word.value)):
        return reference(word)  # a name, which may look like an id
    if word.kind in {Kind.PLAIN, Kind.QUOTED}:
        word = replace(word, value=word.value.strip(_AROUND), kind=Kind.PLAIN)
    return reference(word)


def _url(value: str) -> Ref | None:
    try:
        parts = urlsplit(value.strip("<>"))
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    found = _PATH.fullmatch(parts.path)
    if found is None or not host.endswith(".pagerduty.com"):
        return None
    return Ref(Shape.URL, found[1].upper(), value, host)


@dataclass(frozen=True, slots=True)
class Target:
    """Which incidents are meant: a button's, those named, a scope, or (empty) the implied one."""

    given: tuple[IncidentId, ...] = ()
    refs: tuple[Ref, ...] = ()
    scope: Literal["mine", "all"] | None = None

    @property
    def is_implied(self) -> bool:
        """Tell whether nothing was named."""
        return not (self.given or self.refs or self.scope)


@dataclass(frozen=True, slots=True)
class Addressed:
    """A text and the incident that it is about.

    `otherwise` is the whole text, meant when the first word turns out not to be an incident;
    None when it cannot be anything else.
    """

    target: Target
    text: str
    otherwise: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What a verb's parser gets: the words behind the verb, and what a button or form names.

    `fields` is None unless a form was submitted. `confirmed`: the incidents were shown to the
    responder, who pressed the button below them.
    """

    words: Words = field(default_factory=lambda: Words(""))
    given: tuple[IncidentId, ...] = ()
    fields: Mapping[str, Any] | None = None
    confirmed: bool = False

    def form_text(self, name: str) -> str | None:
        """Give a text field of the submitted form, None when it is empty."""
        value = (self.fields or {}).get(name)
        return value.strip() or None if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class Usage:
    """A verb's name, its grammar and what help says of it.

    `works_offline`: it has an answer while PagerDuty has none, unless it writes. `is_rare`: the
    list of all verbs names it only. `writing_words`: first words with which a verb that reads
    otherwise writes. `is_additive`: done twice it counts twice, so that the same words again at
    once are taken for a slip of the finger.
    """

    verb: str
    form: str
    summary: str
    aliases: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()  # at least one
    details: tuple[str, ...] = ()
    writes: bool = True
    works_offline: bool = False
    is_rare: bool = False
    writing_words: frozenset[str] = frozenset()
    is_additive: bool = False

    def hint(self, command: str) -> Line:
        """Give the one line that helps after a mistake."""
        example = f"{command} {self.examples[0]}"
        return (
            "Write it as ",
            Code(f"{command} {self.form}"),
            ", for example ",
            Code(example),
            ".",
        )


def one(request: Request, *, extra: str = "") -> Target:
    """Read at most one incident and nothing else.

    Raises:
        UsageError: another word stands there.
    """
    target = first(request)
    if word := request.words.peek():
        raise UsageError(_not_an_incident(word, extra))
    return target


def first(request: Request) -> Target:
    """Read an incident if the next word is shaped like one; given ones need no word."""
    if request.given:
        return Target(given=request.given)
    word = request.words.peek()
    ref = _alone(word) if word else None
    if ref is None:
        return Target()
    request.words.next()
    return Target(refs=(ref,))


def several(request: Request) -> Target:
    """Read any number of incidents, or `mine`, or `all`, and nothing else.

    Raises:
        UsageError: a word is not an incident, or there are too many.
    """
    if request.given:
        return Target(given=request.given)
    words = _split_commas(request.words.all())
    scopes = [word.value.lower() for word in words if word.value.lower() in {"mine", "all"}]
    if scopes:
        if len(words) > 1:
            raise UsageError(f'"{scopes[0]}" stands alone: name incidents, or say mine or all.')
        return Target(scope="mine" if scopes[0] == "mine" else "all")
    refs: dict[str, Ref] = {}
    for word in words:
        ref = _alone(word)
        if ref is None:
            raise UsageError(_not_an_incident(word))
        refs.setdefault(ref.key, ref)
    if len(refs) > MAX_REFERENCES:
        raise UsageError(f"At most {MAX_REFERENCES} incidents at once; these are {len(refs)}.")
    return Target(refs=tuple(refs.values()))


def addressed(request: Request) -> Addressed:
    """Read TEXT, whose first word may be an incident."""
    words = request.words
    if request.given:
        return Addressed(Target(given=request.given), words.rest())
    whole = words.rest()
    if words.skip("--"):
        return Addressed(Target(), words.rest())
    word = words.peek()
    ref = reference(word) if word else None
    if ref is None:
        return Addressed(Target(), whole)
    words.next()
    target = Target(refs=(ref,))
    if words.skip("--"):
        return Addressed(target, words.rest())
    text = words.rest()
    if ref.shape is Shape.LATEST:  # "latest deploy broke it" is a sentence
        return Addressed(Target(), whole) if text else Addressed(target, text)
    return Addressed(target, text, None if ref.is_certain else whole)


def _split_commas(words: list[Word]) -> list[Word]:
    parts: list[Word] = []
    for word in words:
        if word.kind is not Kind.PLAIN or "," not in word.value:
            parts.append(word)
            continue
        parts += [
            Word(piece, piece, word.start, word.end) for piece in word.value.split(",") if piece
        ]
    return parts


def _not_an_incident(word: Word, extra: str = "") -> str:
    shown = word.shown if len(word.shown) <= 60 else word.shown[:59] + "…"  # noqa: PLR2004  # a line's worth
    return (
        f'"{shown}" is not an incident; nothing was done. Name one by its id (Q3EGHFIL073MBJ), '
        f"number (#123), address, or latest.{extra}"
    )


def form_words(text: str) -> str:
    """Give a text as it has to stand in a command to be read back the same."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


__all__ = [
    "Addressed",
    "Ref",
    "Request",
    "Shape",
    "Target",
    "Usage",
    "addressed",
    "decode",
    "first",
    "form_words",
    "one",
    "reference",
    "several",
]
