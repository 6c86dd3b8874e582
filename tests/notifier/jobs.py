"""What the tests of rules and events share: a job status, its message, rules, and the schema."""

import functools
import json
from typing import Any

from jsonschema import Draft202012Validator

from bot.model import AlertEvent, ChannelMessage, Condition, JobStatus
from bot.notifier.rules import Rules
from bot.notifier.rules_load import load
from bot.notifier.templates import Place
from tests.shared import shared_data

PLACE = Place("C0JOBS", "jobs", "https://acme.slack.com/archives/C0JOBS/p1763870705574488")
ROUTING_KEY = "0123456789abcdef0123456789abcdef"


def job_status(condition: Condition = Condition.FAILURE, **changes: Any) -> JobStatus:
    """Give what a Rundeck message says."""
    given: dict[str, Any] = {
        "producer": "rundeck-slack-incoming",
        "condition": condition,
        "raw_status": "Failed",
        "job": "nightly/backup",
        "project": "billing",
        "execution_id": "4714",
        "url": "https://rundeck.example.com/project/billing/execution/show/4714",
        "user": "scheduler",
    }
    return JobStatus(**(given | changes))


def job_message(
    text: str = "Execution 4714 of job nightly/backup", **changes: Any
) -> ChannelMessage:
    """Give a message of a bot."""
    given: dict[str, Any] = {
        "team_id": "T0EXAMPLE",
        "channel_id": "C0JOBS",
        "ts": "1763870705.574488",
        "changed_at": "1763870705.574488",
        "content": {"type": "message", "text": text},
        "bot_id": "B0RUNDECK",
        "app_id": "A0RUNDECK",
    }
    return ChannelMessage(**(given | changes))


def rules_of(text: str) -> Rules:
    """Read rules."""
    return load(text, path="rules.toml")


@functools.cache
def _validator() -> Draft202012Validator:
    contract = json.loads((shared_data() / "pagerduty-contract.json").read_text(encoding="utf-8"))
    schema = contract["operations"]["events_v2.createV2Event"]["request_strict"]
    return Draft202012Validator({"$defs": contract["$defs"], **schema})


def check_event(event: AlertEvent) -> None:
    """Demand what PagerDuty demands of a request."""
    body = {"routing_key": ROUTING_KEY, **event.body}
    encoded = json.dumps(body, allow_nan=False)
    _validator().validate(json.loads(encoded))
    assert len(encoded.encode()) < 512_000
    json.dumps(body, ensure_ascii=False).encode()  # no lone surrogates
