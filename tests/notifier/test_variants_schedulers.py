"""Further messages of what runs jobs: Airflow, Celery, Prefect, Dagster, Cronicle and others."""

from typing import Any

import pytest

from tests.notifier.variants import (
    LONG,
    Case,
    as_read,
    attached,
    button,
    mrkdwn,
)

AF = "http://airflow.example.com/log?execution_date=2025-11-23T02%3A00%3A00%2B00%3A00&amp;dag_id=e"
WHEN = "2025-11-23T02:00:00+00:00"


def airflow(head: str, task: str, dag: str, *more: str) -> dict[str, Any]:
    """Render a callback of the tutorial, indentation and all."""
    lines = [head, f"*Task*: {task}  ", f"*DAG*: {dag} ", f"*Execution Time*: {WHEN}  ", *more]
    return {"subtype": "bot_message", "text": "\n            ".join(["", *lines, ""])}


def airflow_read(condition: str, word: str, job: str, **more: str) -> dict[str, Any]:
    """Give what is to be read from it."""
    return {
        "producer": "airflow-callback",
        "condition": condition,
        "raw_status": word,
        "job": job,
        "execution_id": WHEN,
    } | more


FLOWER = "https://flower.example.com/task/d6f3"


def celery(word: str, name: str, *lines: str, **more: str) -> dict[str, Any]:
    """Render an attachment of celery-slack."""
    title = f"{word} -- {name.rpartition('.')[2]}"
    text = "\n".join([f"Name: *{name}*", *lines])
    return attached(fallback=title, title=title, text=text, **more)


def prefect(flow: str, state: str, message: str = "") -> dict[str, Any]:
    """Render the default body of Prefect's notifications."""
    text = (
        f"Flow run {flow} observed in state `{state}` at {WHEN}.\nFlow ID: 0c9e\n"
        f"Flow run ID: 8f1d\nFlow run URL: <https://p.example.com/runs/8f1d?a=1&amp;b=2>\n"
        f"State message: {message}"
    )
    return attached(title="Prefect flow run notification", text=text, footer="Prefect")


def cronicle(text: str) -> dict[str, Any]:
    """Render a template of Cronicle's configuration."""
    link = "<http://cron.example.com:3012/#JobDetails?id=jm4z&amp;x=1>"
    return {"subtype": "bot_message", "text": f"{text} {link}"}


def cronicle_read(condition: str, word: str, job: str) -> dict[str, Any]:
    """Give what is to be read from it."""
    return {
        "producer": "cronicle",
        "condition": condition,
        "raw_status": word,
        "job": job,
        "execution_id": "jm4z",
        "url": "http://cron.example.com:3012/#JobDetails?id=jm4z&x=1",
    }


def ofelia(job: str, took: str, outcome: str) -> dict[str, Any]:
    """Render ofelia's message."""
    text = f"Job *{job}* finished in *{took}*, command `sh -c 'exit *1* || echo _failed_'`"
    return {"text": text, "attachments": [{"title": outcome, "text": "x", "color": "7CD197"}]}


def dagster_sensor(job: str, *more: dict[str, Any]) -> dict[str, Any]:
    """Render the run failure sensor's message."""
    error = "Error: ```Job succeeded. Op x on job y succeeded!```"
    return {
        "text": error,
        "blocks": [mrkdwn(f'*Job "{job}" failed. `a1b2c3d4`*'), mrkdwn(error), *more],
    }


