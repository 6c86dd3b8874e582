"""µs a message through recognition: every sample, all shipped producers; and hostile input.

The goals of DESIGN 6 and issue 3: at most 100 µs a message (with 100 rules: bench/rules.py), and at
most 5 ms for hostile input of 40,000 characters.
"""

import json
import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.model import ChannelMessage
from bot.notifier.engine import Producers
from bot.notifier.slots import flatten

SAMPLES = Path(__file__).parents[1] / "tests" / "samples" / "job-messages"
ROUNDS = 30
SIZE = 40_000


def message(content: Mapping[str, Any]) -> ChannelMessage:
    """Give a bot's message."""
    return ChannelMessage("T0", "C0JOBS", "1.0", "1.0", content, bot_id="B0BOT", app_id="A0APP")


def hostile() -> dict[str, Mapping[str, Any]]:
    """Give messages that mean harm, of 40,000 characters and more."""

    def of(text: str) -> str:
        return text * (SIZE // len(text))

    jenkins = of("a - #1 Failure after 3 sec (Open) " * 100 + "\n")
    attachment = {"title": jenkins, "text": jenkins, "fields": [{"value": jenkins}]}
    return {
        "one letter": {"text": of("a")},
        "bold marks": {"text": of("*a ")},
        "backticks": {"text": of("`a ``` ")},
        "links": {"text": of("<https://x.example.com|y> ")},
        "broken links": {"text": of("<https://")},
        "almost Jenkins": {"text": jenkins},
        "almost a script": {"text": "[job] a failed" + of(' project="a b"')},
        "almost Prefect": {"text": of("Flow run a/b observed in state x at y ")},
        "100 attachments": {"text": jenkins, "attachments": [attachment] * 100},
        "unseen characters": {"text": of("\u200d\u034f\x00")},
        "deep rich text": {"blocks": [{"type": "rich_text", "elements": [_nested(900)]}]},
    }


def _nested(depth: int) -> dict[str, Any]:
    element: dict[str, Any] = {"type": "text", "text": "deep"}
    for _ in range(depth):
        element = {"type": "rich_text_section", "elements": [element]}
    return element


def main() -> None:
    """Print the figures."""
    began = time.perf_counter()
    producers = Producers.load()
    loading = time.perf_counter() - began
    print(f"loading {len(producers.names)} shipped producers: {loading * 1e3:.0f} ms")

    events = [json.loads(path.read_text())["event"] for path in sorted(SAMPLES.glob("*.json"))]
    messages = [message(event.get("message") or event) for event in events]
    for each in messages:
        producers.recognize(each)
    rounds: list[float] = []
    flattening: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for each in messages:
            producers.recognize(each)
        rounds.append((time.perf_counter() - began) / len(messages) * 1e6)
        began = time.perf_counter()
        for each in messages:
            flatten(each.content)
        flattening.append((time.perf_counter() - began) / len(messages) * 1e6)
    median, least = statistics.median(rounds), min(rounds)
    print(
        f"recognizing the {len(messages)} samples: {median:.1f} µs a message (least {least:.1f}, "
        f"of it flattening {statistics.median(flattening):.1f}; goal 100 with 100 rules)"
    )

    for name, content in hostile().items():
        each = message(content)
        seconds: list[float] = []
        for _ in range(5):
            began = time.perf_counter()
            producers.recognize(each)
            seconds.append(time.perf_counter() - began)
        worst = max(seconds[1:])
        print(
            f"hostile, {name}: {worst * 1e3:.2f} ms (goal 5; the first time {seconds[0] * 1e3:.2f})"
        )


if __name__ == "__main__":
    main()
