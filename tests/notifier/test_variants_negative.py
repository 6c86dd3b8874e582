"""Messages of bots that speak of jobs and are no job status: none may be recognized."""

from typing import Any

import pytest

from tests.notifier.posted import SHIPPED, posted
from tests.notifier.variants import attached, button, facts, fields, header, mrkdwn

PD = "https://acme.pagerduty.com/incidents/Q1"


def blocks(*each: dict[str, Any], text: str = "") -> dict[str, Any]:
    """Give a message of blocks."""
    return {"text": text, "blocks": list(each)}


ALERTS = {
    "Alertmanager, a Kubernetes job": attached(
        fallback="[FIRING:1] KubeJobFailed (nightly-backup kube-state-metrics prod warning)",
        title="[FIRING:1] KubeJobFailed (nightly-backup kube-state-metrics prod warning)",
        title_link="http://am.example.com/#/alerts?receiver=slack",
        text="Job default/nightly-backup failed to complete. Removing failed job after"
        " investigation should clear this alert.",
        color="danger",
    ),
    "Alertmanager, it is over": attached(
        title="[RESOLVED] KubeJobFailed (job nightly succeeded)",
        title_link="http://am.example.com/#/alerts",
        text="*Alert:* Job failed to complete. - `warning`\n*Description:* Job default/x failed",
        fields=fields(Status="Failed", Job="nightly", Project="ops", Build="7"),
        color="good",
    ),
    "Prometheus, many details": attached(
        title="[FIRING:2] JobFailed for ci (job=nightly)",
        text="*Alert:* Job failed\n*Details:*\n • *job:* `nightly`\n • *status:* `failed`",
    ),
    "Grafana": attached(
        title="[Alerting] Failed jobs alert",
        title_link="https://grafana.example.com/d/x?tab=alert&amp;orgId=1",
        text="Jobs failed",
        fields=fields(Failed_jobs="7", Status="failed"),
        footer="Grafana v9.1",
        image_url="https://grafana.example.com/a.png",
        color="#D63232",
    ),
    "Grafana, unified": attached(
        title="[FIRING:1] Backup job failed (nightly)",
        title_link="https://grafana.example.com/alerting/list",
        text="**Firing**\n\nValue: A=1\nLabels:\n - alertname = Backup job failed\n - job = nightly",
        fallback="[FIRING:1] Backup job failed",
        footer="Grafana v10",
    ),
    "Sentry": attached(
        title="JobFailed: nightly-load failed after 3 retries",
        title_link="https://sentry.io/organizations/acme/issues/1/?referrer=slack",
        text="celery.worker in FAILURE -- load",
        fallback="[shop] JobFailed: nightly-load failed",
        footer="SHOP-1F via Failed jobs",
        fields=fields(State="Ongoing", Status="Failed"),
    ),
    "Sentry, in blocks": attached(
        blocks=[
            mrkdwn(":red_circle: <https://sentry.io/x|*Pipeline failed*>"),
            mrkdwn("```Job failed on w1: nightly: Error 1: x```"),
            button("Resolve", "https://sentry.io/x"),
        ]
    ),
    "Datadog": attached(
        title="Triggered: [CI] Pipeline failed on {pipeline:nightly}",
        title_link="https://app.datadoghq.com/monitors/1?to_ts=1&amp;group=x",
        text="Pipeline #7 has failed in 00:45 @slack-ops\nMonitor tags: service:ci",
    ),
    "PagerDuty, triggered": blocks(
        mrkdwn(f"*Triggered* <{PD}|#12: rundeck: Failed [ops] nightly/x run by ann (#17)>"),
        facts("*Assigned:* <@U1>", "*Service:* Rundeck", "*Status:*\nFailed"),
        button("Acknowledge", PD),
        text="Triggered #12: FAILED: Job 'nightly [7]'",
    ),
    "PagerDuty, resolved": attached(
        fallback="Resolved #12: Job nightly failed",
        title="Resolved #12: Job nightly failed",
        title_link=PD,
        text="Execution #9 of job nightly failed",
        fields=fields(Service="Rundeck", Urgency="High", Status="resolved"),
        color="good",
    ),
    "PagerDuty, a note": {"text": f"<{PD}|#12> Ann added a note: Job failed on w1: x: Error 1: y"},
    "Opsgenie": attached(
        pretext="New alert created via API",
        title='#77: "Job nightly failed"',
        title_link="https://opsg.in/a/i/x/1",
        text="FAILED: Job 'nightly' (https://x.org)",
        fields=fields(Priority="P1", Tags="job,failed", Routed_Teams="ops"),
    ),
    "Statuspage": attached(
        title="Investigating: Failed deployments",
        title_link="https://status.example.com/i/1",
        text="*Monitoring* - Deployments succeeded again.",
        fields=fields(Status="Monitoring", Components="Pipelines"),
    ),
    "UptimeRobot": attached(
        text="Monitor is DOWN: nightly-job (https://example.com) - Reason: HTTP 500 - Failed",
        color="danger",
    ),
    "Pingdom": attached(
        title="nightly is DOWN",
        text="Ping check failed",
        fields=fields(State_changed="UP → DOWN", Status="Failed"),
    ),
    "Better Uptime": blocks(
        mrkdwn("🚨 *Heartbeat “nightly-job” is DOWN.*"),
        facts("*Cause:*\nfailed", "*Started:*\n3 am"),
    ),
    "StatusCake": {"text": "Your site 'nightly' went down, failed with status 500"},
    "Kubewatch": attached(
        fields=[{"title": "kubewatch", "value": "A `job` in namespace `x` has been `failed`:\n`y`"}]
    ),
}
CODE = {
    "GitHub, a pull request": attached(
        pretext="Pull request opened by jane",
        title="#42 Build failed: retry failed jobs (success!)",
        title_link="https://github.com/acme/shop/pull/42",
        text="Deploying `5bf2b7d` to production failed",
        fields=fields(Reviewers="bob", Labels="Status: Failed"),
        footer="<https://github.com/acme/shop|acme/shop>",
    ),
    "GitHub, its checks": attached(
        text="All checks have passed\n1/1 failed",
        title="#42 x",
        footer="<https://github.com/acme/shop|acme/shop>",
    ),
    "GitHub, a review": attached(
        text="*FAILED: Job 'x' (https://ci.example.com)* approved",
        title="Review on #42 Failed build",
        footer="acme/shop",
    ),
    "GitHub, commits": attached(
        text="<https://github.com/a/b/commit/5b|`5bf2b7d`> - Build failed after success\n"
        "<https://github.com/a/b/commit/6c|`6c`> - Nightly Failed",
        fallback="[acme/shop] 2 new commits pushed by jane",
        footer="<https://github.com/a/b|a/b>",
    ),
    "GitLab, a merge request": {
        "text": "Jane Doe (jane) opened merge request <https://gl.example.com/mr/1|!1 Pipeline #7"
        " has failed in 01:00> in <https://gl.example.com/a|A / B>"
    },
    "GitLab, a push": {
        "text": "Jane pushed to branch <https://gl.example.com/x|failed> of <https://gl/a|A>",
        "attachments": [{"text": "<https://gl/c|5b>: Deploy to production failed - Jane"}],
    },
    "GitLab, a comment": {
        "text": "Jane <https://gl|commented on commit 5b> in <https://gl/a|A>: *Job failed*",
        "attachments": [{"text": "Pipeline #3 of branch main by jane failed in 00:01"}],
    },
    "Bitbucket": attached(
        title="Pull request #3: Build Failed", text="jane approved", fields=fields(Status="OPEN")
    ),
    "Jira": attached(
        title="OPS-7 Job failed: nightly",
        title_link="https://jira.example.com/browse/OPS-7",
        fields=fields(Status="Failed", Type="Bug", Assignee="ann", Project="OPS"),
    ),
    "Trello": {"text": "Ann moved *Job Failed.* from *Doing* to *Succeeded*"},
}
WAITING = {
    "CircleCI, on hold": blocks(
        header("ON HOLD - Awaiting Approval :raised_hand:"),
        facts("*Project*: shop", "*Branch*: main", "*Author*: jane"),
        button("View Workflow", "https://circleci.com/workflow-run/1"),
        text="CircleCI job on hold, waiting for approval.",
    ),
    "AWX, an approval": {
        "text": "The approval node 'Deploy' needs review. This node can be viewed at: <https://a.b>"
    },
    "AWX, it waits": {"text": "Job #3 'x' waiting: <https://awx.example.com/#/jobs/playbook/3>"},
    "Azure, an approval": attached(
        text="Deployment pending approval: Release-7 Failed stage", title="Approval pending"
    ),
    "GitHub, an approval": attached(
        text="jane requested your review to deploy to production failed", footer="a/b"
    ),
    "Samson, a request": {
        "text": ":ship: <!here> _Jane_ is requesting approval to deploy <https://s/d/7|*v2* to X>."
    },
    "Spinnaker, a judgment": attached(
        title="Manual Judgment for SHOP",
        text="Stage X for Shop's <https://s.x/#/applications/shop/executions/1|D> pipeline is"
        " awaiting manual judgment",
    ),
    "GitLab, created": attached(
        title="Pipeline #7 created in 00:00", title_link="https://gl/a/-/pipelines/7", footer="b"
    ),
    "Travis, created": attached(
        text="Build <https://t/1|#2> (<https://g/c|62aae5f>) of a/b@main by jane created in 0 sec"
    ),
    "Drone, skipped": attached(text="*skipped* <https://d/a/b/7|a/b#5bf2b7d0> (main) by jane"),
}
CHATTER = {
    "a bot like a human": {"text": "the nightly job failed again, rerunning it: Failed -> Success"},
    "a question": {"text": "Did the deploy to production succeed? Job Failed. in #ci"},
    "a list": {"text": "*Yesterday*\n• Build #7 failed\n• Job 'x' successful: https://x.org"},
    "a report": attached(
        title="Nightly report",
        text="Passed: 120, Failed: 2\nPipeline completed with errors",
        fields=fields(Success="118", Failed="2", Job="x", Build="7"),
    ),
    "a workflow's form": blocks(
        mrkdwn("*Incident*\nJob failed"), facts("*Status*\nFailed", "*Job*\nx")
    ),
    "a quotation": {
        "text": "> x - #9 Failure after 3 sec (<https://ci.example.com/job/x/9/|Open>)"
    },
    "a quotation without its link": {"text": "x - #9 Failure after 3 sec (Open)"},
    "what a job said": {
        "text": "ann: Flow run a/b observed in state `Failed` at 2025-11-23T02:00:00Z."
    },
    "a reminder": {"text": "Reminder: [job] nightly-backup failed"},
    "the greeting of an action": {"text": "Greetings! Deployment started :eyes:"},
    "the bot's own card": blocks(
        mrkdwn(f"*<{PD}|#12 nightly failed>*\nTriggered · Rundeck · error"),
        button("Acknowledge", PD),
        text="#12 nightly failed",
    ),
    "the bot's own answer": {"text": "nightly-load failed: an alert was sent to Rundeck (error)."},
    "nothing": {"text": "", "attachments": [], "blocks": []},
}
ALL = ALERTS | CODE | WAITING | CHATTER


@pytest.mark.parametrize("name", ALL)
def test_message_that_is_no_job_status_is_left_alone(name: str) -> None:
    assert SHIPPED.recognize(posted(ALL[name])).job_status is None


@pytest.mark.parametrize("name", ALERTS | CODE | CHATTER)
def test_message_of_another_kind_does_not_even_count_as_an_unknown_word(name: str) -> None:
    assert SHIPPED.recognize(posted(ALL[name])).unknown_word is None
