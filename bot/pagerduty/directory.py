"""PagerDuty's people, and who is on call, as `bot.ports.Directory` wants them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from itertools import islice
from typing import Any, TypeVar

import structlog

from bot.clock import Clock
from bot.errors import NotFound, PagerDutyError, PersonNotFound
from bot.model import OnCall, PagerDutyUser, Reference
from bot.pagerduty import answers, wire
from bot.pagerduty.cache import ExpiringCache
from bot.pagerduty.client import Client
from bot.pagerduty.http_errors import clean

log = structlog.get_logger(__name__)

T = TypeVar("T")

FOUND_SECONDS = 600.0  # somebody who was found stays found
MISSED_SECONDS = 20.0  # somebody who was not may be added to PagerDuty at any moment
CATALOGUE_SECONDS = 300.0
_MAX_PEOPLE = 5_000  # remembered
_MAX_CATALOGUES = 200  # remembered
_MAX_ENTRIES = 10_000  # of one list; PagerDuty gives no more
_MAX_NEAR_NAMES = 8  # offered in an error

_BAD_REQUEST = 400
_NO_OWNER = frozenset({_BAD_REQUEST, 403, 404})  # the latter where a proxy stands between


class RestDirectory:
    """Look people, policies, services and schedules up. See `bot.ports.Directory`."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._by_email: ExpiringCache[PagerDutyUser | None] = ExpiringCache(
            clock, limit=_MAX_PEOPLE
        )
        self._by_id: ExpiringCache[PagerDutyUser | None] = ExpiringCache(clock, limit=_MAX_PEOPLE)
        self._catalogues: ExpiringCache[list[Any]] = ExpiringCache(clock, limit=_MAX_CATALOGUES)
        self._me: tuple[PagerDutyUser | None] | None = None

    async def me(self) -> PagerDutyUser | None:
        """Give the key's owner; None for an account-level key. Asked once, unless told oddly."""
        if self._me is None:
            try:
                self._me = (self._learn(await self._client.call(wire.me(), answers.user)),)
            except PagerDutyError as error:
                if error.status not in _NO_OWNER:
                    raise
                if error.status != _BAD_REQUEST:
                    return None
                self._me = (None,)
        return self._me[0]

    async def user_by_email(self, email: str) -> PagerDutyUser | None:
        """Find a user by exact e-mail address, ignoring case."""
        wanted = email.strip().casefold()
        if not wanted:
            return None
        kept = self._by_email.get(wanted)
        if kept is not None:
            return kept[0]
        # The search is fuzzy and gives neighbors: only equality counts.
        users = await self._users(email.strip())
        found = next((one for one in users if one.email.casefold() == wanted), None)
        if found is None:
            self._by_email.put(wanted, None, seconds=MISSED_SECONDS)
        return found

    def forget_email(self, email: str) -> None:
        """Ask PagerDuty anew next time: it said that it does not know this address."""
        self._by_email.drop(email.strip().casefold())

    async def user(self, user_id: str) -> PagerDutyUser | None:
        """Find a user by id."""
        kept = self._by_id.get(user_id)
        if kept is not None:
            return kept[0]
        if user_id == "me":  # would be the key's owner
            return None
        try:
            call = wire.get_user(user_id)
            return self._learn(await self._client.call(call, answers.user))
        except wire.UnusableId:
            return None
        except NotFound:
            self._by_id.put(user_id, None, seconds=MISSED_SECONDS)
            return None

    async def users_named(self, name: str) -> list[PagerDutyUser]:
        """Find users whose whole name, or one word of it, is `name`, ignoring case."""
        wanted = " ".join(name.casefold().split())
        if not wanted:
            return []
        users = await self._users(name.strip())
        whole = [one for one in users if " ".join(one.name.casefold().split()) == wanted]
        return whole or [one for one in users if wanted in one.name.casefold().split()]

    async def everybody(self) -> list[PagerDutyUser]:
        """Give the account's users, as far as PagerDuty lists them (10,000)."""
        return await self._users(None)

    async def on_call(self, schedule_or_service: str) -> list[PagerDutyUser]:
        """Give who is on call now for a schedule, or first for a service, by id or name.

        Raises:
            PersonNotFound: nothing, or more than one thing, is called so; names what is near.
        """
        schedules = await self._named("schedules", schedule_or_service, answers.named)
        chosen = _the_one(schedule_or_service, schedules, lambda one: one)
        if chosen is not None:
            return await self._on_call(wire.list_on_calls(schedule_ids=[chosen.id]))
        services = await self._named("services", schedule_or_service, answers.service)
        service = _the_one(schedule_or_service, services, lambda one: one.reference)
        if service is None:
            raise _nothing_called(
                schedule_or_service, [*schedules, *(one.reference for one in services)]
            )
        if service.escalation_policy is None:
            return []
        policy_ids = [service.escalation_policy.id]
        return await self._on_call(
            wire.list_on_calls(escalation_policy_ids=policy_ids), first_level_only=True
        )

    async def on_calls(self, policy_id: str | None = None) -> list[OnCall]:
        """Give who is on call now on every level, of one escalation policy or of all."""
        call = wire.list_on_calls(escalation_policy_ids=[policy_id] if policy_id else ())
        read = answers.page("oncalls", answers.on_call)
        entries = await self._client.pages(call, read, limit=_MAX_ENTRIES)
        return [replace(one, user=await self._in_full(one.user)) for one in entries]

    async def escalation_policies(self, name_or_id: str) -> list[Reference]:
        """Find escalation policies by id, exact name, or else part of the name."""
        return await self._references("escalation_policies", name_or_id)

    async def all_escalation_policies(self) -> list[Reference]:
        """Give every escalation policy, for a select."""
        return await self._catalogue("escalation_policies", None, answers.named)

    async def services(self, name_or_id: str) -> list[Reference]:
        """Find services by id, exact name, or else part of the name."""
        # With its policy, as in `on_call`: both find the same list in the cache.
        entries = await self._named("services", name_or_id, answers.service)
        return _fitting_or_near(name_or_id, [one.reference for one in entries])

    async def all_services(self) -> list[Reference]:
        """Give every service."""
        return [one.reference for one in await self._catalogue("services", None, answers.service)]

    async def priorities(self) -> list[Reference]:
        """Give the account's priorities, the highest first."""
        return await self._catalogue("priorities", None, answers.named)

    async def abilities(self) -> frozenset[str]:
        """Give what the account's plan includes."""
        return await self._client.call(wire.list_abilities(), answers.abilities)

    async def account_host(self) -> str | None:
        """Give the account's web host (`acme.pagerduty.com`), None when nobody could tell yet."""
        if self._client.host is None:
            read = answers.page("users", answers.user_of)
            try:
                page = await self._client.call(wire.list_users().page(0, 1), read, attempts=1)
            except PagerDutyError as error:
                log.warning("account host is unknown", reason=str(error))
                return None
            for one in page.items:
                self._learn(one)
        return self._client.host

    # ------------------------------------------------------------ inside

    def _learn(self, user: PagerDutyUser) -> PagerDutyUser:
        self._by_id.put(user.id, user, seconds=FOUND_SECONDS)
        if user.email:
            self._by_email.put(user.email.casefold(), user, seconds=FOUND_SECONDS)
        self._client.learn_host(user.html_url)
        return user

    async def _users(self, query: str | None) -> list[PagerDutyUser]:
        read = answers.page("users", answers.user_of)
        users = await self._client.pages(wire.list_users(query), read, limit=_MAX_ENTRIES)
        return [self._learn(one) for one in users]

    async def _on_call(
        self, call: wire.Call, *, first_level_only: bool = False
    ) -> list[PagerDutyUser]:
        read = answers.page("oncalls", answers.on_call)
        entries = await self._client.pages(call, read, limit=_MAX_ENTRIES)
        first = min((one.level for one in entries), default=1)
        by_id = {
            one.user.id: one.user for one in entries if not first_level_only or one.level == first
        }
        return [await self._in_full(one) for one in by_id.values()]

    async def _in_full(self, user: PagerDutyUser) -> PagerDutyUser:
        """Complete a user who came as a reference only, without e-mail."""
        if user.email:
            return self._learn(user)
        return await self.user(user.id) or user

    async def _catalogue(
        self, kind: wire.Catalogue, query: str | None, read: Callable[[Mapping[str, Any]], T]
    ) -> list[T]:
        key = f"{kind}?{(query or '').casefold()}"
        kept = self._catalogues.get(key)
        if kept is not None:
            return kept[0]
        entries = await self._client.pages(
            wire.list_catalogue(kind, query), answers.page(kind, read), limit=_MAX_ENTRIES
        )
        self._catalogues.put(key, entries, seconds=CATALOGUE_SECONDS)
        return entries

    async def _named(
        self, kind: wire.Catalogue, name_or_id: str, read: Callable[[Mapping[str, Any]], T]
    ) -> list[T]:
        """List what has this in its name; or, since the search knows no ids, what there is."""
        if not name_or_id.strip():
            return []
        found = await self._catalogue(kind, name_or_id.strip(), read)
        return found or await self._catalogue(kind, None, read)

    async def _references(self, kind: wire.Catalogue, name_or_id: str) -> list[Reference]:
        return _fitting_or_near(name_or_id, await self._named(kind, name_or_id, answers.named))


