"""Further messages of Rundeck's Slack plugins, as their templates render them."""

from typing import Any

import pytest

from tests.notifier.variants import LONG, Case, as_read, attached, fields

RD = "https://rd.example.com/project/ops"


def stock(state: str, job: str, number: int = 9, **more: str) -> dict[str, Any]:
    """Render slack-incoming-message.ftl."""
    message = f"<{RD}/execution/show/{number}|Execution #{number}> of job <{RD}/job/show/ab|{job}>"
    return attached(
        fallback=f"{state}: {message}",
        pretext=message,
        color="a30200",
        fields=fields(
            Job_Name=f"<{RD}/job/show/ab|{job}>",
            Project="ops",
            Status=state,
            Execution_ID=f"<{RD}/execution/show/{number}|#{number}>",
            Options="-mode Failed -x 'Succeeded'",
            Started_By="ann",
            **more,
        ),
    )


def stock_read(condition: str, state: str, job: str) -> dict[str, Any]:
    """Give what is to be read from it."""
    return {
        "producer": "rundeck-slack-incoming",
        "condition": condition,
        "raw_status": state,
        "job": job,
        "project": "ops",
        "execution_id": "9",
        "url": f"{RD}/execution/show/9",
        "user": "ann",
    }


STOCK_JOBS = [
    ("etl / Load customers", "etl / Load customers"),
    (" / Load customers", "Load customers"),
    ("a/b/c / Fix &amp; check [x] (y) {z}", "a/b/c / Fix & check [x] (y) {z}"),
    ("success / failed-cleanup", "success / failed-cleanup"),
    ("ops / *nightly* _report_ `x` ~y~", "ops / *nightly* _report_ `x` ~y~"),
    ("ops / it's 'quoted': a|b | c", "ops / it's 'quoted': a|b | c"),
    ("ops / 🚀 démarrage 夜間", "ops / 🚀 démarrage 夜間"),
    ("ops / 5 &lt; 6 &gt; 4", "ops / 5 < 6 > 4"),
    (f"ops / {LONG}", f"ops / {LONG}"),
]
STOCK_STATES = [
    ("Started", "start"),
    ("Succeeded", "success"),
    ("Failed", "failure"),
    ("Average exceeded", "avg_duration"),
    ("Retry Failure", "retryable_failure"),
]


@pytest.mark.parametrize(("state", "condition"), STOCK_STATES)
@pytest.mark.parametrize(("shown", "job"), STOCK_JOBS, ids=[each[:30] for each, _ in STOCK_JOBS])
def test_stock_plugin_is_read_whatever_the_job_is_called(
    state: str, condition: str, shown: str, job: str
) -> None:
    assert as_read(stock(state, shown)) == stock_read(condition, state, job)


def higanworks(word: str, capitals: str, job: str, **more: str) -> dict[str, Any]:
    """Render slack-template-*.ftl."""
    message = f"{capitals} Job <{RD}/execution/show/8|#8  {job}>"
    return attached(
        fallback=f"{word}: {message}",
        pretext=message,
        fields=fields(
            Job_Name=f"<{RD}/job/show/ab|{job}>", Started_By="admin", Project="ops", **more
        ),
    )


def higanworks_read(condition: str, word: str, job: str) -> dict[str, Any]:
    """Give what is to be read from it."""
    return {
        "producer": "rundeck-slack-higanworks",
        "condition": condition,
        "raw_status": word,
        "job": job,
        "project": "ops",
        "execution_id": "8",
        "url": f"{RD}/execution/show/8",
        "user": "admin",
    }


def bdclark(title: str, **more: Any) -> dict[str, Any]:
    """Render SlackNotification.groovy."""
    link = f"{RD}/execution/show/7?a=1&amp;b=2"
    return attached(fallback=f"{title} - {link}", title=title, title_link=link, **more)


