"""One invocation from parse to answer: who, what, may they, do it, write it down.

Knows neither Slack's nor PagerDuty's wire; `slack/listeners` hands invocations in and shows what
comes out.
"""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import structlog
from structlog.contextvars import bound_contextvars

from bot.actions import reassign as reassigning
from bot.actions import registry
from bot.actions.desk import Desk
from bot.actions.forms import about, form_of, quoting_form
from bot.actions.grammar import Request
from bot.actions.phrases import cut
from bot.actions.undo import is_offered, offer
from bot.actions.words import decode
from bot.actions.writing import refuse_resolved
from bot.errors import PagerDutyError, PdbotError, RequestError, StoreError, UsageError
from bot.failures import refusal, surprise
from bot.model import (
    Effect,
    Form,
    Incident,
    Invocation,
    Mention,
    Outcome,
    PagerDutyUser,
    Piece,
    Responder,
    SlackPerson,
    Via,
    When,
)
from bot.ports import Asked, Deed, Incidents
from bot.recollection import Recollection
from bot.rights import MOST_TYPED, Office, Rights, as_typed

log = structlog.get_logger(__name__)

MAX_TEXT = 40_000  # Slack's own limit of a message's text
AGAIN = timedelta(seconds=10)  # the same words again are a slip of the finger
AT_WORK = timedelta(minutes=2)  # nothing that PagerDuty is asked for takes longer
DONE, NOT_DONE, REPEATED = "done: ", "not done: ", "repeated: "  # how an outcome begins


def new_reference() -> str:
    """Make what the caller, the log and the audit share: 40 bits, in letters to read aloud."""
    return base64.b32encode(secrets.token_bytes(5)).decode().lower()


