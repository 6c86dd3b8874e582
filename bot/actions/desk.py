"""What a responder has in front of them while acting: PagerDuty, their identity, their rights.

Made anew for each invocation; knows how to find the incident that was meant, and never guesses.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from bot.actions.grammar import Addressed, Ref, Shape, Target
from bot.actions.phrases import OFFERED, choices, cut
from bot.clock import Clock
from bot.errors import IncidentNotFound, NotAllowed, NotFound, RequestError, UsageError
from bot.model import Effect, Incident, PagerDutyUser, Responder
from bot.ports import AuditTrail, Deed, Directory, Identities, Incidents, JobsBook, Pager, Threads

RECENT = timedelta(days=7)  # a bare number in front of a text counts for incidents this fresh


class WhichOne(RequestError):
    """Several incidents could be meant: the responder is asked, by buttons."""


@dataclass(frozen=True)
class Desk:
    """Everything an action may use.

    `require` raises NotAllowed unless the policy grants every effect to this responder here, and
    it is known in whose name to write, which with `nameless=True` does not matter.
    `rights` describes what they may do, for `whoami`. `key_owner` is set with a user-level key.
    `pager` is there when people without a PagerDuty user may call others, too.
    """

    responder: Responder
    incidents: Incidents
    directory: Directory
    identities: Identities
    threads: Threads
    clock: Clock
    require: Callable[..., Awaitable[None]]
    rights: Callable[[], Awaitable[str]]
    command: str = "/pd"
    team_ids: tuple[str, ...] = ()
    key_owner: PagerDutyUser | None = None
    channel_id: str | None = None
    thread_ts: str | None = None
    confirmed: bool = False
    jobs: JobsBook | None = None
    pager: Pager | None = None
    audit: AuditTrail | None = None

    def typed(self, words: str) -> str:
        """Give a command as one types it here."""
        return f"{self.command} {words}"

    @cached_property
    def me(self) -> PagerDutyUser:
        """Give the caller's PagerDuty user. Raises NotAllowed with the reason if there is none."""
        if self.key_owner is not None:
            raise NotAllowed(
                f"The bot works with the personal PagerDuty key of {self.key_owner.name}, so "
                f"everything it does appears as {self.key_owner.name}: take, me and mine are "
                "switched off. Name the incident and the people instead."
            )
        if self.responder.user is None:
            raise NotAllowed(
                f"I don't know your PagerDuty user "
                f"(Slack e-mail {self.responder.slack_email or 'unknown'}), so nothing is yours "
                "as far as I can tell, and nothing can be assigned to you. Ask your admin to map "
                "you, or name the incident and the people."
            )
        return self.responder.user

    async def open_incidents(self) -> list[Incident]:
        """Give all open incidents (of the configured teams), newest first."""
        return await self.incidents.find(team_ids=self.team_ids)

    async def mine(self) -> list[Incident]:
        """Give the open incidents that are assigned to the caller, newest first."""
        return await self.incidents.find(user_ids=(self.me.id,))

    async def writable(self, *effects: Effect) -> None:
        """Raise NotAllowed unless the caller may do all of this, in somebody's name."""
        await self.require(*effects)

    async def deeds(self, within: timedelta) -> Sequence[Deed]:
        """Give what the caller did lately, newest first."""
        if self.audit is None:
            return ()
        return await self.audit.recent(self.responder.slack_user_id, within)

    # ------------------------------------------------------------ which incident

    async def incident(self, ref: Ref) -> Incident:
        """Read the incident that a word names.

        Raises:
            IncidentNotFound: with the open ones.
            UsageError: the address belongs to another account.
        """
        if ref.shape is Shape.LATEST:
            return await self._latest()
        try:
            incident = await self.incidents.get(ref.key)
        except NotFound:
            await self._check_account(ref, None)
            raise await self._not_found(ref.typed) from None
        await self._check_account(ref, incident)
        return incident

    async def _check_account(self, ref: Ref, incident: Incident | None) -> None:
        ours = await self.directory.account_host() if ref.host else None
        if ref.host and ours and ours.endswith(".pagerduty.com") and ref.host != ours:
            what = "That link" if incident is None else f"That link to #{incident.number}"
            raise UsageError(
                f"{what} belongs to {ref.host}, but this bot works for {ours}; nothing was done. "
                "Use the incident's number or id of this account."
            )

    async def _latest(self) -> Incident:
        mine = await self.mine()
        if mine:
            return mine[0]
        raise await self._none_open("latest is your newest open incident, and")

    async def _not_found(self, typed: str) -> IncidentNotFound:
        host = await self.directory.account_host()
        where = f" in {host}" if host else ""
        shown = f"#{typed}" if typed.isdigit() else cut(typed, 60)
        return IncidentNotFound(
            f"No incident {shown}{where}; nothing was done. {await self._open_ones()}"
        )

    async def _open_ones(self) -> str:
        newest = await self.incidents.find(team_ids=self.team_ids, limit=5)
        if not newest:
            return "There is no open incident."
        return f"Open ones: {', '.join(f'#{one.number}' for one in newest)}."

    async def _none_open(self, why: str, verb: str = "", args: str = "") -> IncidentNotFound:
        newest = await self.incidents.find(team_ids=self.team_ids, limit=5)
        if not newest:
            return IncidentNotFound(
                f"{why} no open incident is assigned to you; nothing was done. None is open at all."
            )
        return IncidentNotFound(
            f"{why} no open incident is assigned to you; nothing was done. Open ones: "
            f"{', '.join(f'#{one.number}' for one in newest)}. Name the one you mean.",
            buttons=choices(verb, newest, args) if verb else (),
        )

    async def implied(self, verb: str, args: str = "") -> Incident:
        """Give the incident that goes without saying: the thread's, else the only one of mine.

        `args` is repeated by the buttons of the pick-list.

        Raises:
            IncidentNotFound: none could be meant.
            RequestError: several could; its buttons pick one.
        """
        if self.channel_id and self.thread_ts:
            found = await self.threads.incident_of(self.channel_id, self.thread_ts)
            if found is not None:
                return await self.incidents.get(found)
        if self.key_owner is not None or self.responder.user is None:
            raise _several(await self.open_incidents(), verb, args)
        mine = await self.mine()
        if not mine:
            raise await self._none_open("You named no incident, and", verb, args)
        if len(mine) > 1:
            raise _several(mine, verb, args)
        return mine[0]

    async def single(self, target: Target, verb: str, args: str = "") -> Incident:
        """Find the one incident that is meant."""
        if target.given:
            return await self.given(target.given[0])
        if target.refs:
            return await self.incident(target.refs[0])
        return await self.implied(verb, args)

    async def given(self, incident_id: str) -> Incident:
        """Read the incident that a button or form carries."""
        try:
            return await self.incidents.get(incident_id)
        except NotFound:
            raise IncidentNotFound(
                f"PagerDuty no longer has the incident {cut(incident_id, 20)}: it was deleted. "
                f"Nothing was done. {await self._open_ones()}"
            ) from None

    async def addressed(self, what: Addressed, verb: str, raw: str) -> tuple[Incident, str]:
        """Find the incident that a text is about, and the text.

        `raw` is the whole text as typed, for the pick-list.
        """
        if what.otherwise is None:
            return await self.single(what.target, verb, raw), what.text
        ref = what.target.refs[0]
        if (incident := await self._if_any(ref)) is not None:
            return incident, what.text
        return await self.implied(verb, raw), what.otherwise

    async def _if_any(self, ref: Ref) -> Incident | None:
        try:
            incident = await self.incidents.get(ref.key)
        except NotFound:
            return None
        ended = incident.resolved_at or incident.last_status_change_at
        if ref.shape is Shape.NUMBER and not incident.is_open:
            return incident if ended and self.clock.now() - ended <= RECENT else None
        return incident


def _several(candidates: list[Incident], verb: str, args: str) -> RequestError:
    if not candidates:
        return IncidentNotFound("You named no incident, and none is open; nothing was done.")
    count = f"{len(candidates)} open incident{'s' if len(candidates) > 1 else ''}"
    which = "Pick one:" if len(candidates) <= OFFERED else "Pick one of the newest, or name it:"
    return WhichOne(
        f"{count} could be meant, so nothing was done yet. {which}",
        buttons=choices(verb, candidates, args),
    )
