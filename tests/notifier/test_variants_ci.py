"""Further messages of build servers: TeamCity, GoCD, Concourse, CircleCI, Drone, Travis."""

from typing import Any

import pytest

from tests.notifier.variants import (
    Case,
    as_read,
    attached,
    button,
    facts,
    fields,
    header,
    mrkdwn,
)

TC = "https://tc.example.com/viewLog.html?buildId=1&amp;buildTypeId=X"


def teamcity(prefix: str, build: str, event: str, more: str = "") -> dict[str, Any]:
    """Render PlainMessageBuilder's message, with an emoji or not."""
    return {"text": f"{prefix} / <{TC}|{build}> *{event}*{more}"}


def teamcity_read(condition: str, event: str, **more: Any) -> dict[str, Any]:
    """Give what is to be read from it."""
    return {
        "producer": "teamcity-slack-notifier",
        "condition": condition,
        "raw_status": event,
        "job": "Build",
        "project": "Acme / Shop",
        "execution_id": "7",
        "url": TC.replace("&amp;", "&"),
    } | more


def gocd(verb: str, status: str) -> dict[str, Any]:
    """Render SlackPipelineListener's message."""
    title = f"Stage [shop-failed/42/unit_tests/2] {verb} {status}"
    return attached(
        fallback=title,
        title=title,
        title_link="http://go.example.com:8153/go/pipelines/shop-failed/42/unit_tests/2",
        fields=fields(Triggered_by="jane", Reason="modified by x <x@y>", Label="42", Status=status),
    )


def gocd_read(condition: str, status: str) -> dict[str, Any]:
    """Give what is to be read from it."""
    return {
        "producer": "gocd-slack",
        "condition": condition,
        "raw_status": status,
        "job": "shop-failed/unit_tests",
        "execution_id": "42",
        "url": "http://go.example.com:8153/go/pipelines/shop-failed/42/unit_tests/2",
        "user": "jane",
    }


def concourse(
    word: str, job: str = "shop/unit", build: str = "12.1", **more: Any
) -> dict[str, Any]:
    """Render out/main.go's message."""
    url = f"https://ci.example.com/teams/main/pipelines/shop/jobs/unit/builds/{build}?vars.b=%22m%22&amp;x=1"
    return attached(
        fallback=f"{word}: {job}/{build} -- <{url}>",
        author_name=word,
        color="d00000",
        footer=f"<{url}>",
        fields=fields(Job=job, Build=build),
        **more,
    )


def concourse_read(condition: str, word: str, job: str = "shop/unit") -> dict[str, Any]:
    """Give what is to be read from it."""
    return {
        "producer": "concourse-slack-alert",
        "condition": condition,
        "raw_status": word,
        "job": job,
        "execution_id": "12.1",
        "url": "https://ci.example.com/teams/main/pipelines/shop/jobs/unit/builds/12.1?vars.b=%22m%22&x=1",
    }


CIRCLE = "https://app.circleci.com/pipelines/github/acme/shop/88/workflows/0a1b2c3d-0000/jobs/4521"


def circle(title: str, *sections: dict[str, Any], url: str = CIRCLE) -> dict[str, Any]:
    """Render a template of the orb."""
    blocks = [header(title), *sections, facts("*Mentions*: "), button("View Job", url)]
    return {"text": "CircleCI job failed.", "blocks": blocks}


def circle_read(condition: str, word: str, **more: Any) -> dict[str, Any]:
    """Give what is to be read from it."""
    return {
        "producer": "circleci-slack-orb",
        "condition": condition,
        "raw_status": word,
        "project": "shop",
        "execution_id": "4521",
        "url": CIRCLE,
    } | more


TRAVIS = "https://app.travis-ci.com/a/b/builds/7?utm_source=slack&amp;utm_medium=notification"


def travis(result: str, ref: str = "main", author: str = "Jane Doe") -> dict[str, Any]:
    """Render the template of travis-tasks."""
    text = (
        f"Build <{TRAVIS}|#2> (<https://github.com/a/b/compare/x...y|62aae5f>) of a/b@{ref}"
        f" by {author} {result}"
    )
    return attached(fallback=text, text=text, color="daa038", mrkdwn_in=["text"])


def travis_read(condition: str, word: str, seconds: float, **more: Any) -> dict[str, Any]:
    """Give what is to be read from it."""
    return {
        "producer": "travis-ci",
        "condition": condition,
        "raw_status": word,
        "project": "a/b",
        "ref": "main",
        "execution_id": "2",
        "url": TRAVIS.replace("&amp;", "&"),
        "duration_seconds": seconds,
        "user": "Jane Doe",
    } | more


def drone(line: str, number: int = 77) -> dict[str, Any]:
    """Render plugin.go's message."""
    status, _, rest = line.partition(" ")
    link = f"<http://drone.example.com/acme/shop/{number}|acme/shop#5bf2b7d0>"
    return attached(
        text=f"*{status}* {link} {rest}", fallback=f"{status} acme/shop#5bf2b7d0 {rest}"
    )


