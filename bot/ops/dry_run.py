"""`pdbot run --dry-run`: everything but the writes; each answer says what would have happened.

Stands in front of the ports, so that nothing behind them knows of it: incidents are read from
PagerDuty and written to a sheet of paper, which lasts for one answer.
"""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from bot.clock import Clock
from bot.errors import PagerDutyError
from bot.model import (
    Acknowledgement,
    Assignment,
    Bold,
    Form,
    Incident,
    IncidentId,
    Invocation,
    Line,
    Note,
    Outcome,
    Reference,
    Responder,
    Status,
)
from bot.ports import Called, Conversation, Directory, Incidents

NOTHING: Final = "Dry run: nothing was written to PagerDuty."
_SHOWN: Final = 200


@dataclass
class _Sheet:
    """What one invocation would have written, and what incidents would be like."""

    writes: list[str] = field(default_factory=list)
    incidents: dict[str, Incident] = field(default_factory=dict)
    notes: dict[str, list[Note]] = field(default_factory=dict)


_sheet: ContextVar[_Sheet] = ContextVar("sheet of a dry run")


class Rehearsal:
    """`ports.Incidents` that reads from PagerDuty, and writes on the sheet."""

    def __init__(self, incidents: Incidents, directory: Directory, *, clock: Clock) -> None:
        self._incidents = incidents
        self._directory = directory
        self._clock = clock

    async def get(self, id_or_number: str) -> Incident:
        """Read one incident, as it would be by now."""
        found = await self._incidents.get(id_or_number)
        return _current().incidents.get(found.id, found)

    async def find(
        self,
        *,
        statuses: Sequence[Status] = (Status.TRIGGERED, Status.ACKNOWLEDGED),
        user_ids: Sequence[str] = (),
        team_ids: Sequence[str] = (),
        incident_key: str | None = None,
        limit: int = 1000,
    ) -> list[Incident]:
        """Read incidents."""
        found = await self._incidents.find(
            statuses=statuses,
            user_ids=user_ids,
            team_ids=team_ids,
            incident_key=incident_key,
            limit=limit,
        )
        return [_current().incidents.get(one.id, one) for one in found]

    async def notes(self, incident_id: IncidentId) -> list[Note]:
        """Read the notes, and those that would be there."""
        found = await self._incidents.notes(incident_id)
        return [*found, *_current().notes.get(incident_id, ())]

    # ------------------------------------------------------------ what is not written

    async def set_status(
        self,
        incident_id: IncidentId,
        status: Status,
        *,
        from_email: str | None,
        resolution: str | None = None,
    ) -> Incident:
        """Let the status be another one on the sheet."""
        by, now = await self._author(from_email), self._clock.now()
        told = f", with the resolution “{_cut(resolution)}”" if resolution else ""
        before = await self.get(incident_id)
        is_resolved = status is Status.RESOLVED
        after = replace(
            before,
            status=status,
            acknowledgements=(Acknowledgement(by, now),) if status is Status.ACKNOWLEDGED else (),
            assignees=() if is_resolved else before.assignees,
            last_status_change_at=now,
            last_status_change_by=by,
            resolved_at=now if is_resolved else None,
        )
        return self._write(after, f"set #{before.number} to {status}{told}", from_email)

    async def assign(
        self, incident_id: IncidentId, to: Assignment, *, from_email: str | None
    ) -> Incident:
        """Let others be assigned on the sheet."""
        before = await self.get(incident_id)
        if to.escalation_policy_id is not None:
            policy = await self._policy(to.escalation_policy_id)
            after = replace(before, escalation_policy=policy, assignees=(), assigned_via=None)
            what = f"hand #{before.number} over to the escalation policy {policy.name}"
        else:
            people = tuple([await self._user(user_id) for user_id in to.user_ids])
            after = replace(before, assignees=people, assigned_via="direct_assignment")
            names = ", ".join(one.name for one in people)
            what = f"assign #{before.number} to {names}"
        return self._write(after, what, from_email)

    async def escalate(
        self, incident_id: IncidentId, level: int, *, from_email: str | None
    ) -> Incident:
        """Escalate on the sheet; whom that reaches only PagerDuty knows."""
        before = await self.get(incident_id)
        return self._write(before, f"escalate #{before.number} to level {level}", from_email)

    async def set_priority(
        self, incident_id: IncidentId, priority_id: str, *, from_email: str | None
    ) -> Incident:
        """Set the priority on the sheet."""
        before = await self.get(incident_id)
        known = {one.id: one.name for one in await self._directory.priorities()}
        name = known.get(priority_id, priority_id)
        after = replace(before, priority=name)
        return self._write(after, f"set the priority of #{before.number} to {name}", from_email)

    async def snooze(
        self, incident_id: IncidentId, seconds: int, *, from_email: str | None
    ) -> Incident:
        """Snooze on the sheet."""
        before = await self.get(incident_id)
        return self._write(before, f"snooze #{before.number} for {seconds} s", from_email)

    async def create(
        self,
        *,
        title: str,
        service_id: str,
        from_email: str | None,
        urgency: Literal["high", "low"] | None = None,
        details: str | None = None,  # noqa: ARG002 - the port's
        incident_key: str | None = None,
        to: Assignment | None = None,  # noqa: ARG002 - the port's
    ) -> Incident:
        """Open an incident on the sheet."""
        opened = Incident(
            id=IncidentId("DRYRUN"),
            number=0,
            title=title,
            status=Status.TRIGGERED,
            urgency=urgency or "high",
            html_url="https://www.pagerduty.com",
            created_at=self._clock.now(),
            service=Reference(service_id, service_id, type="service"),
            incident_key=incident_key,
        )
        return self._write(opened, f"open an incident “{_cut(title)}”", from_email)

    async def request_responders(
        self,
        incident_id: IncidentId,
        *,
        requester_id: str,  # noqa: ARG002 - the port's
        message: str,  # noqa: ARG002 - the port's
        to: Assignment,
    ) -> None:
        """Ask others to join, on the sheet."""
        number = (await self.get(incident_id)).number
        people = [await self._user(user_id) for user_id in to.user_ids]
        names = ", ".join(one.name for one in people) or "an escalation policy"
        _current().writes.append(f"ask {names} to join #{number}")

    async def add_note(
        self, incident_id: IncidentId, content: str, *, from_email: str | None
    ) -> Note:
        """Write a note on the sheet."""
        number = (await self.get(incident_id)).number
        author = (await self._author(from_email)).name
        note = Note("DRYRUN", content, author, self._clock.now())
        _current().notes.setdefault(incident_id, []).append(note)
        _tell(f"note on #{number}: “{_cut(content)}”", from_email)
        return note

    # ------------------------------------------------------------ inside

    def _write(self, after: Incident, what: str, from_email: str | None) -> Incident:
        _current().incidents[after.id] = after
        _tell(what, from_email)
        return after

    async def _author(self, from_email: str | None) -> Reference:
        try:
            user = await self._directory.user_by_email(from_email) if from_email else None
            user = user or await self._directory.me()
        except PagerDutyError:
            user = None
        if user is None:
            return Reference("", from_email or "somebody", type="user")
        return Reference(user.id, user.name, user.html_url, "user")

    async def _user(self, user_id: str) -> Reference:
        user = await self._directory.user(user_id)
        return Reference(user_id, user.name if user else user_id, type="user")

    async def _policy(self, policy_id: str) -> Reference:
        found = await self._directory.escalation_policies(policy_id)
        return found[0] if found else Reference(policy_id, policy_id, type="escalation_policy")


