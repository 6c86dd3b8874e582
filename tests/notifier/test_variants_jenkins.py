"""Further messages of Jenkins' Slack plugin."""

from typing import Any

import pytest

from tests.notifier.variants import (
    LONG,
    Case,
    as_read,
    attached,
)

CI = "https://ci.example.com/job/ops/job/x/9/display/redirect"


def jenkins(line: str, more: str = "", url: str = CI) -> dict[str, Any]:
    """Render ActiveNotifier's message."""
    message = f"{line} (<{url}|Open>){more}"
    return {
        "text": "",
        "attachments": [
            {
                "id": 1,
                "fallback": message,
                "color": "2eb886",
                "fields": [{"title": "", "value": message, "short": False}],
                "mrkdwn_in": ["pretext", "text", "fields"],
            }
        ],
    }


def jenkins_read(condition: str, word: str, job: str = "ops » x", **more: Any) -> dict[str, Any]:
    """Give what is to be read from it."""
    return {
        "producer": "jenkins-slack-plugin",
        "condition": condition,
        "raw_status": word,
        "job": job,
        "execution_id": "9",
        "url": CI,
    } | more


JENKINS = [
    *(
        Case(
            f"jenkins: {word} after {shown}",
            jenkins(f"ops » x - #9 {word} after {shown}"),
            jenkins_read(condition, word, duration_seconds=seconds),
        )
        for word, condition, shown, seconds in (
            ("Success", "success", "0.12 sec", 0.12),
            ("Failure", "failure", "1 day 2 hr", 93600),
            ("Still Failing", "failure", "12 ms", 0.012),
            ("Still Unstable", "failure", "1 mo 2 days", 32 * 86400),
            ("Aborted", "failure", "2 min 3 sec and counting", 123),
            ("Not built", "failure", "7 hr 0 min", 25200),
            ("Unstable", "failure", "45 sec", 45),
        )
    ),
    Case(
        "jenkins: back to normal",
        jenkins("ops » x - #9 Back to normal after 3 days 4 hr"),
        jenkins_read("success", "Back to normal"),
    ),
    Case(
        "jenkins: starting",
        jenkins("ops » x - #9 Starting... after 3 ms and counting"),
        jenkins_read("start", "Starting..."),
    ),
    *(
        Case(
            f"jenkins: {cause}", jenkins(f"ops » x - #9 {cause}"), jenkins_read("start", "Started")
        )
        for cause in (
            "Started by timer",
            "Started by an SCM change",
            'Started by upstream project "deploy - Failure" build number 5',
            "Started by GitHub push by jane",
            "Started by remote host 10.0.0.1 with note: it failed (again)",
            "Started by changes from jane, bob (4 file(s) changed)",
        )
    ),
    Case(
        "jenkins: a user with brackets",
        jenkins("ops » x - #9 Started by user Jane - Doe (jane)"),
        jenkins_read("start", "Started", user="Jane - Doe (jane)"),
    ),
    Case(
        "jenkins: a display name of its own",
        jenkins("ops » x - v1.2.3 Failure after 3 sec"),
        jenkins_read("failure", "Failure", duration_seconds=3),
    ),
    Case(
        "jenkins: a display name of its own, started by a user",
        jenkins("ops » x - v1.2.3 Started by user Jane"),
        jenkins_read("start", "Started", user="Jane"),
    ),
    Case(
        "jenkins: a display name with blanks and a number",
        jenkins("ops » x - #9 (main) Success after 3 sec"),
        jenkins_read("success", "Success", duration_seconds=3),
    ),
    Case(
        "jenkins: an awkward name",
        jenkins("A &amp; B - failed-cleanup [*x* _y_] &lt;z&gt; - #9 Success after 1 sec"),
        jenkins_read(
            "success", "Success", "A & B - failed-cleanup [*x* _y_] <z>", duration_seconds=1
        ),
    ),
    Case(
        "jenkins: a long name, an own message behind",
        jenkins(f"{LONG} - #9 Failure after 1 sec", "\nSuccess after 5 sec (<https://x|Open>)"),
        jenkins_read("failure", "Failure", LONG, duration_seconds=1),
    ),
    Case(
        "jenkins: a mention above",
        jenkins("ops » x - #9 Failure after 1 sec") | {"text": "<!here|here> <@U1>"},
        jenkins_read("failure", "Failure", duration_seconds=1),
    ),
    Case("jenkins: changes", jenkins("ops » x - #9 Changes:\n- Success after 3 sec [jane]")),
    Case("jenkins: no changes", attached(fields=[{"title": "", "value": "No Changes."}])),
]


@pytest.mark.parametrize("case", JENKINS, ids=str)
def test_message_is_read_as_a_careful_reader_would(case: Case) -> None:
    assert as_read(case.content) == case.expected
