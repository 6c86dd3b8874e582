"""`resolve`: it is over, and why."""

from dataclasses import dataclass
from typing import ClassVar, Self

from bot.actions.desk import Desk
from bot.actions.grammar import Addressed, Request, Target, Usage, addressed, reference
from bot.actions.phrases import state
from bot.actions.words import Words
from bot.actions.writing import add_note_once, leave_name, refuse_resolved, set_status
from bot.errors import PagerDutyError, UsageError
from bot.model import Effect, Incident, Line, Outcome, Status


@dataclass(frozen=True, slots=True)
class Resolve:
    """Resolve an incident, with a text that becomes its resolution and a note."""

    what: Addressed
    raw: str = ""

    usage: ClassVar[Usage] = Usage(
        verb="resolve",
        aliases=("r", "res"),
        form="resolve [INCIDENT] [TEXT]",
        summary="resolve; TEXT is kept as a note, too",
        examples=("resolve #123 restarted the exporter",),
        details=(
            "TEXT is kept as the resolution and as a note.",
            "Where TEXT begins like an incident, put -- before it: resolve -- 500 errors are gone.",
        ),
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read the incident and the text."""
        if request.fields is not None:
            text = request.form_text("resolution") or ""
            return cls(Addressed(Target(given=request.given), text))
        raw = request.words.raw_rest()
        what = addressed(request)
        _refuse_several(what)
        return cls(what, raw)

    async def perform(self, desk: Desk) -> Outcome:
        """Write the text as a note first, because PagerDuty does not show resolutions."""
        await desk.writable(Effect.RESOLVE)
        incident, text = await desk.addressed(self.what, "resolve", self.raw)
        if text:
            await desk.writable(Effect.RESOLVE, Effect.NOTE)
        return await resolve(desk, incident, text)


def _refuse_several(what: Addressed) -> None:
    words = Words(what.text).all()
    if what.target.refs and words and all(reference(word) for word in words):
        raise UsageError(
            f'resolve takes one incident; nothing was done. If "{what.text[:60]}" is your text, '
            "put -- in front of it; else resolve them one by one."
        )


async def resolve(desk: Desk, incident: Incident, text: str) -> Outcome:
    """Resolve one incident.

    Raises:
        PagerDutyError: it says so when the note was written and the incident is still open.
    """
    refuse_resolved(desk, incident)
    if text:
        await add_note_once(desk, incident, text)
    try:
        after = await set_status(desk, incident, Status.RESOLVED, resolution=text or None)
    except PagerDutyError as error:
        if not text:
            raise
        raise PagerDutyError(
            f"Your note is on #{incident.number}, but it could not be resolved: {error} It is "
            "still open as far as I know. Repeat the command, the note will not be written twice.",
            status=error.status,
        ) from error
    kept = " Your text is on it, as its resolution and as a note." if text else ""
    lines: list[Line] = [("Resolved. ", *state(after), kept)]
    if not text and (problem := await leave_name(desk, after, "Resolved")):
        lines.append((problem,))
    thread = (desk.responder.name, f" resolved: {text}" if text else " resolved this.")
    return Outcome(lines=tuple(lines), changed=(after,), thread_lines=(thread,))
