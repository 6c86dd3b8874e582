"""`pdbot replay`: what the rules would have done with a channel's real past."""

import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.errors import ConfigError
from bot.ops import replay as module
from bot.ops.replay import replay
from bot.sandbox.slack import Fault
from tests.ops.operator import Operator, operator

PRODUCER = """
[[rule]]
name = "cron"
channels = ["#jobs"]
bots = ["B0CRON"]
[rule.on.start]
action = "trigger"

[[producer]]
name = "my-cron"
map = { failed = "failure", ok = "success", started = "start" }
[[producer.variant]]
when = [{ slot = "text", matches = '(?P<job>\\S+) (?P<status>failed|ok|started|slept)' }]
"""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Past:
    """A channel in which bots have spoken, and what `replay` prints about it."""

    def __init__(self, here: Operator) -> None:
        self.here = here
        self.exit_code: int | None = None
        self.err = io.StringIO()

    async def said(self, *texts: str, **fields: Any) -> None:
        for text in texts:
            await self.here.slack.post_as_bot(
                "B0CRON", "C0JOBS", {"text": text, **fields}, wait=False
            )

    async def read(self, channel: str = "#jobs", since: str = "7d", **options: Any) -> str:
        out = io.StringIO()
        self.exit_code = await replay(
            self.here.environ,
            channel=channel,
            since=since,
            out=out,
            err=self.err,
            folder=self.here.folder,
            **options,
        )
        return out.getvalue()

    async def json(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (await self.read(as_json=True)).splitlines()]


@pytest.fixture
async def past(tmp_path: Path) -> AsyncIterator[Past]:
    async with operator(tmp_path) as here:
        here.write("rules.toml", PRODUCER)
        yield Past(here)
        assert here.pagerduty.events == []
        assert here.pagerduty.requests == []
        assert not [call for call in here.slack.calls if call.method.startswith(("chat.", "react"))]


async def test_failures_and_recoveries_are_counted_as_alerts(past: Past) -> None:
    await past.said("a started", "a failed", "a failed", "a ok", "a ok", "b failed", "c slept")

    tally = (await past.json())[-1]

    assert past.exit_code == 0
    assert tally == {
        "type": "tally",
        "messages": 7,
        "recognized": 6,
        "not_understood": 1,
        "matched_no_rule": 0,
        "opened": 2,
        "repeated": 2,
        "acknowledged": 0,
        "resolved": 1,
        "found_nothing_open": 1,
        "nothing": 0,
        "still_open": ["my-cron:-:b"],
        "rules": {"cron": {"opened": 2, "repeated": 2, "resolved": 1, "found_nothing_open": 1}},
    }


async def test_events_are_told_in_slacks_order(past: Past) -> None:
    await past.said("a failed", "a ok")

    first, second, _ = await past.json()

    assert (first["event_action"], first["outcome"]) == ("trigger", "opened")
    assert (second["event_action"], second["outcome"]) == ("resolve", "resolved")
    assert first["dedup_key"] == second["dedup_key"] == "my-cron:-:a"
    assert first["ts"] < second["ts"]


async def test_start_of_a_job_that_is_failing_sends_nothing(past: Past) -> None:
    await past.said("a failed", "a started")

    assert (await past.json())[-1]["nothing"] == 1


async def test_text_has_sums_rules_and_samples(past: Past) -> None:
    await past.said("a failed", "a ok", "b failed", "c slept", "d slept", "good morning")

    said = await past.read()

    assert said.startswith("#jobs, last 7d: 6 messages of bots, 3 recognized, 3 not understood.")
    assert "     2  would have opened an alert" in said
    assert "     1  would have resolved one" in said
    assert 'still open at the end: my-cron:-:b (rule "cron")' in said
    assert 'rule "cron": 2 opened, 1 resolved' in said
    assert "): good morning" in said
    assert past.err.getvalue() == ""


async def test_people_and_the_bot_itself_are_not_counted(past: Past) -> None:
    await past.here.slack.post("ann", "C0JOBS", "backup failed", wait=False)

    assert (await past.json())[-1]["messages"] == 0


async def test_replies_are_read_too(past: Past) -> None:
    await past.said("nightly run")
    parent = next(iter(past.here.slack.workspace.channels["C0JOBS"].messages))
    await past.said("a failed", thread_ts=parent)

    assert (await past.json())[-1]["opened"] == 1


async def test_many_pages_are_read(past: Past) -> None:
    await past.said(*(f"job{number} failed" for number in range(450)))

    assert (await past.json())[-1]["opened"] == 450


async def test_shadow_rules_count_as_if_they_sent(past: Past) -> None:
    past.here.write("rules.toml", PRODUCER.replace('bots = ["B0CRON"]', "shadow = true"))
    await past.said("a failed")

    assert (await past.json())[-1]["opened"] == 1


async def test_rule_that_does_not_match_is_told(past: Past) -> None:
    past.here.write("rules.toml", PRODUCER.replace("B0CRON", "B0OTHER"))
    await past.said("a failed")

    assert "     1  matched no rule" in await past.read("C0JOBS")


async def test_without_rules_the_recognized_ones_are_still_counted(past: Past) -> None:
    (past.here.folder / "rules.toml").unlink()
    await past.said("a failed")

    assert "There are no rules (no file), so nothing would be." in await past.read()


async def test_channel_that_the_bot_is_not_in_is_told(past: Past) -> None:
    with pytest.raises(ConfigError, match="it is in #jobs"):
        await past.read("#secret")


async def test_terminal_sees_a_bar_and_standard_output_does_not(past: Past) -> None:
    await past.said("a failed")
    past.err = Terminal()

    said = await past.read()

    assert "messages" in past.err.getvalue()
    assert said.startswith("#jobs")


async def test_slack_that_refuses_at_once_is_told(past: Past) -> None:
    past.here.slack.faults.add(Fault("conversations.history", error="not_in_channel", times=None))

    assert await past.read() == ""
    assert past.exit_code == 1
    assert "not_in_channel" in past.err.getvalue()


async def test_slack_that_stops_answering_leaves_what_was_read(past: Past) -> None:
    await past.said("old failed", *(f"job{number} failed" for number in range(250)))
    await past.said(
        "x failed", thread_ts=next(iter(past.here.slack.workspace.channels["C0JOBS"].messages))
    )
    past.here.slack.faults.add(Fault("conversations.replies", error="fatal_error", times=None))

    said = await past.read()

    assert past.exit_code == 1
    assert "messages of bots" in said
    assert "not everything was read" in past.err.getvalue()


async def test_endless_channel_ends(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    await past.said("a failed", "b failed", "c failed")

    await past.read()

    assert past.exit_code == 1
    assert "use a shorter --since" in past.err.getvalue()


async def test_only_the_asked_time_is_read(past: Past) -> None:
    await past.said("a failed")

    class Later(SystemClock):
        def now(self) -> Any:
            return super().now() + timedelta(days=2)

    assert "#jobs, last 1d: 0 messages" in await past.read(since="1d", clock=Later())
