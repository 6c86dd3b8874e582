"""Further messages of deployments and of what watches over jobs."""

from typing import Any

import pytest

from tests.notifier.variants import LONG, Case, as_read, attached, fields, header, mrkdwn

ARGO = "https://argocd.example.com/applications/failed-app"


def argocd(text: str, *, attachment: bool = True) -> dict[str, Any]:
    """Render a template of Argo CD's catalog."""
    more = {
        "title": "failed-app",
        "title_link": ARGO,
        "fields": fields(
            Sync_Status="Synced",
            Repositories=":arrow_heading_up: <https://g.example.com/a>\n:arrow_heading_up: b",
        ),
    }
    return {"text": text, "attachments": [more] if attachment else []}


def argocd_read(condition: str, word: str) -> dict[str, Any]:
    """Give what is to be read from it."""
    return {
        "producer": "argocd-notifications",
        "condition": condition,
        "raw_status": word,
        "job": "failed-app",
        "url": ARGO,
    }


def flux(text: str, color: str, **metadata: str) -> dict[str, Any]:
    """Render slack.go of Flux's notification controller."""
    return attached(
        author_name="helmrelease/failed-app.team-a",
        text=text,
        color=color,
        fields=fields(**metadata),
        mrkdwn_in=["text"],
    )


def check(name: str, status: str, **more: str) -> dict[str, Any]:
    """Render slack_message.json of Healthchecks."""
    return attached(
        fallback=f'The check "{name}" is {status}.',
        title=f"“{name}” is {status}.",
        title_link="https://hc.example.com/cloaked/3f?a=1&amp;b=2",
        fields=fields(**more, Total_Pings="1", Last_Ping="Failure, 1 hour ago"),
    )


COOL = "https://coolify.example.com/project/p/deployment/d1"


def coolify(title: str, text: str) -> dict[str, Any]:
    """Render SendMessageToSlackJob.php's message."""
    block = {
        "type": "section",
        "text": {"type": "plain_text", "text": "Coolify Notification", "emoji": True},
    }
    return {
        "subtype": "bot_message",
        "text": title,
        "blocks": [block],
        "attachments": [{"color": "#ff0000", "blocks": [header(title), mrkdwn(text)]}],
    }


def coolify_read(condition: str, word: str, job: str, **more: str) -> dict[str, Any]:
    """Give what is to be read from it."""
    return {
        "producer": "coolify",
        "condition": condition,
        "raw_status": word,
        "job": job,
    } | more


SPIN = "https://spinnaker.example.com/#/applications/shop-api/executions"


def spinnaker(title: str, body: str, footer: str = "Spinnaker") -> dict[str, Any]:
    """Render SlackNotificationAgent's message."""
    return attached(title=title, text=body, fallback=body, footer=footer, color="769D3E")


def spinnaker_read(condition: str, word: str, job: str, **more: str) -> dict[str, Any]:
    """Give what is to be read from it."""
    return {
        "producer": "spinnaker-echo",
        "condition": condition,
        "raw_status": word,
        "job": job,
        "project": "shop-api",
        "execution_id": "01H8Z",
        "url": f"{SPIN}/01H8Z",
    } | more


def voxmedia(status: str, run: str, **more: str) -> dict[str, Any]:
    """Render buildSlackAttachments; where the first field leads depends on the version."""
    link = f"<https://github.com/a/b/{run} | Nightly FAILED build>"
    title = "Workflow" if "runs" in run else "Action"
    values = {title: link, "Status": status, "Event": "push"} | more
    return attached(fields=fields(**values), footer="<https://github.com/a/b | a/b>", color="good")


