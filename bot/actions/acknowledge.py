"""`ack`: say that somebody is on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from bot.actions.desk import Desk
from bot.actions.grammar import Request, Target, Usage, several
from bot.actions.phrases import OFFERED, for_long, named, people, pick, state
from bot.actions.writing import leave_name, refuse_resolved, set_status
from bot.errors import NotFound, PagerDutyError, PdbotError, RequestError
from bot.model import Button, Effect, Incident, Line, Outcome, Status

ASK_ABOVE = 3  # more incidents than this are shown first
LISTED = 20


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Acknowledge one incident, several, mine or all."""

    target: Target
    confirmed: bool = False

    usage: ClassVar[Usage] = Usage(
        verb="ack",
        aliases=("a", "acknowledge"),
        form="ack [INCIDENT…|mine|all]",
        summary="acknowledge: you are on it",
        examples=("ack #123", "ack mine"),
        details=(
            "What somebody else has acknowledged is left alone: use take to get it.",
            "More than three, or other people's among several, are listed before they are touched.",
        ),
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read the incidents."""
        return cls(several(request), request.confirmed)

    async def perform(self, desk: Desk) -> Outcome:
        """Acknowledge what is triggered, one after the other; one failure stops no other."""
        await desk.writable(Effect.ACK)
        found, failed = await self._incidents(desk)
        if self._must_ask(desk, found):
            return _ask(found, failed)
        if len(found) == 1 and not failed:
            return await acknowledge(desk, found[0])
        return await _several(desk, found, failed)

    async def _incidents(self, desk: Desk) -> tuple[list[Incident], list[Line]]:
        target = self.target
        if target.is_implied:
            return [await desk.implied("ack")], []
        if target.scope:
            every = await (desk.mine() if target.scope == "mine" else desk.open_incidents())
            triggered = list(filter(_is_waiting, every))
            if not triggered:
                whose = "assigned to you " if target.scope == "mine" else ""
                known = f"all {len(every)} open ones are acknowledged" if every else "none is open"
                raise RequestError(
                    f"No incident {whose}is waiting for an acknowledgement: {known}; nothing was "
                    "done."
                )
            return triggered, []
        if len(target.given) + len(target.refs) == 1:
            return [await desk.single(target, "ack")], []
        return await _each(desk, target)

    def _must_ask(self, desk: Desk, found: Sequence[Incident]) -> bool:
        if self.confirmed or not any(map(_is_waiting, found)):
            return False
        if self.target.scope == "all" or len(found) > ASK_ABOVE:
            return True
        return len(found) > 1 and any(_is_somebody_elses(desk, one) for one in found)


def _is_waiting(incident: Incident) -> bool:
    return incident.status is Status.TRIGGERED


def _is_somebody_elses(desk: Desk, incident: Incident) -> bool:
    user = desk.responder.user
    mine = user is not None and any(one.id == user.id for one in incident.assignees)
    return bool(incident.assignees) and not mine


async def _each(desk: Desk, target: Target) -> tuple[list[Incident], list[Line]]:
    found: dict[str, Incident] = {}
    failed: list[Line] = []
    for incident_id in target.given:
        try:
            incident = await desk.incidents.get(incident_id)
        except NotFound:
            failed.append((f"{incident_id}: PagerDuty no longer has it.",))
        except PagerDutyError as error:
            failed.append((f"{incident_id}: ", *error.line))
        else:
            found[incident.id] = incident
    for ref in target.refs:
        try:
            incident = await desk.incident(ref)
        except (RequestError, PagerDutyError) as error:
            failed.append((f"{ref.typed}: ", *error.line))
        else:
            found[incident.id] = incident
    return list(found.values()), failed


def _ask(found: Sequence[Incident], failed: Sequence[Line]) -> Outcome:
    count, waiting = len(found), sum(map(_is_waiting, found))
    which = _counted(count) if waiting == count else f"{waiting} of {_counted(count)}"
    shown = found[:LISTED]
    lines: list[Line] = [(f"This would acknowledge {which}. Nothing was done yet.",)]
    lines += [
        (*named(one), f": {one.status}, assigned to {people(one.assignees)}") for one in shown
    ]
    if count > len(shown):
        lines.append((f"… and {count - len(shown)} more.",))
    return Outcome(lines=(*lines, *failed), buttons=_confirm(found), ok=False)


def _counted(count: int) -> str:
    return "1 incident" if count == 1 else f"{count} incidents"


def _confirm(found: Sequence[Incident]) -> tuple[Button, ...]:
    size = 80  # ids of 14 characters that fit into one button's value
    chunks = [found[at : at + size] for at in range(0, len(found), size)][:5]
    return tuple(
        pick(
            "Confirm" if len(chunks) == 1 else f"Confirm {at * size + 1}-{at * size + len(chunk)}",
            "ack",
            tuple(one.id for one in chunk),
            style="primary",
        )
        for at, chunk in enumerate(chunks)
    )


async def _several(desk: Desk, found: Sequence[Incident], failed: Sequence[Line]) -> Outcome:
    lines: list[Line] = list(failed)
    changed: list[Incident] = []
    buttons: list[Button] = []
    done = 0
    problems = len(failed)
    for incident in found:
        try:
            outcome = await acknowledge(desk, incident)
        except PdbotError as error:
            problems += 1
            resolved = error.line if error.incidents else (*named(incident), ": ", *error.line)
            lines.append(resolved)
            changed += error.incidents
            continue
        lines += outcome.lines
        changed += outcome.changed
        buttons += outcome.buttons
        done += outcome.ok
    left = len(found) + len(failed) - done - problems
    parts = [f"{done} acknowledged"]
    parts += [f"{left} left alone"] if left else []
    parts += [f"{problems} not possible"] if problems else []
    headline = ", ".join(parts) + ":"
    return Outcome(
        lines=((headline,), *lines),
        buttons=tuple(buttons[:OFFERED]),
        changed=tuple(changed),
        ok=done > 0 and not problems,
    )


async def acknowledge(desk: Desk, incident: Incident) -> Outcome:
    """Acknowledge one incident if, and only if, it is triggered.

    Acknowledging a resolved incident would reopen it, acknowledging an acknowledged one would take
    it over: both are left alone and said so.
    """
    refuse_resolved(desk, incident)
    if incident.status is Status.ACKNOWLEDGED:
        return _acknowledged_already(desk, incident)
    after = await set_status(desk, incident, Status.ACKNOWLEDGED)
    lines: list[Line] = [("Acknowledged. ", *state(after))]
    if problem := await leave_name(desk, after, "Acknowledged"):
        lines.append((problem,))
    return Outcome(lines=tuple(lines), changed=(after,))


def _acknowledged_already(desk: Desk, incident: Incident) -> Outcome:
    user = desk.responder.user
    by = [one for one in incident.acknowledgements if one.by.id]
    if user is not None and any(one.by.id == user.id for one in by):
        line: Line = (*named(incident), " is already acknowledged by you; nothing changed.")
        return Outcome(lines=(line,), changed=(incident,), ok=False)
    since = for_long(by[-1].at if by else incident.last_status_change_at, desk.clock.now())
    names = people(one.by for one in by) if by else "somebody"
    offer = user is not None and desk.key_owner is None
    line = (
        *named(incident),
        f" is already acknowledged by {names} ({since}); nothing changed.",
        " Take it?" if offer else "",
    )
    take = Button(f"Take #{incident.number}", "take", incident.id)
    return Outcome(lines=(line,), buttons=(take,) if offer else (), changed=(incident,), ok=False)
