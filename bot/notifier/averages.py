"""When does a run take too long? Pure: durations in, an answer with its reason out."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from bot.durations import LONGEST_SECONDS, format_duration, parse_duration
from bot.model import Condition, JobStatus

MOST_RUNS: Final = 20
LEAST_RUNS: Final = 3
_LARGEST_PERCENT: Final = 10_000
_PERCENT: Final = re.compile(r"\+(?P<number>[0-9]{1,5}(?:\.[0-9]{1,3})?)[ ]?%")
_EXAMPLES: Final = 'write "+20%" or "+5m" (over the average), or "45m" (absolute)'


@dataclass(frozen=True, slots=True)
class Threshold:
    """How long a run may take.

    `amount` is percent or seconds over the average, or absolute seconds.
    """

    kind: Literal["percent", "over", "absolute"]
    amount: float
    text: str

    @property
    def needs_runs(self) -> bool:
        """Tell whether it is measured against past runs."""
        return self.kind != "absolute"


@dataclass(frozen=True, slots=True)
class Expectation:
    """After how many seconds a run is late; None with the reason where nobody can say."""

    seconds: float | None
    reason: str


def parse_threshold(text: str) -> Threshold:
    """Read `+20%`, `+5m` or `45m`.

    Raises:
        ValueError: it is none of these.
    """
    folded = text.strip()
    if found := _PERCENT.fullmatch(folded):
        percent = float(found["number"])
        if percent > _LARGEST_PERCENT:
            raise ValueError(f"is more than {_LARGEST_PERCENT} %: {_EXAMPLES}")
        return Threshold("percent", percent, folded)
    if folded.endswith("%"):
        raise ValueError(f"is no threshold; a percentage begins with a plus: {_EXAMPLES}")
    try:
        seconds = parse_duration(folded.removeprefix("+"))
    except ValueError:
        raise ValueError(f"is no threshold: {_EXAMPLES}") from None
    if folded.startswith("+"):
        return Threshold("over", seconds, folded)
    if not seconds:
        raise ValueError(f"would be exceeded at once: {_EXAMPLES}")
    return Threshold("absolute", seconds, folded)


def fires_after(threshold: Threshold, past_durations: Sequence[float]) -> Expectation:
    """Tell after how many seconds a running job is late.

    `past_durations` are seconds of its last successful runs, newest first; those after the
    twentieth do not count. Too few runs: it says so instead of guessing.
    """
    if not threshold.needs_runs:
        limit = format_duration(threshold.amount)
        return Expectation(threshold.amount, f"The rule's limit is {limit}.")
    counted = [seconds for seconds in past_durations if _is_duration(seconds)][:MOST_RUNS]
    if len(counted) < LEAST_RUNS:
        return Expectation(
            None,
            f"There is no average yet ({len(counted)} of {LEAST_RUNS} successful runs are known), "
            "so this run is not timed.",
        )
    average = math.fsum(counted) / len(counted)
    by_percent = threshold.kind == "percent"
    seconds = average * (1 + threshold.amount / 100) if by_percent else average + threshold.amount
    if seconds <= 0:
        return Expectation(None, "The last successful runs took no time: nothing to compare with.")
    return Expectation(
        seconds,
        f"The average of the last {len(counted)} successful runs is {format_duration(average)}; "
        f"with {threshold.text} a run is late after {format_duration(seconds)}.",
    )


def _is_duration(seconds: float) -> bool:
    """Tell nonsense (negative, not a number, thousands of years) from how long something took."""
    return 0 <= seconds <= LONGEST_SECONDS


def overdue(start: JobStatus, after_seconds: float) -> JobStatus:
    """Make the job status that the bot itself reports while a started run exceeds its threshold."""
    return replace(
        start,
        condition=Condition.AVG_DURATION,
        raw_status=f"still running after {format_duration(after_seconds)}",
        duration_seconds=after_seconds,
    )
