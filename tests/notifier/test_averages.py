"""When a run takes too long."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Condition
from bot.notifier.averages import fires_after, overdue, parse_threshold
from tests.notifier.jobs import job_status


@pytest.mark.parametrize(
    ("text", "kind", "amount"),
    [
        ("+20%", "percent", 20),
        ("+12.5 %", "percent", 12.5),
        ("+0%", "percent", 0),
        ("+5m", "over", 300),
        ("45m", "absolute", 2_700),
        (" 1h30m ", "absolute", 5_400),
    ],
)
def test_threshold_is_read(text: str, kind: str, amount: float) -> None:
    threshold = parse_threshold(text)
    assert (threshold.kind, threshold.amount) == (kind, amount)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("20%", "a percentage begins with a plus"),
        ("+-5%", "a percentage begins with a plus"),
        ("+10001%", "more than 10000 %"),
        ("soon", "is no threshold"),
        ("++5m", "is no threshold"),
        ("", "is no threshold"),
        ("0s", "exceeded at once"),
    ],
)
def test_threshold_of_another_form_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_threshold(text)


@pytest.mark.parametrize(
    ("threshold", "past", "seconds"),
    [
        pytest.param("+20%", [100, 100, 100], 120, id="percent over the average"),
        pytest.param("+5m", [100, 200, 300], 500, id="time over the average"),
        pytest.param("+0s", [100, 200, 300], 200, id="the average itself"),
        pytest.param("45m", [], 2_700, id="absolute without runs"),
        pytest.param("45m", [1, 1, 1], 2_700, id="absolute whatever the runs"),
        pytest.param("+20%", [100] * 20 + [9e9], 120, id="only twenty runs count"),
        pytest.param("+20%", [100, 100], None, id="two runs are too few"),
        pytest.param("+20%", [], None, id="no run"),
        pytest.param("+20%", [0, 0, 0], None, id="runs that took no time"),
        pytest.param("+5m", [0, 0, 0], 300, id="time over runs that took no time"),
        pytest.param("+20%", [100, math.nan, math.inf, -1, 100], None, id="nonsense is no run"),
    ],
)
def test_threshold_fires_after(threshold: str, past: list[float], seconds: float | None) -> None:
    assert fires_after(parse_threshold(threshold), past).seconds == seconds


def test_threshold_says_how_many_runs_are_known() -> None:
    answer = fires_after(parse_threshold("+20%"), [100, 120])
    assert answer.reason == (
        "There is no average yet (2 of 3 successful runs are known), so this run is not timed."
    )


def test_threshold_says_how_it_was_counted() -> None:
    answer = fires_after(parse_threshold("+20%"), [100, 100, 100])
    assert answer.reason == (
        "The average of the last 3 successful runs is 1m40s; with +20% a run is late after 2m."
    )


@given(
    st.sampled_from(["+20%", "+0%", "+5m", "45m"]),
    st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=30),
)
def test_threshold_never_fires_at_once(text: str, past: list[float]) -> None:
    seconds = fires_after(parse_threshold(text), past).seconds
    assert seconds is None or seconds > 0


def test_overdue_run_is_reported_as_an_exceeded_average() -> None:
    status = overdue(job_status(Condition.START, raw_status="Started"), 750)

    assert status.condition is Condition.AVG_DURATION
    assert status.raw_status == "still running after 12m30s"
    assert status.duration_seconds == 750
    assert status.job == "nightly/backup"