class PaperPager:
    """`ports.Pager` that writes on the sheet."""

    async def call(self, title: str, caller: Responder, channel_id: str | None) -> Called:  # noqa: ARG002 - the port's
        """Send nothing."""
        _current().writes.append(f"send the alert “{_cut(title)}”, naming {caller.name}")
        return Called("sent", 0)


def _current() -> _Sheet:
    """Give the sheet of this invocation; one of its own to whoever has none."""
    try:
        return _sheet.get()
    except LookupError:
        return _Sheet()


def _tell(what: str, from_email: str | None) -> None:
    _current().writes.append(f"{what} (as {from_email})" if from_email else what)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


class Rehearsed:
    """`ports.Conversation` whose answers say that nothing was written, and what would have been.

    No card in Slack follows: to the cards nothing has changed.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

    async def begin(self, invocation: Invocation) -> str | None:
        """Begin as always: the database is a private one."""
        return await self._conversation.begin(invocation)

    async def answer(self, invocation: Invocation, reference: str) -> Outcome:
        """Answer, on a fresh sheet."""
        sheet = _Sheet()
        token = _sheet.set(sheet)
        try:
            outcome = await self._conversation.answer(invocation, reference)
        finally:
            _sheet.reset(token)
        return replace(
            outcome,
            lines=(*_headlines(sheet.writes), *outcome.lines),
            changed=(),
            thread_lines=(),
        )

    def form(self, invocation: Invocation) -> Form | None:
        """Give the form that a click opens."""
        return self._conversation.form(invocation)

    async def look_ahead(
        self, invocation: Invocation, form: Form, reference: str
    ) -> Form | Outcome:
        """Complete the form; nothing is written for that, and no card is touched."""
        found = await self._conversation.look_ahead(invocation, form, reference)
        return found if isinstance(found, Form) else replace(found, changed=())

    async def prepare(self, invocation: Invocation, reference: str) -> Form | Outcome:
        """Give what a shortcut shows."""
        shown = await self._conversation.prepare(invocation, reference)
        if isinstance(shown, Form):
            return shown
        return replace(shown, lines=(*_headlines(()), *shown.lines), changed=())

    def problems(self, invocation: Invocation) -> Mapping[str, str]:
        """Check a submitted form."""
        return self._conversation.problems(invocation)


def _headlines(writes: Sequence[str]) -> tuple[Line, ...]:
    if not writes:
        return ((Bold(NOTHING),),)
    would = tuple((f"It would: {what}.",) for what in writes)
    return ((Bold(f"{NOTHING} Below is what the answer would have been."),), *would)
