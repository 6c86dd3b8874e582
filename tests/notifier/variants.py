"""What the tables of further messages share: a case, how it is run, and parts of messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.model import JobStatus
from tests.notifier.posted import read

PARTS = (
    *("condition", "raw_status", "job", "project", "ref", "execution_id", "url"),
    *("duration_seconds", "user"),
)
LONG = "nightly " + "x" * 490 + " end"


@dataclass(frozen=True)
class Case:
    """A message and what a careful reader reads from it; parts not named are absent."""

    name: str
    content: Mapping[str, Any]
    expected: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


def as_read(content: Mapping[str, Any]) -> dict[str, Any]:
    """Give the parts that the shipped producers read, without those that are absent."""
    status: JobStatus | None = read(content)
    if status is None:
        return {}
    parts = {part: getattr(status, part) for part in PARTS}
    return {"producer": status.producer} | {
        part: value for part, value in parts.items() if value is not None
    }


def attached(**attachment: Any) -> dict[str, Any]:
    """Give a message of one attachment, as old webhooks write it."""
    return {"subtype": "bot_message", "text": "", "attachments": [{"id": 1, **attachment}]}


def fields(**values: str) -> list[dict[str, Any]]:
    """Give an attachment's fields; `_` in a title stands for a blank."""
    return [
        {"title": title.replace("_", " "), "value": value, "short": True}
        for title, value in values.items()
    ]


def mrkdwn(text: str) -> dict[str, Any]:
    """Give a section block."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": False}}


def header(text: str) -> dict[str, Any]:
    """Give a header block."""
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": True}}


def facts(*texts: str) -> dict[str, Any]:
    """Give a section of fields."""
    return {"type": "section", "fields": [{"type": "mrkdwn", "text": text} for text in texts]}


def button(label: str, url: str) -> dict[str, Any]:
    """Give an actions block with one button."""
    text = {"type": "plain_text", "text": label, "emoji": True}
    return {"type": "actions", "elements": [{"type": "button", "text": text, "url": url}]}