AIRFLOW = [
    Case(
        "airflow: the exception says the opposite, on several lines",
        airflow(
            ":x: Task has failed. ",
            "load_success_",
            "etl.failed-cleanup",
            "*Exception*: Task has succeeded\n*Task*: other\n*DAG*: other",
            f"<{AF}| *Log URL*>",
        ),
        airflow_read(
            "failure",
            "Task has failed",
            "etl.failed-cleanup.load_success_",
            url=AF.replace("&amp;", "&"),
        ),
    ),
    Case(
        "airflow: no log",
        airflow(":white_check_mark: Task has succeeded. ", "__init__", "group_a.b[3]"),
        airflow_read("success", "Task has succeeded", "group_a.b[3].__init__"),
    ),
    Case(
        "airflow: a DAG that failed",
        airflow(":airflow-new: DAG has failed. ", "t", "d", f"<{AF}| *Log URL*>"),
        airflow_read("failure", "DAG has failed", "d.t", url=AF.replace("&amp;", "&")),
    ),
    Case(
        "airflow: the documented sentence",
        {"text": "The task failed_cleanup__ is retrying"},
        {
            "producer": "airflow-notifier",
            "condition": "retryable_failure",
            "raw_status": "is retrying",
            "job": "failed_cleanup__",
        },
    ),
]
TASKS = [
    Case(
        "celery: a retry, nothing but the name",
        celery("RETRY", "app._sync_.failed"),
        {
            "producer": "celery-slack",
            "condition": "retryable_failure",
            "raw_status": "RETRY",
            "job": "app._sync_.failed",
        },
    ),
    Case(
        "celery: over an hour, arguments that look like lines",
        celery(
            "SUCCESS",
            "etl.tasks.load_failed",
            "Execution time: 62 minutes 3 seconds",
            "Task ID: d6f3",
            "args: ('FAILURE -- x\nTask ID: no',)",
            "kwargs: {}",
            "Returned: {'failed': 0}",
            title_link=FLOWER,
        ),
        {
            "producer": "celery-slack",
            "condition": "success",
            "raw_status": "SUCCESS",
            "job": "etl.tasks.load_failed",
            "execution_id": "d6f3",
            "url": FLOWER,
            "duration_seconds": 3723,
        },
    ),
    Case("celery: shutdown", attached(text="_Celery is shutting down on FAILURE -- x._")),
    Case("celery: broker", attached(text="*Celery could not connect to broker.*")),
    *(
        Case(
            f"prefect: {state}",
            prefect("etl [failed] & co/a/fuzzy-otter".replace("&", "&amp;"), state, "Failed"),
            {
                "producer": "prefect",
                "condition": condition,
                "raw_status": state,
                "job": "etl [failed] & co/a",
                "execution_id": "8f1d",
                "url": "https://p.example.com/runs/8f1d?a=1&b=2",
            },
        )
        for state, condition in (
            ("Running", "start"),
            ("Completed", "success"),
            ("Cached", "success"),
            ("TimedOut", "failure"),
            ("Cancelled", "failure"),
            ("Crashed", "failure"),
            ("AwaitingRetry", "retryable_failure"),
        )
    ),
    *(Case(f"prefect: {state}", prefect("a/b", state)) for state in ("Late", "Pending", "Paused")),
    Case(
        "dagster: an op called like a status",
        {
            "text": "Op failed_ on job success_on_job_x failed!\nRun ID: a1b2-c3\n<http://localhost:3000/runs/a1b2-c3|View in Dagster UI>"
        },
        {
            "producer": "dagster",
            "condition": "failure",
            "raw_status": "failed",
            "job": "success_on_job_x",
            "execution_id": "a1b2-c3",
            "url": "http://localhost:3000/runs/a1b2-c3",
        },
    ),
    *(
        Case(
            f"dagster: the sensor, {name}",
            dagster_sensor("etl_orders", *more),
            {
                "producer": "dagster",
                "condition": "failure",
                "raw_status": "failed",
                "job": "etl_orders",
            }
            | parts,
        )
        for name, more, parts in (
            ("without a button", (), {"execution_id": "a1b2c3d4"}),
            (
                "with one",
                (
                    button(
                        "View in Dagster UI",
                        "https://d.example.com/locations/x/runs/a1b2c3d4-1?t=2",
                    ),
                ),
                {
                    "execution_id": "a1b2c3d4-1",
                    "url": "https://d.example.com/locations/x/runs/a1b2c3d4-1?t=2",
                },
            ),
        )
    ),
    Case(
        "dagster: an asset that is on time",
        {"text": "x", "blocks": [mrkdwn('*Asset "a" is now on time'), mrkdwn("Job failed")]},
    ),
    *(
        Case(f"cronicle: {text[:50]}", cronicle(text), cronicle_read(condition, word, job))
        for text, condition, word, job in (
            (
                "Job started on w1: Job failed on w2: x",
                "start",
                "Job started",
                "Job failed on w2: x",
            ),
            (
                "Job completed successfully on w1.x.org: *a* _b_ &amp; [c]: d",
                "success",
                "Job completed successfully",
                "*a* _b_ & [c]: d",
            ),
            (f"Job started on w1: {LONG}", "start", "Job started", LONG),
            (
                "Job failed on w1: Load: EU: Error 137: Killed: \n see https://x.org",
                "failure",
                "Job failed",
                "Load: EU",
            ),
            ("Job failed on w1: a: Error undefined: b", "failure", "Job failed", "a"),
            (
                "Job failed on w1: failed-cleanup: Warning 255: c",
                "failure",
                "Job failed",
                "failed-cleanup",
            ),
        )
    ),
    *(
        Case(
            f"ofelia: {outcome} in {took}",
            ofelia(job, took, outcome),
            {
                "producer": "ofelia",
                "condition": condition,
                "raw_status": outcome,
                "job": "db_backup & failed",
                "duration_seconds": seconds,
            },
        )
        for job, took, outcome, condition, seconds in (
            (
                "&quot;".replace("&quot;", '"') + 'db_backup &amp; failed"',
                "1h2m3.5s",
                "Execution failed",
                "failure",
                3723.5,
            ),
            ("db_backup &amp; failed", "345.678µs", "Execution successful", "success", 0.000345678),
            ("db_backup &amp; failed", "1m0.5s", "Execution successful", "success", 60.5),
        )
    ),
    Case("ofelia: skipped", ofelia("x", "1s", "Execution skipped")),
]


@pytest.mark.parametrize("case", AIRFLOW + TASKS, ids=str)
def test_message_is_read_as_a_careful_reader_would(case: Case) -> None:
    assert as_read(case.content) == case.expected
