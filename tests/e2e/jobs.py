"""Job messages in the whole bot's world: rules, producers' posts, and what people see of them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from bot.clock import Clock
from bot.sandbox.pagerduty import Incident
from bot.sandbox.slack import Message
from tests.e2e.world import World, bot_of, vendors

CHANNEL = "C0JOBS"
RUNDECK = "B0RUNDECK"

RULES = """
[[rule]]
name = "billing jobs"
channels = ["#jobs"]
integration_key = "env:BILLING_KEY"

[rule.on.failure]
severity = "critical"

[rule.on.avg_duration]
threshold = "1h"

[rule.on.retryable_failure]
action = "trigger"
severity = "info"
"""

Word = Literal["Started", "Succeeded", "Failed", "Average exceeded", "Retry Failure"]


def rundeck(word: Word, execution: int = 9, job: str = "nightly / Load") -> dict[str, Any]:
    """Give what Rundeck's own Slack plugin posts."""
    base = "https://rd.example.com/project/billing"
    run = f"<{base}/execution/show/{execution}|Execution #{execution}>"
    return {
        "attachments": [
            {
                "fallback": f"{word}: {job}",
                "pretext": f"{run} of job <{base}/job/show/a|{job}>",
                "fields": [
                    {"title": "Job Name", "value": f"<{base}/job/show/a|{job}>"},
                    {"title": "Project", "value": "billing"},
                    {"title": "Status", "value": word},
                    {
                        "title": "Execution ID",
                        "value": f"<{base}/execution/show/{execution}|#{execution}>",
                    },
                    {"title": "Started By", "value": "ann"},
                ],
            }
        ]
    }


def script(line: str) -> dict[str, Any]:
    """Give what somebody's own script posts."""
    return {"text": f"[job] {line}"}


@asynccontextmanager
async def jobs_vendors(
    folder: Path,
    rules: str = RULES,
    *,
    environ: Mapping[str, str] | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[World]:
    """Start everything but the bot, with rules, and a Rundeck in #jobs."""
    path = folder / "rules.toml"
    path.write_text(rules, encoding="utf-8")
    settings = {"PDBOT_RULES": str(path)}
    async with vendors(folder, environ=settings, clock=clock, slack_clock=clock) as here:
        here.slack.add_other_bot("Rundeck", bot_id=RUNDECK, app_id="A0RUNDECK")
        here.environ["BILLING_KEY"] = here.billing.integration_key
        here.environ |= environ or {}
        yield here


@asynccontextmanager
async def jobs_world(
    folder: Path,
    rules: str = RULES,
    *,
    environ: Mapping[str, str] | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[World]:
    """Run the bot with rules, and a Rundeck in #jobs."""
    async with jobs_vendors(folder, rules, environ=environ, clock=clock) as here, bot_of(here):
        yield here


async def say(here: World, fields: dict[str, Any], **more: Any) -> Message:
    """Post as Rundeck; the bot must have acknowledged it."""
    ack = await here.slack.post_as_bot(RUNDECK, CHANNEL, fields, **more)
    assert ack.ok, ack
    assert ack.message is not None
    return ack.message


def sent(here: World) -> list[tuple[str, str]]:
    """Give the events that PagerDuty accepted: action and severity."""
    return [
        (one.body["event_action"], one.body["payload"]["severity"])
        for one in here.pagerduty.events
        if one.status == 202
    ]


def reactions(message: Message) -> set[str]:
    return {str(one["name"]) for one in message.get("reactions", [])}


async def incidents(here: World) -> list[Incident]:
    """Give the incidents, once everything accepted has taken effect."""
    await here.pagerduty.settled()
    return list(here.pagerduty.incidents.values())
