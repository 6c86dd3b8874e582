"""What actions, cards and notifier need from the outside, and nothing more.

Implemented by `pagerduty`, `slack`, `store` and `identity`; introduced to one another by `app`.
Every method may raise `errors.PagerDutyError` unless it says otherwise.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from bot.model import (
    Assignment,
    Button,
    Card,
    ChannelMessage,
    Form,
    Incident,
    IncidentId,
    Invocation,
    Line,
    Note,
    OnCall,
    Outcome,
    PagerDutyUser,
    Reference,
    Responder,
    SlackPerson,
    Status,
)


class Incidents(Protocol):
    """PagerDuty's incidents. `from_email` is in whose name a write is made."""

    async def get(self, id_or_number: str) -> Incident:
        """Read one incident. Raises NotFound."""
        ...

    async def find(
        self,
        *,
        statuses: Sequence[Status] = (Status.TRIGGERED, Status.ACKNOWLEDGED),
        user_ids: Sequence[str] = (),
        team_ids: Sequence[str] = (),
        incident_key: str | None = None,
        limit: int = 1000,
    ) -> list[Incident]:
        """Read all pages, newest first, at most `limit` incidents."""
        ...

    async def set_status(
        self,
        incident_id: IncidentId,
        status: Status,
        *,
        from_email: str | None,
        resolution: str | None = None,
    ) -> Incident:
        """Write the status (the resolution with RESOLVED only); gives PagerDuty's answer."""
        ...

    async def assign(
        self, incident_id: IncidentId, to: Assignment, *, from_email: str | None
    ) -> Incident:
        """Replace the assignees, or hand over to an escalation policy; gives PagerDuty's answer."""
        ...

    async def escalate(
        self, incident_id: IncidentId, level: int, *, from_email: str | None
    ) -> Incident:
        """Escalate to a level of the incident's policy; gives PagerDuty's answer."""
        ...

    async def set_priority(
        self, incident_id: IncidentId, priority_id: str, *, from_email: str | None
    ) -> Incident:
        """Set the priority; gives PagerDuty's answer."""
        ...

    async def snooze(
        self, incident_id: IncidentId, seconds: int, *, from_email: str | None
    ) -> Incident:
        """Snooze an acknowledged incident for 1 to 604,800 seconds; gives PagerDuty's answer."""
        ...

    async def create(
        self,
        *,
        title: str,
        service_id: str,
        from_email: str | None,
        urgency: Literal["high", "low"] | None = None,
        details: str | None = None,
        incident_key: str | None = None,
        to: Assignment | None = None,
    ) -> Incident:
        """Open an incident; it is retried only with an `incident_key`."""
        ...

    async def request_responders(
        self, incident_id: IncidentId, *, requester_id: str, message: str, to: Assignment
    ) -> None:
        """Ask others to join, never twice. Raises AbilityMissing where the plan has it not."""
        ...

    async def notes(self, incident_id: IncidentId) -> list[Note]:
        """Read the notes, oldest first."""
        ...

    async def add_note(
        self, incident_id: IncidentId, content: str, *, from_email: str | None
    ) -> Note:
        """Write a note, never twice: after an unclear outcome the notes are read back.

        Raises OutcomeUnknown when even that did not tell.
        """
        ...


class Directory(Protocol):
    """PagerDuty's people and who is on call."""

    async def me(self) -> PagerDutyUser | None:
        """Give the key's owner; None for an account-level key."""
        ...

    async def user_by_email(self, email: str) -> PagerDutyUser | None:
        """Find a user by exact e-mail address, ignoring case."""
        ...

    async def user(self, user_id: str) -> PagerDutyUser | None:
        """Find a user by id."""
        ...

    async def users_named(self, name: str) -> list[PagerDutyUser]:
        """Find users whose whole name, or one word of it, is `name`, ignoring case."""
        ...

    async def on_call(self, schedule_or_service: str) -> list[PagerDutyUser]:
        """Give who is on call now (first level) for a schedule or service, by id or name.

        Raises PersonNotFound, with the near names, when nothing is called so.
        """
        ...

    async def escalation_policies(self, name_or_id: str) -> list[Reference]:
        """Find escalation policies by id, exact name, or else part of the name."""
        ...

    async def on_calls(self, policy_id: str | None = None) -> list[OnCall]:
        """Give who is on call now on every level, of one escalation policy or of all."""
        ...

    async def services(self, name_or_id: str) -> list[Reference]:
        """Find services by id, exact name, or else part of the name."""
        ...

    async def all_services(self) -> list[Reference]:
        """Give every service."""
        ...

    async def priorities(self) -> list[Reference]:
        """Give the account's priorities, the highest first. May raise AbilityMissing."""
        ...

    async def account_host(self) -> str | None:
        """Give the account's web host (`acme.pagerduty.com`), None when nobody could tell yet."""
        ...


