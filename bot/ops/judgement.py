"""Judge one Slack message event by the rules: recognized as what, matched by which, and why (not).

Pure: a message is judged alone, so what depends on the past (an alert that is open, an average) is
said in the reasons instead of being guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from bot.model import AlertEvent, ChannelMessage, JobStatus
from bot.notifier.alerts import build, default_summary
from bot.notifier.plan import Planned, plan
from bot.notifier.rules import Question, Rules
from bot.notifier.rules_effects import NOUNS
from bot.notifier.templates import Place
from bot.slack import payloads

MASKED: Final = "…masked…"
_NOWHERE: Final = "C0NOWHERE"
_NO_TIME: Final = "0000000000.000000"
_MOST_SHOWN: Final = 3
_IGNORED: Final[Mapping[str, str]] = {
    "not a message": "This is no message event, so it is left alone.",
    "deletion": "A deleted message is left alone.",
    "notice of Slack": "This is a notice of Slack itself, so it is left alone.",
    "hidden": "Slack does not show this message, so it is left alone.",
    "human message": "Not posted by a bot (it has no bot_id): people's messages are left alone.",
    "unfurl or no change": "An edit that changes nothing, or the preview of a link: left alone.",
    "malformed": "The event has no valid channel or ts, so it is left alone.",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What one matching rule does; `event` None sends nothing."""

    rule: str
    event: AlertEvent | None
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything that is said about one message.

    `trail` tells how it was recognized, `tried` which rules were tried: a line each.
    """

    status: JobStatus | None
    decisions: tuple[Decision, ...]
    reason: str
    trail: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Give the public form, see CONTRACT section 7; the routing key is never looked up."""
        return {
            "job_status": None if self.status is None else asdict(self.status),
            "events": [
                {
                    "rule": decision.rule,
                    "event": None
                    if decision.event is None
                    else {"routing_key": MASKED, **decision.event.body},
                    "reason": decision.reason,
                }
                for decision in self.decisions
            ],
            "reason": self.reason,
        }


def judge(
    event: Mapping[str, Any],
    rules: Rules,
    *,
    team_id: str | None = None,
    channel: str | None = None,
) -> Verdict:
    """Judge a message event. `channel`, an id or `#name`, stands in for the event's own."""
    named = channel if channel and channel.startswith("#") else None
    channel_id = channel if channel and not named else event.get("channel")
    channel_id = channel_id if isinstance(channel_id, str) and channel_id else None
    completed = {
        "type": "message",
        "ts": _NO_TIME,
        **event,
        "channel": channel_id or _NOWHERE,
    }
    message = payloads.message(
        completed, team_id=team_id or "", own_bot_id=None, own_app_id=None, own_user_id=None
    )
    if not isinstance(message, ChannelMessage):
        reason = message.reason
        return Verdict(None, (), _IGNORED.get(reason, f"Left alone: {reason}."))
    recognition = rules.producers.recognize(message)
    status, trail = recognition.job_status, recognition.trail
    if status is None:
        trail = trail or tuple(rules.producers.explain(message))
        return Verdict(None, (), recognition.reason, trail)
    question = Question(status, channel_id, named, message.bot_id, message.app_id)
    return _apply(rules, question, replace(message, channel_id=channel_id or ""), trail)


def _apply(
    rules: Rules, question: Question, message: ChannelMessage, trail: Sequence[str]
) -> Verdict:
    status = question.status
    recognized = f'Recognized as {NOUNS[status.condition]} posted by "{status.producer}"'
    if not rules.rules:
        where = f"{rules.path} has none" if rules.path else "there is no rules file"
        reason = f"{recognized}, but there are no rules ({where}), so nothing is sent."
        return Verdict(status, (), reason, tuple(trail))
    tried = rules.explain(question)
    lines = tuple(f'rule "{rule.name}": {reason or "matches"}' for rule, reason in tried)
    matched = tuple(rule for rule, reason in tried if reason is None)
    if not matched:
        shown = "; ".join(lines[:_MOST_SHOWN])
        more = f"; and {len(lines) - _MOST_SHOWN} more" if len(lines) > _MOST_SHOWN else ""
        reason = f"{recognized}, but no rule matches, so nothing is sent: {shown}{more}."
        return Verdict(status, (), reason, tuple(trail), lines)
    place = Place(message.channel_id, question.channel_name)
    planned = plan(matched, status, place)
    decisions = tuple(_decision(each, status, message, place) for each in planned)
    sent = sum(decision.event is not None for decision in decisions)
    names = ", ".join(f'"{rule.name}"' for rule in matched)
    what = {0: "nothing", 1: "one event"}.get(sent, f"{sent} events")
    noun = "rule" if len(matched) == 1 else "rules"
    reason = f"{recognized}; {noun} {names} {'match' if len(matched) > 1 else 'matches'} and "
    reason += f"{'send' if len(matched) > 1 else 'sends'} {what}."
    return Verdict(status, decisions, reason, tuple(trail), lines)


def _decision(
    planned: Planned, status: JobStatus, message: ChannelMessage, place: Place
) -> Decision:
    reason = planned.reason
    if planned.is_sent:
        event = build(planned, status, message, channel_name=place.channel_name)
        return Decision(planned.rule.name, event, reason)
    if planned.action is not None and planned.shadow:
        summary = planned.summary or default_summary(planned, status)
        reason = (
            f"{reason[:-1]}; it would be: {planned.action} {planned.severity} "
            f'"{summary}" to {planned.dedup_key}.'
        )
    return Decision(planned.rule.name, None, reason)
