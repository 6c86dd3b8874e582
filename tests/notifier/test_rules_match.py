"""Which rules a job status meets, and why others do not."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.notifier.rules import Question, Rules, no_rules
from tests.notifier.jobs import job_status, rules_of


def matching(rules: Rules, **changes: Any) -> list[str]:
    given: dict[str, Any] = {
        "channel_id": "C0JOBS",
        "channel_name": "jobs",
        "bot_id": "B0RUNDECK",
        "app_id": "A0RUNDECK",
    }
    of_status: dict[str, Any] = {
        key: changes.pop(key) for key in ("producer", "project", "job") if key in changes
    }
    found = rules.match(job_status(**of_status), **(given | changes))
    return [rule.name for rule in found]


@pytest.mark.parametrize(
    ("written", "changes", "matches"),
    [
        pytest.param("", {}, True, id="no filter"),
        pytest.param('channels = "C0JOBS"', {}, True, id="channel id"),
        pytest.param('channels = "#jobs"', {}, True, id="channel name"),
        pytest.param('channels = "#jobs"', {"channel_name": "#jobs"}, True, id="name with mark"),
        pytest.param('channels = "#j*"', {}, True, id="glob of channel names"),
        pytest.param('channels = "#jobs"', {"channel_name": None}, False, id="name not known"),
        pytest.param('channels = ["C0X", "#x"]', {}, False, id="other channels"),
        pytest.param(
            'channels = "C*"', {"channel_id": None, "channel_name": None}, False, id="no channel"
        ),
        pytest.param('bots = "B0RUNDECK"', {}, True, id="bot id"),
        pytest.param('bots = "A0RUNDECK"', {}, True, id="app id"),
        pytest.param('bots = ["B0X", "A0X"]', {}, False, id="other bots"),
        pytest.param('bots = "B0RUNDECK"', {"bot_id": None, "app_id": None}, False, id="no bot"),
        pytest.param('producer = "rundeck-*"', {}, True, id="glob of producers"),
        pytest.param('producer = "rundeck-*"', {"producer": "jenkins"}, False, id="other producer"),
        pytest.param('project = "billing"', {}, True, id="project"),
        pytest.param('project = "Billing"', {}, False, id="case counts"),
        pytest.param('project = "*"', {"project": None}, True, id="star takes a missing part"),
        pytest.param('project = "b*"', {"project": None}, False, id="missing project"),
        pytest.param('job = ["nightly/*", "Load *"]', {}, True, id="one of two globs"),
        pytest.param('job = ["nightly/*", "Load *"]', {"job": "Load x"}, True, id="the other"),
        pytest.param('job = ["nightly/*", "Load *"]', {"job": "weekly/x"}, False, id="neither"),
        pytest.param('job = "nightly/* x"', {"job": "nightly/a\n x"}, True, id="line break folded"),
        pytest.param('job = "nightly/*"\nproject = "ops"', {}, False, id="all filters must match"),
    ],
)
def test_rule_matches(written: str, changes: dict[str, str | None], matches: bool) -> None:
    rules = rules_of(f'[[rule]]\nname = "r"\n{written}')
    assert matching(rules, **changes) == (["r"] if matches else [])


def test_first_rule_that_matches_is_the_only_one() -> None:
    rules = rules_of(
        """
        [[rule]]
        name = "other"
        project = "ops"
        [[rule]]
        name = "first"
        [rule.on.failure]
        action = "none"
        [[rule]]
        name = "second"
        """
    )
    assert matching(rules) == ["first"]


def test_continue_lets_later_rules_match_until_one_ends_it() -> None:
    rules = rules_of(
        """
        [[rule]]
        name = "a"
        continue = true
        [[rule]]
        name = "other"
        project = "ops"
        [[rule]]
        name = "b"
        continue = true
        [[rule]]
        name = "c"
        [[rule]]
        name = "d"
        """
    )
    assert matching(rules) == ["a", "b", "c"]
    assert matching(rules, project="ops") == ["a", "other"]


def test_no_rules_match_nothing() -> None:
    assert matching(no_rules()) == []
    assert len(no_rules()) == 0


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ('project = "ops"', 'it wants project "ops", the message has "billing"'),
        ('bots = "B0X"', 'it wants bot "B0X", the message has "B0RUNDECK" / "A0RUNDECK"'),
        (
            'channels = ["C0X", "#x"]',
            'it wants channel "C0X" or "#x", the message is in "C0JOBS" (the channel\'s name is not '
            "known here, its id would match)",
        ),
        ('channels = "C0X"', 'it wants channel "C0X", the message is in "C0JOBS"'),
    ],
)
def test_mismatch_says_what_was_wanted(written: str, reason: str) -> None:
    (rule,) = rules_of(f'[[rule]]\nname = "r"\n{written}').rules
    question = Question(job_status(), "C0JOBS", None, "B0RUNDECK", "A0RUNDECK")
    assert rule.mismatch(question) == reason


def test_mismatch_of_a_message_without_channel_and_project() -> None:
    rules = rules_of(
        '[[rule]]\nname = "a"\nchannels = "C0X"\n[[rule]]\nname = "b"\nproject = "ops"'
    )
    tried = rules.explain(Question(job_status(project=None), None))
    assert [reason for _, reason in tried] == [
        'it wants channel "C0X", the message is in no channel',
        'it wants project "ops", the message has none',
    ]


def test_explanation_ends_where_matching_ends() -> None:
    rules = rules_of(
        '[[rule]]\nname = "a"\nproject = "ops"\n[[rule]]\nname = "b"\n[[rule]]\nname = "c"'
    )
    tried = rules.explain(Question(job_status(), "C0JOBS", "jobs"))
    assert [(rule.name, reason is None) for rule, reason in tried] == [("a", False), ("b", True)]


WORD = st.text("ab-*?/", min_size=1, max_size=4)
FILTER = st.one_of(st.none(), st.lists(WORD, min_size=1, max_size=3))


@settings(deadline=None)  # each reading compiles the producers
@given(
    st.lists(st.tuples(FILTER, FILTER, st.booleans()), max_size=8),
    st.text("ab-/", max_size=4),
    st.text("ab-/", max_size=4),
)
def test_index_agrees_with_trying_each_rule(
    filters: list[tuple[list[str] | None, list[str] | None, bool]], project: str, job: str
) -> None:
    text = ""
    for position, (projects, jobs, continues) in enumerate(filters):
        text += f'[[rule]]\nname = "{position}"\ncontinue = {str(continues).lower()}\n'
        text += f"project = {projects}\n" if projects else ""
        text += f"job = {jobs}\n" if jobs else ""
    rules = rules_of(text)
    status = job_status(project=project, job=job)
    tried = rules.explain(Question(status, "C0JOBS"))
    expected = tuple(rule for rule, reason in tried if reason is None)
    assert rules.match(status, channel_id="C0JOBS") == expected
