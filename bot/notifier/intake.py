"""From a recognized message to everything that is stored for it. Pure.

One `Ingestion` holds the message, its events, the run it starts or ends and the timers of a start,
so that one commit stores all of it or nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final

from bot.ledger import (
    Ingestion,
    MessageId,
    Mute,
    OutboxEvent,
    RunChange,
    RunStep,
    Timer,
    instant,
    microseconds,
    seq_of,
)
from bot.model import AlertEvent, ChannelMessage, Condition, EventAction, JobStatus
from bot.notifier.alerts import build, default_summary
from bot.notifier.averages import Expectation, overdue
from bot.notifier.engine import Recognition
from bot.notifier.excerpt import excerpt
from bot.notifier.mutes import MuteOf, told
from bot.notifier.plan import Planned, decide, plan
from bot.notifier.rules import Rule, Rules
from bot.notifier.rules_effects import DEFAULT_DEDUP_KEY, NOUNS
from bot.notifier.templates import Place, bounded_key, identity_values
from bot.notifier.words import clean_line, cut

_MOST_WARNINGS: Final = 10
_SHOWN_REASON: Final = 500
_NAMELESS: Final = "messages"  # stands for the rule's name: the identity holds for all rules
_STATUS_NAMES: Final = tuple(field.name for field in fields(JobStatus))
_ENDS: Final = frozenset({Condition.SUCCESS, Condition.FAILURE, Condition.RETRYABLE_FAILURE})

TOO_OLD: Final = "It was missed and is older than PDBOT_CATCHUP_MAX, so only a resolve is sent."


@dataclass(frozen=True, slots=True)
class Seen:
    """A recognized message in its place.

    `status` is what it says. `hold` and `is_too_old` are set when it was read from history.
    """

    message: ChannelMessage
    status: JobStatus
    recognition: Recognition
    place: Place
    hold: str | None = None
    is_too_old: bool = False

    @property
    def job(self) -> str:
        """The job's identity, the same for all rules and all runs."""
        return job_identity(self.status, self.place)


@dataclass(frozen=True, slots=True)
class Judged:
    """What is stored, and what shadow rules would have sent (a sentence each).

    `is_withheld`: it would have been sent, had it not been missed for too long. `muted` counts the
    events that would have been sent, were the job not muted.
    """

    ingestion: Ingestion
    shadows: tuple[str, ...] = ()
    is_withheld: bool = False
    muted: int = 0


def job_identity(status: JobStatus, place: Place) -> str:
    """Give the job's identity; where a message names no job it is the channel's own."""
    values = identity_values(status, _NAMELESS, place)
    return bounded_key(clean_line(DEFAULT_DEDUP_KEY.render(values)))


def match(rules: Rules, seen: Seen) -> tuple[Rule, ...]:
    """Give the rules that a message meets."""
    return rules.match(
        seen.status,
        channel_id=seen.message.channel_id,
        channel_name=seen.place.channel_name,
        bot_id=seen.message.bot_id,
        app_id=seen.message.app_id,
    )


def judge(
    seen: Seen, matched: Sequence[Rule], expected: Mapping[str, Expectation], mute_of: MuteOf
) -> Judged:
    """Decide what follows from a message.

    `expected` says, by rule, when a run that starts here is late.
    """
    status, message = seen.status, seen.message
    seq = seq_of(message.changed_at)
    planned = plan(matched, status, seen.place)
    job = seen.job
    mute = mute_of(job, seq)
    decisions = [_Decision.of(each, seen, mute) for each in planned]
    timers, about_time = _timers(seen, matched, expected, seq)
    why = {
        "reason": cut(_reason(seen, matched), _SHOWN_REASON),
        "trail": list(seen.recognition.trail),
        "bot_id": message.bot_id,
        "app_id": message.app_id,
        "channel_name": seen.place.channel_name,
        "thread_ts": message.thread_ts,
        "rules": [decision.told() for decision in decisions],
        "timers": about_time,
    }
    ingestion = Ingestion(
        message=MessageId(message.team_id, message.channel_id, message.ts, status.condition),
        seq=seq,
        producer=status.producer,
        job=job,
        status=_written(status),
        why={key: value for key, value in why.items() if value},
        events=tuple(
            _outbox_event(decision, number, status)
            for number, decision in enumerate(decisions)
            if decision.event is not None
        ),
        run=_run_change(status),
        timers=timers,
        hold=seen.hold,
    )
    shadows = tuple(decision.reason for decision in decisions if decision.planned.shadow)
    return Judged(
        ingestion,
        shadows,
        any(decision.is_withheld for decision in decisions),
        sum(decision.is_muted for decision in decisions),
    )


