"""What is allowed in a rules file and rarely meant. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from bot.model import Condition, EventAction
from bot.notifier.globs import Glob
from bot.notifier.rules_effects import effects_of
from bot.notifier.rules_schema import ConditionTable, RuleTable, Sending
from bot.notifier.templates import PER_RUN, TELLING_JOBS
from bot.notifier.words import suggestion

Warning_ = tuple[tuple[str | int, ...], str]
"""Where, and a sentence without its full stop."""

_ANY_BOT: Final = (
    'it names no "bots", so any bot in its channels can page people; name the bot or app ids that '
    "may speak"
)
_NO_HTTPS: Final = (
    "PagerDuty shows images from https:// addresses only; one that has none will be left out"
)

_SHARED_KEY: Final = (
    "all jobs of this rule share the key, so the success of one resolves the failure of another; "
    "write {job} into it"
)


def warnings_of(rules: Sequence[RuleTable], producers: Sequence[str]) -> Iterator[Warning_]:
    """Give the warnings of all rules, in the file's order; `producers` are the known names."""
    for position, rule in enumerate(rules):
        for place, sentence in (*_of_rule(rule), *_of_producers(rule, producers)):
            yield ("rule", position, *place), sentence


def _of_producers(rule: RuleTable, producers: Sequence[str]) -> Iterator[Warning_]:
    for glob in rule.producer:
        if not any(map(Glob(glob).matches, producers)):
            near = suggestion(glob.strip("*"), producers)
            yield ("producer",), f'no producer is called "{glob}"{near}'


def _of_rule(rule: RuleTable) -> Iterator[Warning_]:
    if not rule.bots:
        yield (), _ANY_BOT
    yield from _of_keys((), rule, rule)
    for condition in Condition:
        table: ConditionTable | None = getattr(rule.on, condition.value)
        if table is None:
            continue
        place = ("on", condition.value)
        yield from _of_keys(place, table, rule)
        action = effects_of(rule, condition).action
        if condition is Condition.START and action is EventAction.TRIGGER:
            yield place, "a start that triggers pages somebody for every run"
        if condition is Condition.SUCCESS and action is EventAction.TRIGGER:
            yield place, "a success that triggers pages somebody for every good run"
    average = rule.on.avg_duration
    if average and average.threshold and average.action == "none":
        yield (
            ("on", "avg_duration", "threshold"),
            'the threshold has no effect, because the action is "none"',
        )


def _of_keys(place: tuple[str, ...], keys: Sending, rule: RuleTable) -> Iterator[Warning_]:
    for image in keys.images or ():
        if not image.lower().startswith("https://"):
            yield (*place, "images"), _NO_HTTPS
    if keys.dedup_key and (per_run := sorted(keys.dedup_key.names & PER_RUN)):
        yield (
            (*place, "dedup_key"),
            f"{{{per_run[0]}}} differs from run to run, so every failure opens an alert of its own",
        )
    if keys.dedup_key and not keys.dedup_key.names & TELLING_JOBS and not _is_about_one_job(rule):
        yield (*place, "dedup_key"), _SHARED_KEY


def _is_about_one_job(rule: RuleTable) -> bool:
    return len(rule.job) == 1 and Glob(rule.job[0]).is_literal
