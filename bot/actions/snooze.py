"""`snooze`: quiet until later."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Self

from bot.actions.desk import Desk
from bot.actions.grammar import Request, Target, Usage, first
from bot.actions.moments import EXAMPLES, Moment, end_of, parse_moment, zone_of
from bot.actions.phrases import state
from bot.actions.writing import carried_out, leave_name, refuse_resolved, set_status
from bot.durations import format_duration
from bot.errors import PagerDutyError, UsageError
from bot.model import Effect, Incident, Line, Outcome, Status, When

# https://developer.pagerduty.com/api-reference/, snooze an incident: 1 to 604,800 seconds
LONGEST = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Snooze:
    """Keep an incident quiet for a while; then it is triggered again."""

    target: Target
    moment: Moment
    raw: str = ""

    usage: ClassVar[Usage] = Usage(
        verb="snooze",
        form="snooze [INCIDENT] 2h|until 09:00",
        summary="keep it quiet; then it pages again",
        examples=("snooze #123 2h", "snooze #123 until mon 9"),
        details=(
            "At most 7 days. Times of day are those of your own time zone in Slack.",
            "PagerDuty snoozes what is acknowledged: a triggered incident is acknowledged first.",
        ),
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read the incident and the time."""
        target = first(request)
        raw = request.words.raw_rest()
        return cls(target, parse_moment(request.words.rest()), raw)

    async def perform(self, desk: Desk) -> Outcome:
        """Acknowledge if needed, then snooze."""
        await desk.writable(Effect.SNOOZE)
        now = desk.clock.now()
        end = end_of(self.moment, now, zone_of(self.moment, desk.responder.time_zone))
        seconds = _seconds(now, end)
        incident = await desk.single(self.target, "snooze", self.raw)
        refuse_resolved(desk, incident)
        if incident.status is Status.TRIGGERED:
            await desk.writable(Effect.SNOOZE, Effect.ACK)
            incident = await set_status(desk, incident, Status.ACKNOWLEDGED)
        after = await _snooze(desk, incident, seconds)
        lines: list[Line] = [
            (
                f"Snoozed for {format_duration(seconds)}, until ",
                When(end, "date"),
                ": then it is triggered again, and pages. ",
                *state(after),
            )
        ]
        if problem := await leave_name(desk, after, "Snoozed"):
            lines.append((problem,))
        thread: Line = (f"{desk.responder.name} snoozed this until ", When(end, "date"), ".")
        return Outcome(lines=tuple(lines), changed=(after,), thread_lines=(thread,))


def _seconds(now: datetime, end: datetime) -> int:
    lasts = end - now
    if not timedelta(seconds=1) <= lasts <= LONGEST:
        raise UsageError(
            "PagerDuty snoozes for 1 second to 7 days, and this would be "
            f"{format_duration(lasts.total_seconds())}; nothing was done. "
            f"Say for example {EXAMPLES}."
        )
    return round(lasts.total_seconds())


async def _snooze(desk: Desk, incident: Incident, seconds: int) -> Incident:
    write = desk.incidents.snooze(incident.id, seconds, from_email=desk.responder.from_email)
    try:
        # An incident does not show that it is snoozed: a lost answer stays lost.
        return await carried_out(desk, incident, write, lambda _read: False)
    except PagerDutyError as error:
        raise PagerDutyError(
            f"#{incident.number} is acknowledged, but it may not be snoozed: {error}",
            status=error.status,
        ) from error
