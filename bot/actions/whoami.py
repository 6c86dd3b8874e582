"""`whoami`: who PagerDuty thinks I am, and what I may do here."""

from dataclasses import dataclass
from typing import ClassVar, Self

from bot.actions.desk import Desk
from bot.actions.grammar import Request, Usage
from bot.errors import UsageError
from bot.model import Line, Link, Mention, Outcome


@dataclass(frozen=True, slots=True)
class WhoAmI:
    """Tell the caller who they are."""

    usage: ClassVar[Usage] = Usage(
        verb="whoami",
        form="whoami",
        summary="who PagerDuty thinks you are, and what you may do",
        examples=("whoami",),
        writes=False,
        is_rare=True,
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read nothing."""
        if word := request.words.peek():
            raise UsageError(f'whoami takes nothing, and this says "{word.shown[:40]}".')
        return cls()

    async def perform(self, desk: Desk) -> Outcome:
        """Say it."""
        return Outcome(lines=(self._identity(desk), (await desk.rights(),)))

    def _identity(self, desk: Desk) -> Line:
        responder = desk.responder
        you = ("You are ", Mention(responder.slack_user_id))
        if desk.key_owner is not None:
            return (
                *you,
                f". The bot works with the personal PagerDuty key of {desk.key_owner.name}: what "
                "you do appears under that name, with a note that names you.",
            )
        user = responder.user
        if user is not None:
            link = Link(user.name, user.html_url) if user.html_url else user.name
            role = f", {user.role.replace('_', ' ')}" if user.role else ""
            return (*you, " in Slack, and ", link, f" ({user.email}{role}) in PagerDuty.")
        email = responder.slack_email or "unknown"
        line = (*you, f". I don't know your PagerDuty user (Slack e-mail {email}).")
        if responder.from_email:
            return (
                *line,
                f" What you do appears as {responder.from_email}, with a note that names you.",
            )
        return (*line, " Ask your admin to map you.")
