"""What one responder may do at one place: their identity, and the bot's policy."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.actions.phrases import cut, listed
from bot.clock import Clock
from bot.errors import NotAllowed
from bot.identity import Identity
from bot.model import Effect, Invocation, Responder
from bot.policy import Policy
from bot.ports import (
    AuditTrail,
    Channels,
    Directory,
    Incidents,
    JobsBook,
    Pager,
    SlackPeople,
    Threads,
)

MOST_TYPED = 2000  # characters of a command that are kept


@dataclass(frozen=True)
class Office:
    """What every invocation needs; made once, by `app`."""

    incidents: Incidents
    directory: Directory
    identity: Identity
    people: SlackPeople
    channels: Channels
    threads: Threads
    audit: AuditTrail
    clock: Clock
    policy: Policy = field(default_factory=Policy)
    command: str = "/pd"
    team_ids: tuple[str, ...] = ()
    jobs: JobsBook | None = None
    pager: Pager | None = None


class Rights:
    """What the policy and PagerDuty's identity let one responder do at one place."""

    def __init__(self, office: Office, invocation: Invocation, responder: Responder) -> None:
        self._office = office
        self._invocation = invocation
        self._responder = responder

    async def require(self, *effects: Effect, nameless: bool = False) -> None:
        """Raise NotAllowed unless all effects are granted, and (unless `nameless`) who it is."""
        if not nameless:
            self._require_name()
        if self._office.policy.tables is None:
            return
        place = await self._place()
        allowed = self._office.policy.allowed(place, await self._person())
        denied = [effect for effect in effects if effect not in allowed]
        if denied:
            raise NotAllowed(self._refusal(denied, allowed, place))

    def _require_name(self) -> None:
        responder = self._responder
        # With a user-level key no name is needed to write, but it must be known who it was.
        if responder.user is None and responder.from_email is None:
            again = cut(as_typed(self._invocation), 80)
            raise NotAllowed(
                f"I don't know your PagerDuty user (Slack e-mail "
                f"{responder.slack_email or 'unknown'}), so nothing was done. Ask your admin to "
                f'map you, then repeat "{again}".'
            )

    def _refusal(
        self, denied: Sequence[Effect], allowed: frozenset[Effect], place: Sequence[str]
    ) -> str:
        may = f"You may {listed(sorted(allowed))} here" if allowed else "You may only read here"
        parts = []
        for effect in denied:
            who = self._office.policy.who_may(effect, place)
            names = listed([_mention(one) for one in who]) if who else "nobody"
            parts.append(f"{effect} is for {names}")
        return f"{may}; {'; '.join(parts)}. Nothing was done."

    async def describe(self) -> str:
        """Say what this responder may do here."""
        try:
            self._require_name()
        except NotAllowed:
            may = "You may read here: list, show, notes."
            if await self._may_call():
                may = f"{may} You may trigger, too: that goes through the bot's own key."
            return f"{may} For the rest I must know who you are."
        if self._office.policy.tables is None:
            return "You may do everything here that PagerDuty lets you do."
        allowed = self._office.policy.allowed(await self._place(), await self._person())
        if not allowed:
            return "You may only read here; the bot's policy grants you nothing else."
        return f"You may {listed(sorted(allowed))} here, by the bot's policy."

    async def _may_call(self) -> bool:
        """Tell whether somebody without a PagerDuty user may call people here."""
        if self._office.pager is None:
            return False
        try:
            await self.require(Effect.TRIGGER, nameless=True)
        except NotAllowed:
            return False
        return True

    async def _place(self) -> tuple[str, ...]:
        channel_id = self._invocation.channel_id
        if channel_id is None or channel_id.startswith("D"):
            return ()
        name = await self._office.channels.name_of(channel_id)
        return (channel_id, f"#{name}") if name else (channel_id,)

    async def _person(self) -> tuple[str, ...]:
        user_id = self._responder.slack_user_id
        if not self._office.policy.needs_groups:
            return (user_id,)
        return (user_id, *await self._office.people.groups_of(user_id))


def _mention(name: str) -> str:
    return name if name.startswith("@") else f"the user {name}" if name[0] in "UW" else name


def as_typed(invocation: Invocation) -> str:
    """Give the command as text, a form's fields behind it."""
    typed = (f"{name}={value}" for name, value in invocation.fields.items() if name != "args")
    return cut(" ".join([invocation.text.strip(), *typed]), MOST_TYPED)
