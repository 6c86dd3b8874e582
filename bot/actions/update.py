"""`update`: Rundeck's *Incident Update* in one go."""

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from bot.actions import people
from bot.actions.acknowledge import acknowledge
from bot.actions.desk import Desk
from bot.actions.grammar import Request, Target, Usage, first
from bot.actions.reassign import reassign
from bot.actions.resolve import resolve
from bot.actions.status import read_status
from bot.actions.words import decode, normalize
from bot.actions.writing import refuse_resolved
from bot.errors import PagerDutyError, UsageError
from bot.model import Effect, Incident, Outcome, Status

FLAGS = ("status", "resolution", "assignees")

# A flag at the start or behind a space; autocorrection makes one long dash of two short ones.
_FLAG = re.compile(r"(?:(?<=\s)|^)(?:--|—|–)([A-Za-z][\w-]*)(?:[\s=]+|$)")


@dataclass(frozen=True, slots=True)
class Update:
    """Write assignees, resolution and status, in this order."""

    target: Target
    status: Status | None = None
    resolution: str = ""
    assignees: tuple[people.Named, ...] = ()
    raw: str = ""

    usage: ClassVar[Usage] = Usage(
        verb="update",
        aliases=("u",),
        form="update INCIDENT [--status S] [--resolution TEXT] [--assignees A,B]",
        summary="Rundeck's Incident Update in one go",
        examples=("update #123 --assignees ann@example.com --status acknowledged",),
        details=(
            "A value runs to the next flag. --resolution resolves the incident.",
            "Assignees are written before the status.",
        ),
        is_rare=True,
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read the incident and the flags."""
        target = first(request)
        raw = request.words.raw_rest()
        values = read_flags(raw)
        status = read_status(normalize(values["status"])) if "status" in values else None
        resolution = decode(values.get("resolution", "")).strip()
        if "resolution" in values and not resolution:
            raise UsageError("--resolution is empty; nothing was done. Say why it is over.")
        if resolution and status is Status.ACKNOWLEDGED:
            raise UsageError(
                "--resolution resolves the incident, which excludes --status acknowledged; "
                "nothing was done. Leave one of them out."
            )
        named = people.parse(values.get("assignees", ""))
        if "assignees" in values and not named:
            raise UsageError("--assignees is empty; nothing was done. Name people, with commas.")
        status = Status.RESOLVED if resolution else status
        return cls(target, status, resolution, named, raw)

    async def perform(self, desk: Desk) -> Outcome:
        """Check everything first, then write; say what was done if something then fails."""
        await desk.writable(*self._effects())
        incident = await desk.single(self.target, "update", self.raw)
        refuse_resolved(desk, incident)
        found = await people.find(desk, self.assignees) if self.assignees else None
        parts: list[Outcome] = []
        try:
            if found is not None:
                parts.append(await reassign(desk, incident, found, ""))
                incident = parts[-1].changed[0]
            if self.status is not None:
                parts.append(await self._write_status(desk, incident))
        except PagerDutyError as error:
            raise _half_done(parts, incident, error) from error
        return Outcome(
            lines=tuple(line for part in parts for line in part.lines),
            changed=parts[-1].changed,
            thread_lines=tuple(line for part in parts for line in part.thread_lines),
            ok=all(part.ok for part in parts),
        )

    def _effects(self) -> list[Effect]:
        effects = [Effect.REASSIGN] if self.assignees else []
        effects += [Effect.NOTE] if self.resolution else []
        if self.status is not None:
            effects.append(Effect.ACK if self.status is Status.ACKNOWLEDGED else Effect.RESOLVE)
        return effects

    async def _write_status(self, desk: Desk, incident: Incident) -> Outcome:
        if self.status is Status.RESOLVED:
            return await resolve(desk, incident, self.resolution)
        return await acknowledge(desk, incident)


def _half_done(parts: list[Outcome], incident: Incident, error: PagerDutyError) -> PagerDutyError:
    if not parts:
        return error
    return PagerDutyError(
        f"#{incident.number} is reassigned, but the rest was not done: {error}",
        status=error.status,
    )


def read_flags(raw: str) -> dict[str, str]:
    """Read `--flag value`; a value runs to the next known flag.

    Raises:
        UsageError: no flag, an unknown one in front, one given twice.
    """
    found = [one for one in _FLAG.finditer(raw) if one[1].lower() in FLAGS]
    lead = raw[: found[0].start()] if found else raw
    if lead.strip() or not found:
        shown = decode(lead.strip())[:60]
        known = ", ".join(f"--{flag}" for flag in FLAGS)
        what = f'I do not understand "{shown}". ' if shown else "Nothing to update was named. "
        raise UsageError(f"{what}Nothing was done. Say at least one of {known}.")
    values: dict[str, str] = {}
    for at, one in enumerate(found):
        end = found[at + 1].start() if at + 1 < len(found) else len(raw)
        flag = one[1].lower()
        if flag in values:
            raise UsageError(f"--{flag} is given twice; nothing was done. Say it once.")
        values[flag] = raw[one.end() : end].strip()
    return values
