"""The engine: from a message to what it says, and why not."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Condition, JobStatus
from bot.notifier.engine import Producers, Recognition
from tests.notifier.posted import SHIPPED, posted, read, said
from tests.notifier.test_slots import KEYS, SLACK_LIKE

MINE: dict[str, Any] = {
    "name": "mine",
    "variant": [{"when": [{"slot": "text", "first_line": r"(?P<job>\S+) is (?P<status>.+)"}]}],
    "map": {"done": "success", "over": "failure", "resting": "ignore"},
}


def mine(text: str, **changes: Any) -> Recognition:
    """Recognize a text with one description of the user's own, changed."""
    return Producers.load([MINE | changes]).recognize(said(text))


def test_status_names_its_producer_and_reason() -> None:
    recognition = mine("load is done")

    assert recognition.job_status == JobStatus("mine", Condition.SUCCESS, "done", job="load")
    assert recognition.producer == "mine"
    assert recognition.reason == 'mine says "done".'
    assert recognition.trail == ("mine, variant 1", 'status "done"')
    assert recognition.unknown_word is None


def test_word_that_is_not_mapped_is_reported_and_not_guessed() -> None:
    assert mine("load is failing") == Recognition(
        job_status=None,
        producer="mine",
        reason='mine says "failing", which the description of mine does not map;'
        " add it under [producer.map].",
        trail=("mine, variant 1", 'status "failing"'),
        unknown_word="failing",
    )


def test_word_that_is_ignored_says_so() -> None:
    recognition = mine("load is resting")

    assert recognition.job_status is None
    assert recognition.unknown_word is None
    assert recognition.reason == 'mine says "resting", which its description ignores.'


def test_words_ignore_case_unless_the_description_counts_it() -> None:
    assert mine("load is DONE").job_status is not None
    assert mine("load is DONE", case_sensitive=True).unknown_word == "DONE"


def test_message_that_nobody_describes_says_so() -> None:
    assert SHIPPED.recognize(said("good morning")) == Recognition(
        None, None, "No producer's description matches this message."
    )


def test_only_bots_are_heard() -> None:
    recognition = SHIPPED.recognize(posted({"text": "[job] a failed"}, bot_id=None))

    assert recognition.job_status is None
    assert recognition.reason == "Not posted by a bot: it has no bot_id."


def test_bot_id_within_the_content_is_enough() -> None:
    content = {"text": "[job] a failed", "bot_id": "B1"}

    assert SHIPPED.recognize(posted(content, bot_id=None)).job_status is not None


@pytest.mark.parametrize("subtype", ["message_deleted", "channel_join", ["odd"]])
def test_other_subtypes_are_not_messages(subtype: Any) -> None:
    recognition = SHIPPED.recognize(posted({"text": "[job] a failed", "subtype": subtype}))

    assert recognition.job_status is None
    assert "Not a message of its own" in recognition.reason


@pytest.mark.parametrize("subtype", [None, "", "bot_message", "file_share", "thread_broadcast"])
def test_post_of_a_bot_counts_also_with_a_file_or_from_a_thread(subtype: str | None) -> None:
    recognition = SHIPPED.recognize(posted({"text": "[job] a failed", "subtype": subtype}))

    assert recognition.job_status is not None


def test_thread_reply_of_a_bot_counts() -> None:
    message = posted({"text": "[job] a failed", "thread_ts": "1.1"}, thread_ts="1.1")

    assert SHIPPED.recognize(message).job_status is not None


def test_edit_counts_when_the_condition_changed() -> None:
    message = posted({"text": "[job] a succeeded"}, previous={"text": "[job] a started"})

    status = SHIPPED.recognize(message).job_status

    assert status is not None
    assert status.condition is Condition.SUCCESS


def test_edit_counts_when_it_was_no_status_before() -> None:
    message = posted({"text": "[job] a failed"}, previous={"text": "working"})

    assert SHIPPED.recognize(message).job_status is not None


def test_edit_that_keeps_the_condition_is_nothing_new() -> None:
    message = posted({"text": "[job] a aborted"}, previous={"text": "[job] a failed"})

    recognition = SHIPPED.recognize(message)

    assert recognition.job_status is None
    assert recognition.producer == "script"
    assert recognition.reason == (
        'An edit that changes nothing: before it script said "failed", which is failure as well.'
    )


def test_edit_into_something_else_has_the_reason_of_what_it_is_now() -> None:
    message = posted({"text": "never mind"}, previous={"text": "[job] a failed"})

    assert SHIPPED.recognize(message).reason == "No producer's description matches this message."