class SlackPeople(Protocol):
    """Slack's users."""

    async def person(self, slack_user_id: str) -> SlackPerson | None:
        """Look somebody up; None when Slack knows no such user."""
        ...

    async def person_with(self, email: str) -> SlackPerson | None:
        """Find somebody by exact e-mail address; None when Slack knows no such user."""
        ...

    async def groups_of(self, slack_user_id: str) -> frozenset[str]:
        """Give ids and `@handles` of the user groups that somebody is in."""
        ...


class Channels(Protocol):
    """Slack's channels."""

    async def name_of(self, channel_id: str) -> str | None:
        """Give the name without `#`; None where Slack does not tell."""
        ...


class Identities(Protocol):
    """Who is this person to PagerDuty?"""

    async def user_of(self, slack_user_id: str) -> PagerDutyUser:
        """Give the PagerDuty user of a Slack user. Raises PersonNotFound with the remedy."""
        ...


@dataclass(frozen=True, slots=True)
class Deed:
    """A write that somebody asked for, as the audit keeps it; states by incident id."""

    reference: str
    text: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked for before something else; `outcome` None: it is not finished.

    `is_same`: in the same words at the same place. `is_running`: some process is still at it.
    """

    reference: str
    is_same: bool
    seconds: float  # between the two
    is_running: bool = False
    outcome: str | None = None


class AuditTrail(Protocol):
    """Who did what to which incident. Every method may raise StoreError."""

    async def intend(
        self,
        *,
        reference: str,
        slack_user_id: str,
        channel_id: str | None,
        via: str,
        text: str,
        thread_ts: str | None = None,
        message_ts: str | None = None,
    ) -> bool:
        """Store that somebody asked for a write, before Slack is told that it was received.

        `message_ts` is a mention's: False when that message is stored already, by whichever
        replica it was delivered to first.
        """
        ...

    async def before(self, reference: str, within: timedelta) -> Sequence[Asked]:
        """Give what the same person asked for within that time before, newest first."""
        ...

    async def finish(
        self,
        *,
        reference: str,
        responder: Responder | None,
        outcome: str,
        incidents: Sequence[str] = (),
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """Store what came of it; `outcome` is a sentence."""
        ...

    async def recent(self, slack_user_id: str, within: timedelta) -> Sequence[Deed]:
        """Give what somebody finished within that time, newest first, at most 20."""
        ...

    async def unfinished(self) -> list[Mapping[str, Any]]:
        """Give the intents of earlier runs that never finished, and mark them as reported.

        Keys: reference, slack_user_id, channel_id, thread_ts, via, text, at.
        """
        ...


class Conversation(Protocol):
    """What `slack/listeners` hands invocations to. Implemented by `bot.conversation`."""

    async def begin(self, invocation: Invocation) -> str | None:
        """Give the invocation a reference; store the intent first when it asks for a write.

        Called before Slack is told "received", so it must not touch the network. None: this very
        message was begun before, here or by another replica, which answers it.

        Raises:
            StoreError: nothing was stored; the caller must be told that nothing was done.
        """
        ...

    async def answer(self, invocation: Invocation, reference: str) -> Outcome:
        """Carry the invocation out; errors become outcomes, so this never raises."""
        ...

    def form(self, invocation: Invocation) -> Form | None:
        """Give the form that a click opens (Resolve…, Note…, Reassign…), None if it acts at once.

        Pure and immediate: a `trigger_id` lives for 3 s. `look_ahead` completes it.
        """
        ...

    async def look_ahead(
        self, invocation: Invocation, form: Form, reference: str
    ) -> Form | Outcome:
        """Give the form with what its incident is, or why it would be filled in for nothing.

        Never raises: what cannot be found out now leaves the form as it is.
        """
        ...

    async def prepare(self, invocation: Invocation, reference: str) -> Form | Outcome:
        """Give what a shortcut shows: a form to fill in, or an answer; never raises."""
        ...

    def problems(self, invocation: Invocation) -> Mapping[str, str]:
        """Check a submitted form without the network: field name -> what is wrong with it."""
        ...


class Threads(Protocol):
    """Which incident a Slack thread is about."""

    async def incident_of(self, channel_id: str, thread_ts: str) -> str | None:
        """Give the id of the incident of the thread's newest card, None where there is none.

        Raises SlackError where that cannot be told.
        """
        ...


class Ingest(Protocol):
    """Where channel messages go. Implemented by `notifier.pipeline`."""

    async def __call__(self, message: ChannelMessage) -> None:
        """Store the message and what follows from it; Slack is told "received" only afterwards.

        Raises:
            StoreError: nothing was stored; Slack must deliver the message again.
        """
        ...


class Rooms(Protocol):
    """The channels that the bot is in, from memory: nothing here but `resolve` waits for Slack."""

    def name(self, channel_id: str) -> str | None:
        """Give the name without `#`; None where it is not known (yet)."""
        ...

    def permalink(self, channel_id: str, ts: str, thread_ts: str | None = None) -> str | None:
        """Give a message's address; None where the workspace's own is not known."""
        ...

    async def resolve(self, channel_id: str) -> str | None:
        """Ask Slack for the name. Raises SlackError."""
        ...

    async def joined(self) -> Mapping[str, str]:
        """Read the channels that the bot is in now: id -> name. Raises SlackError."""
        ...


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a channel's past; `message` None: nobody's job message, but it has replies."""

    ts: str
    message: ChannelMessage | None
    latest_reply: str | None = None


