"""`undo`: take back what one did in the last minute, as far as PagerDuty can."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Final, Self

from bot.actions.acknowledge import ASK_ABOVE
from bot.actions.desk import Desk
from bot.actions.grammar import Request, Usage
from bot.actions.phrases import cut, named, pick, state
from bot.actions.words import Words, decode
from bot.actions.writing import assign, leave_name, set_status
from bot.errors import NotFound, PdbotError, RequestError, UsageError
from bot.model import Assignment, Button, Effect, Incident, Line, Outcome, PagerDutyUserId, Status
from bot.ports import Deed

WINDOW: Final = timedelta(seconds=60)
DIRECT: Final = "direct_assignment"
NOTHING: Final = (
    "You changed no state and no assignee in the last 60 seconds, so there is nothing to take "
    "back. Notes, new incidents and requests for help stay in any case."
)


def held(incident: Incident) -> Mapping[str, Any]:
    """Give what undo compares and restores; the audit keeps it."""
    policy = incident.escalation_policy
    return {
        "status": str(incident.status),
        "assignee_ids": sorted(one.id for one in incident.assignees),
        "assigned_via": incident.assigned_via,
        "escalation_policy_id": policy.id if policy else None,
    }


@dataclass(frozen=True, slots=True)
class Undo:
    """Take back the caller's last reassignment, resolution or acknowledgement.

    `reference` is of the one that an Undo button stands below; empty means the last one.
    """

    reference: str = ""
    confirmed: bool = False

    usage: ClassVar[Usage] = Usage(
        verb="undo",
        form="undo",
        summary="take back what you did in the last 60 seconds",
        examples=("undo",),
        details=(
            "It takes back reassigning, resolving and acknowledging, also of several at once.",
            "What was resolved or acknowledged becomes triggered again, and that pages.",
        ),
        is_rare=True,
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read the reference that the button carries."""
        words = request.words.all()
        if len(words) > 1:
            raise UsageError("undo takes nothing: it takes back the last thing that you did.")
        return cls(words[0].value.lower() if words else "", request.confirmed)

    async def perform(self, desk: Desk) -> Outcome:
        """Compare what PagerDuty holds with what was left behind, then restore what was before."""
        await desk.writable()
        deed = _chosen(await desk.deeds(WINDOW), self.reference)
        changes = changes_of(deed)
        await desk.writable(*sorted({effect for one in changes.values() for effect in one.effects}))
        if len(changes) > ASK_ABOVE and not self.confirmed:
            return _ask(deed, changes)
        lines: list[Line] = []
        changed: list[Incident] = []
        failed = 0
        for incident_id, change in changes.items():
            try:
                after = await _take_back(desk, incident_id, change)
            except PdbotError as error:
                failed += 1
                lines.append(error.line)
                changed += error.incidents
                continue
            changed.append(after)
            lines.append(state(after))
            if problem := await leave_name(desk, after, "Taken back"):
                lines.append((problem,))
        done = len(changes) - failed
        headline = (
            f"Taken back: “{_typed(deed)}”." if done else f"Not taken back: “{_typed(deed)}”."
        )
        thread: Line = (f"{desk.responder.name} took back: {_typed(deed)}",)
        return Outcome(
            lines=((headline,), *lines),
            changed=tuple(changed),
            thread_lines=(thread,) if done else (),
            ok=not failed,
        )


