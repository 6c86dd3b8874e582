"""`note` and `notes`: write on an incident, and read what is written there."""

from dataclasses import dataclass
from typing import ClassVar, Self

from bot.actions.desk import Desk
from bot.actions.grammar import Addressed, Request, Target, Usage, addressed, one
from bot.actions.phrases import cut, named
from bot.actions.writing import add_note
from bot.errors import UsageError
from bot.model import Bold, Effect, Line, Outcome, When

# No limit is published. A form's field takes 3,000 characters and a command 4,000 or more: what a
# person types fits, what was pasted by mistake does not.
MAX_NOTE = 25_000
SHOWN_NOTES = 20
SHOWN_LENGTH = 500


@dataclass(frozen=True, slots=True)
class AddNote:
    """Write a note, also on a resolved incident."""

    what: Addressed
    raw: str = ""

    usage: ClassVar[Usage] = Usage(
        verb="note",
        aliases=("n",),
        form="note [INCIDENT] TEXT",
        summary="add a note, also to a resolved incident",
        examples=("note #123 disk is full on db-03",),
        details=(
            "Where TEXT begins like an incident, put -- before it: note -- 500 errors on the API.",
        ),
        is_additive=True,
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read the incident and the text."""
        if request.fields is not None:
            text = request.form_text("note") or ""
            return cls(Addressed(Target(given=request.given), text))
        raw = request.words.raw_rest()
        what = addressed(request)
        if not what.text and what.otherwise is None and not what.target.given:
            raise UsageError("The note is empty; nothing was written. Say what it should tell.")
        return cls(what, raw)

    async def perform(self, desk: Desk) -> Outcome:
        """Write it."""
        await desk.writable(Effect.NOTE)
        if len(self.what.text) > MAX_NOTE:
            raise UsageError(
                f"The note has {len(self.what.text):,} characters, more than the {MAX_NOTE:,} that "
                "I pass on; nothing was written. Shorten it, or post it in parts."
            )
        incident, text = await desk.addressed(self.what, "note", self.raw)
        if not text.strip():
            raise UsageError(
                f"The note for #{incident.number} is empty; nothing was written. Say what it "
                f"should tell, for example {desk.typed(self.usage.examples[0])}"
            )
        await add_note(desk, incident, text)
        resolved = "" if incident.is_open else " It is resolved."
        quoted = cut(" ".join(text.split()), 200)
        line: Line = ("Your note is on ", *named(incident), f".{resolved} It says: “{quoted}”")
        thread: Line = (desk.responder.name, " noted: ", cut(text, 2000))
        return Outcome(lines=(line,), changed=(incident,), thread_lines=(thread,))


@dataclass(frozen=True, slots=True)
class ReadNotes:
    """Read an incident's notes."""

    target: Target

    usage: ClassVar[Usage] = Usage(
        verb="notes",
        form="notes INCIDENT",
        summary="read an incident's notes",
        examples=("notes #123",),
        writes=False,
        is_rare=True,
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read the incident."""
        return cls(one(request))

    async def perform(self, desk: Desk) -> Outcome:
        """Show the newest notes, oldest of them first."""
        incident = await desk.single(self.target, "notes")
        notes = await desk.incidents.notes(incident.id)
        if not notes:
            return Outcome(lines=((*named(incident), " has no notes."),))
        shown = notes[-SHOWN_NOTES:]
        count = f"{len(notes)} note{'s' if len(notes) > 1 else ''}"
        newest = f", the newest {len(shown)} are" if len(notes) > len(shown) else ""
        headline: Line = (*named(incident), f": {count}{newest}")
        lines = tuple(
            (
                Bold(note.author),
                " · ",
                When(note.created_at, "date"),
                "\n",
                cut(note.content, SHOWN_LENGTH),
            )
            for note in shown
        )
        return Outcome(lines=(headline, *lines))
