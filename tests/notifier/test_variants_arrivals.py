"""The ways a message arrives: by old webhooks and new apps, edited in place, in threads, pasted."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.model import Condition
from tests.notifier.posted import SHIPPED, arrived, posted
from tests.notifier.variants import as_read, attached, fields

LINE = "Job #314 'Patch web tier' failed: <https://awx.example.com/#/jobs/playbook/314>"
READ = {
    "producer": "awx",
    "condition": "failure",
    "raw_status": "failed",
    "job": "Patch web tier",
    "execution_id": "314",
    "url": "https://awx.example.com/#/jobs/playbook/314",
}
RICH = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "Job #314 'Patch web tier' failed: "},
                {"type": "link", "url": "https://awx.example.com/#/jobs/playbook/314"},
            ],
        }
    ],
}
APP: dict[str, Any] = {
    "user": "U0APP",
    "bot_id": "B0BOT",
    "app_id": "A0APP",
    "bot_profile": {"id": "B0BOT", "name": "awx", "app_id": "A0APP"},
}


@pytest.mark.parametrize(
    "content",
    [
        {"subtype": "bot_message", "text": LINE, "username": "somebody else", "bot_id": "B0BOT"},
        {"text": LINE} | APP,
        {"text": LINE, "blocks": [RICH]} | APP,
        {"text": "", "blocks": [RICH]} | APP,
        {"text": LINE, "thread_ts": "1763870000.000100"} | APP,
        {"text": LINE, "subtype": "thread_broadcast", "thread_ts": "1763870000.000100"} | APP,
        {"text": LINE, "attachments": [{"from_url": "https://x.org", "title": "preview"}]} | APP,
        {"text": "", "attachments": [{"text": LINE, "fallback": "[no preview available]"}]} | APP,
        {"text": "", "attachments": [{"text": LINE}]} | APP,
        {"text": None, "attachments": [{"text": LINE, "fields": None}], "blocks": None} | APP,
    ],
    ids=[
        *("webhook", "app", "app, with its text as a block", "app, only a block", "in a thread"),
        *("in a thread and the channel", "with a preview", "fallback", "no fallback", "nulls"),
    ],
)
def test_message_is_read_however_it_was_posted(content: Mapping[str, Any]) -> None:
    assert as_read(content) == READ


@pytest.mark.parametrize(
    "change",
    [
        {"bot_id": None, "user": "U0ANN", "client_msg_id": "b3a1"},
        {"subtype": "message_replied"},
        {"subtype": "channel_topic"},
        {"subtype": "tombstone"},
    ],
)
def test_message_of_people_and_of_slack_itself_is_left_alone(change: dict[str, Any]) -> None:
    content = {"text": LINE} | APP | change
    message = posted(content, bot_id=change.get("bot_id", "B0BOT"))

    assert SHIPPED.recognize(message).job_status is None


def updated(status: str) -> dict[str, Any]:
    """Give a message of an action that updates it in place."""
    link = "<https://github.com/a/b/actions/runs/77 | Nightly FAILED build>"
    values = {"Workflow": link, "Status": status, "Event": "push"}
    return (
        attached(fields=fields(**values), footer="<https://github.com/a/b | a/b>")
        | {"ts": "1763875402.770660"}
        | APP
    )


def edit(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Give the event of an edit."""
    return {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "message": {**after, "edited": {"user": "B0BOT", "ts": "1763875500.000000"}},
        "previous_message": before,
        "channel": "C0JOBS",
        "ts": "1763875500.000100",
    }


@pytest.mark.parametrize(
    ("before", "after", "condition"),
    [
        ("STARTING", "SUCCESS", Condition.SUCCESS),
        ("STARTING", "FAILED", Condition.FAILURE),
        ("FAILED", "STARTING", Condition.START),
        ("FAILED", "CANCELLED", None),
        ("STARTING", "STARTED", None),
        ("SUCCESS", "SUCCESS", None),
        ("WAITING", "FAILED", Condition.FAILURE),
        ("FAILED", "SKIPPED", None),
    ],
)
def test_edit_counts_when_its_condition_changed(
    before: str, after: str, condition: Condition | None
) -> None:
    status = SHIPPED.recognize(arrived(edit(updated(before), updated(after)))).job_status

    assert (status and status.condition) is condition


def test_edit_of_a_plain_text_into_a_job_status_counts() -> None:
    status = SHIPPED.recognize(arrived(edit({"text": "…"} | APP, {"text": LINE} | APP))).job_status

    assert status is not None
    assert status.condition is Condition.FAILURE


@pytest.mark.parametrize(
    ("written", "content"),
    [
        (":x:", {"text": "{} Acme / <https://tc.example.com/b|Build #7> *failed*"}),
        (":no_entry:", {"text": "{} Failed GitHub Actions"}),
        (":turtle:", {"text": "{} [job] nightly failed"}),
        (":exclamation:", {"text": "{} The sync operation of application x has failed at T"}),
        (
            ":x:",
            {
                "text": "{} *[S] Ann failed to deploy v1 to X* (<https://s/p/deploys/7|view the deploy>)"
            },
        ),
    ],
)
@pytest.mark.parametrize("shown", ["❌", "⛔️", "🐢", "❗", None])
def test_emoji_may_be_written_either_way(
    written: str, content: dict[str, str], shown: str | None
) -> None:
    plain = as_read({"text": content["text"].format(written)})

    assert plain["condition"] is Condition.FAILURE
    assert as_read({"text": content["text"].format(shown or written)}) == plain
