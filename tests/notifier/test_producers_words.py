"""The words that the producers' sources have besides those of the samples."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from tests.notifier.posted import SHIPPED, posted


def _jenkins(status: str) -> dict[str, Any]:
    line = f"a » b - #7 {status} after 3 sec (<https://ci.example.com/job/b/7/|Open>)"
    return {"attachments": [{"fallback": line, "fields": [{"title": "", "value": line}]}]}


def _gitlab(status: str) -> dict[str, Any]:
    link = "https://gl.example.com/a/b/-/pipelines/7"
    title = f"Pipeline #7 {status} in 00:10"
    return {"attachments": [{"title": title, "title_link": link, "footer": "b"}]}


def _travis(status: str) -> dict[str, Any]:
    text = (
        f"Build <https://t.example.com/7|#7> (62aae5f) of a/b@main by Ann {status} in 1 min 0 sec"
    )
    return {"attachments": [{"text": text}]}


def _drone(status: str) -> dict[str, Any]:
    link = "<https://drone.example.com/a/b/7|a/b#5bf2b7d0>"
    return {"attachments": [{"text": f"*{status}* {link} (main) by ann"}]}


def _gocd(status: str) -> dict[str, Any]:
    return {"attachments": [{"title": f"Stage [shop/7/deploy/1] is {status}"}]}


def _awx(status: str) -> dict[str, Any]:
    return {"text": f"Job #7 'Patch' {status}: <https://awx.example.com/#/jobs/playbook/7>"}


def _teamcity(status: str) -> dict[str, Any]:
    return {"text": f"Acme / <https://tc.example.com/x|Build #7> *{status}*"}


def _prefect(status: str) -> dict[str, Any]:
    text = f"Flow run etl/fuzzy-otter observed in state `{status}` at 2025-11-23T02:00:00+00:00."
    return {"attachments": [{"title": "Prefect flow run notification", "text": text}]}


def _semaphore(status: str) -> dict[str, Any]:
    text = f"execution #7, status: {status}!"
    return {"attachments": [{"title": "Task: Patch", "text": text}]}


def _concourse(status: str) -> dict[str, Any]:
    fields = [{"title": "Job", "value": "shop/unit"}, {"title": "Build", "value": "7"}]
    footer = "<https://ci.example.com/teams/main/pipelines/shop/jobs/unit/builds/7>"
    return {"attachments": [{"author_name": status, "footer": footer, "fields": fields}]}


def _cloud_build(status: str) -> dict[str, Any]:
    text = {"type": "mrkdwn", "text": f"Cloud Build shop 1112-2233-44 {status}"}
    return {"attachments": [{"blocks": [{"type": "section", "text": text}]}]}


def _bdclark(status: str) -> dict[str, Any]:
    return {"attachments": [{"title": f"{status} [ops] nightly/backup run by ann (#7)"}]}


def _celery(status: str) -> dict[str, Any]:
    return {"attachments": [{"title": f"{status} -- load", "text": "Name: *etl.load*"}]}


def _ravsam(status: str) -> dict[str, Any]:
    text = f":x: *Nightly* {status} in <https://github.com/a/b|a/b@refs/heads/main> on 5bf2b7d"
    return {"attachments": [{"text": text, "pretext": "New Github Action Run"}]}


def _act10ns(status: str) -> dict[str, Any]:
    text = f"*<https://x|Workflow _CI_ job _build_ triggered by _push_ is _{status}_>* for `main`"
    return {"attachments": [{"text": text}]}


# message -> its words, by what they mean; "" is a word that nobody knows, which is reported
WORDS: Final[Mapping[Callable[[str], dict[str, Any]], Mapping[str, tuple[str, ...]]]] = {
    _jenkins: {
        "failure": ("Still Failing", "Still Unstable", "Regression"),
        "success": ("Fixed",),
        "start": ("Starting...",),
        "": ("Unknown",),
    },
    _gitlab: {
        "success": ("has passed",),
        "failure": ("has failed", "canceled"),
        "start": ("running",),
        "ignore": ("pending", "created", "skipped", "manual", "waiting_for_resource"),
        "": ("frobnicated",),
    },
    _travis: {
        "success": ("passed", "was fixed"),
        "failure": ("failed", "errored", "canceled", "was broken", "is still failing"),
        "start": ("started",),
        "": ("frobnicated",),
    },
    _drone: {
        "success": ("success",),
        "failure": ("failure", "error", "killed"),
        "start": ("running",),
        "ignore": ("pending", "skipped"),
        "": ("frobnicated",),
    },
    _gocd: {
        "start": ("BUILDING",),
        "success": ("PASSED", "FIXED"),
        "failure": ("FAILED", "BROKEN", "CANCELLED"),
        "ignore": ("UNKNOWN",),
        "": ("FROBNICATED",),
    },
    _awx: {
        "start": ("running",),
        "success": ("successful",),
        "failure": ("failed", "error", "canceled"),
        "ignore": ("pending", "waiting"),
        "": ("frobnicated",),
    },
    _teamcity: {
        "start": ("started",),
        "success": ("is successful",),
        "failure": ("failed", "failed to start", "is failing", "canceled"),
        "avg_duration": ("is probably hanging",),
        "": ("is odd",),
    },
    _prefect: {
        "start": ("Running",),
        "success": ("Completed",),
        "failure": ("Failed", "Crashed", "TimedOut", "Cancelled"),
        "retryable_failure": ("AwaitingRetry",),
        "ignore": ("Late", "Pending"),
        "": ("Frobnicated",),
    },
    _semaphore: {
        "start": ("RUNNING",),
        "success": ("✅SUCCESS",),
        "failure": ("❌ERROR", "⏹️STOPPED"),
        "ignore": ("WAITING", "⚠️WAITING_CONFIRMATION"),
        "": ("FROBNICATED",),
    },
    _concourse: {
        "start": ("Started",),
        "success": ("Success", "Fixed"),
        "failure": ("Failed", "Broke", "Errored", "Aborted"),
        "": ("Frobnicated",),
    },
    _cloud_build: {
        "start": ("WORKING",),
        "success": ("SUCCESS",),
        "failure": ("FAILURE", "INTERNAL_ERROR", "TIMEOUT", "CANCELLED", "EXPIRED"),
        "ignore": ("QUEUED",),
        "": ("FROBNICATED",),
    },
    _bdclark: {
        "start": ("Started",),
        "success": ("Succeeded",),
        "failure": ("Failed", "Killed", "Timedout", "Missed"),
        "retryable_failure": ("FAILED-WITH-RETRY",),
        "": ("Frobnicated",),
    },
    _celery: {
        "start": ("Executing",),
        "success": ("SUCCESS",),
        "failure": ("FAILURE",),
        "retryable_failure": ("RETRY",),
        "": ("FROBNICATED",),
    },
    _ravsam: {
        "success": ("passed", "passed with warnings"),
        "failure": ("failed", "cancelled"),
        "ignore": ("skipped",),
        "": ("frobnicated",),
    },
    _act10ns: {
        "start": ("starting",),
        "success": ("Success",),
        "failure": ("Failure", "Cancelled"),
        "ignore": ("Skipped",),
        "": ("Frobnicated",),
    },
}
CASES = [
    pytest.param(message(word), word, meaning, id=f"{message.__name__[1:]}: {word}")
    for message, words in WORDS.items()
    for meaning, all_words in words.items()
    for word in all_words
]


@pytest.mark.parametrize(("content", "word", "meaning"), CASES)
def test_word_means(content: dict[str, Any], word: str, meaning: str) -> None:
    recognition = SHIPPED.recognize(posted(content))

    if meaning in ("", "ignore"):
        assert recognition.job_status is None
        assert recognition.producer is not None
        assert recognition.unknown_word == (None if meaning else word)
    else:
        assert recognition.job_status is not None
        assert recognition.job_status.condition == meaning
        assert recognition.job_status.raw_status == word
