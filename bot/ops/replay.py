"""`pdbot replay`: what the rules would have done with a channel's real past. Sends nothing."""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from bot.clock import Clock, SystemClock
from bot.config import load
from bot.errors import ConfigError, SlackError
from bot.ledger import instant, seq_of
from bot.model import ChannelMessage
from bot.notifier.rules import Rules, no_rules
from bot.ops.audit import age_of
from bot.ops.console import write_line
from bot.ops.site import Site, site_of
from bot.ops.tally import OUTCOMES, Tally, tally
from bot.slack.client import Identity
from bot.slack.history import History

OK: Final = 0
FAILS: Final = 1
MOST: Final = 200_000  # messages of one replay; they are kept in memory
_SAMPLES: Final = 10

Progressed = Callable[[float, int], None]
"""Told the share of the time that is read, from 0 to 1, and how many messages that were."""


async def replay(
    environ: Mapping[str, str],
    *,
    channel: str,
    since: str,
    out: TextIO,
    err: TextIO,
    as_json: bool = False,
    folder: Path | None = None,
    clock: Clock | None = None,
) -> int:
    """Read the channel's past, judge it, print the sums; give the exit code.

    Raises:
        ConfigError: the settings, the rules, the channel or `since` are wrong.
    """
    settings = load(environ)
    age = age_of(since)
    clock = clock or SystemClock()
    async with site_of(settings, environ, folder=folder, clock=clock) as site:
        rules = await site.rules.get() or no_rules()
        try:
            channel_id, name = await _channel(site, channel)
            oldest = clock.now() - age
            with _progress(err) as progressed:
                reading = _Reading(await _history(site), channel_id, progressed)
                await reading.read(oldest.timestamp(), clock.now().timestamp())
        except SlackError as error:
            write_line(err, f"pdbot: {error} `pdbot check` says more.")
            return FAILS
    messages = sorted(reading.found.values(), key=lambda one: seq_of(one.changed_at))
    sums = tally(messages, rules, channel_name=name)
    if as_json:
        _print_json(out, sums)
    else:
        _print(out, sums, rules, f"#{name or channel_id}, last {since}")
    if reading.problem:
        write_line(err, f"pdbot: not everything was read: {reading.problem}")
        return FAILS
    return OK


async def _history(site: Site) -> History:
    standing = await site.standing.get()
    identity = Identity(
        bot_user_id=standing.user_id, bot_id=standing.bot_id or "", team_id=standing.team_id
    )
    return History(site.web.patient, identity=identity)


async def _channel(site: Site, wanted: str) -> tuple[str, str | None]:
    """Find the channel by id or name, among those that the bot is in."""
    joined = await site.joined.get()
    name = wanted.removeprefix("#")
    for channel_id, called in joined.items():
        if wanted == channel_id or name == called:
            return channel_id, called or None
    known = ", ".join(f"#{called}" for called in sorted(joined.values())[:_SAMPLES] if called)
    raise ConfigError(
        [
            f"--channel {wanted[:80]}: the bot is in no channel of that name or id. Invite it "
            f"there with /invite @pdbot; it is in {known or 'none'}."
        ]
    )


class _Reading:
    """One reading of a channel's past; what was read stays when Slack stops answering."""

    def __init__(self, history: History, channel_id: str, progressed: Progressed) -> None:
        self._history = history
        self._channel_id = channel_id
        self._progressed = progressed
        self.found: dict[str, ChannelMessage] = {}
        self.problem: str | None = None

    async def read(self, oldest: float, newest: float) -> None:
        """Read the channel from `newest` back to `oldest`, with the replies in its threads."""
        span = max(1.0, newest - oldest)
        try:
            async for at in self._pages(f"{oldest:.6f}"):
                self._progressed((newest - max(at, oldest)) / span, len(self.found))
                if len(self.found) >= MOST:
                    self.problem = f"it stops after {MOST:,} messages; use a shorter --since."
                    return
        except SlackError as error:
            if not self.found:
                raise
            self.problem = str(error)

    async def _pages(self, oldest: str) -> AsyncIterator[float]:
        async for page in self._history.pages(self._channel_id, oldest):
            at = float("inf")
            for said in page:
                at = min(at, float(said.ts))
                if said.message is not None:
                    self.found[said.ts] = said.message
                if said.latest_reply is not None:
                    await self._replies(said.ts, oldest)
            yield at

    async def _replies(self, ts: str, oldest: str) -> None:
        for reply in await self._history.replies(self._channel_id, ts, oldest):
            if reply.message is not None:
                self.found[reply.ts] = reply.message


@contextmanager
def _progress(err: TextIO) -> Iterator[Progressed]:
    """Show a bar on a terminal, nothing in a pipe."""
    if not err.isatty():
        yield lambda _share, _count: None
        return
    columns = (
        TextColumn("reading"),
        BarColumn(),
        TextColumn("{task.fields[count]} messages"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(file=err), transient=True) as bar:
        task = bar.add_task("reading", total=1.0, count=0)
        yield lambda share, count: bar.update(task, completed=share, count=count)


def _print_json(out: TextIO, sums: Tally) -> None:
    """Print an object for each event, for each kind of message not understood, and the sums."""
    lines: list[Mapping[str, object]] = [
        {
            "type": "event",
            "ts": one.message.ts,
            "rule": one.rule,
            "event_action": str(one.event.action),
            "dedup_key": one.event.dedup_key,
            "summary": one.event.body["payload"]["summary"],
            "outcome": one.outcome,
        }
        for one in sums.sent
    ]
    lines += [
        {
            "type": "not_understood",
            "reason": reason,
            "count": sample.count,
            "ts": sample.ts,
            "text": sample.text,
        }
        for reason, sample in sums.not_understood.items()
    ]
    lines.append({"type": "tally", **sums.as_json()})
    out.writelines(json.dumps(line) + "\n" for line in lines)


def _print(out: TextIO, sums: Tally, rules: Rules, title: str) -> None:
    write_line(
        out,
        f"{title}: {sums.messages} messages of bots, {sums.recognized} recognized, "
        f"{sums.messages - sums.recognized} not understood. Nothing was sent.",
    )
    if not rules.rules:
        write_line(out, f"There are no rules ({rules.path or 'no file'}), so nothing would be.")
    for name, phrase in OUTCOMES.items():
        if count := sums.outcomes[name]:
            write_line(out, f"  {count:>6}  {phrase}")
    if sums.unmatched:
        write_line(out, f"  {sums.unmatched:>6}  matched no rule")
    for (_, dedup_key), rule in list(sums.still_open.items())[:_SAMPLES]:
        write_line(out, f'  still open at the end: {dedup_key} (rule "{rule}")')
    for rule, counts in sums.rules.items():
        told = ", ".join(f"{count} {name}" for name, count in counts.items())
        write_line(out, f'  rule "{rule}": {told}')
    if sums.not_understood:
        write_line(out, "Not understood, the most frequent first:")
        ranked = sorted(sums.not_understood.items(), key=lambda each: -each[1].count)
        for reason, sample in ranked[:_SAMPLES]:
            at = f"{instant(seq_of(sample.ts)):%Y-%m-%d %H:%M}Z"
            write_line(out, f"  {sample.count:>6}  {reason}")
            write_line(out, f"          e.g. {at} (ts {sample.ts}): {sample.text}")
