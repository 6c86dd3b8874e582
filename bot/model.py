"""The words that every part of the bot shares: frozen values, nothing else.

Names are the vendors' own (see docs/developer.md). Nothing here knows Slack's or PagerDuty's JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, NewType

IncidentId = NewType("IncidentId", str)
PagerDutyUserId = NewType("PagerDutyUserId", str)
SlackUserId = NewType("SlackUserId", str)

# ---------------------------------------------------------------- rich text, neutral


@dataclass(frozen=True, slots=True)
class Link:
    """Text that leads somewhere."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A Slack user, shown by name and notified."""

    slack_user_id: str


@dataclass(frozen=True, slots=True)
class Person:
    """A PagerDuty user who must know of this: shown by name, and in a card's thread notified."""

    text: str
    pagerduty_user_id: str


@dataclass(frozen=True, slots=True)
class When:
    """An instant, shown in the reader's own time zone."""

    at: datetime
    style: Literal["clock", "date"] = "clock"


@dataclass(frozen=True, slots=True)
class Code:
    """Something to type, or an id."""

    text: str


@dataclass(frozen=True, slots=True)
class Bold:
    """Stressed text."""

    text: str


@dataclass(frozen=True, slots=True)
class Struck:
    """A value that no longer holds."""

    text: str


Piece = str | Link | Mention | Person | When | Code | Bold | Struck
"""A `str` is plain text: whoever renders it escapes it."""

Line = tuple[Piece, ...]


def line(*pieces: Piece) -> Line:
    """Make a line of rich text."""
    return pieces


# ---------------------------------------------------------------- PagerDuty


