"""`jobs`: what the notifier watches, what it saw, why it did (not) page, and what is muted."""

import re
from dataclasses import dataclass
from typing import ClassVar, Literal, Self

from bot.actions.desk import Desk
from bot.actions.grammar import Request, Usage
from bot.actions.moments import Moment, Span
from bot.actions.muting import mute, parse_job, parse_mute, unmute
from bot.errors import UsageError
from bot.model import Effect, Line, Outcome

_LINK = re.compile(r"https?://[^\s/]+/archives/([A-Z0-9]{2,20})/p([0-9]{7,18})(?:[?#]\S*)?")
_FRACTION = 6  # digits of a ts behind its dot, which a link leaves out
_ENTRY = re.compile(r"#?([0-9]{1,12})")
_NOW: Moment = Span(0)
_OFF: Line = ("The notifier does not run here, so there are no job messages to speak of.",)


@dataclass(frozen=True, slots=True)
class Jobs:
    """Tell about job messages, send an alert again that PagerDuty refused, or mute a job."""

    what: Literal["overview", "why", "retry", "mute", "unmute"] = "overview"
    channel_id: str = ""
    ts: str = ""
    entry_id: int = 0
    job: str = ""
    moment: Moment = _NOW

    usage: ClassVar[Usage] = Usage(
        verb="jobs",
        form="jobs [why LINK|retry ID|mute JOB 2h|unmute JOB]",
        summary="which job messages are watched, and what became of them",
        examples=(
            "jobs",
            "jobs why https://acme.slack.com/archives/C0JOBS/p1763870705574488",
            "jobs mute nightly/backup 2h",
            "jobs unmute nightly/backup",
        ),
        details=(
            "A muted job calls nobody until then, at most 7 days; what it has open still resolves.",
            "JOB is its name, or producer:project:job where several are called so.",
        ),
        writes=False,
        works_offline=True,
        is_rare=True,
        writing_words=frozenset({"retry", "mute", "unmute"}),
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read which message, which entry of the outbox, or which job."""
        text = request.words.copy()
        text.next()
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
        if verb == "mute":
            job, moment = parse_mute(text.rest())
            return cls("mute", job=job, moment=moment)
        if verb == "unmute":
            return cls("unmute", job=parse_job(text.rest()))
        raise UsageError(
            "jobs takes nothing, why with a message's link, retry with a number, or mute and "
            "unmute with a job."
        )

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
            case "mute":
                return await mute(desk, desk.jobs.mutes, self.job, self.moment)
            case "unmute":
                return await unmute(desk, desk.jobs.mutes, self.job)
