"""`[INCIDENT] PEOPLE [-- TEXT]`: which incident, whom, and what to tell them."""

from dataclasses import dataclass
from typing import Self

from bot.actions import people
from bot.actions.desk import Desk
from bot.actions.grammar import Request, Shape, Target, reference
from bot.actions.words import Kind, Words
from bot.errors import IncidentNotFound, UsageError
from bot.model import Incident


@dataclass(frozen=True, slots=True)
class Whom:
    """What was typed behind the verb.

    `named` are those behind the incident; `everybody` includes the first word, in case that it
    names a person and not an incident (both have ids of the same shape).
    """

    target: Target
    named: tuple[people.Named, ...]
    everybody: tuple[people.Named, ...]
    text: str = ""
    raw: str = ""
    purpose: str = "assign"

    @classmethod
    def parse(cls, request: Request, purpose: str = "assign") -> Self:
        """Read the incident, the people and the text; `purpose` completes "Say whom to …"."""
        raw = request.words.raw_rest()
        head, text = split_reason(raw)
        words = Words(head)
        word = None if request.given else words.next()
        ref = reference(word) if word else None
        if ref is None:
            named = some(people.parse(head), purpose)
            return cls(Target(given=request.given), named, named, text, raw, purpose)
        named = people.parse(words.raw_rest())
        if ref.shape is not Shape.ID:
            return cls(Target(refs=(ref,)), some(named, purpose), (), text, raw, purpose)
        everybody = (people.one(ref.typed), *named)
        return cls(Target(refs=(ref,)), named, everybody, text, raw, purpose)

    async def find_incident(
        self, desk: Desk, verb: str
    ) -> tuple[Incident, tuple[people.Named, ...]]:
        """Find the incident, and tell who then is named."""
        ref = self.target.refs[0] if self.target.refs else None
        if ref is None or ref.shape is not Shape.ID:
            return await desk.single(self.target, verb, self.raw), self.named
        try:
            incident = await desk.incident(ref)
        except IncidentNotFound:
            if not await self._is_person(desk):
                raise
            return await desk.implied(verb, self.raw), self.everybody
        return incident, some(self.named, self.purpose)

    async def _is_person(self, desk: Desk) -> bool:
        first = self.everybody[0]
        if await desk.directory.user(first.value.upper()) is not None:
            return True
        return bool(await desk.directory.users_named(first.value))


def split_reason(raw: str) -> tuple[str, str]:
    """Split at the first ` -- `: people before it, the reason behind it."""
    words = Words(raw)
    while (word := words.next()) is not None:
        if word.value == "--" and word.kind is Kind.PLAIN:
            return raw[: word.start], words.rest()
    return raw, ""


def some(whom: tuple[people.Named, ...], purpose: str = "assign") -> tuple[people.Named, ...]:
    """Raise UsageError unless somebody is named."""
    if not whom:
        raise UsageError(f"Say whom to {purpose}; nothing was done.")
    return whom
