"""Placeholders of `dedup_key` and `summary`, and the identity of a job. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Final

from bot.durations import format_duration
from bot.model import JobStatus
from bot.notifier.words import clean_line, suggestion

PLACEHOLDERS: Final = (
    "producer",
    "project",
    "job",
    "ref",
    "execution_id",
    "condition",
    "status",
    "user",
    "duration",
    "url",
    "channel",
    "message_url",
)
PER_RUN: Final = frozenset({"execution_id", "duration", "url", "message_url"})
TELLING_JOBS: Final = frozenset({"job", "execution_id", "url", "message_url"})
MISSING: Final = "-"
DEDUP_KEY_LIMIT: Final = 255
"""https://developer.pagerduty.com/docs/events-api-v2/trigger-events/"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message was posted.

    `message_url` is the message's address in Slack, None where nobody could tell it.
    """

    channel_id: str
    channel_name: str | None = None
    message_url: str | None = None

    @property
    def shown(self) -> str:
        """The channel as people know it."""
        return f"#{self.channel_name.removeprefix('#')}" if self.channel_name else self.channel_id


@dataclass(frozen=True, slots=True)
class Template:
    """Text with placeholders. `parts` are literal texts, each with the name that follows it."""

    text: str
    parts: tuple[tuple[str, str | None], ...]

    @property
    def names(self) -> frozenset[str]:
        """The placeholders used."""
        return frozenset(name for _, name in self.parts if name)

    def render(self, values: Mapping[str, str]) -> str:
        """Fill in; a missing part is written `-`."""
        return "".join(
            literal + (values.get(name) or MISSING if name else "") for literal, name in self.parts
        )


def parse_template(text: str) -> Template:
    """Read a template; `{{` and `}}` are braces.

    Raises:
        ValueError: says everything that is wrong with it.
    """
    try:
        parsed = list(Formatter().parse(text))
    except ValueError:
        raise ValueError(
            "has a brace that is not closed or not opened; a brace as such is written twice"
        ) from None
    if not clean_line(text):
        raise ValueError("is empty")
    parts = tuple(
        (literal, None if name is None else _written(name, spec, conversion))
        for literal, name, spec, conversion in parsed
    )
    unknown = sorted({name for _, name in parts if name is not None} - set(PLACEHOLDERS))
    if unknown:
        raise ValueError("; ".join(map(_unknown, unknown)))
    return Template(text, parts)


def _written(name: str, spec: str | None, conversion: str | None) -> str:
    return name + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")


def _unknown(name: str) -> str:
    near = suggestion(name, PLACEHOLDERS)
    known = "" if near else "; known are " + " ".join(f"{{{each}}}" for each in PLACEHOLDERS)
    return f"has the unknown placeholder {{{clean_line(name)}}}{near}{known}"


def job_label(status: JobStatus, rule_name: str, channel: str) -> str:
    """Name the job; never empty.

    Without a job its project and ref stand for it, without those the rule and the channel.
    """
    if job := clean_line(status.job or ""):
        return job
    project, ref = clean_line(status.project or ""), clean_line(status.ref or "")
    if project or ref:
        return "@".join(part for part in (project, ref) if part)
    return f"{clean_line(rule_name)} in {clean_line(channel) or 'no channel'}"


def identity_values(status: JobStatus, rule_name: str, place: Place) -> dict[str, str]:
    """Give what placeholders stand for in a dedup key.

    A channel is its id there: a renamed channel, or a name that could not be read for once, must
    not give the job another identity.
    """
    return _values(status, rule_name, place, place.channel_id)


def shown_values(status: JobStatus, rule_name: str, place: Place) -> dict[str, str]:
    """Give what placeholders stand for in texts for people."""
    return _values(status, rule_name, place, place.shown)


def _values(status: JobStatus, rule_name: str, place: Place, channel: str) -> dict[str, str]:
    seconds = status.duration_seconds
    given = {
        "producer": status.producer,
        "project": status.project,
        "job": job_label(status, rule_name, channel),
        "ref": status.ref,
        "execution_id": status.execution_id,
        "condition": status.condition.value,
        "status": status.raw_status,
        "user": status.user,
        "duration": None if seconds is None else format_duration(seconds),
        "url": status.url,
        "channel": channel,
        "message_url": place.message_url,
    }
    return {name: clean_line(value) for name, value in given.items() if value}


def bounded_key(key: str) -> str:
    """Keep a key within PagerDuty's 255 characters: a readable prefix and a SHA-256."""
    if len(key) <= DEDUP_KEY_LIMIT:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"{key[: DEDUP_KEY_LIMIT - len(digest) - 1]}:{digest}"