@pytest.mark.parametrize(
    ("source", "heard"),
    [
        ({"bots": ["B0BOT"]}, True),
        ({"bots": ["A0APP"]}, True),
        ({"bots": ["B0OTHER"]}, False),
        ({"usernames": ["Run*"]}, True),
        ({"usernames": ["rundeck prod"]}, True),
        ({"usernames": ["jenkins*"]}, False),
        ({"bots": ["B0BOT"], "usernames": ["jenkins*"]}, False),
    ],
)
def test_source_limits_who_may_speak(source: dict[str, Any], heard: bool) -> None:
    producers = Producers.load([MINE | {"source": source}])

    recognition = producers.recognize(
        posted({"text": "load is done", "username": "Rundeck Prod", "bot_profile": {"name": 7}})
    )

    assert (recognition.job_status is not None) is heard


def test_source_knows_the_name_in_the_profile() -> None:
    producers = Producers.load([MINE | {"source": {"usernames": "deployer"}}])
    content = {"text": "load is done", "bot_profile": {"name": "Deployer"}}

    assert read(content, producers) is not None


def test_patterns_too_large_for_one_set_still_match() -> None:
    large = [
        {"when": [{"slot": "username", "matches": rf"x{number}\pL{{50}}"}], "raw_status": "ok"}
        for number in range(25)
    ]
    last = {"when": [{"slot": "username", "matches": "(?P<status>ok)"}]}
    tables = [{"name": "mine", "map": {"ok": "success"}, "variant": [*large, last]}]

    producers = Producers.load(tables)

    assert read({"username": "ok"}, producers) is not None
    assert read({"username": "no"}, producers) is None


def test_explanation_shows_slots_and_how_far_each_description_came() -> None:
    producers = Producers.load([MINE | {"source": {"bots": ["B0OTHER"]}}])

    lines = producers.explain(said("[job] a exploded " + "x" * 200))

    assert lines[0].startswith('text = "[job] a exploded xxx')
    assert lines[0].endswith('…"')
    assert "mine: its source does not include this bot" in lines

    assert SHIPPED.explain(said("hello")) == ['text = "hello"']

    lines = SHIPPED.explain(posted({"attachments": [{"title": "Task: x", "text": "y"}]}))
    assert (
        "semaphore-ui, variant 1: att.title fits Task: (?P<job>.+) ✓,"
        r" att.text fits execution #(?P<execution_id>\d+), status: (?P<status>.+)! ✗"
    ) in lines


@given(st.dictionaries(KEYS | st.text(), SLACK_LIKE, max_size=6), SLACK_LIKE)
@settings(deadline=None)
def test_any_json_is_recognized_without_an_error(content: dict[str, Any], extra: Any) -> None:
    changed = content | {"bot_profile": extra, "username": extra, "subtype": None}

    recognition = SHIPPED.recognize(posted(changed, previous=content))

    assert recognition.reason.endswith(".")
    assert SHIPPED.explain(posted(changed)) is not None


@pytest.mark.parametrize("tail", ["x" * 39_000, "é" * 39_000, "x" * 3_000 + "🐢" * 9_000])
def test_what_follows_in_a_very_long_line_hides_no_status(tail: str) -> None:
    status = SHIPPED.recognize(posted({"text": f"[job] a failed run=7 -- {tail}"})).job_status

    assert status is not None
    assert (status.job, status.raw_status, status.execution_id) == ("a", "failed", "7")


LINES = [
    "[job] a failed run=7 -- ",
    " - #1 Failure after 3 sec (Open)",
    "[job] a failed project=b ",
    "Flow run a/b observed in state x at y ",
    "x has failed to deploy branch a of b to c ",
    "Job failed on x: : Error 1: ",
    "*a* b/c#d (e) by f ",
    "Workflow _a_ job _b_ triggered by _c_ is _d_ ",
]


@pytest.mark.parametrize("line", LINES)
def test_hostile_text_is_recognized_quickly(line: str) -> None:
    text = line * (40_000 // len(line))
    content = {
        "text": text,
        "attachments": [{"text": text, "title": text, "fields": [{"value": text}]}] * 100,
    }
    fastest = min(_seconds(content) for _ in range(3))

    assert fastest < 0.05  # about 3 ms of the processor


def _seconds(content: dict[str, Any]) -> float:
    started = time.thread_time()
    SHIPPED.recognize(posted(content))
    return time.thread_time() - started
