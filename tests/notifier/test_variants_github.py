"""Further messages of GitHub's actions and app, of GitLab and of Google Cloud Build."""

from typing import Any

import pytest

from tests.notifier.variants import LONG, Case, as_read, attached, facts, fields, mrkdwn

REPO = "https://github.com/acme/shop"


def act10ns(workflow: str, status: str, footer: str, link: str = f"{REPO}/commit/5b/checks") -> Any:
    """Render act10ns/slack's message; where the link leads and the number depend on its version."""
    text = (
        f"*<{link}|Workflow _{workflow}_ job _success_ triggered by _push_ is _{status}_>*"
        f" for <{REPO}/compare/a...b|`fix_failed_x`>\n<{REPO}/commit/5b|`5b`> - is _Failure_"
    )
    return attached(
        author_name="jane", text=text, footer=footer, fallback=f"[GitHub]: [acme/shop] {status}"
    )


def act10ns_read(condition: str, word: str, job: str, **more: str) -> dict[str, Any]:
    """Give what is to be read from it."""
    return {
        "producer": "gha-act10ns-slack",
        "condition": condition,
        "raw_status": word,
        "job": job,
        "project": "acme/shop",
        "ref": "fix_failed_x",
        "url": f"{REPO}/commit/5b/checks",
        "user": "jane",
    } | more


def action_slack(text: str, **values: str) -> dict[str, Any]:
    """Render 8398a7/action-slack's message."""
    return {
        "subtype": "bot_message",
        "text": text,
        "attachments": [{"author_name": "8398a7@action-slack", "fields": fields(**values)}],
    }


def slatify(text: str, *more: str, ref: str = "refs/heads/main") -> dict[str, Any]:
    """Render slatify's message."""
    block = facts(
        f"*repository*\n<{REPO}|acme/shop>",
        f"*ref*\n{ref}",
        f"*event name*\n<{REPO}/pull/3|pull_request>",
        f"*workflow*\n<{REPO}/commit/5b/checks|CI Failed>",
        *more,
    )
    return {"text": text, "attachments": [{"color": "#cb2431", "blocks": [block]}]}


def slatify_read(condition: str, word: str, job: str, **more: str) -> dict[str, Any]:
    """Give what is to be read from it."""
    return {
        "producer": "gha-slatify",
        "condition": condition,
        "raw_status": word,
        "job": job,
        "project": "acme/shop",
        "ref": "main",
        "url": f"{REPO}/commit/5b/checks",
    } | more


def ravsam(text: str) -> dict[str, Any]:
    """Render ravsamhq/notify-slack-action's message."""
    footer = f"<{REPO}/actions/runs/77|View Run> | Developed by <https://www.ravsam.in|RavSam>"
    return attached(text=text, fallback="New Run", pretext="New Run", color="a30200", footer=footer)


GL = "https://gitlab.example.com/acme/shop"


def pipeline(status: str, duration: str, **more: str) -> dict[str, Any]:
    """Render pipeline_message.rb."""
    title = f"Pipeline #1002 {status} in {duration}"
    return attached(
        fallback=f"<{GL}|shop>: {title}",
        author_name="Jane (QA) Doe (jane.doe)",
        title=title,
        title_link=f"{GL}/-/pipelines/1002",
        fields=fields(
            **{"Branch": f"<{GL}/-/commits/a_b|fix/a_b>", "Commit": "Make it fail"} | more
        ),
        footer="shop &amp; co",
    )


def pipeline_read(condition: str, word: str, seconds: float, **more: str) -> dict[str, Any]:
    """Give what is to be read from it."""
    return {
        "producer": "gitlab-pipeline",
        "condition": condition,
        "raw_status": word,
        "project": "shop & co",
        "ref": "fix/a_b",
        "execution_id": "1002",
        "url": f"{GL}/-/pipelines/1002",
        "duration_seconds": seconds,
        "user": "jane.doe",
    } | more


def deployment(text: str) -> dict[str, Any]:
    """Render deployment_message.rb."""
    return {
        "subtype": "bot_message",
        "text": text,
        "attachments": [
            {
                "text": f"<{GL}|acme/shop> with job <{GL}/-/jobs/3|#3> by <{GL}|Jane Doe (jane)>\n"
                f"<{GL}/-/commit/5b|5b>: Fix Deploy to x failed",
                "color": "a30200",
            }
        ],
    }


