"""`jobs mute` and `jobs unmute`: a job that calls nobody for a while."""

import difflib
import re
from collections.abc import Sequence
from datetime import timedelta

from bot.actions.desk import Desk, WhichOne
from bot.actions.grammar import form_words
from bot.actions.moments import EXAMPLES, Moment, end_of, parse_moment, zone_of
from bot.actions.phrases import OFFERED, cut, pick
from bot.durations import format_duration
from bot.errors import RequestError, UsageError
from bot.model import Code, Effect, Line, Outcome, When
from bot.ports import Mutes

LONGEST = timedelta(days=7)
SHORTEST = timedelta(seconds=1)

_SHOWN = 120
_UNTIL = re.compile(r"(?P<job>.+)\s(?P<when>until\s.+)", re.IGNORECASE | re.DOTALL)
_LAST = re.compile(r"(?P<job>.+?)\s(?P<when>(?:for\s+)?\S+)", re.IGNORECASE | re.DOTALL)
_IDENTITY = re.compile(r"[^\s:]+:[^:]+:.+")
_NEW = "I have not seen a message of that job yet: see that it is spelled as its messages will be."
_QUOTED = re.compile(r"[\"“”„«](?P<name>[^\"“”„«»]+)[\"“”»]")


def parse_mute(text: str) -> tuple[str, Moment]:
    """Read a job's name and, behind it, for how long.

    Raises:
        UsageError: there are not both.
    """
    for shape in (_UNTIL, _LAST):
        if found := shape.fullmatch(text):
            try:
                return parse_job(found["job"]), parse_moment(found["when"])
            except UsageError:
                continue
    raise UsageError(f"jobs mute takes a job and then a time, for example {EXAMPLES}.")


def parse_job(text: str) -> str:
    """Read a job's name, with or without quotes; there may be spaces in it.

    Raises:
        UsageError: there is none.
    """
    quoted = _QUOTED.fullmatch(text.strip())
    name = " ".join((quoted["name"] if quoted else text).split())
    if not name:
        raise UsageError("You named no job; nothing was done.")
    return name


async def mute(desk: Desk, mutes: Mutes, job: str, moment: Moment) -> Outcome:
    """Let a job call nobody until then."""
    await desk.require(Effect.MUTE)
    now = desk.clock.now()
    lasts = end_of(moment, now, zone_of(moment, desk.responder.time_zone)) - now
    if not SHORTEST <= lasts <= LONGEST:
        raise UsageError(
            "A job is muted for 1 second to 7 days, and this would be "
            f"{format_duration(lasts.total_seconds())}; nothing was done."
        )
    span = format_duration(lasts.total_seconds())
    known = await mutes.jobs()
    # Who writes all of an identity means just that, also of a job that runs tonight for once.
    is_new = not _called(known, job) and _IDENTITY.fullmatch(job) is not None
    name = job if is_new else _one(known, job, "that I have seen", ("mute", span))
    until = await mutes.put(name, lasts, desk.responder.name)
    line: Line = (
        "Muted: ",
        Code(cut(name, _SHOWN)),
        " until ",
        When(until, "date"),
        ". Until then only a resolve of it is sent to PagerDuty; what fails meanwhile is not sent "
        "later. To end it before: ",
        Code(desk.typed(f"jobs unmute {cut(name, _SHOWN)}")),
        ".",
    )
    lines = (line, (_NEW,)) if is_new else (line,)
    return Outcome(lines=lines)


async def unmute(desk: Desk, mutes: Mutes, job: str) -> Outcome:
    """Let a job call people again."""
    await desk.require(Effect.MUTE)
    muted = await mutes.muted()
    if not muted:
        return Outcome(lines=(("No job is muted; nothing was done.",),), ok=False)
    name = _one(muted, job, "that is muted", ("unmute", ""))
    if not await mutes.end(name):
        line: Line = (Code(cut(name, _SHOWN)), " is not muted any more; nothing was done.")
        return Outcome(lines=(line,), ok=False)
    return Outcome(
        lines=(("Unmuted: ", Code(cut(name, _SHOWN)), ". Its next failure is sent again."),)
    )


def _one(names: Sequence[str], job: str, which: str, around: tuple[str, str]) -> str:
    """Find the one job that is meant, by its name or by all of `producer:project:job`.

    `around` is what stands before and behind the name in the command.

    Raises:
        WhichOne: several could be meant; its buttons say which.
        RequestError: none could.
    """
    found = _called(names, job)
    if len(found) == 1:
        return found[0]
    before, behind = around
    near = found or _near(names, job.casefold())
    buttons = [
        pick(name, "jobs", (), f"{before} {form_words(name)} {behind}".strip())
        for name in near[:OFFERED]
    ]
    if found:
        more = "" if len(found) <= OFFERED else ", or say producer:project:job"
        raise WhichOne(
            f"{len(found)} jobs could be meant, so nothing was done yet. Pick one{more}:",
            buttons=buttons,
        )
    hint = "Did you mean one of these?" if near else "`jobs` lists the last messages of jobs."
    raise RequestError(
        f'No job {which} is called "{cut(job, _SHOWN)}"; nothing was done. {hint}',
        buttons=buttons,
    )


def _called(names: Sequence[str], job: str) -> list[str]:
    wanted = job.casefold()
    exact = [name for name in names if name.casefold() == wanted]
    return exact or [name for name in names if name.casefold().endswith(f":{wanted}")]


def _near(names: Sequence[str], wanted: str) -> list[str]:
    by_end = {name.casefold().rpartition(":")[2]: name for name in reversed(names)}
    by_name = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(wanted[:200], [*by_end, *by_name], n=OFFERED)
    return list(dict.fromkeys(by_end.get(one) or by_name[one] for one in close))
