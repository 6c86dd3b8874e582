"""`status`, `take` and `reopen`: the state of one incident, by name."""

from dataclasses import dataclass
from typing import ClassVar, Self

from bot.actions.acknowledge import acknowledge
from bot.actions.desk import Desk
from bot.actions.grammar import Request, Target, Usage, first, one
from bot.actions.phrases import named, people, state
from bot.actions.resolve import resolve
from bot.actions.writing import assign, is_assigned, leave_name, refuse_resolved, set_status
from bot.errors import PagerDutyError, UsageError
from bot.model import Assignment, Effect, Incident, Line, Outcome, Status

STATUS_WORDS = {
    "acknowledged": Status.ACKNOWLEDGED,
    "acknowledge": Status.ACKNOWLEDGED,
    "ack": Status.ACKNOWLEDGED,
    "resolved": Status.RESOLVED,
    "resolve": Status.RESOLVED,
}


def read_status(word: str) -> Status:
    """Read a status as typed. Raises UsageError with the two that can be set."""
    status = STATUS_WORDS.get(word.strip().lower())
    if status is not None:
        return status
    if word.lower() in {"triggered", "trigger", "reopen", "open"}:
        raise UsageError(
            "Nothing but reopen brings an incident back to triggered, because that pages people; "
            "nothing was done."
        )
    raise UsageError(
        f'"{word[:40]}" is not a status that can be set; nothing was done. '
        "Say acknowledged or resolved."
    )


@dataclass(frozen=True, slots=True)
class SetStatus:
    """Rundeck's *Update Status* by name."""

    target: Target
    status: Status

    usage: ClassVar[Usage] = Usage(
        verb="status",
        form="status INCIDENT acknowledged|resolved",
        summary="Rundeck's Update Status by name",
        examples=("status #123 resolved",),
        is_rare=True,
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read the incident and the status."""
        target = first(request)
        words = request.words.all()
        if len(words) != 1:
            raise UsageError(
                "Say one incident and one status, acknowledged or resolved; nothing was done."
            )
        return cls(target, read_status(words[0].value))

    async def perform(self, desk: Desk) -> Outcome:
        """Write the status, by the rules of ack and resolve."""
        wants_ack = self.status is Status.ACKNOWLEDGED
        await desk.writable(Effect.ACK if wants_ack else Effect.RESOLVE)
        incident = await desk.single(self.target, "status", self.status)
        return await (acknowledge(desk, incident) if wants_ack else resolve(desk, incident, ""))


@dataclass(frozen=True, slots=True)
class Take:
    """Assign to me and acknowledge, whoever has it."""

    target: Target

    usage: ClassVar[Usage] = Usage(
        verb="take",
        form="take [INCIDENT]",
        summary="assign it to me, and acknowledge",
        examples=("take #123",),
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read the incident."""
        return cls(one(request))

    async def perform(self, desk: Desk) -> Outcome:
        """Assign first: PagerDuty takes an acknowledgement back when it reassigns."""
        await desk.writable(Effect.REASSIGN, Effect.ACK)
        me = desk.me
        incident = await desk.single(self.target, "take")
        refuse_resolved(desk, incident)
        to = Assignment(user_ids=(me.id,))
        before = people(incident.assignees)
        was_mine = is_assigned(incident, to)
        held = incident if was_mine else await assign(desk, incident, to)
        if _is_acknowledged_by(held, me.id):
            if was_mine:
                line: Line = (*named(incident), " is yours already; nothing changed.")
                return Outcome(lines=(line,), changed=(incident,), ok=False)
        else:
            held = await self._acknowledge(desk, held)
        lines: list[Line] = [("Taken. ", *state(held))]
        if problem := await leave_name(desk, held, "Taken"):
            lines.append((problem,))
        thread: tuple[Line, ...] = () if was_mine else ((f"{before} → {me.name}",),)
        return Outcome(lines=tuple(lines), changed=(held,), thread_lines=thread)

    async def _acknowledge(self, desk: Desk, incident: Incident) -> Incident:
        try:
            return await set_status(desk, incident, Status.ACKNOWLEDGED)
        except PagerDutyError as error:
            raise PagerDutyError(
                f"#{incident.number} is assigned to you, but it could not be acknowledged: "
                f"{error} Use {desk.typed(f'ack {incident.number}')}.",
                status=error.status,
            ) from error


def _is_acknowledged_by(incident: Incident, user_id: str) -> bool:
    acknowledged = incident.status is Status.ACKNOWLEDGED
    return acknowledged and any(one.by.id == user_id for one in incident.acknowledgements)


@dataclass(frozen=True, slots=True)
class Reopen:
    """Bring an incident back to triggered; the only way."""

    target: Target

    usage: ClassVar[Usage] = Usage(
        verb="reopen",
        form="reopen INCIDENT",
        summary="bring it back to triggered; this pages people",
        examples=("reopen #123",),
        is_rare=True,
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read the incident, which must be named: reopening pages people."""
        target = one(request)
        if target.is_implied:
            raise UsageError(
                "Name the incident to reopen: that pages people, so I never "
                "guess; nothing was done."
            )
        return cls(target)

    async def perform(self, desk: Desk) -> Outcome:
        """Reopen it."""
        await desk.writable(Effect.REOPEN)
        incident = await desk.single(self.target, "reopen")
        if incident.status is Status.TRIGGERED:
            line: Line = (*named(incident), " is triggered already; nothing changed.")
            return Outcome(lines=(line,), changed=(incident,), ok=False)
        after = await set_status(desk, incident, Status.TRIGGERED)
        lines: list[Line] = [
            ("Reopened: PagerDuty pages whoever it is assigned to. ", *state(after))
        ]
        if problem := await leave_name(desk, after, "Reopened"):
            lines.append((problem,))
        thread: Line = (f"{desk.responder.name} reopened this.",)
        return Outcome(lines=tuple(lines), changed=(after,), thread_lines=(thread,))