def app_deployment(text: str) -> dict[str, Any]:
    """Render deployment-status.js of GitHub's app."""
    commit = f"<{REPO}/commit/5bf2b7d0|`5bf2b7d`>"
    return attached(
        author_name="jane", text=text.format(commit=commit), footer=f"<{REPO}|acme/shop>"
    )


def cloud_build(line: str) -> dict[str, Any]:
    """Render slack.json of Cloud Build's notifiers."""
    logs = mrkdwn("View Build Logs") | {
        "accessory": {
            "type": "button",
            "text": {"type": "plain_text", "text": "Logs"},
            "url": "https://console.cloud.google.com/b/1?project=1&amp;x=2",
        }
    }
    return attached(color="#bb2124", blocks=[mrkdwn(line), {"type": "divider"}, logs])


GITHUB = [
    *(
        Case(
            f"act10ns: {status}",
            act10ns("Docker _Build_ is _Success_", status, f"<{REPO}|acme/shop>"),
            act10ns_read(condition, status, "Docker _Build_ is _Success_"),
        )
        for status, condition in (
            ("starting", "start"),
            ("in progress", "start"),
            ("success", "success"),
            ("failure", "failure"),
            ("Cancelled", "failure"),
        )
    ),
    Case(
        "act10ns: with a number, linking to the workflow's runs",
        act10ns(
            LONG,
            "Success",
            f"<{REPO}|acme/shop> #9",
            f"{REPO}/actions?query=workflow:%22a%22&amp;x=1",
        ),
        act10ns_read(
            "success",
            "Success",
            LONG,
            execution_id="9",
            url=f"{REPO}/actions?query=workflow:%22a%22&x=1",
        ),
    ),
    Case("act10ns: skipped", act10ns("CI", "Skipped", f"<{REPO}|acme/shop>")),
    Case(
        "action-slack: a job that took an hour, without seconds",
        action_slack(
            "<!channel> :no_entry: Failed GitHub Actions\n",
            repo=f"<{REPO}|acme/shop>",
            author="Jane Doe&lt;<mailto:j@x.org|j@x.org>&gt;",
            job=f"<{REPO}/runs/20|Success or not>",
            took="1 hour 5 min ",
            ref="refs/pull/3/merge",
        ),
        {
            "producer": "gha-action-slack",
            "condition": "failure",
            "raw_status": "Failed",
            "job": "Success or not",
            "project": "acme/shop",
            "ref": "pull/3/merge",
            "url": f"{REPO}/runs/20",
            "duration_seconds": 3900,
            "user": "Jane Doe",
        },
    ),
    Case(
        "action-slack: no fields at all",
        action_slack(":white_check_mark: Succeeded GitHub Actions"),
        {"producer": "gha-action-slack", "condition": "success", "raw_status": "Succeeded"},
    ),
    Case("action-slack: skipped", action_slack(":fast_forward: Skipped GitHub Actions\n")),
    *(
        Case(f"slatify: {text}", slatify(text), slatify_read(condition, word, job))
        for text, condition, word, job in (
            ("<!here> Build Failed Succeeded", "success", "Succeeded", "Build Failed"),
            ("*Build* _a_ &amp; b: c Failed", "failure", "Failed", "*Build* _a_ & b: c"),
            ("<@U1> x Cancelled", "failure", "Cancelled", "x"),
            (f"{LONG} Succeeded", "success", "Succeeded", LONG),
        )
    ),
    Case(
        "slatify: with an author, on a tag",
        slatify("x Failed", f"*author*\n<{REPO}|Jane Doe>", ref="refs/tags/v1_2_3"),
        slatify_read("failure", "Failed", "x", user="Jane Doe", ref="v1_2_3"),
    ),
    *(
        Case(
            f"ravsam: {word}",
            ravsam(
                f":x: *Nightly passed run* {word} in <{REPO}|acme/shop@refs/heads/a_b> on <{REPO}/commit/5b|5b>"
            ),
            {
                "producer": "gha-ravsam-notify",
                "condition": condition,
                "raw_status": word,
                "job": "Nightly passed run",
                "project": "acme/shop",
                "ref": "a_b",
                "execution_id": "77",
                "url": f"{REPO}/actions/runs/77",
            },
        )
        for word, condition in (
            ("passed", "success"),
            ("failed", "failure"),
            ("cancelled", "failure"),
            ("passed with warnings", "success"),
        )
    ),
    Case("ravsam: skipped", ravsam(f"*Nightly* skipped in <{REPO}|acme/shop@refs/heads/a>")),
    Case(
        "slackapi: a commit's link",
        {
            "text": f"*GitHub Action build result*: success\n<{REPO}/commit/5b?a=1&amp;b=2>",
            "blocks": [mrkdwn(f"GitHub Action build result: success\n<{REPO}/commit/5b>")],
        },
        {
            "producer": "gha-slackapi",
            "condition": "success",
            "raw_status": "success",
            "url": f"{REPO}/commit/5b?a=1&b=2",
        },
    ),
    *(
        Case(
            f"GitHub's app: {text}",
            app_deployment(text),
            {
                "producer": "github-app-deployment",
                "condition": condition,
                "raw_status": word,
                "job": "Deploy to prod failed",
                "project": "acme/shop",
                "user": "jane",
            }
            | more,
        )
        for text, condition, word, more in (
            (
                "Successfully deployed {commit} to prod failed",
                "success",
                "Successfully deployed",
                {},
            ),
            (
                "Error when deploying {commit} to <https://d.example.com|prod failed>",
                "failure",
                "Error when deploying",
                {"url": "https://d.example.com"},
            ),
            (
                "Deployment in progress {commit} to prod failed",
                "start",
                "Deployment in progress",
                {},
            ),
        )
    ),
    Case("GitHub's app: queued", app_deployment("Deployment queued {commit} to prod")),
]
OTHERS = [
    *(
        Case(
            f"gitlab: {status} in {duration}",
            pipeline(status, duration),
            pipeline_read(condition, status, seconds),
        )
        for status, condition, duration, seconds in (
            ("has passed", "success", "00:00", 0),
            ("has failed", "failure", "01:02:10", 3730),
            ("canceled", "failure", "02 days 01:00:01", 2 * 86400 + 3601),
            ("has passed with warnings", "success", "59:59", 3599),
        )
    ),
    Case(
        "gitlab: a named pipeline",
        pipeline("has failed", "00:01", Pipeline_name="success *or* _failed_"),
        pipeline_read("failure", "has failed", 1, job="success *or* _failed_"),
    ),
    Case("gitlab: waits for somebody", pipeline("manual", "00:01")),
    Case("gitlab: skipped", pipeline("skipped", "00:00")),
    *(
        Case(
            f"gitlab: {text}",
            deployment(text),
            {
                "producer": "gitlab-deployment",
                "condition": condition,
                "raw_status": word,
                "job": job,
                "project": "acme/shop",
                "execution_id": "3",
                "url": f"{GL}/-/jobs/3",
                "user": "jane",
            },
        )
        for text, condition, word, job in (
            ("Starting deploy to review/failed_x", "start", "running", "Deploy to review/failed_x"),
            ("Deploy to prod failed succeeded", "success", "succeeded", "Deploy to prod failed"),
            ("Deploy to a &amp; b canceled", "failure", "canceled", "Deploy to a & b"),
        )
    ),
    Case("gitlab: blocked", deployment("Deploy to prod blocked")),
    *(
        Case(
            f"cloud build: {word}",
            cloud_build(f"Cloud Build example.com:my-failed-app 0a1b2c3d-11-22 {word}"),
            {
                "producer": "google-cloud-build",
                "condition": condition,
                "raw_status": word,
                "project": "example.com:my-failed-app",
                "execution_id": "0a1b2c3d-11-22",
                "url": "https://console.cloud.google.com/b/1?project=1&x=2",
            },
        )
        for word, condition in (
            ("WORKING", "start"),
            ("SUCCESS", "success"),
            ("INTERNAL_ERROR", "failure"),
            ("CANCELLED", "failure"),
            ("EXPIRED", "failure"),
        )
    ),
    Case("cloud build: queued", cloud_build("Cloud Build p 0a1b2c3d-11-22 QUEUED")),
]


@pytest.mark.parametrize("case", GITHUB + OTHERS, ids=str)
def test_message_is_read_as_a_careful_reader_would(case: Case) -> None:
    assert as_read(case.content) == case.expected