@dataclass(frozen=True, slots=True)
class _Decision:
    planned: Planned
    event: AlertEvent | None
    reason: str
    is_withheld: bool = False
    is_muted: bool = False

    @classmethod
    def of(
        cls, planned: Planned, seen: Seen, mute: Mute | None, at: datetime | None = None
    ) -> "_Decision":
        if planned.action is None:
            return cls(planned, None, planned.reason)
        if planned.shadow:
            summary = planned.summary or default_summary(planned, seen.status)
            would = f"{planned.action} {planned.severity} “{cut(summary, 200)}”"
            reason = f"{planned.reason[:-1]}; it would be: {would} to {planned.dedup_key}."
            return cls(planned, None, reason)
        if mute is not None and planned.action is not EventAction.RESOLVE:
            reason = f"{planned.reason} The job is {told(mute)}, so only a resolve is sent."
            return cls(planned, None, reason, is_muted=True)
        if seen.is_too_old and planned.action is not EventAction.RESOLVE:
            return cls(planned, None, f"{planned.reason} {TOO_OLD}", is_withheld=True)
        return cls(planned, _built(planned, seen, at), planned.reason)

    def told(self) -> dict[str, Any]:
        warnings = self.event.warnings[:_MOST_WARNINGS] if self.event else ()
        return {
            "rule": self.planned.rule.name,
            "reason": cut(self.reason, _SHOWN_REASON),
            **({"warnings": list(warnings)} if warnings else {}),
        }


def _built(planned: Planned, seen: Seen, at: datetime | None) -> AlertEvent:
    return build(
        planned,
        seen.status,
        seen.message,
        channel_name=seen.place.channel_name,
        permalink=seen.place.message_url,
        at=at,
    )


def _outbox_event(decision: _Decision, ordinal: int, status: JobStatus) -> OutboxEvent:
    event = decision.event
    assert event is not None  # noqa: S101 - those without one were left out
    is_start = status.condition is Condition.START and event.action is not EventAction.RESOLVE
    return OutboxEvent(
        rule=decision.planned.rule.name,
        key_ref=event.key_ref,
        dedup_key=event.dedup_key,
        action=event.action,
        body=event.body,
        ordinal=ordinal,
        unless_open=is_start,
        elsewhere_only=decision.planned.elsewhere_only,
    )


def _written(status: JobStatus) -> dict[str, Any]:
    """Give the status's parts by name; `asdict` would copy each of them deeply."""
    return {name: getattr(status, name) for name in _STATUS_NAMES}


def _reason(seen: Seen, matched: Sequence[Rule]) -> str:
    noun = NOUNS[seen.status.condition]
    told = f"Recognized as {noun}: {seen.recognition.reason.rstrip('.')}"
    if not matched:
        return f"{told}; no rule matches, so nothing is sent."
    names = ", ".join(f'"{rule.name}"' for rule in matched)
    return f"{told}; matched by {names}."


def _run_change(status: JobStatus) -> RunChange | None:
    if status.condition is Condition.START:
        return RunChange(RunStep.START, status.execution_id)
    if status.condition in _ENDS:
        return RunChange(
            RunStep.END,
            status.execution_id,
            succeeded=status.condition is Condition.SUCCESS,
            duration_seconds=status.duration_seconds,
        )
    return None


# ---------------------------------------------------------------- runs that take too long


