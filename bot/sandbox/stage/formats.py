"""What job tools post to Slack, as their Slack plugins build it."""

from typing import Any
from urllib.parse import quote

Json = dict[str, Any]

GREEN, YELLOW, RED = "2eb886", "daa038", "a30200"
_RUNDECK_COLORS = {"Succeeded": GREEN, "Failed": RED}
_GITHUB = {"Failed": (":no_entry:", RED), "Succeeded": (":white_check_mark:", GREEN)}


def rundeck(status: str, job: str, project: str, number: int) -> Json:
    """Build a message of Rundeck's own plugin (slack-incoming-webhook)."""
    base = f"https://rundeck.example.com/project/{project}"
    run = f"{base}/execution/show/{number}"
    name = f"<{base}/job/show/2dbd2d5a-b5ab-4ebf-a893-88a5717187f3|{job}>"
    heading = f"<{run}|Execution #{number}> of job {name}"
    fields = [
        ("Job Name", name, True),
        ("Project", project, True),
        ("Status", status, True),
        ("Execution ID", f"<{run}|#{number}>", True),
        ("Options", "-env prod", True),
        ("Started By", "scheduler", True),
    ]
    if status == "Failed":
        fields.append(("Failed Nodes", "db-1.prod", False))
    return {
        "attachments": [
            {
                "id": 1,
                "fallback": f"{status}: {heading}",
                "pretext": heading,
                "color": _RUNDECK_COLORS.get(status, YELLOW),
                "fields": [
                    {"title": title, "value": value, "short": short}
                    for title, value, short in fields
                ],
            }
        ]
    }


def jenkins(status: str, job: str, number: int, after: str) -> Json:
    """Build a message of Jenkins' plugin (slack)."""
    url = f"https://jenkins.example.com/job/{quote(job)}/{number}/display/redirect"
    text = f"{job} - #{number} {status}{after} (<{url}|Open>)"
    return {
        "attachments": [
            {
                "id": 1,
                "fallback": text,
                "color": RED if status == "Failure" else GREEN,
                "fields": [{"title": "", "value": text, "short": False}],
                "mrkdwn_in": ["pretext", "text", "fields"],
            }
        ]
    }


def github(status: str, repository: str, workflow: str, number: int) -> Json:
    """Build a message of the GitHub action 8398a7/action-slack with all of its fields."""
    base = f"https://github.com/{repository}"
    emoji, color = _GITHUB[status]
    fields = {
        "repo": f"<{base}|{repository}>",
        "message": f"<{base}/commit/5bf2b7d0|Round totals &amp; taxes>",
        "commit": f"<{base}/commit/5bf2b7d0|5bf2b7d0>",
        "job": f"<{base}/runs/{number}|build>",
        "took": "4 min 12 sec",
        "eventName": "push",
        "ref": "refs/heads/main",
        "workflow": f"<{base}/commit/5bf2b7d0/checks|{workflow}>",
        "workflowRun": f"<{base}/actions/runs/{number}|{workflow}>",
    }
    return {
        "text": f"{emoji} {status} GitHub Actions\n",
        "attachments": [
            {
                "id": 1,
                "color": color,
                "author_name": "8398a7@action-slack",
                "fields": [
                    {"title": title, "value": value, "short": True}
                    for title, value in fields.items()
                ],
                "fallback": "[no preview available]",
            }
        ],
    }
