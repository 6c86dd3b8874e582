"""`escalate`: call the next level, or one by its number."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from bot.actions.desk import Desk, WhichOne
from bot.actions.grammar import Request, Target, Usage, first
from bot.actions.phrases import assigned, listed, named, pick, state
from bot.actions.phrases import people as names_of
from bot.actions.writing import carried_out, leave_name, refuse_resolved
from bot.errors import RequestError, UsageError
from bot.model import Effect, Incident, Line, Outcome, PagerDutyUser

NEXT = "next"
WHICH = "which"
OFFERED = 5
_LEVEL = re.compile(r"(?:(?:to )?level |to )?(next|which|[0-9]{1,2})")

Levels = Mapping[int, tuple[PagerDutyUser, ...]]


@dataclass(frozen=True, slots=True)
class Escalate:
    """Escalate to a level of the incident's policy: its number, the next one, or ask which."""

    target: Target
    level: str = NEXT

    usage: ClassVar[Usage] = Usage(
        verb="escalate",
        form="escalate [INCIDENT] [LEVEL|next]",
        summary="call the next level, or the one you name",
        examples=("escalate #123", "escalate #123 2"),
        details=("Levels are those of its escalation policy. From there it goes on as usual.",),
        is_additive=True,
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read the incident and the level."""
        target = first(request)
        typed = " ".join(request.words.rest().lower().split())
        found = _LEVEL.fullmatch(typed or NEXT)
        if found is None:
            raise UsageError(
                f'"{typed[:40]}" is not a level; nothing was done. Say its number, or next.'
            )
        return cls(target, found[1])

    async def perform(self, desk: Desk) -> Outcome:
        """Find the levels and who is on call there, then write."""
        await desk.writable(Effect.ESCALATE)
        incident = await desk.single(self.target, "escalate", self.level)
        refuse_resolved(desk, incident)
        levels = await _levels(desk, incident)
        if self.level == WHICH:
            raise _ask(f"#{incident.number} can go to these levels.", incident, levels)
        level = _next(incident, levels) if self.level == NEXT else int(self.level)
        if level not in levels:
            raise RequestError(
                f"{_policy(incident)} has nobody on call on level {level}; nothing was done. "
                f"It has {_told(levels)}."
            )
        return await _escalate(desk, incident, level, levels[level])


async def _levels(desk: Desk, incident: Incident) -> Levels:
    if incident.urgency == "low":
        raise RequestError(
            f"#{incident.number} has low urgency, and PagerDuty escalates only high urgency; "
            f"nothing was done. Name people instead: {desk.typed(f'reassign {incident.number}')} …"
        )
    policy = incident.escalation_policy
    entries = await desk.directory.on_calls(policy.id) if policy else []
    levels: dict[int, dict[str, PagerDutyUser]] = {}
    for one in sorted(entries, key=lambda entry: entry.level):
        levels.setdefault(one.level, {}).setdefault(one.user.id, one.user)
    if not levels:
        raise RequestError(
            f"Nobody is on call for #{incident.number}, so there is no level to escalate to; "
            f"nothing was done. Name people: {desk.typed(f'reassign {incident.number}')} …"
        )
    return {level: tuple(users.values()) for level, users in levels.items()}


def _next(incident: Incident, levels: Levels) -> int:
    """Give the level behind the one that the incident is on, which only its assignees tell.

    Raises:
        WhichOne: they are on several levels, or were assigned directly.
        RequestError: it is the last one.
    """
    assigned = {one.id for one in incident.assignees}
    direct = incident.assigned_via == "direct_assignment"
    here = [
        level for level, users in levels.items() if assigned and assigned <= {u.id for u in users}
    ]
    if direct or len(here) != 1:
        raise _ask(
            f"#{incident.number} is assigned to {names_of(incident.assignees)}, which does not "
            f"tell on which level of {_policy(incident)} it is.",
            incident,
            levels,
        )
    above = [level for level in levels if level > here[0]]
    if not above:
        raise RequestError(
            f"#{incident.number} is on the last level of {_policy(incident)} already; nothing was "
            f"done. It has {_told(levels)}."
        )
    return min(above)


def _ask(why: str, incident: Incident, levels: Levels) -> WhichOne:
    return WhichOne(
        f"{why} Nothing was done yet. Which level?",
        buttons=[
            pick(f"Level {level}: {_names(users)}", "escalate", (incident.id,), str(level))
            for level, users in levels.items()
        ][:OFFERED],
    )


async def _escalate(
    desk: Desk, incident: Incident, level: int, users: tuple[PagerDutyUser, ...]
) -> Outcome:
    wanted = {user.id for user in users}
    before = names_of(incident.assignees)
    write = desk.incidents.escalate(incident.id, level, from_email=desk.responder.from_email)
    after = await carried_out(
        desk, incident, write, lambda read: {one.id for one in read.assignees} == wanted
    )
    lines: list[Line] = [(f"Escalated to level {level}, {_names(users)}. ", *state(after))]
    if {one.id for one in after.assignees} != wanted:
        lines.append((*named(after), " is assigned to others than those on call there now."))
    if problem := await leave_name(desk, after, f"Escalated to level {level}"):
        lines.append((problem,))
    by = desk.responder
    whom = assigned(after.assignees, incident, by)
    thread: Line = (f"{before} → ", *whom, f" (level {level}), by {by.name}")
    return Outcome(lines=tuple(lines), changed=(after,), thread_lines=(thread,))


def _policy(incident: Incident) -> str:
    return incident.escalation_policy.name if incident.escalation_policy else "its policy"


def _names(users: tuple[PagerDutyUser, ...]) -> str:
    return listed([user.name for user in users])


def _told(levels: Levels) -> str:
    return listed([f"level {level}: {_names(users)}" for level, users in levels.items()])
