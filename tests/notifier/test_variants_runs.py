"""Further messages of Nextflow, Semaphore UI and AWX."""

from typing import Any

import pytest

from tests.notifier.variants import LONG, Case, as_read, attached, button, facts, fields, mrkdwn


def nextflow(head: str, *values: str, url: str | None = None) -> dict[str, Any]:
    """Render nf-slack's message."""
    blocks = [mrkdwn(head), {"type": "divider"}, facts(*values)]
    return {"blocks": blocks + ([button("🔗 View in Seqera Platform", url)] if url else [])}


def semaphore(name: str, status: str, author: str = "jane") -> dict[str, Any]:
    """Render slack.tmpl."""
    return attached(
        title=f"Task: {name}",
        title_link="https://s.example.com/project/1/templates/4?t=55&amp;x=1",
        text=f"execution #55, status: {status}!",
        fields=fields(Author=author, Version="1.0 ✅SUCCESS"),
    )


def awx(kind: str, name: str, status: str, colored: bool = False) -> dict[str, Any]:
    """Render AWX's default message, which is an attachment where a color is set."""
    text = f"{kind} #314 '{name}' {status}: <https://awx.example.com/#/jobs/playbook/314>"
    return attached(text=text, color="E01E5A") if colored else {"text": text}


def awx_read(condition: str, status: str, job: str) -> dict[str, Any]:
    """Give what is to be read from it."""
    return {
        "producer": "awx",
        "condition": condition,
        "raw_status": status,
        "job": job,
        "execution_id": "314",
        "url": "https://awx.example.com/#/jobs/playbook/314",
    }


CASES = [
    *(
        Case(
            f"nf-slack: {head}",
            nextflow(head, "*Run Name*\nfailed_curie", *values, url=url),
            {
                "producer": "nf-slack",
                "condition": condition,
                "raw_status": word,
                "execution_id": "failed_curie",
            }
            | more,
        )
        for head, word, condition, values, url, more in (
            ("🚀 *Pipeline started*", "Pipeline started", "start", (), None, {}),
            (
                "✅ *Pipeline completed successfully*",
                "Pipeline completed successfully",
                "success",
                ("*Duration*\n2d 1h 5s", "*Status*\n✅ Success", "*Tasks*\nFailed: 3"),
                "https://cloud.seqera.io/orgs/a/watch/1?x=1&y=2",
                {
                    "duration_seconds": 2 * 86400 + 3605,
                    "url": "https://cloud.seqera.io/orgs/a/watch/1?x=1&y=2",
                },
            ),
            (
                "❌ *Pipeline failed*",
                "Pipeline failed",
                "failure",
                ("*Duration*\n45.3s",),
                None,
                {"duration_seconds": 45.3},
            ),
        )
    ),
    *(
        Case(
            f"semaphore: {status}",
            semaphore("a: status: ❌ERROR! *x*", status),
            {
                "producer": "semaphore-ui",
                "condition": condition,
                "raw_status": status,
                "job": "a: status: ❌ERROR! *x*",
                "execution_id": "55",
                "url": "https://s.example.com/project/1/templates/4?t=55&x=1",
                "user": "jane",
            },
        )
        for status, condition in (
            ("RUNNING", "start"),
            ("✅SUCCESS", "success"),
            ("❌ERROR", "failure"),
            ("⏹️STOPPED", "failure"),
        )
    ),
    Case(
        "semaphore: an emoji as Slack writes it",
        semaphore("x", ":x:ERROR", "—"),
        {
            "producer": "semaphore-ui",
            "condition": "failure",
            "raw_status": ":x:ERROR",
            "job": "x",
            "execution_id": "55",
            "url": "https://s.example.com/project/1/templates/4?t=55&x=1",
        },
    ),
    Case(
        "nf-slack: an emoji as Slack writes it",
        nextflow(":white_check_mark: *Pipeline completed successfully*", "*Run Name*\nx"),
        {
            "producer": "nf-slack",
            "condition": "success",
            "raw_status": "Pipeline completed successfully",
            "execution_id": "x",
        },
    ),
    Case("semaphore: a question", semaphore("x", "⚠️WAITING_CONFIRMATION")),
    Case("semaphore: waiting", semaphore("x", "WAITING")),
    *(
        Case(
            f"awx: {kind} {status}",
            awx(kind, shown, status, colored),
            awx_read(condition, status, job),
        )
        for kind, shown, status, colored, condition, job in (
            ("Job", "it's #1 'failed': x", "successful", False, "success", "it's #1 'failed': x"),
            ("Workflow Job", "_a_ *b* &amp; c", "running", True, "start", "_a_ *b* & c"),
            ("Inventory Update", "AWS (eu) - AWS", "error", True, "failure", "AWS (eu) - AWS"),
            ("System Job", LONG, "failed", False, "failure", LONG),
            ("Ad Hoc Command", "ping", "canceled", False, "failure", "ping"),
        )
    ),
    Case("awx: pending", awx("Job", "x", "pending")),
    Case(
        "awx: an approval",
        {
            "text": "The approval node 'Job #3 'x' failed' was denied. <https://awx.example.com/#/w/9>"
        },
    ),
    Case("awx: a test", {"text": "AWX Notification Test 5 https://awx.example.com"}),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_message_is_read_as_a_careful_reader_would(case: Case) -> None:
    assert as_read(case.content) == case.expected
