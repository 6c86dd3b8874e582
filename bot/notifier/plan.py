"""From a job status and the rules that matched to what each of them sends, and why (not). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.model import Condition, EventAction, JobStatus
from bot.notifier.rules import Rule, Severity
from bot.notifier.templates import (
    Place,
    bounded_key,
    identity_values,
    job_label,
    shown_values,
)
from bot.notifier.words import clean_line

Pair = tuple[str, str]
"""A key reference and a dedup key: what PagerDuty tells alerts apart by."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What one rule makes of one job status.

    `action` None sends nothing, `reason` says why in one sentence. A `shadow` is told, never sent.
    `summary` is the rule's own text, None for the default one; `label` names the job.
    `elsewhere_only`: another rule resolves this very pair; what this rule has open on other pairs
    is still its own to resolve.
    """

    rule: Rule
    action: EventAction | None
    reason: str
    key_ref: str
    dedup_key: str
    label: str
    severity: Severity
    images: tuple[str, ...]
    summary: str | None
    shadow: bool
    elsewhere_only: bool = False

    @property
    def pair(self) -> Pair:
        """Where the event goes."""
        return self.key_ref, self.dedup_key

    @property
    def is_sent(self) -> bool:
        """Tell whether an event leaves for its own pair."""
        return self.action is not None and not self.shadow and not self.elsewhere_only


def decide(rule: Rule, status: JobStatus, place: Place) -> Planned:
    """Decide what a matching rule sends.

    Which alerts of the job are open only the store knows: it keeps a start back, whose trigger
    would overwrite the summary of the failure's alert, and spreads a resolve over all of them.
    """
    effect = rule.effects[status.condition]
    shown = shown_values(status, rule.name, place)
    action, reason = effect.action, f'Rule "{rule.name}": {effect.why}.'
    if status.condition is Condition.START and action not in {None, EventAction.RESOLVE}:
        reason = f"{reason[:-1]}, unless the job has an alert open."
    if action is EventAction.RESOLVE:
        reason = f"{reason[:-1]}; it reaches every alert that the rule has open for the job."
    if effect.shadow and action is not None:
        reason = f"{reason[:-1]}; {effect.unsent}, so nothing is sent."
    return Planned(
        rule=rule,
        action=action,
        reason=reason,
        key_ref=effect.key_ref,
        dedup_key=_key(effect.dedup_key.render(identity_values(status, rule.name, place))),
        label=job_label(status, rule.name, place.shown),
        severity=effect.severity,
        images=effect.images,
        summary=clean_line(effect.summary.render(shown)) if effect.summary else None,
        shadow=effect.shadow,
    )


def plan(rules: Sequence[Rule], status: JobStatus, place: Place) -> tuple[Planned, ...]:
    """Decide for every rule that matched, in order; one entry a rule.

    Two rules (`continue = true`) that send the same action to the same integration key and dedup
    key are one event, the first rule's: the second would only overwrite its summary. Two different
    actions on one pair are both kept, in the rules' order. A shadow takes no event from anybody.
    """
    planned: list[Planned] = []
    taken: dict[tuple[Pair, EventAction], str] = {}
    for rule in rules:
        each = decide(rule, status, place)
        if each.action is not None and not each.shadow:
            first = taken.setdefault((each.pair, each.action), rule.name)
            if first != rule.name:
                reason = (
                    f'Rule "{rule.name}": rule "{first}" already sends this {each.action} to the '
                    "same integration key and dedup key, and one event is enough."
                )
                each = _repeated(each, reason)
        planned.append(each)
    return tuple(planned)


def _repeated(planned: Planned, reason: str) -> Planned:
    if planned.action is EventAction.RESOLVE:
        return replace(planned, elsewhere_only=True, reason=reason)
    return replace(planned, action=None, reason=reason)


def _key(rendered: str) -> str:
    return bounded_key(clean_line(rendered))