def bdclark_read(condition: str, word: str, job: str) -> dict[str, Any]:
    """Give what is to be read from it."""
    return {
        "producer": "rundeck-slack-bdclark",
        "condition": condition,
        "raw_status": word,
        "job": job,
        "project": "ops",
        "execution_id": "7",
        "url": f"{RD}/execution/show/7?a=1&b=2",
        "user": "ann",
    }


def bitplaces(state: str, job: str = "Load", **more: str) -> dict[str, Any]:
    """Render slack-message.ftl, whose later versions have a field for the trigger."""
    message = f"<{RD}/execution/show/6|Execution #6> of job <{RD}/job/show/ab|{job}> has {state}"
    return attached(fallback=message, pretext=message, fields=fields(By="ann", **more))


def bitplaces_read(condition: str, word: str, job: str = "Load") -> dict[str, Any]:
    """Give what is to be read from it."""
    return {
        "producer": "rundeck-slack-bitplaces",
        "condition": condition,
        "raw_status": word,
        "job": job,
        "project": "ops",
        "execution_id": "6",
        "url": f"{RD}/execution/show/6",
        "user": "ann",
    }


CASES = [
    Case(
        "stock: nodes that say otherwise",
        stock("Failed", "a / b", Failed_Nodes="succeeded-1,db_2_", Succeeded_Nodes="failed-1"),
        stock_read("failure", "Failed", "a / b"),
    ),
    Case(
        "higanworks: failure with options",
        higanworks("Failed", "FAILED!", "etl / success", Options="-x SUCCESS"),
        higanworks_read("failure", "Failed", "etl / success"),
    ),
    Case(
        "higanworks: success of an ungrouped job",
        higanworks("Succeeded", "SUCCESS", " / failed-cleanup"),
        higanworks_read("success", "Succeeded", "failed-cleanup"),
    ),
    Case(
        "higanworks: start, with a job in brackets",
        higanworks("Started", "STARTED", "a / [b]: c", Job_Status="Started"),
        higanworks_read("start", "Started", "a / [b]: c"),
    ),
    Case(
        "bdclark: started",
        bdclark("Started [ops] nightly/DB [x] (y) run by ann (#7)"),
        bdclark_read("start", "Started", "nightly/DB [x] (y)"),
    ),
    Case(
        "bdclark: killed, an underlined name, nodes",
        bdclark(
            "Killed [ops] _succeeded_ run by ann (#7)", fields=fields(Failed_nodes="succeeded")
        ),
        bdclark_read("failure", "Killed", "_succeeded_"),
    ),
    Case(
        "bdclark: timed out",
        bdclark("Timedout [ops] a &amp; b run by ann (#7)", text="all Succeeded"),
        bdclark_read("failure", "Timedout", "a & b"),
    ),
    Case(
        "bdclark: capitals, which are a token of its own",
        bdclark("SUCCEEDED [ops] a run by ann (#7)"),
        bdclark_read("success", "SUCCEEDED", "a"),
    ),
    *(
        Case(
            f"bitplaces: {state}, by its sentence",
            bitplaces(state, "what has failed", Failed_Nodes="succeeded"),
            bitplaces_read(condition, state, "what has failed"),
        )
        for state, condition in (
            ("started", "start"),
            ("succeeded", "success"),
            ("failed", "failure"),
        )
    ),
    Case(
        "bitplaces: its first version",
        attached(
            pretext=f"<{RD}/execution/show/6|Execution> of job <{RD}/job/show/ab|Load> has failed",
            fields=fields(By="ann", Status="failure", Job_Group="etl has succeeded"),
        ),
        bitplaces_read("failure", "failure"),
    ),
    Case(
        "bitplaces: average",
        bitplaces("", Status="avgduration"),
        bitplaces_read("avg_duration", "avgduration"),
    ),
    Case(
        "bitplaces: retry",
        bitplaces("succeeded", Status="retryablefailure"),
        bitplaces_read("retryable_failure", "retryablefailure"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_message_is_read_as_a_careful_reader_would(case: Case) -> None:
    assert as_read(case.content) == case.expected
