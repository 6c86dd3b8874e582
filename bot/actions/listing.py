"""`list` and `show`: which incidents there are, and how one stands."""

from dataclasses import dataclass
from typing import ClassVar, Literal, Self

from bot.actions.desk import Desk
from bot.actions.grammar import Request, Target, Usage, first
from bot.errors import UsageError
from bot.model import Code, Line, Outcome


@dataclass(frozen=True, slots=True)
class ListIncidents:
    """Show open incidents, newest first."""

    scope: Literal["mine", "all"] | None = None

    usage: ClassVar[Usage] = Usage(
        verb="list",
        aliases=("ls", "l"),
        form="list [mine|all]",
        summary="open incidents, newest first, with buttons",
        examples=("list", "list all"),
        writes=False,
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read whose incidents."""
        words = request.words.all()
        if not words:
            return cls()
        scope = words[0].value.lower()
        if len(words) > 1 or scope not in {"mine", "all"}:
            raise UsageError("list takes mine, all, or nothing.")
        return cls("mine" if scope == "mine" else "all")

    async def perform(self, desk: Desk) -> Outcome:
        """Read them; without a word mine, and how many others there are."""
        if self.scope == "mine":
            mine = await desk.mine()
            return Outcome(lines=((f"{_mine(len(mine))}.",),), cards=tuple(mine))
        every = await desk.open_incidents()
        if self.scope == "all" or desk.key_owner is not None or desk.responder.user is None:
            return Outcome(
                lines=((f"{_are(len(every), 'incident')} open.",), *_why_all(desk, self.scope)),
                cards=tuple(every),
            )
        mine = await desk.mine()
        ids = {one.id for one in mine}
        others = sum(one.id not in ids for one in every)
        more: Line = (".",)
        if others:
            more = (f"; {_are(others, 'other')} open: ", Code(desk.typed("list all")), ".")
        return Outcome(lines=((_mine(len(mine)), *more),), cards=tuple(mine))


def _are(count: int, noun: str) -> str:
    return f"{count} {noun} is" if count == 1 else f"{count or 'No'} {noun}s are"


def _mine(count: int) -> str:
    return f"{_are(count, 'open incident')} assigned to you"


def _why_all(desk: Desk, scope: str | None) -> tuple[Line, ...]:
    if scope == "all" or desk.key_owner is not None:
        return ()
    email = desk.responder.slack_email or "unknown"
    return ((f"I don't know your PagerDuty user (Slack e-mail {email}), so these are all.",),)


@dataclass(frozen=True, slots=True)
class Show:
    """Show an incident's card, to the caller or to the channel."""

    target: Target
    post: bool = False

    usage: ClassVar[Usage] = Usage(
        verb="show",
        aliases=("s",),
        form="show INCIDENT [--post]",
        summary="an incident's card; --post shows it to all",
        examples=("show #123", "show #123 --post"),
        writes=False,
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read the incident and whether to post."""
        post = request.words.skip("--post")
        target = first(request)
        post = request.words.skip("--post") or post
        if word := request.words.peek():
            raise UsageError(
                f'I do not understand "{word.shown[:60]}"; show takes one incident, and --post.'
            )
        return cls(target, post)

    async def perform(self, desk: Desk) -> Outcome:
        """Read it."""
        incident = await desk.single(self.target, "show", "--post" if self.post else "")
        return Outcome(lines=(), cards=(incident,), public=self.post)
