"""Times as people type them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.moments import Moment, Span, TimeOfDay, end_of, parse_moment
from bot.errors import UsageError

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # 13:00 in Berlin


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("30m", Span(1800)),
        ("2h", Span(7200)),
        ("1h30m", Span(5400)),
        ("1h 30m", Span(5400)),
        ("7d", Span(604_800)),
        ("90s", Span(90)),
        ("for 2 hours", Span(7200)),
        ("45 Minutes", Span(2700)),
        ("1 day", Span(86_400)),
        ("until 09:00", TimeOfDay(9)),
        ("until 9", TimeOfDay(9)),
        ("until 9.30", TimeOfDay(9, 30)),
        ("until 9am", TimeOfDay(9)),
        ("until 12am", TimeOfDay(0)),
        ("until 12pm", TimeOfDay(12)),
        ("till 9:15 pm", TimeOfDay(21, 15)),
        ("UNTIL Mon 9", TimeOfDay(9, day=0)),
        ("until thurs at 17:05", TimeOfDay(17, 5, 3)),
        ("until sunday 23:59", TimeOfDay(23, 59, 6)),
        ("until tomorrow 8", TimeOfDay(8, day="tomorrow")),
        ("until today 18", TimeOfDay(18, day="today")),
    ],
)
def test_moment_is_read(typed: str, moment: Moment) -> None:
    assert parse_moment(typed) == moment


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "30",
        "9",
        "soon",
        "until",
        "until 24",
        "until 9:60",
        "until 13pm",
        "until 0am",
        "2x",
        "until mo 9",
        "until someday 9",
        "until mon",
        "1h until 9",
        "-5m",
        "1.5h",
        "9999999h",
        "999999d" * 9,
    ],
)
def test_anything_else_is_refused_with_examples(typed: str) -> None:
    with pytest.raises(UsageError, match="Say for example 30m, 2h, until 09:00"):
        parse_moment(typed)


@pytest.mark.parametrize(
    ("moment", "local"),
    [
        pytest.param(Span(1800), "2026-11-23 13:30", id="for half an hour"),
        pytest.param(TimeOfDay(14), "2026-11-23 14:00", id="later today"),
        pytest.param(TimeOfDay(9), "2026-11-24 09:00", id="over for today"),
        pytest.param(TimeOfDay(13), "2026-11-24 13:00", id="this very minute"),
        pytest.param(TimeOfDay(9, day=0), "2026-11-30 09:00", id="monday, on a monday"),
        pytest.param(TimeOfDay(14, day=0), "2026-11-23 14:00", id="later this monday"),
        pytest.param(TimeOfDay(9, day=6), "2026-11-29 09:00", id="sunday"),
        pytest.param(TimeOfDay(8, day="tomorrow"), "2026-11-24 08:00", id="tomorrow"),
        pytest.param(TimeOfDay(14, day="today"), "2026-11-23 14:00", id="today"),
    ],
)
def test_end_is_meant_in_the_callers_zone(moment: Moment, local: str) -> None:
    assert f"{end_of(moment, MONDAY, BERLIN):%Y-%m-%d %H:%M}" == local


def test_time_of_today_that_is_over_is_refused() -> None:
    with pytest.raises(UsageError, match="It is 13:00 already"):
        end_of(TimeOfDay(9, day="today"), MONDAY, BERLIN)


@pytest.mark.parametrize("now", ["2026-03-28 20:00", "2026-10-24 20:00"], ids=["spring", "autumn"])
def test_nine_o_clock_stays_nine_o_clock_when_the_clocks_change(now: str) -> None:
    before = datetime.fromisoformat(now).replace(tzinfo=UTC)
    end = end_of(TimeOfDay(9), before, BERLIN)
    assert (end.hour, end.utcoffset()) != (9, before.astimezone(BERLIN).utcoffset())
    assert end.hour == 9


@given(
    now=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # hypothesis adds the zone
    zone=st.sampled_from(["Europe/Berlin", "America/St_Johns", "Asia/Kolkata", "Pacific/Apia"]),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    day=st.none() | st.integers(0, 6),
)
def test_end_lies_ahead_and_not_further_than_it_must(
    now: datetime, zone: str, hour: int, minute: int, day: int | None
) -> None:
    end = end_of(TimeOfDay(hour, minute, day), now, ZoneInfo(zone))
    days = 1 if day is None else 7
    assert timedelta(0) < end - now <= timedelta(days=days, hours=1)
    assert day is None or end.weekday() == day
