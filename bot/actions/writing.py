"""The writes that several verbs share: read before, write, tell what PagerDuty then holds."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.actions.desk import Desk
from bot.actions.phrases import resolved_already
from bot.errors import OutcomeUnknown, PagerDutyError, RequestError, Unavailable
from bot.model import Assignment, Incident, Line, Status

REPEATED_WITHIN = timedelta(hours=1)  # the same words on the same incident again are a repeat


class ResolvedAlready(RequestError):
    """The incident is resolved; nothing but `reopen` may touch its state."""

    def __init__(self, incident: Incident, line: Line) -> None:
        super().__init__(
            f"#{incident.number} was resolved already; nothing changed.", incidents=(incident,)
        )
        self._line = line

    @property
    def line(self) -> Line:
        """Say who resolved it and when."""
        return self._line


def refuse_resolved(desk: Desk, incident: Incident) -> None:
    """Raise ResolvedAlready: writing any state to a resolved incident would reopen it."""
    if not incident.is_open:
        line = resolved_already(incident, desk.clock.now(), desk.command)
        raise ResolvedAlready(incident, line)


async def set_status(
    desk: Desk, incident: Incident, status: Status, *, resolution: str | None = None
) -> Incident:
    """Write a status and give what PagerDuty then holds."""
    write = desk.incidents.set_status(
        incident.id, status, from_email=desk.responder.from_email, resolution=resolution
    )
    return await carried_out(desk, incident, write, lambda read: read.status is status)


async def assign(desk: Desk, incident: Incident, to: Assignment) -> Incident:
    """Replace the assignees and give what PagerDuty then holds."""
    write = desk.incidents.assign(incident.id, to, from_email=desk.responder.from_email)
    return await carried_out(desk, incident, write, lambda read: is_assigned(read, to))


async def carried_out(
    desk: Desk,
    incident: Incident,
    write: Awaitable[Incident],
    is_done: Callable[[Incident], bool],
) -> Incident:
    """Give what PagerDuty holds after a write.

    Where the answer got lost the incident is read back: what it says counts.
    """
    try:
        return await write
    except (OutcomeUnknown, Unavailable):
        read = await _read_back(desk, incident)
        if read is None or not is_done(read):
            raise
        return read


def is_assigned(incident: Incident, to: Assignment) -> bool:
    """Tell whether the incident is assigned as asked."""
    if to.escalation_policy_id is not None:
        policy = incident.escalation_policy
        direct = incident.assigned_via == "direct_assignment"
        return policy is not None and policy.id == to.escalation_policy_id and not direct
    return {one.id for one in incident.assignees} == set(to.user_ids)


async def _read_back(desk: Desk, incident: Incident) -> Incident | None:
    try:
        return await desk.incidents.get(incident.id)
    except PagerDutyError:
        return None  # the write's own error is the one that tells what happened


def signed(desk: Desk, content: str) -> str:
    """Name the Slack user in a note that PagerDuty will show under another name."""
    if desk.responder.acts_as_self:
        return content
    return f"{content}\n— {desk.responder.name} in Slack"


async def add_note(desk: Desk, incident: Incident, content: str) -> None:
    """Write a note in the caller's name, or signed with it."""
    await desk.incidents.add_note(
        incident.id, signed(desk, content), from_email=desk.responder.from_email
    )


async def add_note_once(desk: Desk, incident: Incident, content: str) -> None:
    """Write a note unless the same words came within the hour: a repeat of a half-done try."""
    wanted = signed(desk, content).strip()
    now = desk.clock.now()
    for note in await desk.incidents.notes(incident.id):
        if note.content.strip() == wanted and now - note.created_at <= REPEATED_WITHIN:
            return
    await add_note(desk, incident, content)


async def leave_name(desk: Desk, incident: Incident, what: str) -> str | None:
    """Leave a note naming the Slack user where PagerDuty shows the write under another name.

    Gives a sentence when that failed: the write itself stands.
    """
    if desk.responder.acts_as_self:
        return None
    try:
        await desk.incidents.add_note(
            incident.id,
            f"{what} by {desk.responder.name} in Slack.",
            from_email=desk.responder.from_email,
        )
    except PagerDutyError as error:
        return f"The note that names you could not be written: {error}"
    return None
