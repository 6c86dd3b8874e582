"""`priority`: how important it is."""

from dataclasses import dataclass
from typing import ClassVar, Self

from bot.actions.desk import Desk, WhichOne
from bot.actions.grammar import Request, Target, Usage, first
from bot.actions.phrases import listed, named, pick
from bot.actions.writing import carried_out, leave_name
from bot.errors import AbilityMissing, RequestError
from bot.model import Effect, Incident, Line, Outcome, Reference

OFFERED = 5


@dataclass(frozen=True, slots=True)
class SetPriority:
    """Set an incident's priority, by the account's own names; empty asks which."""

    target: Target
    priority: str = ""

    usage: ClassVar[Usage] = Usage(
        verb="priority",
        aliases=("prio",),
        form="priority [INCIDENT] P2",
        summary="set its priority, by its name in your account",
        examples=("priority #123 P2",),
        is_rare=True,
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read the incident and the priority's name."""
        target = first(request)
        return cls(target, " ".join(request.words.rest().strip("\"'“”").split()))

    async def perform(self, desk: Desk) -> Outcome:
        """Find the priority, then write."""
        await desk.writable(Effect.PRIORITY)
        incident = await desk.single(self.target, "priority", self.priority)
        wanted = await self._wanted(desk, incident)
        if incident.priority == wanted.name:
            line: Line = (*named(incident), f" has the priority {wanted.name}; nothing changed.")
            return Outcome(lines=(line,), changed=(incident,), ok=False)
        write = desk.incidents.set_priority(
            incident.id, wanted.id, from_email=desk.responder.from_email
        )
        after = await carried_out(desk, incident, write, lambda read: read.priority == wanted.name)
        was = f"; it was {incident.priority}" if incident.priority else ""
        lines: list[Line] = [
            ("PagerDuty says: ", *named(after), f" has the priority {after.priority}{was}.")
        ]
        if problem := await leave_name(desk, after, f"Priority set to {wanted.name}"):
            lines.append((problem,))
        thread: Line = (
            f"priority {incident.priority or 'none'} → {after.priority}, by {desk.responder.name}",
        )
        return Outcome(lines=tuple(lines), changed=(after,), thread_lines=(thread,))

    async def _wanted(self, desk: Desk, incident: Incident) -> Reference:
        try:
            priorities = await desk.directory.priorities()
        except AbilityMissing as error:
            raise RequestError(
                f"Your PagerDuty account has no priorities; nothing was done. {error}"
            ) from error
        if not priorities:
            raise RequestError(
                "Your PagerDuty account has no priorities; nothing was done. Its owner can turn "
                "them on: PagerDuty, Account Settings, Incident Priorities."
            )
        low = self.priority.casefold()
        found = [one for one in priorities if low in {one.name.casefold(), one.id.casefold()}]
        if found:
            return found[0]
        names = listed([one.name for one in priorities[:20]], "or")
        what = f'"{self.priority[:40]}" is none of' if self.priority else "You named none of"
        raise WhichOne(
            f"{what} your account's priorities: {names}. Nothing was done yet. Which one?",
            buttons=[
                pick(one.name, "priority", (incident.id,), one.name) for one in priorities[:OFFERED]
            ],
        )