def watched(matched: Sequence[Rule]) -> tuple[Rule, ...]:
    """Give the rules that want to know when a run takes too long."""
    return tuple(
        rule
        for rule in matched
        if rule.threshold is not None and rule.effects[Condition.AVG_DURATION].action is not None
    )


def _timers(
    seen: Seen, matched: Sequence[Rule], expected: Mapping[str, Expectation], seq: int
) -> tuple[tuple[Timer, ...], list[dict[str, str]]]:
    if seen.status.condition is not Condition.START or seen.is_too_old:
        return (), []
    timers, told = [], []
    for part, rule in enumerate(watched(matched)):
        expectation = expected[rule.name]
        told.append({"rule": rule.name, "reason": expectation.reason})
        if expectation.seconds is None:
            continue
        body = {
            "rule": rule.name,
            "part": part,
            "seconds": expectation.seconds,
            "reason": expectation.reason,
            "status": _written(seen.status),
            "team": seen.message.team_id,
            "channel": seen.message.channel_id,
            "channel_name": seen.place.channel_name,
            "message_url": seen.place.message_url,
            "ts": seen.message.ts,
            "thread_ts": seen.message.thread_ts,
            "bot_id": seen.message.bot_id,
            "app_id": seen.message.app_id,
            "text": excerpt(seen.message.content),
        }
        run = seen.status.execution_id or ""
        due = instant(seq) + timedelta(seconds=expectation.seconds)
        timers.append(Timer(f"{seen.job}|{run}|{rule.name}", due, body))
    return tuple(timers), told


@dataclass(frozen=True, slots=True)
class Overdue:
    """A started run that takes too long, as its timer remembers it."""

    rule: str
    part: int
    seconds: float
    reason: str
    seen: Seen

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Overdue":
        """Read a timer's body."""
        start = JobStatus(**{**body["status"], "condition": Condition.START})
        message = ChannelMessage(
            team_id=body["team"],
            channel_id=body["channel"],
            ts=body["ts"],
            changed_at=body["ts"],
            content={"type": "message", "text": body["text"]},
            thread_ts=body["thread_ts"],
            bot_id=body["bot_id"],
            app_id=body["app_id"],
        )
        place = Place(body["channel"], body["channel_name"], body["message_url"])
        status = overdue(start, body["seconds"])
        recognition = Recognition(status, status.producer, body["reason"])
        seen = Seen(message, status, recognition, place)
        return cls(body["rule"], body["part"], body["seconds"], body["reason"], seen)


def judge_overdue(
    late: Overdue, rule: Rule, *, job: str, name: str, due_seq: int, mute: Mute | None
) -> Judged:
    """Decide what follows from a run that takes too long; stored only while its timer is there.

    The report's identity is that of the start's message with its own condition, so a producer that
    edits that message to say the same is not repeated.
    """
    seen = late.seen
    planned = decide(rule, seen.status, seen.place)
    at = instant(due_seq)
    decision = _Decision.of(planned, seen, mute, at)
    # Further rules with thresholds of their own report the same run at other times. Their reports
    # need identities of their own, which nothing of Slack's gives them; the team is compared, but
    # never shown nor sent, so it carries the number (and no table needs one more column).
    team = f"{seen.message.team_id}/{late.part}" if late.part else seen.message.team_id
    ingestion = Ingestion(
        message=MessageId(team, seen.message.channel_id, seen.message.ts, Condition.AVG_DURATION),
        seq=microseconds(at),
        producer=seen.status.producer,
        job=job,
        status=_written(seen.status),
        why={
            "reason": f"Seen by the bot itself: the run is still going. {late.reason}",
            "bot_id": seen.message.bot_id,
            "app_id": seen.message.app_id,
            "channel_name": seen.place.channel_name,
            "thread_ts": seen.message.thread_ts,
            "rules": [decision.told()],
        },
        events=(_outbox_event(decision, 0, seen.status),) if decision.event else (),
        fired=name,
    )
    shadows = (decision.reason,) if planned.shadow else ()
    return Judged(ingestion, shadows, muted=int(decision.is_muted))
