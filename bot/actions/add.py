"""`add`: ask others to help, beside those who have it."""

from dataclasses import dataclass
from typing import ClassVar, Self

from bot.actions import people
from bot.actions.desk import Desk
from bot.actions.grammar import Request, Usage
from bot.actions.phrases import named, state
from bot.actions.whom import Whom
from bot.actions.writing import leave_name, refuse_resolved
from bot.errors import AbilityMissing, NotAllowed, RequestError, UsageError
from bot.model import Effect, Incident, Line, Outcome

MAX_MESSAGE = 2000  # ours: it is read out by PagerDuty's phone call


@dataclass(frozen=True, slots=True)
class AddResponders:
    """Request responders; they can accept or decline."""

    whom: Whom

    usage: ClassVar[Usage] = Usage(
        verb="add",
        aliases=("page",),
        form="add [INCIDENT] PEOPLE [-- MESSAGE]",
        summary="ask others to join; it stays with whoever has it",
        examples=("add #123 @ann oncall:Database -- the replica lags",),
        details=("PEOPLE as in reassign. PagerDuty calls them, and they accept or decline.",),
        is_rare=True,
        is_additive=True,
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read the incident, the people and the message."""
        whom = Whom.parse(request, "ask")
        if len(whom.text) > MAX_MESSAGE:
            raise UsageError(
                f"The message has {len(whom.text):,} characters, more than {MAX_MESSAGE:,}; "
                "nothing was done. Shorten it."
            )
        return cls(whom)

    async def perform(self, desk: Desk) -> Outcome:
        """Find everybody, then ask PagerDuty once."""
        await desk.writable(Effect.ADD)
        incident, whom = await self.whom.find_incident(desk, "add")
        refuse_resolved(desk, incident)
        found = await people.find(desk, whom, undone="Nobody was added")
        requester_id = await _requester(desk)
        message = self.whom.text or f"Please help with #{incident.number} {incident.title}"
        await _request(desk, incident, requester_id, message, found)
        lines: list[Line] = [
            (f"PagerDuty asks {found.names} to join ", *named(incident), ". ", *state(incident))
        ]
        if problem := await leave_name(desk, incident, f"{found.names} asked to join"):
            lines.append((problem,))
        because = f": {self.whom.text}" if self.whom.text else "."
        thread: Line = (f"{desk.responder.name} asked {found.names} to join{because}",)
        return Outcome(lines=tuple(lines), changed=(incident,), thread_lines=(thread,))


async def _requester(desk: Desk) -> str:
    """Give the user in whose name PagerDuty asks: this request has no other `From`."""
    if desk.key_owner is not None:
        return desk.key_owner.id
    if desk.responder.user is not None:
        return desk.responder.user.id
    email = desk.responder.from_email
    user = await desk.directory.user_by_email(email) if email else None
    if user is None:
        raise NotAllowed(
            f"PagerDuty has no user {email or 'for you'} in whose name to ask; nothing was done. "
            "Ask your admin to run pdbot check."
        )
    return user.id


async def _request(
    desk: Desk, incident: Incident, requester_id: str, message: str, found: people.Found
) -> None:
    try:
        await desk.incidents.request_responders(
            incident.id, requester_id=requester_id, message=message, to=found.assignment
        )
    except AbilityMissing as error:
        raise RequestError(
            "Your PagerDuty account cannot ask for further responders (402): that is part of its "
            "larger plans. Nobody was added. Hand it over instead, also to several: "
            f"{desk.typed(f'reassign {incident.number}')} …"
        ) from error
