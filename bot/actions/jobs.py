"""`jobs`: what the notifier watches, what it saw, and why it did (not) page."""

import re
from dataclasses import dataclass
from typing import ClassVar, Literal, Self

from bot.actions.desk import Desk
from bot.actions.grammar import Request, Usage
from bot.errors import UsageError
from bot.model import Effect, Line, Outcome

_LINK = re.compile(r"https?://[^\s/]+/archives/([A-Z0-9]{2,20})/p([0-9]{7,18})(?:[?#]\S*)?")
_FRACTION = 6  # digits of a ts behind its dot, which a link leaves out
_ENTRY = re.compile(r"#?([0-9]{1,12})")
_OFF: Line = ("The notifier does not run here, so there are no job messages to speak of.",)


@dataclass(frozen=True, slots=True)
class Jobs:
    """Tell about job messages, or send an alert again that PagerDuty refused."""

    what: Literal["overview", "why", "retry"] = "overview"
    channel_id: str = ""
    ts: str = ""
    entry_id: int = 0

    usage: ClassVar[Usage] = Usage(
        verb="jobs",
        form="jobs [why LINK | retry ID]",
        summary="which job messages are watched, and what became of them",
        examples=("jobs", "jobs why https://acme.slack.com/archives/C0JOBS/p1763870705574488"),
        writes=False,
        works_offline=True,
        is_rare=True,
        writing_words=frozenset({"retry"}),
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read which message, or which entry of the outbox."""
        words = request.words.all()
        if not words:
            return cls()
        verb, rest = words[0].value.lower(), words[1:]
        if verb == "why" and len(rest) == 1 and (link := _LINK.fullmatch(rest[0].value)):
            digits = link[2]
            ts = f"{digits[:-_FRACTION]}.{digits[-_FRACTION:]}"
            return cls("why", channel_id=link[1], ts=ts)
        if verb == "why":
            raise UsageError("jobs why takes the link of one message (Copy link in its menu).")
        if verb == "retry" and len(rest) == 1 and (entry := _ENTRY.fullmatch(rest[0].value)):
            return cls("retry", entry_id=int(entry[1]))
        if verb == "retry":
            raise UsageError("jobs retry takes the number of one entry of the outbox.")
        raise UsageError("jobs takes nothing, why with a message's link, or retry with a number.")

    async def perform(self, desk: Desk) -> Outcome:
        """Ask the notifier."""
        if desk.jobs is None:
            return Outcome(lines=(_OFF,), ok=False)
        match self.what:
            case "overview":
                return Outcome(lines=tuple(await desk.jobs.overview()))
            case "why":
                return Outcome(lines=tuple(await desk.jobs.why(self.channel_id, self.ts)))
            case "retry":
                await desk.require(Effect.TRIGGER)
                return Outcome(lines=(await desk.jobs.retry(self.entry_id),))
