"""PagerDuty's incidents, as `bot.ports.Incidents` wants them, and what later verbs need."""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Literal

import structlog

from bot.clock import Clock
from bot.errors import NotFound, OutcomeUnknown, PagerDutyError, Refused, Unavailable
from bot.model import Assignment, Incident, IncidentId, Note, Status
from bot.pagerduty import answers, http_errors, wire
from bot.pagerduty.client import Client

log = structlog.get_logger(__name__)

NOTE_SENDS = 3
_READ_BACKS = 2  # after a lost connection: the first POST may still be at work
_DATE_MARGIN = timedelta(seconds=15)  # between PagerDuty's `Date` and its `created_at`

_ALREADY = re.compile(r"\balready (?:resolved|acknowledged)", re.IGNORECASE)
_ALREADY_CODES = {1001, 1002}

AuthorOf = Callable[[str | None], Awaitable[str | None]]
"""Give the id of the user as whom a write with this `From` appears; None when nobody could tell."""


class RestIncidents:
    """Read and write incidents. See `bot.ports.Incidents`."""

    def __init__(self, client: Client, clock: Clock, author_of: AuthorOf) -> None:
        self._client = client
        self._clock = clock
        self._author_of = author_of

    async def _incident(self, call: wire.Call) -> Incident:
        return self._client.learn(await self._client.call(call, answers.incident))

    async def get(self, id_or_number: str) -> Incident:
        """Read one incident. Raises NotFound."""
        try:
            call = wire.get_incident(id_or_number)
        except wire.UnusableId as bad:
            raise NotFound(
                f"PagerDuty has no incident {http_errors.clean(str(bad))!r}. An incident is named"
                " by its number or its id; list the open incidents to see them."
            ) from None
        return await self._incident(call)

    async def find(
        self,
        *,
        statuses: Sequence[Status] = (Status.TRIGGERED, Status.ACKNOWLEDGED),
        user_ids: Sequence[str] = (),
        team_ids: Sequence[str] = (),
        incident_key: str | None = None,
        limit: int = 1000,
    ) -> list[Incident]:
        """Read all pages, newest first, at most `limit` incidents; no statuses means any.

        What was not asked for is left out: PagerDuty ignores a filter that it does not know
        without a word, and a proxy may cut it off.
        """
        call = wire.list_incidents(
            statuses=statuses, user_ids=user_ids, team_ids=team_ids, incident_key=incident_key
        )
        read = answers.page("incidents", answers.incident_of)
        found = await self._client.pages(call, read, limit=limit)
        # Pages shift while they are read: one that was pushed to the next page comes twice.
        once = {one.id: self._client.learn(one) for one in found}.values()
        asked = [
            one
            for one in once
            if (not statuses or one.status in statuses)
            and (not user_ids or not one.assignees or _has_one_of(one, user_ids))
            and (incident_key is None or one.incident_key in {None, incident_key})
        ]
        return sorted(asked, key=lambda one: one.created_at, reverse=True)

    async def set_status(
        self,
        incident_id: IncidentId,
        status: Status,
        *,
        from_email: str | None,
        resolution: str | None = None,
    ) -> Incident:
        """Write the status (the resolution with RESOLVED only); gives PagerDuty's answer.

        "Already resolved" and "already acknowledged" are successes when the incident is so.
        """
        call = wire.set_status(incident_id, status, from_email=from_email, resolution=resolution)
        try:
            return await self._incident(call)
        except Refused as error:
            if not (error.code in _ALREADY_CODES or any(map(_ALREADY.search, error.details))):
                raise
            incident = await self.get(incident_id)
            if incident.status is not status:
                raise
            return incident

    async def assign(
        self, incident_id: IncidentId, to: Assignment, *, from_email: str | None
    ) -> Incident:
        """Replace the assignees, or hand over to an escalation policy; gives PagerDuty's answer."""
        return await self._incident(wire.assign(incident_id, to, from_email=from_email))

    async def escalate(
        self, incident_id: IncidentId, level: int, *, from_email: str | None
    ) -> Incident:
        """Escalate to a level of the incident's policy."""
        return await self._incident(wire.escalate(incident_id, level, from_email=from_email))

    async def set_priority(
        self, incident_id: IncidentId, priority_id: str, *, from_email: str | None
    ) -> Incident:
        """Set the priority."""
        return await self._incident(
            wire.set_priority(incident_id, priority_id, from_email=from_email)
        )

    async def snooze(
        self, incident_id: IncidentId, seconds: int, *, from_email: str | None
    ) -> Incident:
        """Snooze for 1 to 604,800 seconds."""
        return await self._incident(wire.snooze(incident_id, seconds, from_email=from_email))

    async def create(
        self,
        *,
        title: str,
        service_id: str,
        from_email: str | None,
        urgency: Literal["high", "low"] | None = None,
        details: str | None = None,
        incident_key: str | None = None,
        to: Assignment | None = None,
    ) -> Incident:
        """Open an incident; with an `incident_key` it is retried, without one it is not."""
        call = wire.create_incident(
            title=title,
            service_id=service_id,
            from_email=from_email,
            urgency=urgency,
            details=details,
            incident_key=incident_key,
            to=to,
        )
        return await self._incident(call)

    async def request_responders(
        self, incident_id: IncidentId, *, requester_id: str, message: str, to: Assignment
    ) -> None:
        """Ask others to join; not retried after an unclear outcome."""
        call = wire.request_responders(
            incident_id, requester_id=requester_id, message=message, to=to
        )
        await self._client.call(call, answers.done)

    async def notes(self, incident_id: IncidentId) -> list[Note]:
        """Read the notes, oldest first."""
        return [note for _, note in await self._authored_notes(incident_id)]

    async def _authored_notes(self, incident_id: str) -> list[tuple[str | None, Note]]:
        return await self._client.call(wire.list_notes(incident_id), answers.authored_notes)

    async def add_note(
        self, incident_id: IncidentId, content: str, *, from_email: str | None
    ) -> Note:
        """Write a note, never twice: after an unclear outcome the notes are read back.

        Raises:
            OutcomeUnknown: even that did not tell.
        """
        call = wire.add_note(incident_id, content, from_email=from_email)
        started = self._clock.monotonic()
        number = 0
        while True:
            number += 1
            try:
                return await self._client.call(call, answers.note)
            except (OutcomeUnknown, Unavailable) as error:
                if isinstance(error, Unavailable) and error.status is None:
                    raise  # it never left, so there is nothing to look for
                looks = _READ_BACKS if isinstance(error, OutcomeUnknown) else 1
                log.warning("note has an unclear outcome", incident=incident_id, attempt=number)
                for look in range(looks):
                    await self._clock.sleep(self._client.patience.backoff(number + look))
                    found = await self._look_for(call, content, started, error)
                    if found is not None:
                        return found
                if number == NOTE_SENDS:
                    raise

    async def _look_for(
        self, call: wire.Call, content: str, started: float, error: PagerDutyError
    ) -> Note | None:
        """Find the note that was sent since `started`: same words, same author, young enough.

        PagerDuty's own clock decides what is young, since ours may be wrong by minutes.
        """
        try:
            notes = await self._authored_notes(str(call.incident))
        except PagerDutyError:
            raise OutcomeUnknown(
                f"{error} The notes could not be read back either.", status=error.status
            ) from error
        author = await self._author_of(call.from_email)
        elapsed = timedelta(seconds=self._clock.monotonic() - started)
        oldest = self._client.server_now() - elapsed - _DATE_MARGIN
        ours = [
            note
            for by, note in notes
            if note.content.split() == content.split()  # PagerDuty may trim
            and note.created_at >= oldest
            and (author is None or by is None or by == author)
        ]
        return ours[-1] if ours else None


def _has_one_of(incident: Incident, user_ids: Sequence[str]) -> bool:
    return any(one.id in user_ids for one in incident.assignees)