@dataclass(frozen=True, slots=True)
class Change:
    """What one incident was before a deed, and after it."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def is_of_state(self) -> bool:
        """Tell whether it was acknowledged or resolved."""
        order = [Status.TRIGGERED, Status.ACKNOWLEDGED, Status.RESOLVED]
        before, after = (order.index(Status(one["status"])) for one in (self.before, self.after))
        return before < after

    @property
    def is_of_assignees(self) -> bool:
        """Tell whether it was handed to others; to resolve and to reopen changes them by itself."""
        if Status.RESOLVED in {self.before["status"], self.after["status"]}:
            return False
        keys = ("assignee_ids", "assigned_via", "escalation_policy_id")
        return any(self.before[key] != self.after[key] for key in keys)

    @property
    def effects(self) -> frozenset[Effect]:
        """Give what taking it back needs."""
        needed = {Effect.REOPEN} if self.is_of_state else set()
        if self.is_of_assignees:
            needed.add(Effect.REASSIGN)
        return frozenset(needed)

    @property
    def assignment(self) -> Assignment | None:
        """Give to whom it was assigned before; None where that was nobody."""
        policy_id = self.before["escalation_policy_id"]
        if self.before["assigned_via"] != DIRECT and policy_id:
            return Assignment(escalation_policy_id=str(policy_id))
        ids = tuple(PagerDutyUserId(str(one)) for one in self.before["assignee_ids"])
        return Assignment(user_ids=ids) if ids else None


def changes_of(deed: Deed) -> dict[str, Change]:
    """Give, by incident, what can be taken back."""
    found: dict[str, Change] = {}
    for incident_id, left in deed.after.items():
        was = deed.before.get(incident_id)
        # Entries of earlier versions, and absurdly large ones, do not hold what is needed.
        if not all(isinstance(one, Mapping) and "assignee_ids" in one for one in (was, left)):
            continue
        change = Change(was, left)  # type: ignore[arg-type]  # checked by the line above
        if change.effects:
            found[incident_id] = change
    return found


def is_offered(deed: Deed) -> bool:
    """Tell whether an Undo button is due: below reassignments only.

    Taking a resolution back reopens the incident, and no button does that but Reopen.
    """
    changes = changes_of(deed).values()
    handed_over = bool(changes) and all(one.effects == {Effect.REASSIGN} for one in changes)
    return handed_over and _verb(deed) != Undo.usage.verb


def offer(deed: Deed) -> Button:
    """Make the Undo button; it takes back that deed, and nothing later."""
    return pick("Undo", "undo", (), deed.reference)


def _chosen(deeds: Sequence[Deed], reference: str) -> Deed:
    """Choose the deed of a button, else the newest with something to take back."""
    for deed in deeds:
        if reference and deed.reference != reference:
            continue
        if _verb(deed) == Undo.usage.verb:
            raise RequestError("That was taken back already; nothing was done.")
        if changes_of(deed):
            return deed
    if reference:
        raise RequestError(
            "That is more than 60 seconds ago, so it is not taken back; nothing was done. "
            "Use reassign."
        )
    raise RequestError(NOTHING)


def _verb(deed: Deed) -> str:
    word = Words(deed.text).next()
    return word.value.lower() if word else ""


def _typed(deed: Deed) -> str:
    return cut(" ".join(decode(deed.text).split()), 80)


def _ask(deed: Deed, changes: Mapping[str, Change]) -> Outcome:
    pages = any(change.is_of_state for change in changes.values())
    warning = " What becomes triggered again pages." if pages else ""
    line = (
        f"This would take back “{_typed(deed)}” for {len(changes)} incidents.{warning} "
        "Nothing was done yet."
    )
    button = pick("Confirm", "undo", tuple(changes)[:80], deed.reference, style="primary")
    return Outcome(lines=((line,),), buttons=(button,))


async def _take_back(desk: Desk, incident_id: str, change: Change) -> Incident:
    try:
        incident = await desk.incidents.get(incident_id)
    except NotFound:
        raise RequestError(f"{incident_id}: PagerDuty no longer has it.") from None
    if held(incident) != {key: change.after[key] for key in held(incident)}:
        raise _ChangedSince(incident)
    if change.is_of_state:
        incident = await set_status(desk, incident, Status.TRIGGERED)
    was = sorted(map(str, change.before["assignee_ids"]))
    if was != sorted(one.id for one in incident.assignees) and (to := change.assignment):
        incident = await assign(desk, incident, to)
    return incident


class _ChangedSince(RequestError):
    """Say that somebody else came in between."""

    def __init__(self, incident: Incident) -> None:
        super().__init__(
            f"#{incident.number} was changed since, so it was left alone.", incidents=(incident,)
        )
        self._line = (
            *named(incident),
            " was changed since, so it was left alone. ",
            *state(incident),
        )

    @property
    def line(self) -> Line:
        """Say how it stands now."""
        return self._line
