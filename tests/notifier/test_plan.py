"""What matching rules send, and why (not)."""

from dataclasses import replace
from typing import Any

import pytest

from bot.model import Condition, EventAction
from bot.notifier.plan import Planned, decide, plan
from bot.notifier.templates import Place
from tests.notifier.jobs import PLACE, job_status, rules_of

TRIGGER, RESOLVE = EventAction.TRIGGER, EventAction.RESOLVE


def planned_by(text: str, condition: Condition = Condition.FAILURE) -> tuple[Planned, ...]:
    rules = rules_of(text)
    return plan(rules.rules, job_status(condition), PLACE)


def only(text: str, condition: Condition = Condition.FAILURE, **changes: Any) -> Planned:
    (rule,) = rules_of(text).rules
    return decide(rule, job_status(condition, **changes), PLACE)


@pytest.mark.parametrize(
    ("written", "changes", "key"),
    [
        pytest.param("", {}, "rundeck-slack-incoming:billing:nightly/backup", id="default"),
        pytest.param(
            "", {"project": None}, "rundeck-slack-incoming:-:nightly/backup", id="no project"
        ),
        pytest.param("", {"job": None}, "rundeck-slack-incoming:billing:billing", id="no job"),
        pytest.param(
            "",
            {"job": None, "ref": "main"},
            "rundeck-slack-incoming:billing:billing@main",
            id="no job but a ref",
        ),
        pytest.param(
            "",
            {"job": None, "project": None},
            "rundeck-slack-incoming:-:r in C0JOBS",
            id="neither job nor project",
        ),
        pytest.param(
            'dedup_key = "{job}/{condition}"', {}, "nightly/backup/failure", id="the rule's own"
        ),
        pytest.param(
            "",
            {"job": "a\n<!channel>\x07 b"},
            "rundeck-slack-incoming:billing:a <!channel> b",
            id="hostile name",
        ),
        pytest.param(
            '[rule.on.failure]\ndedup_key = "x-{user}"',
            {"user": None},
            "x--",
            id="the condition's own",
        ),
    ],
)
def test_dedup_key_is_the_identity_of_the_job(
    written: str, changes: dict[str, Any], key: str
) -> None:
    assert only(f'[[rule]]\nname = "r"\n{written}', **changes).dedup_key == key


def test_dedup_key_is_the_same_for_failure_and_success_of_different_runs() -> None:
    text = '[[rule]]\nname = "r"'
    failure = only(text, execution_id="1")
    success = only(text, Condition.SUCCESS, execution_id="2", raw_status="Succeeded")
    assert failure.pair == success.pair


def test_dedup_key_of_a_long_job_is_bounded() -> None:
    planned = only('[[rule]]\nname = "r"', job="x" * 5_000)
    assert len(planned.dedup_key) == 255


def test_summary_of_the_rule_is_filled_and_one_line() -> None:
    planned = only('[[rule]]\nname = "r"\nsummary = """{job}\n failed in {channel}"""')
    assert planned.summary == "nightly/backup failed in #jobs"


@pytest.mark.parametrize("action", ["trigger", "acknowledge"])
def test_start_is_sent_unless_the_job_has_an_alert_open(action: str) -> None:
    rule = f'[[rule]]\nname = "r"\n[rule.on.start]\naction = "{action}"\n'
    planned = only(rule, Condition.START)
    assert planned.action == action
    assert planned.reason == (
        f'Rule "r": its table on.start says action = "{action}", unless the job has an alert open.'
    )


def test_shadow_says_what_it_would_send_and_sends_nothing() -> None:
    planned = only('[[rule]]\nname = "r"\nshadow = true')
    assert planned.action is TRIGGER
    assert not planned.is_sent
    assert planned.reason == (
        'Rule "r": a failure triggers by default; the rule is a shadow, so nothing is sent.'
    )


def test_shadow_of_an_action_that_is_none_sends_nothing_anyway() -> None:
    planned = only('[[rule]]\nname = "r"\nshadow = true', Condition.START)
    assert planned.reason == (
        'Rule "r": a start sends nothing unless the rule has a table [rule.on.start].'
    )


def test_two_rules_with_the_same_pair_and_action_are_one_event() -> None:
    first, second = planned_by('[[rule]]\nname = "a"\ncontinue = true\n[[rule]]\nname = "b"')
    assert first.is_sent
    assert second.action is None
    assert 'rule "a" already sends this trigger' in second.reason


@pytest.mark.parametrize(
    "second",
    [
        pytest.param('integration_key = "env:OTHER"', id="another integration key"),
        pytest.param('dedup_key = "other"', id="another dedup key"),
        pytest.param('[rule.on.failure]\naction = "acknowledge"', id="another action"),
    ],
)
def test_two_rules_that_differ_are_two_events(second: str) -> None:
    planned = planned_by(f'[[rule]]\nname = "a"\ncontinue = true\n[[rule]]\nname = "b"\n{second}')
    assert [each.is_sent for each in planned] == [True, True]


def test_shadow_takes_no_event_from_a_later_rule() -> None:
    planned = planned_by(
        '[[rule]]\nname = "a"\ncontinue = true\nshadow = true\n[[rule]]\nname = "b"'
    )
    assert [each.is_sent for each in planned] == [False, True]


def test_place_without_a_name_is_shown_by_its_id() -> None:
    planned = only('[[rule]]\nname = "r"\nsummary = "{channel}"')
    assert planned.summary == "#jobs"
    (rule,) = rules_of('[[rule]]\nname = "r"\nsummary = "{channel} {job}"').rules
    status = replace(job_status(), job=None, project=None)
    assert decide(rule, status, Place("C0JOBS")).summary == "C0JOBS r in C0JOBS"
