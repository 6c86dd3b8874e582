"""`reassign`: hand an incident to other people, all of them or none."""

from dataclasses import dataclass
from typing import ClassVar, Self

from bot.actions import people
from bot.actions.desk import Desk
from bot.actions.grammar import Request, Target, Usage
from bot.actions.phrases import assigned, state
from bot.actions.phrases import people as names_of
from bot.actions.whom import Whom, some
from bot.actions.writing import add_note, assign, is_assigned, leave_name, refuse_resolved
from bot.errors import PagerDutyError, UsageError
from bot.model import Effect, Incident, Line, Link, Outcome


@dataclass(frozen=True, slots=True)
class Reassign:
    """Replace the assignees of an incident."""

    whom: Whom

    usage: ClassVar[Usage] = Usage(
        verb="reassign",
        aliases=("ra", "assign"),
        form="reassign [INCIDENT] PEOPLE [-- REASON]",
        summary="hand over; REASON becomes a note",
        examples=("reassign #123 @ann bob@example.com -- knows the exporter",),
        details=(
            "PEOPLE: @mention, e-mail, PagerDuty id, name, me, oncall:SCHEDULE-OR-SERVICE;",
            "or one ep:ESCALATION-POLICY instead. Names with spaces go into quotes.",
            "All are found, or nothing is done. Direct assignment stops escalation.",
        ),
        is_additive=True,
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read the incident, the people and the reason."""
        if request.fields is None:
            return cls(Whom.parse(request))
        named = form_people(request)
        reason = request.form_text("reason") or ""
        return cls(Whom(Target(given=request.given), named, named, reason))

    async def perform(self, desk: Desk) -> Outcome:
        """Find everybody, then write once, then say why as a note."""
        reason = self.whom.text
        effects = (Effect.REASSIGN, Effect.NOTE) if reason else (Effect.REASSIGN,)
        await desk.writable(*effects)
        incident, named = await self.whom.find_incident(desk, "reassign")
        refuse_resolved(desk, incident)
        again = people.Again("reassign", incident.id, reason)
        found = await people.find(desk, named, again=again)
        return await reassign(desk, incident, found, reason)


def form_people(request: Request) -> tuple[people.Named, ...]:
    """Read the people of the Reassign form: Slack people, e-mails, or a policy."""
    fields = request.fields or {}
    mentions = [people.Named(people.How.MENTION, str(one)) for one in fields.get("assignees") or ()]
    typed = people.parse(str(fields.get("emails") or ""))
    policy = request.form_text("escalation_policy")
    if policy and (mentions or typed):
        raise UsageError(
            "An incident is assigned to people or to one escalation policy, not to both; nothing "
            "was done. Choose one of the two."
        )
    if policy:
        return (people.Named(people.How.POLICY, policy),)
    return some((*mentions, *typed))


async def reassign(desk: Desk, incident: Incident, found: people.Found, reason: str) -> Outcome:
    """Write the assignment and check that PagerDuty did what was asked."""
    to, by = found.assignment, desk.responder
    before = names_of(incident.assignees)
    after = await assign(desk, incident, to)
    is_untold = found.policy is not None and after.escalation_policy is None
    if not (is_assigned(after, to) or is_untold):
        raise PagerDutyError(
            f"PagerDuty answered without an error, but #{after.number} is assigned to "
            f"{names_of(after.assignees)}, not to {found.names}. Check it in PagerDuty."
        )
    lines: list[Line] = [(f"Reassigned to {found.names}. ", *state(after)), _consequence(found)]
    lines += await _say_why(desk, after, reason)
    because = f" ({reason})" if reason else ""
    whom = (found.policy.name,) if found.policy else assigned(after.assignees, incident, by)
    change: Line = (f"{before} → ", *whom)
    if is_assigned(incident, to):
        change = (f"{before}, assigned directly now",)
    thread: Line = (*change, f"{because}, by {by.name}")
    return Outcome(lines=tuple(lines), changed=(after,), thread_lines=(thread,))


def _consequence(found: people.Found) -> Line:
    if found.policy is not None:
        return (f"{found.policy.name} escalates from here on as usual.",)
    return (
        "Assigned directly, it does not escalate any more: nobody else is called if they do not "
        "answer. To keep escalation, assign ep:ESCALATION-POLICY.",
    )


async def _say_why(desk: Desk, incident: Incident, reason: str) -> list[Line]:
    if not reason:
        problem = await leave_name(desk, incident, "Reassigned")
        return [(problem,)] if problem else []
    try:
        await add_note(desk, incident, reason)
    except PagerDutyError as error:
        return [
            (
                "It is reassigned, but your reason could not be written as a note: ",
                f"{error} It was: “{reason[:300]}”",
            )
        ]
    return [("Your reason is on ", Link(f"#{incident.number}", incident.html_url), " as a note.")]
