"""`link`: how somebody becomes known to PagerDuty. It asks, and never links by itself.

An e-mail address that somebody types is no proof that it is theirs; with it they would act in
another person's name. Slack's own address is proof, and the administrator's file is.
"""

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from bot.actions.desk import Desk
from bot.actions.grammar import Request, Usage
from bot.errors import UsageError
from bot.model import Code, Line, Outcome

_EMAIL = re.compile(r"[^@\s<>\"']{1,200}@[^@\s<>\"']{1,200}")


@dataclass(frozen=True, slots=True)
class AskForLink:
    """Tell who the caller is to PagerDuty, or what their administrator has to write."""

    email: str | None = None

    usage: ClassVar[Usage] = Usage(
        verb="link",
        form="link [E-MAIL]",
        summary="what your admin needs to connect you with your PagerDuty user",
        examples=("link", "link ann@corp.example.com"),
        writes=False,
        is_rare=True,
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read an e-mail address."""
        words = request.words.all()
        if not words:
            return cls()
        if len(words) > 1 or not _EMAIL.fullmatch(words[0].value):
            raise UsageError("link takes one e-mail address, or nothing; nothing was done.")
        return cls(words[0].value)

    async def perform(self, desk: Desk) -> Outcome:
        """Say it."""
        user = desk.responder.user
        if self.email is None and user is not None:
            line: Line = (
                f"You are linked: to PagerDuty you are {user.name} ({user.email}). That follows "
                "from your e-mail address in Slack, or from your admin's file. To be unlinked, "
                "ask your admin.",
            )
            return Outcome(lines=(line,))
        if self.email is None:
            mail = desk.responder.slack_email or "unknown"
            line = (
                f"PagerDuty has no user with your e-mail address in Slack ({mail}). If you have "
                "another address there, say ",
                Code(desk.typed("link ann@corp.example.com")),
                " with yours. If you have none, ask your admin to invite you.",
            )
            return Outcome(lines=(line,), ok=False)
        return await self._ask(desk, self.email)

    async def _ask(self, desk: Desk, email: str) -> Outcome:
        if await desk.directory.user_by_email(email) is None:
            line: Line = (
                f"PagerDuty has no user with the address {email}; nothing was done. Look it up in "
                "PagerDuty: My Profile.",
            )
            return Outcome(lines=(line,), ok=False)
        return Outcome(
            lines=(
                (
                    "I cannot link you by myself: an address that somebody types is no proof that "
                    "it is theirs. Give your admin this line for the file that PDBOT_PEOPLE names, "
                    "under [people]:",
                ),
                (Code(f'{desk.responder.slack_user_id} = "{email}"'),),
            )
        )
