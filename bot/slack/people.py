"""Slack's users and user groups, looked up and remembered for a while."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.clock import Clock
from bot.errors import SlackError
from bot.model import SlackPerson, SlackUserId
from bot.slack.client import FAILURES, reason_of

log = structlog.get_logger(__name__)

PERSON_SECONDS = 600.0  # somebody who was made a guest or deactivated acts so much longer, at most
GROUPS_SECONDS = 300.0
PEOPLE_LIMIT = 5000

_UNKNOWN_USER = frozenset({"user_not_found", "users_not_found", "user_not_visible"})

K = TypeVar("K")
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """Values that expire, at most `limit`; who asks while the answer is under way waits for it."""

    def __init__(self, clock: Clock, *, seconds: float, limit: int) -> None:
        self._clock = clock
        self._seconds = seconds
        self._limit = limit
        self._values: dict[K, tuple[float, V]] = {}
        self._locks: dict[K, asyncio.Lock] = {}

    def _fresh(self, key: K) -> tuple[float, V] | None:
        known = self._values.get(key)
        return known if known is not None and known[0] > self._clock.monotonic() else None

    async def get(self, key: K, read: Callable[[], Awaitable[V]]) -> V:
        """Give what is known, or read it."""
        if (known := self._fresh(key)) is not None:
            return known[1]
        lock = self._locks.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                if (known := self._fresh(key)) is not None:
                    return known[1]
                value = await read()
                self._values.pop(key, None)
                self._values[key] = (self._clock.monotonic() + self._seconds, value)
                while len(self._values) > self._limit:
                    del self._values[next(iter(self._values))]  # the oldest
                return value
        finally:
            if not lock.locked():
                self._locks.pop(key, None)


class People:
    """`ports.SlackPeople` over users.info and usergroups.list.

    `client` should wait out rate limits. `team_id` is the bot's own workspace: whoever belongs to
    another one, in a channel shared between organisations, is a stranger.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        *,
        team_id: str,
        clock: Clock,
        limit: int = PEOPLE_LIMIT,
    ) -> None:
        self._client = client
        self._team_id = team_id
        self._people: Remembered[str, SlackPerson | None] = Remembered(
            clock, seconds=PERSON_SECONDS, limit=limit
        )
        self._groups: Remembered[str, Mapping[str, frozenset[str]]] = Remembered(
            clock, seconds=GROUPS_SECONDS, limit=1
        )

    async def person(self, slack_user_id: str) -> SlackPerson | None:
        """Look somebody up; None when Slack knows no such user.

        Raises:
            SlackError: Slack did not say.
        """
        return await self._people.get(slack_user_id, lambda: self._read_person(slack_user_id))

    async def person_with(self, email: str) -> SlackPerson | None:
        """Find somebody by exact e-mail address; None when Slack knows no such user.

        Raises:
            SlackError: Slack did not say.
        """
        low = email.casefold()
        return await self._people.get(low, lambda: self._read_address(low))

    async def groups_of(self, slack_user_id: str) -> frozenset[str]:
        """Give ids and `@handles` of the user groups that somebody is in.

        Raises:
            SlackError: Slack did not say, or the app lacks the scope `usergroups:read`.
        """
        members = await self._groups.get("", self._read_groups)
        return members.get(slack_user_id, frozenset())

    async def _read_person(self, slack_user_id: str) -> SlackPerson | None:
        try:
            answer = await self._client.users_info(user=slack_user_id)
        except FAILURES as error:
            if isinstance(error, SlackApiError) and reason_of(error) in _UNKNOWN_USER:
                return None
            raise _unanswered("who you are", "users:read", error) from error
        return self._told(answer)

    async def _read_address(self, email: str) -> SlackPerson | None:
        try:
            answer = await self._client.users_lookupByEmail(email=email)
        except FAILURES as error:
            if isinstance(error, SlackApiError) and reason_of(error) in _UNKNOWN_USER:
                return None
            raise _unanswered("who has an e-mail address", "users:read.email", error) from error
        return self._told(answer)

    def _told(self, answer: AsyncSlackResponse) -> SlackPerson | None:
        user = answer.get("user")
        return person_of(user, team_id=self._team_id) if user else None

    async def _read_groups(self) -> Mapping[str, frozenset[str]]:
        try:
            answer = await self._client.usergroups_list(include_users=True)
        except FAILURES as error:
            what = "which user groups you are in"
            raise _unanswered(what, "usergroups:read", error) from error
        names: dict[str, set[str]] = {}
        for group in answer.get("usergroups") or ():
            for slack_user_id in group.get("users") or ():
                names.setdefault(slack_user_id, set()).update(
                    (group["id"], f"@{group.get('handle', '')}")
                )
        return {slack_user_id: frozenset(found) for slack_user_id, found in names.items()}


def person_of(user: Mapping[str, Any], *, team_id: str) -> SlackPerson:
    """Read Slack's user object.

    https://docs.slack.dev/reference/objects/user-object
    """
    profile = user.get("profile") or {}
    names = (
        profile.get("display_name"),
        profile.get("real_name"),
        user.get("real_name"),
        user.get("name"),
    )
    return SlackPerson(
        id=SlackUserId(user["id"]),
        name=next((name for name in names if name), user["id"]),
        email=profile.get("email") or None,
        team_id=user.get("team_id"),
        is_bot=bool(user.get("is_bot")) or user["id"] == "USLACKBOT",
        is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        is_deleted=bool(user.get("deleted")),
        is_stranger=_is_stranger(user, team_id),
        time_zone=user.get("tz") or None,
    )


def _is_stranger(user: Mapping[str, Any], team_id: str) -> bool:
    """Tell whether somebody belongs to another organisation.

    On Enterprise Grid `team_id` may be another workspace of the same organisation; then
    `enterprise_user.teams` names all of them.
    """
    if user.get("is_stranger"):
        return True
    teams = (user.get("enterprise_user") or {}).get("teams") or ()
    home = user.get("team_id")
    return home is not None and home != team_id and team_id not in teams


def _unanswered(what: str, scope: str, error: BaseException) -> SlackError:
    reason = reason_of(error)
    log.warning("Slack did not answer", about=what, reason=reason)
    if reason == "missing_scope":
        return SlackError(
            f"The bot may not ask Slack {what}, so nothing was done: the app lacks the scope "
            f"{scope}. Ask whoever runs the bot to install the app again from its manifest."
        )
    return SlackError(
        f"Slack did not tell the bot {what} ({reason}), so nothing was done. Try again shortly."
    )