class Conversation:
    """Answer invocations; see `ports.Conversation`."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._running: set[tuple[object, ...]] = set()

    async def begin(self, invocation: Invocation) -> str | None:
        """Give a reference; store the intent of a write before Slack is told "received"."""
        reference = new_reference()
        if not registry.is_write(invocation):
            return reference
        is_new = await self._office.audit.intend(
            reference=reference,
            slack_user_id=invocation.slack_user_id,
            channel_id=invocation.channel_id,
            via=invocation.via,
            text=as_typed(invocation),
            thread_ts=invocation.thread_ts,
            message_ts=invocation.message_ts if invocation.via is Via.MENTION else None,
        )
        return reference if is_new else None

    async def answer(self, invocation: Invocation, reference: str) -> Outcome:
        """Carry it out; every failure becomes an answer with its reference."""
        same = (
            invocation.slack_user_id,
            invocation.channel_id,
            invocation.thread_ts,
            invocation.verb,
            invocation.text,
            invocation.incidents,
            tuple(invocation.fields.items()),
        )
        if same in self._running:
            # People press Enter twice; the first one is still at work, and answers.
            return await self._repeated(invocation, reference, _AT_WORK)
        self._running.add(same)
        try:
            # Whatever is logged on the way, by PagerDuty's client too, has the caller's reference.
            with bound_contextvars(reference=reference):
                if repeat := await self._repeat(invocation, reference):
                    return await self._repeated(invocation, reference, repeat)
                return await self._answer(invocation, reference)
        finally:
            self._running.discard(same)

    async def _repeat(self, invocation: Invocation, reference: str) -> Outcome | None:
        """Answer from the first what was asked for just before, by whichever replica it was done.

        Only what would count twice: all else is done again, and told as it is now.
        """
        too_long = len(as_typed(invocation)) >= MOST_TYPED  # what was cut may differ
        if too_long or not registry.is_additive(invocation):
            return None
        try:
            earlier = await self._office.audit.before(reference, AT_WORK)
        except StoreError:
            log.exception("not known whether this is a repeat")
            return None
        asked = (one for one in earlier if not (one.outcome or "").startswith(REPEATED))
        first = next(asked, None)
        if first is None or not first.is_same:
            return None
        if first.is_running:
            return _AT_WORK
        is_done = first.outcome is not None and first.outcome.startswith(DONE)
        return _done_before(first) if is_done and first.seconds <= AGAIN.seconds else None

    async def _repeated(self, invocation: Invocation, reference: str, outcome: Outcome) -> Outcome:
        await self._finish(invocation, None, outcome, Deed(reference), how=REPEATED)
        return outcome

    async def _answer(self, invocation: Invocation, reference: str) -> Outcome:
        responder: Responder | None = None
        seen = Recollection(self._office.incidents)
        bound = log.bind(slack_user_id=invocation.slack_user_id, via=invocation.via)
        try:
            _refuse_endless(invocation)
            person = await self._office.identity.member(
                invocation.slack_user_id, user_team_id=invocation.user_team_id
            )
            action = registry.parse(invocation, self._office.command)
            may_be_nobody = action.usage.works_offline and not registry.is_write(invocation)
            responder, key_owner = await self._responder(person, may_be_nobody=may_be_nobody)
            outcome = await action.perform(self._desk(invocation, responder, key_owner, seen))
        except PdbotError as error:
            bound.warning("refused", error=type(error).__name__, reason=cut(str(error), 500))
            outcome = refusal(error, reference, invocation)
        except Exception:  # noqa: BLE001  # the last resort: the caller always gets an answer
            bound.exception("failed")
            outcome = surprise(invocation, reference)
        else:
            bound.info("answered", verb=action.usage.verb, ok=outcome.ok)
        outcome = replace(outcome, before=seen.before(outcome.changed))
        deed = seen.deed(reference, as_typed(invocation), outcome.changed)
        await self._finish(invocation, responder, outcome, deed)
        if outcome.ok and is_offered(deed):
            return replace(outcome, buttons=(*outcome.buttons, offer(deed)))
        return outcome

    async def _responder(
        self, person: SlackPerson, *, may_be_nobody: bool
    ) -> tuple[Responder, PagerDutyUser | None]:
        """Tell who acts, and whose key it is; help must come while PagerDuty does not answer."""
        identity = self._office.identity
        try:
            return await identity.responder(person), await self._office.directory.me()
        except PagerDutyError:
            if not may_be_nobody:
                raise
            return identity.nobody(person), None

    def _desk(
        self,
        invocation: Invocation,
        responder: Responder,
        key_owner: PagerDutyUser | None,
        incidents: Incidents,
    ) -> Desk:
        office = self._office
        rights = Rights(office, invocation, responder)
        return Desk(
            responder=responder,
            incidents=incidents,
            directory=office.directory,
            identities=office.identity,
            threads=office.threads,
            clock=office.clock,
            require=rights.require,
            rights=rights.describe,
            command=office.command,
            team_ids=office.team_ids,
            key_owner=key_owner,
            channel_id=invocation.channel_id,
            thread_ts=invocation.thread_ts,
            confirmed=invocation.confirmed,
            jobs=office.jobs,
            pager=office.pager,
            audit=office.audit,
        )

    async def _finish(
        self,
        invocation: Invocation,
        responder: Responder | None,
        outcome: Outcome,
        deed: Deed,
        how: str = "",
    ) -> None:
        if not registry.is_write(invocation):
            return
        try:
            await self._office.audit.finish(
                reference=deed.reference,
                responder=responder,
                outcome=(how or (DONE if outcome.ok else NOT_DONE)) + _first_sentence(outcome),
                incidents=[one.id for one in outcome.changed],
                before=deed.before,
                after=deed.after,
            )
        except StoreError:
            # The answer counts more than its record: the intent is stored, and stays unfinished.
            log.exception("audit not finished", reference=deed.reference)

    def form(self, invocation: Invocation) -> Form | None:
        """Give the form that a click opens."""
        return form_of(invocation)

    async def look_ahead(
        self, invocation: Invocation, form: Form, reference: str
    ) -> Form | Outcome:
        """Refuse before anybody types what would be refused afterwards, else name the incident."""
        with bound_contextvars(reference=reference):
            try:
                incident = await self._of_form(invocation, form)
            except RequestError as error:
                log.warning(
                    "form refused", slack_user_id=invocation.slack_user_id, reason=str(error)
                )
                return refusal(error, reference, invocation)
            except PdbotError as error:
                log.info("a form opens without its incident", reason=str(error))
                return form
            except Exception:
                log.exception("a form opens without its incident")
                return form
        return about(form, incident)

    async def _of_form(self, invocation: Invocation, form: Form) -> Incident:
        """Read the incident that a form is to change."""
        person = await self._office.identity.member(
            invocation.slack_user_id, user_team_id=invocation.user_team_id
        )
        responder, key_owner = await self._responder(person, may_be_nobody=False)
        desk = self._desk(invocation, responder, key_owner, self._office.incidents)
        await desk.writable(Effect(form.name))
        incident = await desk.given(form.incident_id)
        if form.name != "note":
            refuse_resolved(desk, incident)
        return incident

    async def prepare(self, invocation: Invocation, reference: str) -> Form | Outcome:
        """Give what a shortcut shows: the open incidents, or a form that picks among them."""
        quotes = invocation.verb == "add_to_incident"
        typed = "list all" if quotes else "list"
        listed = await self.answer(replace(invocation, verb=None, text=typed), reference)
        if not quotes or not listed.ok or not listed.cards:
            return listed
        return quoting_form(listed.cards, invocation.fields, await self._author(invocation))

    async def _author(self, invocation: Invocation) -> str | None:
        """Name who wrote a quoted message; None where nobody could tell."""
        try:
            person = await self._office.people.person(str(invocation.fields.get("message_author")))
        except PdbotError:
            return None
        return person.name if person else None

    def problems(self, invocation: Invocation) -> Mapping[str, str]:
        """Check a submitted form's syntax: field -> what is wrong."""
        fields = invocation.fields
        if invocation.verb == "note" and not str(fields.get("note") or "").strip():
            return {"note": "Write what the note should tell."}
        if invocation.verb != "reassign":
            return {}
        try:
            reassigning.form_people(Request(given=(), fields=fields))
        except UsageError as error:
            name = "escalation_policy" if fields.get("escalation_policy") else "assignees"
            if fields.get("emails") and name == "assignees":
                name = "emails"
            return {name: str(error)}
        return {}

    async def unfinished(self) -> list[tuple[Invocation, Outcome, str]]:
        """Say to whom that what they asked an earlier run for was never finished; once."""
        return [_cut_off(intent) for intent in await self._office.audit.unfinished()]