def _fitting(wanted: str, entries: list[Reference]) -> list[Reference]:
    return [one for one in entries if one.id.casefold() == wanted] or [
        one for one in entries if one.name.casefold() == wanted
    ]


def _fitting_or_near(name_or_id: str, entries: list[Reference]) -> list[Reference]:
    wanted = name_or_id.strip().casefold()
    return _fitting(wanted, entries) or [one for one in entries if wanted in one.name.casefold()]


def _the_one(name: str, entries: list[T], reference: Callable[[T], Reference]) -> T | None:
    """Choose by id, else by exact name; None where there is none.

    Raises:
        PersonNotFound: several are called so.
    """
    fitting = _fitting(name.strip().casefold(), [reference(one) for one in entries])
    if len(fitting) > 1:
        ids = ", ".join(one.id for one in fitting[:_MAX_NEAR_NAMES])
        raise PersonNotFound(
            f"PagerDuty has more than one {clean(name)!r}, so it is not clear who is meant."
            f" Nothing was done. Use one of the ids instead: {ids}."
        )
    return next((one for one in entries if fitting and reference(one) is fitting[0]), None)


def _nothing_called(name: str, entries: list[Reference]) -> PersonNotFound:
    by_name = {one.name.casefold(): one.name for one in entries}
    wanted = name.strip().casefold()
    inside = [key for key in by_name if wanted in key]
    near = dict.fromkeys([*inside, *get_close_matches(wanted, by_name, n=_MAX_NEAR_NAMES)])
    names = ", ".join(by_name[key] for key in islice(near, _MAX_NEAR_NAMES))
    advice = f"Near ones: {names}." if names else "Use the name as PagerDuty shows it, or the id."
    return PersonNotFound(
        f'PagerDuty has no schedule or service called "{clean(name)}". Nothing was done. {advice}'
    )