CASES = [
    Case(
        "argocd: an error that speaks like the message",
        argocd(
            ":exclamation:  The sync operation of application failed-app has failed at T1 with the"
            " following error: hook of application x has succeeded at T2\nSync operation details"
            f" are available at: <{ARGO}?operation=true> ."
        ),
        argocd_read("failure", "has failed"),
    ),
    Case(
        "argocd: synced, without its attachment",
        argocd(
            ":white_check_mark: Application failed-app has been successfully synced at T.\nSync"
            f" operation details are available at: <{ARGO}?operation=true> .",
            attachment=False,
        ),
        argocd_read("success", "has been successfully synced"),
    ),
    Case(
        "argocd: started",
        argocd("The sync operation of application failed-app has started at T."),
        argocd_read("start", "has started"),
    ),
    Case(
        "argocd: running the new version",
        argocd(
            ":white_check_mark: Application failed-app is now running new version of deployments"
            " manifests."
        ),
        argocd_read("success", "is now running new version of deployments manifests"),
    ),
    *(
        Case(f"argocd: {text}", argocd(f":exclamation: Application failed-app {text}."))
        for text in ("has degraded", "sync is 'Unknown'", "has been created", "has been deleted")
    ),
    Case(
        "flux: a release that failed",
        flux("Helm upgrade failed: x succeeded", "#a30200", revision="1.2.3", cluster="prod"),
        {
            "producer": "flux",
            "condition": "failure",
            "raw_status": "a30200",
            "job": "helmrelease/failed-app.team-a",
        },
    ),
    Case(
        "flux: a release that succeeded",
        flux("Helm upgrade succeeded; 0 failed", "2eb886"),
        {
            "producer": "flux",
            "condition": "success",
            "raw_status": "2eb886",
            "job": "helmrelease/failed-app.team-a",
        },
    ),
    Case("flux: in progress", flux("Health check in progress, 2 failed before", "2eb886")),
    *(
        Case(
            f"healthchecks: {status} {shown[:20]}",
            check(shown, status, Project="p_1 failed"),
            {
                "producer": "healthchecks",
                "condition": condition,
                "raw_status": status,
                "job": job,
                "project": "p_1 failed",
                "url": "https://hc.example.com/cloaked/3f?a=1&b=2",
            },
        )
        for shown, job, status, condition in (
            ("nightly is DOWN.", "nightly is DOWN.", "UP", "success"),
            ("a “b” &amp; *c* _d_", "a “b” & *c* _d_", "DOWN", "failure"),
            (LONG, LONG, "DOWN", "failure"),
            ("3f2a-77 🚀", "3f2a-77 🚀", "UP", "success"),
        )
    ),
    Case(
        "coolify: a pull request was deployed",
        coolify(
            "Pull request #5 successfully deployed",
            "New version successfully deployed for failed_api\nPreview URL: <https://x.org>\n\n"
            f"*Project:* A &amp; B\n*Environment:* prod\n*<{COOL}|Deployment Logs>*",
        ),
        coolify_read(
            "success",
            "Pull request #5 successfully deployed",
            "failed_api",
            project="A & B",
            url=COOL,
        ),
    ),
    Case(
        "coolify: a task that failed, with its output",
        coolify(
            "Scheduled task failed",
            "Scheduled task (prune (succeeded) x) failed.\n\n**Error Output:**\nall succeeded\n\n"
            "**Task URL:** <https://coolify.example.com/t/1>",
        ),
        coolify_read(
            "failure",
            "Scheduled task failed",
            "prune (succeeded) x",
            url="https://coolify.example.com/t/1",
        ),
    ),
    *(
        Case(f"coolify: {title}", coolify(title, text))
        for title, text in (
            ("Server unreachable", "Your server 'failed-job' is unreachable."),
            ("High disk usage detected", "Server 'x' high disk usage detected!"),
            ("Resource stopped", "Container x has been stopped"),
            ("Test Slack Notification", "This is a test Slack notification from Coolify."),
        )
    ),
    *(
        Case(
            f"capistrano: {status}",
            {"text": f"jane doe {status} {what}of my failed shop to production"},
            {
                "producer": "capistrano-slackistrano",
                "condition": condition,
                "raw_status": status,
                "job": "my failed shop",
                "user": "jane doe",
            }
            | ref,
        )
        for status, condition, what, ref in (
            ("has started deploying", "start", "branch a/b_failed ", {"ref": "a/b_failed"}),
            ("has started rolling back", "start", "branch main ", {"ref": "main"}),
            ("has finished deploying", "success", "branch _x_ ", {"ref": "_x_"}),
            ("has finished rolling back", "success", "branch ", {}),
            ("has failed to deploy", "failure", "branch main ", {"ref": "main"}),
            ("has failed to rollback", "failure", "branch main ", {"ref": "main"}),
        )
    ),
    Case(
        "spinnaker: a pipeline without a build, called like a status",
        spinnaker(
            "Pipeline failed for SHOP-API",
            f"Shop-api's <{SPIN}/01H8Z|deploy has completed: *x* &amp; y> pipeline has failed",
        ),
        spinnaker_read("failure", "failed", "deploy has completed: *x* & y"),
    ),
    Case(
        "spinnaker: a stage, compact, with a message of the user's",
        attached(
            text=f"Stage is failed for Shop-api's <{SPIN}/details/01H8Z|Deploy> build"
            " <https://ci.example.com/3/|3> pipeline is starting\n\nthis has failed before",
        ),
        spinnaker_read("start", "starting", "Deploy", url=f"{SPIN}/details/01H8Z"),
    ),
    Case(
        "spinnaker: a task",
        spinnaker(
            "Task complete for SHOP-API",
            "Shop-api's <https://spinnaker.example.com/#/applications/shop-api/tasks/01H8Z|Resize>"
            " task has completed successfully",
        ),
        spinnaker_read(
            "success",
            "complete",
            "Resize",
            url="https://spinnaker.example.com/#/applications/shop-api/tasks/01H8Z",
        ),
    ),
    Case(
        "spinnaker: somebody is asked",
        spinnaker(
            "Manual Judgment",
            f"Stage ok for Shop-api's <{SPIN}/01H8Z|D> pipeline is awaiting manual judgment",
        ),
    ),
    *(
        Case(
            f"voxmedia: {status}, {run}",
            voxmedia(status, run, Branch="<https://github.com/a/b/commit/5b | fix_failed_x>"),
            {
                "producer": "gha-voxmedia-notify",
                "condition": condition,
                "raw_status": status,
                "job": "Nightly FAILED build",
                "project": "a/b",
                "ref": "fix_failed_x",
                "url": f"https://github.com/a/b/{run}",
            }
            | more,
        )
        for status, condition, run, more in (
            ("STARTING", "start", "actions/runs/77", {"execution_id": "77"}),
            ("SUCCESS", "success", "actions/runs/77", {"execution_id": "77"}),
            ("FAILED", "failure", "commit/5bf2b7d0/checks", {}),
            ("cancelled", "failure", "commit/5bf2b7d0/checks", {}),
        )
    ),
    *(
        Case(
            f"samson: {status}",
            {
                "text": f"{emoji} *[Fail] Jane (without a buddy) {status} 5bf2b7d to Prod to X*"
                " (<https://s.example.com/projects/f/deploys/78|view the deploy>)\nx"
            },
            {
                "producer": "samson",
                "condition": condition,
                "raw_status": status,
                "job": "Deploy to Prod to X",
                "project": "Fail",
                "ref": "5bf2b7d",
                "execution_id": "78",
                "url": "https://s.example.com/projects/f/deploys/78",
                "user": "Jane",
            },
        )
        for emoji, status, condition in (
            (":truck::dash:", "is deploying", "start"),
            (":white_check_mark:", "deployed", "success"),
            (":x:", "encountered an error deploying", "failure"),
        )
    ),
    Case(
        "octopus: with a tenant, a project called like a status",
        attached(
            fallback="x",
            fields=fields(
                Success="Deploy Failed to start release 1.2-beta to Prod EU Acme  (web (1))"
            ),
        ),
        {
            "producer": "octopus-deploy",
            "condition": "success",
            "raw_status": "Success",
            "job": "Deploy to Prod EU Acme",
            "project": "Failed to start",
            "execution_id": "1.2-beta",
        },
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_message_is_read_as_a_careful_reader_would(case: Case) -> None:
    assert as_read(case.content) == case.expected
