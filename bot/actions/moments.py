"""When something should end, as people type it: `30m`, `until 09:00`, `until mon 9`. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.durations import LONGEST_SECONDS
from bot.errors import UsageError

EXAMPLES: Final = "30m, 2h, until 09:00, until tomorrow 8 or until mon 9"
_NOON: Final = 12
_WEEK: Final = 7

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORTEST_DAY: Final = 3  # letters: mon, tues, thur

_UNITS: Final = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_PART: Final = re.compile(
    r"(?P<count>[0-9]{1,6})\s*"
    r"(?P<unit>d|days?|h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?)(?![a-z])\s*"
)
_SPAN: Final = re.compile(rf"(?:for\s+)?(?:{re.sub(r'[?]P<[a-z]+>', '?:', _PART.pattern)})+")
_UNTIL: Final = re.compile(
    r"(?:until|till?)\s+(?:(?P<day>[a-z]+)\s+)?(?:at\s+)?"
    r"(?P<hour>[0-9]{1,2})(?:[:.](?P<minute>[0-9]{2}))?\s*(?P<half>[ap]m)?"
)


@dataclass(frozen=True, slots=True)
class Span:
    """For so long."""

    seconds: int


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """Until a time of day; `day` is `today`, `tomorrow`, a weekday (0 is Monday), or the next."""

    hour: int
    minute: int = 0
    day: str | int | None = None


Moment = Span | TimeOfDay


def parse_moment(text: str) -> Moment:
    """Read a duration, or `until` and a time.

    Raises:
        UsageError: it is neither.
    """
    folded = " ".join(text.lower().split())
    if _SPAN.fullmatch(folded):
        parts = _PART.finditer(folded)
        seconds = sum(int(part["count"]) * _UNITS[part["unit"][0]] for part in parts)
        if seconds <= LONGEST_SECONDS:  # longer ones are beyond the calendar
            return Span(seconds)
        raise _not_a_time(text)
    found = _UNTIL.fullmatch(folded)
    if found is None:
        raise _not_a_time(text)
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        if not 1 <= hour <= _NOON:
            raise _not_a_time(text)
        hour = hour % _NOON + (_NOON if found["half"] == "pm" else 0)
    if hour > 23 or minute > 59:  # noqa: PLR2004  # a clock
        raise _not_a_time(text)
    return TimeOfDay(hour, minute, _day(found["day"], text))


def _day(word: str | None, text: str) -> str | int | None:
    if word is None or word in {"today", "tomorrow"}:
        return word
    if len(word) >= _SHORTEST_DAY:
        for number, day in enumerate(_DAYS):
            if day.startswith(word):
                return number
    raise _not_a_time(text)


def _not_a_time(text: str) -> UsageError:
    shown = " ".join(text.split())[:40]
    what = f'"{shown}" is not a time' if shown else "You named no time"
    return UsageError(f"{what}; nothing was done. Say for example {EXAMPLES}.")


def zone_of(moment: Moment, name: str | None) -> tzinfo:
    """Give the caller's zone, by the name that Slack tells; a duration needs none.

    Raises:
        UsageError: Slack tells none.
    """
    if isinstance(moment, Span):
        return UTC
    try:
        return ZoneInfo(name or "")
    except (ZoneInfoNotFoundError, ValueError):
        raise UsageError(
            "Slack does not tell me your time zone, so I do not know when that is; nothing was "
            "done. Say for how long instead, for example 2h."
        ) from None


def end_of(moment: Moment, now: datetime, zone: tzinfo) -> datetime:
    """Give the instant, in the caller's zone; a time of day is the next one that is to come.

    Raises:
        UsageError: that time of today is over.
    """
    if isinstance(moment, Span):
        return (now + timedelta(seconds=moment.seconds)).astimezone(zone)
    local = now.astimezone(zone)
    today = local.date()
    if moment.day == "today":
        end = _at(today, moment, zone)
        if end <= now:
            raise UsageError(
                f"It is {local:%H:%M} already; nothing was done. Say tomorrow, or another time."
            )
        return end
    if moment.day == "tomorrow":
        return _at(today + timedelta(days=1), moment, zone)
    step = 1
    if isinstance(moment.day, int):
        today += timedelta(days=(moment.day - today.weekday()) % _WEEK)
        step = _WEEK
    end = _at(today, moment, zone)
    return end if end > now else _at(today + timedelta(days=step), moment, zone)


def _at(day: date, moment: TimeOfDay, zone: tzinfo) -> datetime:
    # Wall clock first, zone last: over a change of daylight saving 9 o'clock stays 9 o'clock.
    return datetime(day.year, day.month, day.day, moment.hour, moment.minute, tzinfo=zone)
