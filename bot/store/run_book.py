"""Decide what messages say about the runs of jobs: pure, on what was loaded of them.

Start and end may arrive in either order, and twice. A row keeps the newest of each; a run goes on
while its start is the newer one. An end alone is a tombstone: its start, when it comes, is history.

Some producers name a run at one of its ends only. A job whose message names none is taken to have
one run at a time: such an end ends every run that goes on, such a start is ended by any end whose
own start nobody saw.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bot.ledger import Ingestion, RunStep, microseconds
from bot.store.text import clip, dump, key

NAMELESS = ""
"""The run of messages that name none."""

STRAY = "\x01"
"""Keeps a job's newest end of a named run whose start was not seen; no producer can write it."""

UNKNOWN = -1
"""The duration of a success whose start was not seen (yet)."""

RunKey = tuple[str, str]


@dataclass(slots=True)
class Run:
    """A run, as far as it was seen; `channel` and `ts` are those of its start."""

    started: int | None
    ended: int | None
    channel: str
    ts: str
    is_new: bool = False

    def is_going_at(self, seq: int) -> bool:
        """Tell whether an end of that instant would be the end of this run."""
        return self.started is not None and (self.ended or -1) < self.started <= seq


def run_of(ingestion: Ingestion) -> RunKey | None:
    """Name the run that a message speaks of."""
    change = ingestion.run
    return None if change is None else (key(ingestion.job), key(change.execution_id or NAMELESS))


def runs_around(ingestion: Ingestion) -> list[RunKey]:
    """Name the rows that must be known before a message is entered."""
    name = run_of(ingestion)
    return [] if name is None else [name, (name[0], NAMELESS), (name[0], STRAY)]


@dataclass(slots=True)
class RunBook:
    """The runs that were loaded, and what must be written."""

    runs: dict[RunKey, Run] = field(default_factory=dict)
    touched: set[RunKey] = field(default_factory=set)
    timers: dict[str, dict[str, Any]] = field(default_factory=dict)
    cancelled: set[RunKey] = field(default_factory=set)
    durations: dict[tuple[str, int], int] = field(default_factory=dict)
    measured: dict[tuple[str, int], int] = field(default_factory=dict)

    def enter(self, ingestion: Ingestion) -> None:
        """Enter what a message says about a run."""
        change, name = ingestion.run, run_of(ingestion)
        if change is None or name is None:
            return
        run = self._row(name, ingestion)
        if change.step is RunStep.START:
            self._start(name, run, ingestion)
            run.channel, run.ts = _place(ingestion)
        elif run.ended is None or run.ended < ingestion.seq:
            self._end(name, run, ingestion)

    def ended_by(self, ingestion: Ingestion) -> list[RunKey]:
        """Name the runs that go on until this message."""
        change, name = ingestion.run, run_of(ingestion)
        if change is None or name is None or change.step is not RunStep.END:
            return []
        own = self.runs.get(name)
        others: Iterable[RunKey] = ()
        if name[1] == NAMELESS:
            others = [each for each in self.runs if each[0] == name[0]]
        elif own is None or own.started is None:
            others = [(name[0], NAMELESS)]
        found = dict.fromkeys([name, *others])
        return [
            each
            for each in found
            if (run := self.runs.get(each)) is not None and run.is_going_at(ingestion.seq)
        ]

    def is_over(self, name: RunKey) -> bool:
        """Tell whether a run is known to have ended."""
        run = self.runs.get(name)
        return run is not None and run.ended is not None and run.ended >= (run.started or 0)

    def _row(self, name: RunKey, ingestion: Ingestion) -> Run:
        self.touched.add(name)
        return self.runs.setdefault(name, Run(None, None, *_place(ingestion), is_new=True))

    def _start(self, name: RunKey, run: Run, ingestion: Ingestion) -> None:
        seq = ingestion.seq
        if run.started is not None and run.started >= seq:
            return
        run.started = seq
        other = self.runs.get((name[0], STRAY if name[1] == NAMELESS else NAMELESS))
        ends = [each.ended for each in (run, other) if each and each.ended and each.ended >= seq]
        if not ends:
            self._replace_timers(name, ingestion)
            return
        run.ended = max(ends)
        self.measured[name[0], run.ended] = run.ended - seq

    def _replace_timers(self, name: RunKey, ingestion: Ingestion) -> None:
        """Let the timers of this start replace those of an earlier one."""
        self._cancel(name)
        for timer in ingestion.timers:
            self.timers[key(timer.name)] = {
                "name": key(timer.name),
                "job": name[0],
                "execution": name[1],
                "due": microseconds(timer.due),
                "lease": 0,
                "body": dump(timer.body),
            }

    def _cancel(self, name: RunKey) -> None:
        self.cancelled.add(name)
        for timer in [t for t in self.timers.values() if (t["job"], t["execution"]) == name]:
            del self.timers[timer["name"]]

    def _end(self, name: RunKey, run: Run, ingestion: Ingestion) -> None:
        seq, change = ingestion.seq, ingestion.run
        going = self.ended_by(ingestion)
        if change is not None and change.succeeded:
            # What was seen counts; what is reported, only where no start was. Of several runs the
            # newest has ended now: the ends of the others were never seen.
            seen = (seq - (self.runs[each].started or 0) for each in going)
            reported = _microseconds_of(change.duration_seconds)
            self.durations[name[0], seq] = min(seen, default=reported)
        if run.started is None and name[1] != NAMELESS:
            stray = self._row((name[0], STRAY), ingestion)
            stray.ended = max(stray.ended or 0, seq)
        run.ended = seq
        for each in going:
            self.runs[each].ended = seq
            self.touched.add(each)
            self._cancel(each)
        if run.started is None:
            self._cancel(name)


def _place(ingestion: Ingestion) -> tuple[str, str]:
    return clip(ingestion.message.channel_id, 64), clip(ingestion.message.ts, 32)


def _microseconds_of(seconds: float | None) -> int:
    is_sane = seconds is not None and 0 <= seconds < 10**9  # also refuses NaN; 31 years
    return int(seconds * 1_000_000) if is_sane and seconds is not None else UNKNOWN
