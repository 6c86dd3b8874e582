"""What a rule does with each condition: every pair of condition, action and severity."""

import itertools

import pytest

from bot.model import Condition, EventAction
from bot.notifier.alerts import build
from bot.notifier.plan import decide
from bot.notifier.rules import SEVERITIES, Effect
from bot.notifier.rules_effects import DEFAULT_ACTIONS, DEFAULT_SEVERITIES, NOUNS
from bot.notifier.rules_schema import ACTIONS
from tests.notifier.jobs import PLACE, check_event, job_message, job_status, rules_of

TRIGGER, RESOLVE = EventAction.TRIGGER, EventAction.RESOLVE


def effect(written: str, condition: Condition) -> Effect:
    (rule,) = rules_of(f'[[rule]]\nname = "r"\n{written}').rules
    return rule.effects[condition]


def test_every_condition_has_its_defaults() -> None:
    assert set(DEFAULT_ACTIONS) == set(DEFAULT_SEVERITIES) == set(NOUNS) == set(Condition)


@pytest.mark.parametrize(
    ("condition", "action", "severity"),
    [
        (Condition.START, None, "info"),
        (Condition.SUCCESS, RESOLVE, "error"),
        (Condition.FAILURE, TRIGGER, "error"),
        (Condition.AVG_DURATION, TRIGGER, "warning"),
        (Condition.RETRYABLE_FAILURE, None, "warning"),
    ],
)
def test_condition_without_a_table_has_the_default(
    condition: Condition, action: EventAction | None, severity: str
) -> None:
    got = effect("", condition)
    assert (got.action, got.severity) == (action, severity)
    assert got.key_ref == "env:PAGERDUTY_INTEGRATION_KEY"
    assert got.dedup_key.text == "{producer}:{project}:{job}"
    assert (got.images, got.summary, got.shadow) == ((), None, False)


@pytest.mark.parametrize(
    ("condition", "action"),
    [
        (Condition.START, TRIGGER),
        (Condition.SUCCESS, RESOLVE),
        (Condition.FAILURE, TRIGGER),
        (Condition.AVG_DURATION, TRIGGER),
        (Condition.RETRYABLE_FAILURE, TRIGGER),
    ],
)
def test_table_without_action_has_the_default_or_triggers(
    condition: Condition, action: EventAction
) -> None:
    assert effect(f"[rule.on.{condition}]", condition).action is action


@pytest.mark.parametrize(
    ("condition", "action", "severity"), list(itertools.product(Condition, ACTIONS, SEVERITIES))
)
def test_condition_sends_the_action_and_severity_of_its_table(
    condition: Condition, action: str, severity: str
) -> None:
    (rule,) = rules_of(
        f"""
        [[rule]]
        name = "r"
        severity = "{SEVERITIES[0] if severity != SEVERITIES[0] else SEVERITIES[1]}"
        [rule.on.{condition}]
        action = "{action}"
        severity = "{severity}"
        """
    ).rules
    planned = decide(rule, job_status(condition), PLACE)

    if action == "none":
        assert planned.action is None
        assert f'its table on.{condition} says action = "none"' in planned.reason
        return
    event = build(planned, job_status(condition), job_message())
    assert event.body["event_action"] == action
    assert event.body["payload"]["severity"] == severity
    check_event(event)


@pytest.mark.parametrize(("condition", "severity"), list(itertools.product(Condition, SEVERITIES)))
def test_severity_of_the_rule_is_that_of_every_condition(
    condition: Condition, severity: str
) -> None:
    assert effect(f'severity = "{severity}"', condition).severity == severity


def test_table_overrides_the_rule_key_by_key() -> None:
    written = """
        integration_key = "env:RULE"
        dedup_key = "rule-{job}"
        images = "https://rule.example.com/a.png"
        summary = "rule {job}"
        shadow = true
        [rule.on.failure]
        integration_key = "file:/run/secrets/failure"
        dedup_key = "failure-{job}"
        images = ""
        summary = "failure {job}"
        shadow = false
        """
    failure, success = effect(written, Condition.FAILURE), effect(written, Condition.SUCCESS)

    assert failure.key_ref == "file:/run/secrets/failure"
    assert failure.dedup_key.text == "failure-{job}"
    assert failure.images == ()
    assert failure.summary is not None
    assert failure.summary.text == "failure {job}"
    assert failure.shadow is False
    assert success.key_ref == "env:RULE"
    assert success.dedup_key.text == "rule-{job}"
    assert success.images == ("https://rule.example.com/a.png",)
    assert success.summary is not None
    assert success.summary.text == "rule {job}"
    assert success.shadow is True


def test_resolve_repeats_the_severity_that_the_failure_is_given() -> None:
    """Event rules that route on the severity must route both to the same place."""
    assert effect('[rule.on.failure]\nseverity = "critical"', Condition.SUCCESS).severity == (
        "critical"
    )
    assert effect('[rule.on.failure]\nimages = ""', Condition.SUCCESS).severity == "error"


def test_success_that_triggers_is_only_an_information() -> None:
    assert effect('[rule.on.success]\naction = "trigger"', Condition.SUCCESS).severity == "info"
