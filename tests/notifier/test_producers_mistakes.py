"""Descriptions in rules.toml: what they may change, and what is said about mistakes in them."""

from typing import Any

import pytest

from bot.errors import ConfigError
from bot.notifier.engine import Producers
from tests.notifier.posted import SHIPPED, read

WHEN = [{"slot": "text", "matches": "(?P<status>.+)"}]
UNSTABLE = {
    "attachments": [{"fields": [{"value": "a - #7 Unstable after 3 sec (<https://x/7/|Open>)"}]}]
}


def problems_of(*tables: dict[str, Any]) -> tuple[str, ...]:
    """Give the problems of tables that do not load."""
    with pytest.raises(ConfigError) as caught:
        Producers.load(tables)
    return caught.value.problems


def test_no_tables_are_the_shipped_producers() -> None:
    assert Producers.load().names == SHIPPED.names
    assert len(set(SHIPPED.names)) == len(SHIPPED.names)


def test_word_of_a_shipped_producer_can_be_remapped() -> None:
    table = {"name": "jenkins-slack-plugin", "map": {"unstable": "ignore"}}

    recognition = Producers.load([table])

    assert read(UNSTABLE) is not None
    assert read(UNSTABLE, recognition) is None


def test_amended_producer_keeps_the_rest() -> None:
    table = {"name": "jenkins-slack-plugin", "map": {"Frobnicated": "start"}, "priority": 1}

    producers = Producers.load([table])

    assert read(UNSTABLE, producers) is not None
    assert producers.names[0] == "jenkins-slack-plugin"


def test_shipped_producer_can_be_switched_off() -> None:
    producers = Producers.load([{"name": "script", "enabled": False}])

    assert "script" not in producers.names
    assert read({"text": "[job] a failed"}, producers) is None


def test_shipped_producer_can_be_replaced() -> None:
    variant = {"when": WHEN, "condition": "start"}

    producers = Producers.load([{"name": "script", "variant": [variant]}])

    status = read({"text": "anything"}, producers)
    assert status is not None
    assert (status.producer, status.raw_status) == ("script", "anything")


def test_example_within_a_users_table_is_allowed() -> None:
    example = {"shows": "x", "message": {"text": "ok"}, "condition": "success"}

    table = {"name": "mine", "variant": [{"when": WHEN}], "example": [example]}

    assert "mine" in Producers.load([table]).names


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        pytest.param(
            {"name": "mine", "variants": []},
            'producer "mine": unknown key "variants"; did you mean "variant"?',
            id="key",
        ),
        pytest.param(
            {"name": "mine", "variant": [{"when": [{"slott": "text"}]}]},
            'producer "mine": variant 1, when 1: unknown key "slott"; did you mean "slot"?',
            id="deep key",
        ),
        pytest.param(
            {"name": "mine", "variant": [{"when": [{"slot": "att.titel"}], "raw_status": "x"}]},
            'producer "mine": variant 1, when 1, slot 1: "att.titel" is no slot;'
            ' did you mean "att.title"?',
            id="slot",
        ),
        pytest.param(
            {"name": "mine", "variant": [{"when": WHEN}], "map": {"x": "sucess"}},
            'producer "mine": map, x: "sucess" is no condition; did you mean "success"?'
            " (conditions: start, success, failure, avg_duration, retryable_failure, ignore)",
            id="condition",
        ),
        pytest.param(
            {"name": "mine", "variant": [{"when": WHEN}], "extract": {"jop": "text"}},
            'producer "mine": extract: "jop" cannot be extracted; did you mean "job"?'
            " (parts: job, project, ref, execution_id, url, duration, user)",
            id="part",
        ),
        pytest.param(
            {
                "name": "mine",
                "variant": [{"when": WHEN}],
                "extract": {"job": {"slot": "text", "then": "uper"}},
            },
            'producer "mine": extract, job 1, then 1: "uper" is no transform (transforms: strip,'
            " lower, unescape, unquote, url_decode, branch, last_path_part,"
            " without_group_slash)",
            id="transform",
        ),
        pytest.param(
            {"name": "mine", "variant": [{"when": [{"slot": "text", "matches": "(?=x)"}]}]},
            'producer "mine": variant 1, when 1, matches: is not a regular expression of RE2:'
            " invalid perl operator: (?=. RE2 has neither lookaround nor back-references:"
            " https://github.com/google/re2/wiki/Syntax",
            id="pattern",
        ),
        pytest.param(
            {"name": "mine", "variant": [{"when": [{"matches": "x"}], "raw_status": "x"}]},
            'producer "mine": variant 1, when 1: needs either slot (with what is asked of it) or'
            " fields",
            id="test of nothing",
        ),
        pytest.param(
            {"name": "mine", "variant": [{"when": [{"fields": "a", "matches": "x"}]}]},
            'producer "mine": variant 1, when 1: asks for fields, so nothing else can be asked in'
            " the same test",
            id="fields and more",
        ),
        pytest.param(
            {
                "name": "mine",
                "variant": [{"when": [{"slot": "text", "absent": True, "equals": "x"}]}],
            },
            'producer "mine": variant 1, when 1: cannot ask anything of a slot that must be absent',
            id="absent and more",
        ),
        pytest.param(
            {
                "name": "mine",
                "variant": [{"when": [{"slot": "text", "matches": "a", "finds": "b"}]}],
            },
            'producer "mine": variant 1, when 1: takes one of matches, first_line and finds, not'
            " several",
            id="two patterns",
        ),
        pytest.param(
            {"name": "mine", "variant": [{"when": [{"slot": "text"}]}]},
            'producer "mine": variant 1 reads no status: give status, raw_status, or a group'
            " (?P<status>…)",
            id="no status",
        ),
        pytest.param(
            {"name": "mine", "variant": [{"when": []}]},
            'producer "mine": variant 1, when: must not be empty',
            id="no tests",
        ),
        pytest.param(
            {"name": "rundeck-slack-incomming", "enabled": False},
            'producer "rundeck-slack-incomming": has no [[producer.variant]], and no shipped'
            ' producer has that name; did you mean "rundeck-slack-incoming"?',
            id="name of nobody",
        ),
        pytest.param(
            {"name": "Mine!", "variant": [{"when": WHEN}]},
            'producer "Mine!": name: must be lower-case letters, digits, dots and dashes, at most 80',
            id="name",
        ),
        pytest.param({"variant": [{"when": WHEN}]}, "producer 1: name: is missing", id="no name"),
        pytest.param({"name": 7}, "producer 1: name: must be a text in quotes", id="odd name"),
        pytest.param(
            {"name": "script", "priority": "high"},
            'producer "script": priority: must be a whole number',
            id="number",
        ),
        pytest.param(
            {"name": "script", "map": ["x"]}, 'producer "script": map: must be a table', id="table"
        ),
    ],
)
def test_mistake_is_told_with_the_nearest_right_word(table: dict[str, Any], problem: str) -> None:
    assert problems_of(table) == (problem,)


def test_all_mistakes_of_all_tables_are_told_at_once() -> None:
    problems = problems_of(
        {"name": "a", "variant": [{"when": [{"slot": "x"}, {"slot": "y"}], "raw_status": "z"}]},
        {"name": "b", "speed": 7},
        {"name": "c", "variant": [{"when": WHEN}]},
        {"name": "c", "variant": [{"when": WHEN}]},
    )

    assert [problem.split(" ")[1] for problem in problems] == ['"a":', '"a":', '"b":', '"c":']
    assert problems[-1] == 'producer "c": is described twice'
