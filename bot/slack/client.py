"""Speak to Slack's Web API, and build the Bolt application around our own identity.

Two clients share one session: `prompt` never waits for a rate limit (a `trigger_id` lives for
3 s), `patient` does, and is for whatever happens in the background.
"""

import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from types import TracebackType
from typing import Any, Self

import aiohttp
import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.clock import Clock
from bot.errors import ConfigError
from bot.slack.backoff import delay_seconds
from bot.telemetry import Observe, ignore

log = structlog.get_logger(__name__)

# Below ERROR, Bolt and the SDK write whole requests into the log, people's words included.
_vendor_log = logging.getLogger("bot.slack.vendor")
_vendor_log.setLevel(logging.ERROR)

# What Slack answers to a token that no waiting makes right.
# https://docs.slack.dev/reference/methods/auth.test#errors
REFUSED_TOKEN = frozenset(
    {
        "access_denied",
        "account_inactive",
        "invalid_auth",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    }
)
FAILURES = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)
"""What a call of the Web API may raise."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is to Slack."""

    bot_user_id: str
    bot_id: str
    team_id: str
    app_id: str | None = None
    team_name: str | None = None
    url: str | None = None  # of the workspace


class _Observed(AsyncWebClient):
    """A client whose calls are counted."""

    def __init__(self, observe: Observe, **options: Any) -> None:
        super().__init__(**options)
        self._observe = observe

    async def api_call(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:
        """Call, and tell how it ended; waits for a rate limit count as a part of it."""
        started, outcome = perf_counter(), "cancelled"
        try:
            answer = await super().api_call(api_method, **arguments)
            outcome = "ok"
            return answer
        except FAILURES as error:
            outcome = _outcome(error)
            raise
        finally:
            self._observe(api_method, outcome, perf_counter() - started)


def _outcome(error: BaseException) -> str:
    if not isinstance(error, SlackApiError):
        return "no_answer"
    return "rate_limited" if reason_of(error) in {"ratelimited", "rate_limited"} else "refused"


class SlackWeb:
    """The two clients and their session. Create it inside the running loop."""

    def __init__(
        self,
        token: str,
        base_url: str = AsyncWebClient.BASE_URL,
        *,
        tls: ssl.SSLContext | None = None,
        timeout_seconds: float = 15.0,
        observe: Observe = ignore,
    ) -> None:
        self.tls: ssl.SSLContext | bool = True if tls is None else tls
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=timeout_seconds))

        def client(*retry_handlers: Any) -> AsyncWebClient:
            return _Observed(
                observe,
                token=token,
                base_url=base_url,
                ssl=tls,
                session=self.session,
                logger=_vendor_log,
                retry_handlers=list(retry_handlers),
            )

        self.prompt = client(AsyncConnectionErrorRetryHandler(max_retry_count=1))
        # No retry after a broken connection here: a repeated chat.postMessage posts twice.
        self.patient = client(AsyncRateLimitErrorRetryHandler(max_retry_count=3))
        self.plain = client()  # for those who decide themselves when to try again

    async def close(self) -> None:
        """Close the connections."""
        await self.session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def reason_of(error: BaseException) -> str:
    """Name a failed call's cause for the log: Slack's own word, or the kind of the exception.

    Never the exception's text: it may hold addresses with tickets in them.
    """
    answer = error.response if isinstance(error, SlackApiError) else None
    data = getattr(answer, "data", None)  # a page's text where something else than Slack answered
    if isinstance(data, Mapping) and data.get("error"):
        return str(data["error"])
    status = getattr(error, "status", None) or getattr(answer, "status_code", None)
    return f"{type(error).__name__} {status}" if status else type(error).__name__


async def identify(web: SlackWeb, *, clock: Clock) -> Identity:
    """Ask Slack who the bot is, for as long as it takes.

    Raises:
        ConfigError: Slack refused the token.
    """
    failures = 0
    while True:
        try:
            return _identity(await web.prompt.auth_test())
        except FAILURES as error:
            reason = reason_of(error)
            if reason in REFUSED_TOKEN:
                raise ConfigError(
                    [
                        (
                            f"SLACK_BOT_TOKEN was refused by Slack ({reason}): install the app "
                            "again and copy its Bot User OAuth Token, which begins with xoxb-."
                        )
                    ]
                ) from None
            failures += 1
            log.warning(
                "Slack does not answer, the bot keeps trying; `pdbot check` says more",
                address=web.prompt.base_url,
                reason=reason,
            )
        await clock.sleep(delay_seconds(failures))


def _identity(answer: AsyncSlackResponse) -> Identity:
    if not answer.get("bot_id"):
        raise ConfigError(
            ["SLACK_BOT_TOKEN is a person's token, not the bot's: copy the one that begins xoxb-."]
        )
    return Identity(
        bot_user_id=answer["user_id"],
        bot_id=answer["bot_id"],
        team_id=answer["team_id"],
        app_id=answer.get("app_id"),
        team_name=answer.get("team"),
        url=answer.get("url"),
    )


class _Ourselves(AsyncAuthorize):
    """Answer Bolt's question for whom a request is without asking Slack each time."""

    def __init__(self, result: AuthorizeResult) -> None:
        self._result = result

    async def __call__(self, **_: Any) -> AuthorizeResult:
        return self._result


def build_app(web: SlackWeb, identity: Identity, *, signing_secret: str | None = None) -> AsyncApp:
    """Build the Bolt application.

    Without a signing secret it accepts nothing over HTTP, only what a socket delivers.
    """
    return AsyncApp(
        name="pdbot",  # else Bolt looks for one among all callers and their sources: 50 ms
        logger=_vendor_log,
        client=web.prompt,
        signing_secret=signing_secret or "",
        authorize=_Ourselves(
            AuthorizeResult(
                enterprise_id=None,
                team_id=identity.team_id,
                bot_user_id=identity.bot_user_id,
                bot_id=identity.bot_id,
                bot_token=web.prompt.token,
            )
        ),
        process_before_response=True,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