def _cut_off(intent: Mapping[str, Any]) -> tuple[Invocation, Outcome, str]:
    reference = str(intent["reference"])
    text = (
        f"I was restarted while I worked on “{decode(intent['text'])}”, and do not know whether it "
        f"was done. Look at the incident before you repeat it. (ref {reference})"
    )
    invocation = Invocation(
        via=Via(intent["via"]),
        slack_user_id=intent["slack_user_id"],
        text=intent["text"],
        channel_id=intent["channel_id"],
        thread_ts=intent["thread_ts"],
    )
    return invocation, Outcome(lines=((text,),), ok=False), reference


_AT_WORK = Outcome(lines=(("Already doing that; the answer follows.",),), ok=False)


def _done_before(first: Asked) -> Outcome:
    was = (first.outcome or "").removeprefix(DONE)
    text = (
        f"You asked for the same {max(1, round(first.seconds))} s ago, so it was not done twice: "
        f"{was} To do it again, wait {AGAIN.seconds} s."
    )
    return Outcome(lines=((text,),))


def _first_sentence(outcome: Outcome) -> str:
    pieces = outcome.lines[0] if outcome.lines else ()
    return cut("".join(map(_written, pieces)), 500)


def _written(piece: Piece) -> str:
    match piece:
        case str():
            return piece
        case When():
            return f"{piece.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        case Mention():
            return f"@{piece.slack_user_id}"
        case _:
            return piece.text


def _refuse_endless(invocation: Invocation) -> None:
    if len(invocation.text) > MAX_TEXT:
        raise UsageError("That is more text than Slack allows; nothing was done.")
