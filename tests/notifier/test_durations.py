"""Durations, as job tools print them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.notifier.durations import LONGEST_SECONDS, parse_seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        # the eleven of reference/job-messages.md
        ("2 min 3 sec", 123),
        ("1 hr 5 min", 3900),
        ("02:10", 130),
        ("01:02:10", 3730),
        ("12.345s", 12.345),
        ("1h2m3.5s", 3723.5),
        ("1h 13m 4s", 4384),
        ("2 minutes 3 seconds", 123),
        ("1 hour 2 min 5 sec", 3725),
        ("00:02:03.456", 123.456),
        ("(duration: 1h 2m 3s)", 3723),
        # what the same printers give for other times
        ("0.12 sec", 0.12),
        ("45 ms", 0.045),
        ("0 minutes 4 seconds", 4),
        ("61 min 9 sec", 3669),
        ("1 day 2 hr", 93600),
        ("1 mo 2 days", 2764800),
        ("1 yr 2 mo", 36720000),
        ("1 hour, 30 minutes", 5400),
        ("1 hour and 30 minutes", 5400),
        ("99:59", 5999),
        ("100:00:00", 360000),
        ("1 day, 2:03:04", 93784),
        ("1.02:03:04", 93784),
        ("1m0s", 60),
        ("1.5µs", 0.0000015),
        ("250us", 0.00025),
        ("PT1H2M3.5S", 3723.5),
        ("P1DT1S", 86401),
        ("2 min 3 sec and counting", 123),
        ("  3\n sec ", 3),
        ("0s", 0),
    ],
)
def test_duration_is_read(text: str, seconds: float) -> None:
    assert parse_seconds(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "5",
        "soon",
        "Job is not found.\nCheck the matrix.",
        "3 sec 2 min",
        "3 sec 3 sec",
        "1:75",
        "1:60:00",
        "1h2",
        "3 parsecs",
        "PT",
        "P",
        "-3s",
        "3 sec or so",
        "99999999999 days",
        "1" * 300 + "s",
    ],
)
def test_text_that_is_no_duration_is_none(text: str) -> None:
    assert parse_seconds(text) is None


@given(st.text())
def test_any_text_gives_none_or_seconds_in_bounds(text: str) -> None:
    seconds = parse_seconds(text)

    assert seconds is None or 0 <= seconds <= LONGEST_SECONDS


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59))
def test_every_form_of_one_duration_reads_the_same(hours: int, minutes: int, seconds: int) -> None:
    forms = (
        f"{hours}h{minutes}m{seconds}s",
        f"{hours} hr {minutes} min {seconds} sec",
        f"{hours} hours, {minutes} minutes and {seconds} seconds",
        f"{hours:02}:{minutes:02}:{seconds:02}",
        f"PT{hours}H{minutes}M{seconds}S",
    )

    assert {parse_seconds(form) for form in forms} == {hours * 3600 + minutes * 60 + seconds}
