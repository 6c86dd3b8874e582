"""What the tests of recognition share: messages as they arrive, and the samples on disk."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.model import ChannelMessage, JobStatus
from bot.notifier.engine import Producers

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "job-messages"
SHIPPED = Producers.load()


def posted(content: Mapping[str, Any], **changes: Any) -> ChannelMessage:
    """Give the content as a bot's message."""
    values: dict[str, Any] = {
        "team_id": "T0EXAMPLE",
        "channel_id": "C0JOBS",
        "ts": "1763870705.574488",
        "changed_at": "1763870705.574488",
        "content": content,
        "bot_id": "B0BOT",
        "app_id": "A0APP",
    }
    return ChannelMessage(**values | changes)


def said(text: str) -> ChannelMessage:
    """Give a bot's message of nothing but text."""
    return posted({"text": text})


def arrived(event: Mapping[str, Any]) -> ChannelMessage:
    """Give a message event as the notifier sees it: an edit has its new and its old content."""
    edited = event.get("subtype") == "message_changed"
    content = event["message"] if edited else event
    return posted(
        content,
        ts=content.get("ts", ""),
        previous=event["previous_message"] if edited else None,
        bot_id=content.get("bot_id"),
        app_id=content.get("app_id"),
    )


def samples() -> list[tuple[str, dict[str, Any]]]:
    """Read the samples, by name."""
    return [(path.stem, json.loads(path.read_text())) for path in sorted(SAMPLES.glob("*.json"))]


def read(content: Mapping[str, Any], producers: Producers = SHIPPED) -> JobStatus | None:
    """Give what the shipped producers read from a bot's message."""
    return producers.recognize(posted(content)).job_status
