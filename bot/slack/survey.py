"""What an operator's commands ask Slack: rights, members, whether a socket would open."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from slack_sdk.errors import SlackApiError

from bot.errors import SlackError
from bot.model import SlackPerson
from bot.slack.client import FAILURES, SlackWeb, reason_of
from bot.slack.people import person_of

PAGE = 200
MOST_PAGES = 500  # 100,000 people
_OK = 200


@dataclass(frozen=True, slots=True)
class Standing:
    """Who the bot is to Slack, what it may do, and what time Slack has."""

    team_id: str
    team: str
    bot_id: str | None
    user_id: str
    name: str
    url: str | None
    scopes: frozenset[str]
    slack_now: datetime | None


class Refused(SlackError):
    """Slack answered with an error of its own; `word` is it."""

    transient = False

    def __init__(self, message: str, word: str) -> None:
        super().__init__(message)
        self.word = word


class Survey:
    """Questions of an operator. Each may raise SlackError; `Refused` where Slack said no."""

    def __init__(self, web: SlackWeb) -> None:
        self._client = web.patient

    async def standing(self) -> Standing:
        """Ask who the bot is; the answer's headers say what it may do."""
        answer = await _asked("who the bot is", self._client.auth_test)
        headers = {str(key).lower(): str(value) for key, value in answer.headers.items()}
        scopes = headers.get("x-oauth-scopes", "").split(",")
        return Standing(
            team_id=str(answer["team_id"]),
            team=str(answer.get("team") or answer["team_id"]),
            bot_id=answer.get("bot_id"),
            user_id=str(answer["user_id"]),
            name=str(answer.get("user") or "the bot"),
            url=answer.get("url"),
            scopes=frozenset(scope.strip() for scope in scopes if scope.strip()),
            slack_now=_instant(headers.get("date")),
        )

    async def app_id(self, bot_id: str) -> str | None:
        """Ask to which app the bot belongs."""
        answer = await _asked("which app the bot is", self._client.bots_info, bot=bot_id)
        found = (answer.get("bot") or {}).get("app_id")
        return str(found) if found else None

    async def open_socket(self, app_token: str) -> None:
        """Ask for a Socket Mode address, which is then not used."""
        await _asked(
            "an address for Socket Mode",
            self._client.apps_connections_open,
            app_token=app_token,
        )

    async def members(self, team_id: str) -> list[SlackPerson]:
        """Read the workspace's users: bots, guests and those who left among them."""
        found: list[SlackPerson] = []
        cursor = ""
        for _ in range(MOST_PAGES):
            answer = await _asked(
                "who is in the workspace", self._client.users_list, limit=PAGE, cursor=cursor
            )
            found += [person_of(user, team_id=team_id) for user in answer.get("members") or ()]
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return found

    async def user_groups(self) -> frozenset[str]:
        """Read the ids and `@handles` of the user groups."""
        answer = await _asked("which user groups there are", self._client.usergroups_list)
        groups: list[Mapping[str, Any]] = answer.get("usergroups") or []
        return frozenset(
            name for group in groups for name in (str(group["id"]), f"@{group.get('handle', '')}")
        )


def _instant(date: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(date) if date else None
    except ValueError:
        return None


async def _asked(what: str, method: Callable[..., Any], **arguments: Any) -> Any:
    try:
        return await method(**arguments)
    except FAILURES as error:
        word = reason_of(error)
        text = f"Slack did not tell {what} ({word})."
        if isinstance(error, SlackApiError) and getattr(error.response, "status_code", 0) == _OK:
            raise Refused(text, word) from error
        raise SlackError(text) from error