class Status(StrEnum):
    """The states of an incident."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Reference:
    """PagerDuty's short form of anything that has an id.

    `type` is the vendor's, without `_reference`: `user`, `service`, `escalation_policy` ...
    """

    id: str
    name: str
    html_url: str | None = None
    type: str = ""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who has acknowledged, and when."""

    by: Reference
    at: datetime


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as PagerDuty holds it."""

    id: IncidentId
    number: int
    title: str
    status: Status
    urgency: str
    html_url: str
    created_at: datetime
    service: Reference
    assignees: tuple[Reference, ...] = ()
    acknowledgements: tuple[Acknowledgement, ...] = ()
    escalation_policy: Reference | None = None
    priority: str | None = None
    assigned_via: str | None = None
    incident_key: str | None = None
    last_status_change_at: datetime | None = None
    last_status_change_by: Reference | None = None
    resolved_at: datetime | None = None
    updated_at: datetime | None = None
    team_ids: tuple[str, ...] = ()
    resolve_reason_merged_into: str | None = None  # id of the incident that it was merged into

    @property
    def is_open(self) -> bool:
        """Tell whether somebody still has to do something."""
        return self.status is not Status.RESOLVED


@dataclass(frozen=True, slots=True)
class Note:
    """A note on an incident."""

    id: str
    content: str
    author: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PagerDutyUser:
    """Somebody with a PagerDuty account."""

    id: PagerDutyUserId
    name: str
    email: str
    html_url: str | None = None
    role: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class OnCall:
    """Somebody who is on call now, on one level of one escalation policy.

    Without a `schedule` they stand on the level in person, for good; `until` is the shift's end.
    """

    user: PagerDutyUser
    level: int
    policy: Reference | None = None
    schedule: Reference | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """Whom to assign: several users, or one escalation policy, never both."""

    user_ids: tuple[PagerDutyUserId, ...] = ()
    escalation_policy_id: str | None = None


# ---------------------------------------------------------------- Slack


@dataclass(frozen=True, slots=True)
class SlackPerson:
    """A user of Slack, as far as the bot must know them."""

    id: SlackUserId
    name: str
    email: str | None
    team_id: str | None
    is_bot: bool = False
    is_guest: bool = False
    is_deleted: bool = False
    is_stranger: bool = False
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class Responder:
    """The person acting.

    `from_email` is what PagerDuty gets as `From`. `acts_as_self` is False when writes appear under
    another name (user-level key, or an unmapped caller): then each write leaves a note that names
    the Slack user, and `user` is None. `is_by_file`: the bot's file of people says whose PagerDuty
    user they are, not their own address in Slack.
    """

    slack_user_id: SlackUserId
    name: str
    from_email: str | None
    user: PagerDutyUser | None
    acts_as_self: bool = True
    slack_email: str | None = None
    time_zone: str | None = None
    is_by_file: bool = False


class Via(StrEnum):
    """How a responder spoke to the bot."""

    COMMAND = "command"
    MENTION = "mention"
    BUTTON = "button"
    FORM = "form"
    SHORTCUT = "shortcut"


@dataclass(frozen=True, slots=True)
class Invocation:
    """A command, mention, click or submitted form, before anything is made of it.

    `text` is the command's text as Slack sent it (`note Q3… disk is full`). A click on a card's
    button is `"<verb> <incident id>"`. A `pick` button and a form fill `incidents` and `fields`
    as well: what they name was shown to the responder, so nothing is asked again (`confirmed`).
    `view_id` is the modal that a button was pressed in; the answer is shown there. `headline` is
    what stands above the button about its incident, where that is known.
    """

    via: Via
    slack_user_id: SlackUserId
    text: str
    team_id: str | None = None
    user_team_id: str | None = None
    channel_id: str | None = None
    thread_ts: str | None = None
    message_ts: str | None = None
    trigger_id: str | None = None
    response_url: str | None = None
    verb: str | None = None
    incidents: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    confirmed: bool = False
    view_id: str | None = None
    headline: str | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press below an answer.

    `verb` is the action's id; `value` the bare incident id, or the JSON of a `pick`.
    """

    label: str
    action_id: str
    value: str
    style: Literal["primary", "danger"] | None = None
    confirm: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a select."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a form."""

    name: str
    label: str
    kind: Literal["text", "long_text", "people", "escalation_policy", "choice"]
    optional: bool = True
    initial: Any = None  # str; for people: tuple of Slack user ids; for a choice: a Choice
    hint: str | None = None
    placeholder: str | None = None
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """What a responder fills in; becomes a modal. `name` is the modal's `callback_id`."""

    name: str
    title: str
    submit: str
    fields: tuple[Field, ...]
    incident_id: str
    intro: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an action, in neutral words.

    `lines` is the answer; `cards` are incidents shown with their buttons; `changed` are the
    incidents as PagerDuty holds them after the write, so that their cards can be redrawn, `before`
    the same ones as they were read first: what differs from their cards, somebody else did;
    `thread_lines` go into the thread of each changed incident's cards. `public` answers go into
    the channel, all others only to the caller.
    """

    lines: tuple[Line, ...]
    cards: tuple[Incident, ...] = ()
    buttons: tuple[Button, ...] = ()
    changed: tuple[Incident, ...] = ()
    before: tuple[Incident, ...] = ()
    thread_lines: tuple[Line, ...] = ()
    public: bool = False
    ok: bool = True


@dataclass(frozen=True, slots=True)
class Card:
    """Everything an incident's card shows.

    `last_action` is the line of who did what last; `details` up to three lines below the facts
    (cause, impact, the job's run); `stale_since` is set while PagerDuty does not answer;
    `is_gone` when somebody deleted the incident.
    """

    incident: Incident
    note_count: int = 0
    last_action: Line | None = None
    details: tuple[Line, ...] = ()
    stale_since: datetime | None = None
    is_gone: bool = False


class Effect(StrEnum):
    """What a policy judges: what is done, whichever verb or button does it."""

    ACK = "ack"
    RESOLVE = "resolve"
    NOTE = "note"
    REASSIGN = "reassign"
    REOPEN = "reopen"
    SNOOZE = "snooze"
    ESCALATE = "escalate"
    TRIGGER = "trigger"
    ADD = "add"
    PRIORITY = "priority"
    MUTE = "mute"


# ---------------------------------------------------------------- job messages


class Condition(StrEnum):
    """What a job message reports, in the words of Rundeck's notification plugin."""

    START = "start"
    SUCCESS = "success"
    FAILURE = "failure"
    AVG_DURATION = "avg_duration"
    RETRYABLE_FAILURE = "retryable_failure"


@dataclass(frozen=True, slots=True)
class ChannelMessage:
    """A message in a channel, as the notifier sees it.

    `content` is Slack's message object (of an edit: the new one); `previous` the one before an
    edit. `changed_at` is the `ts` of the change in Slack's form: `ts` itself, or `edited.ts`, or
    the event's own `ts` for an edit without one.
    """

    team_id: str
    channel_id: str
    ts: str
    changed_at: str
    content: Mapping[str, Any]
    previous: Mapping[str, Any] | None = None
    thread_ts: str | None = None
    bot_id: str | None = None
    app_id: str | None = None


@dataclass(frozen=True, slots=True)
class JobStatus:
    """What a recognised message says about one run of a job."""

    producer: str
    condition: Condition
    raw_status: str
    job: str | None = None
    project: str | None = None
    ref: str | None = None
    execution_id: str | None = None
    url: str | None = None
    duration_seconds: float | None = None
    user: str | None = None


class EventAction(StrEnum):
    """What an Events v2 body asks for."""

    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """One Events v2 body, but for its routing key.

    `key_ref` names where the routing key is found (`env:NAME` or `file:PATH`): keys are never
    stored. `body` is complete otherwise: `event_action`, `dedup_key`, `payload`, `links`,
    `images`, `client`, `client_url`.
    """

    key_ref: str
    action: EventAction
    dedup_key: str
    body: Mapping[str, Any]
    warnings: tuple[str, ...] = ()
