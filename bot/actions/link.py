"""`link` and `unlink`: how somebody becomes known to PagerDuty, and in whose hands that is.

Neither changes anything. Who is linked acts in that person's name, so a link needs a proof that
the bot cannot ask for: an e-mail address is no secret, the bot cannot send mail, and a code that
had to be written into PagerDuty (a note, say) could be put there in another's name, by this bot
where it acts for others, by other programs, or by somebody who was talked into it. Slack's own
address is proof, and the administrator's file is.
"""

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from bot.actions.desk import Desk
from bot.actions.grammar import Request, Usage
from bot.errors import UsageError
from bot.model import Code, Line, Outcome, PagerDutyUser

_EMAIL = re.compile(r"[^@\s<>\"']{1,200}@[^@\s<>\"']{1,200}")
_HOW = "in the file that PDBOT_PEOPLE names, under [people], and start the bot again:"


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
            return Outcome(
                lines=((f"You are linked: {_who(user)} {_because(desk)}", *_way_out(desk)),)
            )
        if self.email is None:
            mail = desk.responder.slack_email or "unknown"
            line: Line = (
                f"PagerDuty has no user with your e-mail address in Slack ({mail}). If you have "
                "another address there, say ",
                Code(desk.typed("link ann@corp.example.com")),
                " with yours. If you have none, ask your admin to invite you.",
            )
            return Outcome(lines=(line,), ok=False)
        return await self._ask(desk, self.email)

    async def _ask(self, desk: Desk, email: str) -> Outcome:
        found = await desk.directory.user_by_email(email)
        if found is None:
            line: Line = (
                f"PagerDuty has no user with the address {email}; nothing was done. Look it up in "
                "PagerDuty: My Profile.",
            )
            return Outcome(lines=(line,), ok=False)
        if desk.responder.user is not None and desk.responder.user.id == found.id:
            return Outcome(lines=((f"You are linked already: {_who(found)}",),))
        return Outcome(
            lines=(
                (
                    "I cannot link you by myself: an address that somebody types is no proof that "
                    "it is theirs. Your admin can, who should ask you first: this line has to "
                    f"stand {_HOW}",
                ),
                (Code(f'{desk.responder.slack_user_id} = "{email}"'),),
                ("Afterwards ", Code(desk.typed("whoami")), " says who you are."),
            )
        )


@dataclass(frozen=True, slots=True)
class AskForUnlink:
    """Tell who can end a link."""

    usage: ClassVar[Usage] = Usage(
        verb="unlink",
        form="unlink",
        summary="who can disconnect you from your PagerDuty user",
        examples=("unlink",),
        writes=False,
        is_rare=True,
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read nothing."""
        if request.words:
            raise UsageError("unlink takes nothing: it is about you; nothing was done.")
        return cls()

    async def perform(self, desk: Desk) -> Outcome:
        """Say it."""
        user = desk.responder.user
        if user is None:
            return Outcome(lines=(("You are not linked to a PagerDuty user.",),))
        return Outcome(
            lines=(
                (
                    f"I cannot unlink you by myself: {_who(user)} {_because(desk)}",
                    *_way_out(desk),
                ),
            ),
            ok=False,
        )


def _who(user: PagerDutyUser) -> str:
    return f"to PagerDuty you are {user.name} ({user.email})."


def _because(desk: Desk) -> str:
    if desk.responder.is_by_file:
        return "Your admin's file of people says so."
    return "That is because it is your e-mail address in Slack."


def _way_out(desk: Desk) -> Line:
    if not desk.responder.is_by_file:
        return (
            " It ends when your address changes, in Slack or in PagerDuty. What you may do here "
            "your admin decides, with the file that PDBOT_POLICY names.",
        )
    line = f'{desk.responder.slack_user_id} = "{desk.responder.slack_email}"'
    return (" To end that, your admin has to take out this line ", _HOW, " ", Code(line), ".")
