"""What a rule does with each condition: its table over its keys over the defaults. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from bot.model import Condition, EventAction
from bot.notifier.rules import DEFAULT_KEY_REF, Effect, Severity
from bot.notifier.rules_schema import ConditionTable, RuleTable
from bot.notifier.templates import Template, parse_template

DEFAULT_DEDUP_KEY: Final = parse_template("{producer}:{project}:{job}")
DEFAULT_ACTIONS: Final[Mapping[Condition, EventAction | None]] = {
    Condition.START: None,
    Condition.SUCCESS: EventAction.RESOLVE,
    Condition.FAILURE: EventAction.TRIGGER,
    Condition.AVG_DURATION: EventAction.TRIGGER,
    Condition.RETRYABLE_FAILURE: None,
}
DEFAULT_SEVERITIES: Final[Mapping[Condition, Severity]] = {
    Condition.START: "info",
    Condition.SUCCESS: "info",
    Condition.FAILURE: "error",
    Condition.AVG_DURATION: "warning",
    Condition.RETRYABLE_FAILURE: "warning",
}
NOUNS: Final[Mapping[Condition, str]] = {
    Condition.START: "a start",
    Condition.SUCCESS: "a success",
    Condition.FAILURE: "a failure",
    Condition.AVG_DURATION: "an exceeded average duration",
    Condition.RETRYABLE_FAILURE: "a failure that will be retried",
}


def effects_of(rule: RuleTable, condition: Condition) -> Effect:
    """Lay the condition's table over the rule's keys over the defaults."""
    table: ConditionTable | None = getattr(rule.on, condition.value)
    action, why = _action(table, condition)
    dedup_key: Template = _first(table, rule, "dedup_key") or DEFAULT_DEDUP_KEY
    return Effect(
        action=action,
        why=why,
        key_ref=_first(table, rule, "integration_key") or DEFAULT_KEY_REF,
        dedup_key=dedup_key,
        severity=_first(table, rule, "severity") or _default_severity(rule, condition, action),
        images=_first(table, rule, "images") or (),
        summary=_first(table, rule, "summary"),
        shadow=bool(_first(table, rule, "shadow")),
    )


def _first(table: ConditionTable | None, rule: RuleTable, key: str) -> Any:
    written = getattr(table, key) if table else None
    return getattr(rule, key) if written is None else written


def _action(table: ConditionTable | None, condition: Condition) -> tuple[EventAction | None, str]:
    name, noun, default = f"on.{condition}", NOUNS[condition], DEFAULT_ACTIONS[condition]
    if table is None and default is None:
        return None, f"{noun} sends nothing unless the rule has a table [rule.{name}]"
    if table is None or (table.action is None and default is not None):
        return default, f"{noun} {_verb(default)} by default"
    if table.action is None:
        return EventAction.TRIGGER, f"its table {name} has no action, so {noun} triggers"
    if table.action == "none":
        return None, f'its table {name} says action = "none"'
    return EventAction(table.action), f'its table {name} says action = "{table.action}"'


def _verb(action: EventAction | None) -> str:
    return "sends nothing" if action is None else f"{action}s"


def _default_severity(
    rule: RuleTable, condition: Condition, action: EventAction | None
) -> Severity:
    """Give the severity where nothing is written.

    A resolve repeats the failure's: PagerDuty's event rules see the resolve, too, and must route it
    to where they routed the trigger (prometheus/alertmanager#1440).
    """
    if action is EventAction.RESOLVE:
        failure = rule.on.failure
        written = failure.severity if failure else None
        return written or DEFAULT_SEVERITIES[Condition.FAILURE]
    return DEFAULT_SEVERITIES[condition]
