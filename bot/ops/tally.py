"""What rules would have done with the messages of a channel's past, counted. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bot.model import AlertEvent, ChannelMessage, Condition, EventAction
from bot.notifier.excerpt import excerpt
from bot.notifier.rules import Rules
from bot.ops.judgement import Decision, Verdict, judge

_MOST_REASONS: Final = 500
_OTHER: Final = "(other reasons)"
_SHOWN: Final = 100


@dataclass(slots=True)
class Sample:
    """One kind of message that was not understood, and the newest of it."""

    count: int
    ts: str
    text: str


@dataclass(frozen=True, slots=True)
class WouldSend:
    """An event that would have been sent, and what it would have done."""

    message: ChannelMessage
    rule: str
    event: AlertEvent
    outcome: str


@dataclass(slots=True)
class Tally:
    """The sums. Alerts are told apart by integration key and dedup key, as PagerDuty does.

    A job that was failing before the first message counts as opened by its next failure.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    rules: dict[str, Counter[str]] = field(default_factory=dict)
    not_understood: dict[str, Sample] = field(default_factory=dict)
    still_open: dict[tuple[str, str], str] = field(default_factory=dict)
    sent: list[WouldSend] = field(default_factory=list)
    messages: int = 0
    recognized: int = 0
    unmatched: int = 0
    oldest_ts: str | None = None

    def add(self, message: ChannelMessage, verdict: Verdict) -> None:
        """Count one message; they come oldest first."""
        self.messages += 1
        self.oldest_ts = self.oldest_ts or message.ts
        if verdict.status is None:
            self._miss(message, verdict.reason)
            return
        self.recognized += 1
        self.unmatched += not verdict.decisions
        for decision in verdict.decisions:
            outcome = self._outcome(decision, verdict.status.condition)
            self.outcomes[outcome] += 1
            self.rules.setdefault(decision.rule, Counter())[outcome] += 1
            if decision.event is not None and outcome != "nothing":
                self.sent.append(WouldSend(message, decision.rule, decision.event, outcome))

    def _outcome(self, decision: Decision, condition: Condition) -> str:
        event = decision.event
        alert = (event.key_ref, event.dedup_key) if event else ("", "")
        is_open = alert in self.still_open
        is_start = condition is Condition.START
        if event is None or (is_start and is_open and event.action is not EventAction.RESOLVE):
            return "nothing"
        match event.action:
            case EventAction.TRIGGER if is_open:
                return "repeated"
            case EventAction.TRIGGER:
                self.still_open[alert] = decision.rule
                return "opened"
            case EventAction.RESOLVE if is_open:
                del self.still_open[alert]
                return "resolved"
            case EventAction.ACKNOWLEDGE if is_open:
                return "acknowledged"
        return "found_nothing_open"

    def _miss(self, message: ChannelMessage, reason: str) -> None:
        reason = reason if len(self.not_understood) < _MOST_REASONS else _OTHER
        known = self.not_understood.get(reason)
        text = _text(message)
        if known is None:
            self.not_understood[reason] = Sample(1, message.ts, text)
        else:
            known.count, known.ts, known.text = known.count + 1, message.ts, text

    def as_json(self) -> dict[str, Any]:
        """Give the sums as JSON."""
        return {
            "messages": self.messages,
            "recognized": self.recognized,
            "not_understood": self.messages - self.recognized,
            "matched_no_rule": self.unmatched,
            **{name: self.outcomes[name] for name in OUTCOMES},
            "still_open": [key for _, key in self.still_open],
            "rules": {rule: dict(counts) for rule, counts in self.rules.items()},
        }


OUTCOMES: Final[Mapping[str, str]] = {
    "opened": "would have opened an alert",
    "repeated": "would have repeated one that was open",
    "acknowledged": "would have acknowledged one",
    "resolved": "would have resolved one",
    "found_nothing_open": "would have found no alert open",
    "nothing": "would have sent nothing, by a rule",
}


def tally(
    messages: Iterable[ChannelMessage], rules: Rules, *, channel_name: str | None = None
) -> Tally:
    """Judge messages, oldest first, as if they came now. Shadow rules count as if they sent."""
    rules = rules.shadowed(False)
    sums = Tally()
    for message in messages:
        event = {**message.content, "channel": message.channel_id}
        channel = f"#{channel_name}" if channel_name else message.channel_id
        sums.add(message, judge(event, rules, team_id=message.team_id, channel=channel))
    return sums


def _text(message: ChannelMessage) -> str:
    words = " ".join(excerpt(message.content).split())
    return words if len(words) <= _SHOWN else words[: _SHOWN - 1] + "…"
