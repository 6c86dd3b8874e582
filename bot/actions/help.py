"""`help`: what can be typed, a line a verb, with the caller's own incident as example."""

from dataclasses import dataclass
from typing import ClassVar, Self

from bot.actions.desk import Desk
from bot.actions.grammar import Request, Usage
from bot.actions.phrases import cut
from bot.actions.talk import courtesy, is_filler
from bot.actions.words import decode
from bot.errors import PagerDutyError, RequestError
from bot.model import Bold, Code, Line, Outcome

WIDEST = 40  # characters of the table's first column; a longer form pushes its summary aside


@dataclass(frozen=True, slots=True)
class Help:
    """Show the verbs, or one of them in full; `opening` answers a greeting, or thanks."""

    about: str | None = None
    opening: str | None = None

    usage: ClassVar[Usage] = Usage(
        verb="help",
        aliases=("h", "?"),
        form="help [verb]",
        summary="this list, or one verb in full",
        examples=("help reassign",),
        writes=False,
        works_offline=True,
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read the verb, which polite words may come before; what is behind it does not matter."""
        if opening := courtesy(decode(request.words.raw_rest())):
            return cls(opening=opening)
        named = (word.value.lower().strip("!?.:,") for word in request.words.all())
        return cls(next((word for word in named if not is_filler(word)), None))

    async def perform(self, desk: Desk) -> Outcome:
        """Say it."""
        from bot.actions.registry import ACTIONS, find  # noqa: PLC0415  # the list holds Help itself

        if self.opening:
            return Outcome(lines=(_courteous(self.opening, desk.command),))
        found = find(self.about) if self.about else None
        if found is not None:
            return Outcome(lines=_one(found.usage, desk.command))
        usages = [action.usage for action in ACTIONS]
        unknown: tuple[Line, ...] = (
            ((f'There is no verb "{cut(self.about, 40)}". These are all:',),) if self.about else ()
        )
        return Outcome(lines=(*unknown, *_all(usages, desk.command, await _example(desk))))


def _courteous(opening: str, command: str) -> Line:
    return (
        f"{opening} I turn commands into changes in PagerDuty: ",
        Code(f"{command} list"),
        " shows your open incidents, ",
        Code(f"{command} help"),
        " all that I know.",
    )


def _one(usage: Usage, command: str) -> tuple[Line, ...]:
    aliases = f"Short: {', '.join(usage.aliases)}." if usage.aliases else ""
    does = f"{usage.summary[0].upper()}{usage.summary[1:]}."
    lines: list[Line] = [
        (Code(f"{command} {usage.form}"),),
        (f"{does} {aliases}".rstrip(),),
        *((detail,) for detail in usage.details),
        *(("For example: ", Code(f"{command} {example}")) for example in usage.examples),
    ]
    return tuple(lines)


def _all(usages: list[Usage], command: str, example: str) -> tuple[Line, ...]:
    often = [usage for usage in usages if not usage.is_rare]
    width = max(len(usage.form) for usage in often if len(usage.form) <= WIDEST)
    table = "\n".join(f"{usage.form.ljust(width)}  {usage.summary}" for usage in often)
    rare = ", ".join(usage.verb for usage in usages if usage.is_rare)
    return (
        (Bold("What you can do"), " (more about one: ", Code(f"{command} help reassign"), ")"),
        (Code(table),),
        (f"Also: {rare}.",),
        (
            "INCIDENT is an id, #number, address or latest; left out, your only open one is meant. "
            "In threads, mention me instead: slash commands do not work there.",
        ),
        (
            "Try ",
            Code(f"{command} show {example}"),
            " or ",
            Code(f"{command} note {example} …"),
            ".",
        ),
    )


async def _example(desk: Desk) -> str:
    try:
        if desk.responder.user is not None and (mine := await desk.mine()):
            return f"#{mine[0].number}"
        newest = await desk.incidents.find(team_ids=desk.team_ids, limit=1)
    except (PagerDutyError, RequestError):
        return "#123"  # help must work while PagerDuty does not
    return f"#{newest[0].number}" if newest else "#123"