CASES = [
    *(
        Case(
            f"teamcity: {event}",
            teamcity(f"{emoji}Acme / Shop", "Build #7", event, more),
            teamcity_read(condition, event, **parts),
        )
        for event, condition, emoji, more, parts in (
            ("started", "start", "", "", {}),
            ("started", "start", "", " by jane &amp; co", {"user": "jane & co"}),
            ("started", "start", "", " by Bob in branch *a/b*", {"user": "Bob", "ref": "a/b"}),
            ("is successful", "success", ":heavy_check_mark: ", "\n*Status:* 0 failed", {}),
            ("failed", "failure", ":x: ", " in branch *<default>*", {"ref": "<default>"}),
            ("failed to start", "failure", ":exclamation: ", "", {}),
            ("is failing", "failure", ":x: ", "", {}),
            ("is probably hanging", "avg_duration", ":warning: ", "", {}),
        )
    ),
    Case(
        "teamcity: names with status words and a number with blanks",
        teamcity(":x: failed &amp; *fixed* :: x", "C# #1 is successful #1.0 (b 2)", "failed"),
        teamcity_read(
            "failure",
            "failed",
            job="C# #1 is successful",
            project="failed & *fixed* :: x",
            execution_id="1.0 (b 2)",
        ),
    ),
    Case(
        "teamcity: blocks with a context",
        {"text": ""}
        | {
            "blocks": [
                mrkdwn(f":x: Acme / Shop / <{TC}|Build #7> *failed*"),
                {
                    "type": "context",
                    "elements": [
                        {
                            "type": "mrkdwn",
                            "text": "Branch: `fix/failed_x`\nStatus: Tests passed: 9",
                        }
                    ],
                },
            ]
        },
        teamcity_read("failure", "failed", ref="fix/failed_x"),
    ),
    Case(
        "teamcity: labeling",
        {"text": f":x: Labeling failed for root git. More details on <{TC}|build result page>"},
    ),
    Case(
        "teamcity: muted tests", {"text": "jane muted 3 tests in <https://tc.example.com/p|Acme>."}
    ),
    Case("teamcity: approval", teamcity("Acme", "Build", "is waiting for approval")),
    *(
        Case(f"gocd: {status}", gocd(verb, status), gocd_read(condition, status))
        for verb, status, condition in (
            ("is", "BUILDING", "start"),
            ("has", "PASSED", "success"),
            ("has", "FAILED", "failure"),
            ("is", "BROKEN", "failure"),
            ("is", "FIXED", "success"),
            ("was", "CANCELLED", "failure"),
        )
    ),
    *(
        Case(f"concourse: {word}", concourse(word), concourse_read(condition, word))
        for word, condition in (
            ("Started", "start"),
            ("Success", "success"),
            ("Fixed", "success"),
            ("Failed", "failure"),
            ("Broke", "failure"),
            ("Errored", "failure"),
            ("Aborted", "failure"),
        )
    ),
    Case(
        "concourse: a job called like a status, with a text",
        concourse("Success", "p_1/failed_unit_tests", text="3 tests Failed"),
        concourse_read("success", "Success", "p_1/failed_unit_tests"),
    ),
    Case(
        "circleci: a tag build, whose branch is empty",
        circle(
            "Job Failed. :red_circle:",
            facts("*Job*: fix-failed_tests"),
            facts("*Project*: shop", "*Branch*: ", "*Author*: jane"),
        ),
        circle_read("failure", "Job Failed.", job="fix-failed_tests", user="jane"),
    ),
    Case(
        "circleci: a scheduled build, which has no author",
        circle(
            "Job Succeeded. :white_check_mark:",
            facts("*Job*: success or failure: a|b"),
            facts("*Project*: shop", "*Branch*: a/b_c_d", "*Commit*: 5bf", "*Author*: "),
        ),
        circle_read("success", "Job Succeeded.", job="success or failure: a|b", ref="a/b_c_d"),
    ),
    Case(
        "circleci: a deployment",
        circle(
            "Deployment Successful! :tada:",
            facts("*Project*: shop", "*When*: 11/23/2025 03:00:04", "*Tag*: v1.4.0"),
        ),
        circle_read("success", "Deployment Successful!", ref="v1.4.0"),
    ),
    *(
        Case(f"travis: {said}", travis(said), travis_read(condition, word, seconds))
        for said, word, condition, seconds in (
            ("passed in 1 min 0 sec", "passed", "success", 60),
            ("fixed in 1 hr 2 min 3 sec", "fixed", "success", 3723),
            ("failed in 12 sec", "failed", "failure", 12),
            ("broken in 12 sec", "broken", "failure", 12),
            ("still failing in 12 sec", "still failing", "failure", 12),
            ("was broken in 2 hrs 1 min", "was broken", "failure", 7260),
            ("is still failing in 61 mins", "is still failing", "failure", 3660),
            ("errored in 0 sec", "errored", "failure", 0),
            ("was canceled in 5 sec", "was canceled", "failure", 5),
        )
    ),
    Case(
        "travis: names with status words",
        travis("passed in 9 sec", "fix-failed-in-prod", "Bob failed in school"),
        travis_read("success", "passed", 9, ref="fix-failed-in-prod", user="Bob failed in school"),
    ),
    *(
        Case(
            f"drone: {line}",
            drone(line),
            {
                "producer": "drone-slack",
                "condition": condition,
                "raw_status": line.partition(" ")[0],
                "project": "acme/shop",
                "execution_id": "77",
                "url": "http://drone.example.com/acme/shop/77",
            }
            | more,
        )
        for line, condition, more in (
            (
                "success (fix/failed_a_b) by jane",
                "success",
                {"ref": "fix/failed_a_b", "user": "jane"},
            ),
            ("error (main) by Jane van Doe", "failure", {"ref": "main", "user": "Jane van Doe"}),
            ("killed () by jane", "failure", {"user": "jane"}),
            ("running (a (b)) by j", "start", {"ref": "a (b)", "user": "j"}),
        )
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_message_is_read_as_a_careful_reader_would(case: Case) -> None:
    assert as_read(case.content) == case.expected
