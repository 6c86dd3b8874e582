"""`oncall`: who would be called. For everybody, with or without a PagerDuty user."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar, Self

from bot.actions.desk import Desk
from bot.actions.grammar import Request, Usage
from bot.actions.phrases import cut, listed
from bot.model import Bold, Line, Link, OnCall, Outcome, PagerDutyUser, Piece, When

SHOWN = 15  # escalation policies
NAME = 60


@dataclass(frozen=True, slots=True)
class WhoIsOnCall:
    """Tell who is on call for a schedule or service, or for everything there is."""

    about: str = ""

    usage: ClassVar[Usage] = Usage(
        verb="oncall",
        aliases=("oc",),
        form="oncall [SCHEDULE|SERVICE]",
        summary="who is on call now",
        examples=("oncall", "oncall Billing"),
        writes=False,
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read a name or id, with or without quotes."""
        return cls(" ".join(request.words.rest().strip("\"“”„«»' ").split()))

    async def perform(self, desk: Desk) -> Outcome:
        """Ask PagerDuty."""
        if self.about:
            users = await desk.directory.on_call(self.about)
            return Outcome(lines=(_one(cut(self.about, NAME), users),))
        entries = await desk.directory.on_calls()
        return Outcome(lines=_all(entries, desk))


def _one(name: str, users: Sequence[PagerDutyUser]) -> Line:
    if not users:
        return (f"Nobody is on call for {name} now.",)
    pieces: list[Piece] = [f"On call for {name}: "]
    for at, user in enumerate(users):
        pieces += [", "] * bool(at)
        pieces.append(Link(user.name, user.html_url) if user.html_url else user.name)
        pieces.append(f" ({user.email})" if user.email else "")
    return tuple(piece for piece in pieces if piece)


def _all(entries: Sequence[OnCall], desk: Desk) -> tuple[Line, ...]:
    by_policy = sorted(
        (one for one in entries if one.policy is not None),
        key=lambda one: (_policy(one).casefold(), _policy(one), one.level),
    )
    lines = [
        _of_policy(name, list(of_policy)) for name, of_policy in groupby(by_policy, key=_policy)
    ]
    if not lines:
        return (("Nobody is on call now, as far as PagerDuty shows.",),)
    if len(lines) > SHOWN:
        more = f"… and {len(lines) - SHOWN} more escalation policies. Name a schedule or service: "
        return (*lines[:SHOWN], (f"{more}{desk.typed('oncall NAME')}.",))
    return tuple(lines)


def _policy(one: OnCall) -> str:
    return one.policy.name if one.policy else ""


def _of_policy(name: str, entries: Sequence[OnCall]) -> Line:
    pieces: list[Piece] = [Bold(cut(name, NAME))]
    for level, on_level in groupby(entries, key=lambda one: one.level):
        people = list({one.user.id: one for one in on_level}.values())
        pieces.append(f" · {level}: {listed([one.user.name for one in people])}")
        ends = [one.until for one in people if one.until is not None]
        pieces += [" until ", When(min(ends), "date")] if ends else []
    return tuple(pieces)
