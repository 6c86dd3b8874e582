"""Durations of settings and rules."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.durations import LONGEST_SECONDS, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("5m", 300),
        ("2h", 7_200),
        ("1h30m", 5_400),
        ("7d", 604_800),
        ("1d2h3m4s", 93_784),
        (" 24h ", 86_400),
        ("0s", 0),
        ("3650d", LONGEST_SECONDS),
    ],
)
def test_duration_is_read(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", " ", "5", "m", "5 m", "5M", "30m1h", "5m5m", "-5m", "+5m", "1.5h", "5w", "٥m", "5m\n6s"],
)
def test_duration_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration: write for example 90s, 5m"):
        parse_duration(text)


def test_duration_of_more_than_ten_years_is_refused() -> None:
    with pytest.raises(ValueError, match="more than ten years"):
        parse_duration("3651d")


def test_duration_error_does_not_repeat_the_text() -> None:
    """A token in the wrong variable must not end in a log."""
    with pytest.raises(ValueError, match="is not a duration") as caught:
        parse_duration("xoxb-secret")
    assert "xoxb" not in str(caught.value)


@given(st.integers(0, LONGEST_SECONDS))
def test_duration_survives_being_written_and_read(seconds: int) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.4, "0s"),
        (59.6, "1m"),
        (123, "2m3s"),
        (86_400, "1d"),
        (-5, "0s"),
        (math.nan, "0s"),
        (math.inf, "3650d"),
    ],
)
def test_duration_is_written_in_whole_seconds(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text