class History(Protocol):
    """What was said in channels. Every method may raise SlackError."""

    def pages(self, channel_id: str, oldest: str) -> AsyncIterator[Sequence[Said]]:
        """Read everything after `oldest`, page by page, newest first, without replies."""
        ...

    async def replies(self, channel_id: str, ts: str, oldest: str = "0") -> Sequence[Said]:
        """Read a message and the replies to it after `oldest`, newest first."""
        ...


class Noticeboard(Protocol):
    """What the bot shows at job messages. Every method may raise SlackError."""

    async def react(self, channel_id: str, ts: str, emoji: str) -> None:
        """Put a reaction on a message; it may be there already."""
        ...

    async def unreact(self, channel_id: str, ts: str, emoji: str) -> None:
        """Take the bot's reaction away; it may be gone already."""
        ...

    async def post(
        self,
        channel_id: str,
        lines: Sequence[Line],
        *,
        thread_ts: str | None = None,
        buttons: Sequence[Button] = (),
    ) -> str:
        """Post lines into a channel or thread; gives the `ts`."""
        ...

    async def post_card(self, channel_id: str, card: Card, *, thread_ts: str | None = None) -> str:
        """Post an incident's card; gives its `ts`."""
        ...

    async def said(self, channel_id: str, thread_ts: str) -> Sequence[str]:
        """Give what the bot itself has said in a thread, blocks included, as text."""
        ...


class CardBoard(Protocol):
    """Where cards are shown.

    Every method may raise SlackError: MessageGone, ChannelClosed, SlackLimited, or any other.
    None of them waits for a rate limit.
    """

    async def post(self, channel_id: str, card: Card, *, thread_ts: str | None = None) -> str:
        """Post a card; gives its `ts`."""
        ...

    async def show(self, channel_id: str, ts: str, card: Card) -> None:
        """Let a card show this."""
        ...

    async def say(
        self,
        channel_id: str,
        line: Line,
        *,
        thread_ts: str | None = None,
        to_channel: bool = False,
    ) -> None:
        """Write a line into a thread (`to_channel`: and show it in the channel), or there only."""
        ...

    async def permalink(self, channel_id: str, ts: str) -> str:
        """Give a message's address."""
        ...


class Mutes(Protocol):
    """Jobs that call nobody for a while. Every method may raise StoreError."""

    async def jobs(self) -> Sequence[str]:
        """Name all jobs that can be muted, each as `producer:project:job`."""
        ...

    async def muted(self) -> Sequence[str]:
        """Name what is muted now."""
        ...

    async def put(self, job: str, lasts: timedelta, by: str) -> datetime:
        """Mute a job from now on, in somebody's name; gives until when."""
        ...

    async def end(self, job: str) -> bool:
        """Unmute a job; False where it was not muted."""
        ...


@dataclass(frozen=True, slots=True)
class Called:
    """What came of an alert that somebody asked for, within the seconds that they wait for it.

    `waiting`: it is stored and sent again by itself; `why` says what keeps it. `incident` may be
    None for a while after it was sent.
    """

    state: Literal["sent", "waiting", "refused"]
    entry_id: int
    why: str | None = None
    incident: Incident | None = None


class Pager(Protocol):
    """Calls people for somebody without a PagerDuty user."""

    async def call(self, title: str, caller: Responder, channel_id: str | None) -> Called:
        """Send an alert that names who asked for it. Raises StoreError when nothing was stored."""
        ...


class JobsBook(Protocol):
    """What the notifier knows, for `jobs`."""

    @property
    def mutes(self) -> Mutes:
        """The jobs that are muted."""
        ...

    async def overview(self) -> Sequence[Line]:
        """Tell what is watched, the last messages, and what was not recognized."""
        ...

    async def why(self, channel_id: str, ts: str) -> Sequence[Line]:
        """Tell what became of one Slack message, and why."""
        ...

    async def retry(self, entry_id: int) -> Line:
        """Send an entry of the outbox again. Raises RequestError."""
        ...
