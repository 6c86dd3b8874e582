"""The whole bot between a sandbox Slack and a sandbox PagerDuty: nothing inside it is replaced."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bot.app import Bot, running
from bot.clock import Clock, SystemClock
from bot.config import load
from bot.pagerduty.rest import TIMEOUT_SECONDS
from bot.sandbox.pagerduty import EscalationPolicy, Incident, PagerDuty, Request, Service, User
from bot.sandbox.slack import Ack, Message, Slack, all_text
from bot.sandbox.slack import User as SlackUser
from tests.pagerduty.support import validator
from tests.slack.validation import check_message, check_view

Transport = Literal["socket", "http"]

CHANNEL = "C0PROD"


class HastyClock(SystemClock):
    """The machine's clock, but for waiting: a fiftieth of the time is enough."""

    async def sleep(self, seconds: float) -> None:
        """Wait a little."""
        await super().sleep(seconds / 50)


@dataclass
class World:
    """Both vendors, a small cast, and the running bot."""

    slack: Slack
    pagerduty: PagerDuty
    environ: dict[str, str]
    ann: SlackUser
    bob: SlackUser
    eve: SlackUser  # has no PagerDuty user
    pd_ann: User
    pd_bob: User
    policy: EscalationPolicy
    billing: Service
    clock: Clock = field(default_factory=SystemClock)
    answer_seconds: float = TIMEOUT_SECONDS
    bot: Bot = field(init=False)

    async def pd(self, typed: str, who: SlackUser | None = None, channel: str = CHANNEL) -> str:
        """Type `/pd …` and give the whole text of the answer."""
        return all_text(await self.answer(typed, who, channel))

    async def answer(
        self, typed: str, who: SlackUser | None = None, channel: str = CHANNEL
    ) -> Message:
        """Type `/pd …` and give the answer."""
        who = who or self.ann
        ack = await self.slack.command(who, f"/pd {typed}", channel=channel)
        assert ack.ok, ack
        return await self.slack.expect_ephemeral(who, channel)

    async def click(
        self,
        message: Message,
        action_id: str,
        value: str | None = None,
        who: SlackUser | None = None,
    ) -> Ack:
        """Press a button."""
        return await self.slack.click(who or self.ann, message, action_id, value)

    def incident(self, title: str = "Nightly export failed", **facts: Any) -> Incident:
        """Open an incident, assigned to Ann unless said otherwise."""
        facts.setdefault("assignees", [self.pd_ann])
        return self.pagerduty.add_incident(title, service=self.billing, **facts)

    def writes(self) -> list[Request]:
        """Give the requests that changed something in PagerDuty."""
        return [one for one in self.pagerduty.requests if one.method != "GET"]


def check_sent(pagerduty: PagerDuty) -> None:
    """Hold every write that PagerDuty got against its published contract."""
    for sent in pagerduty.requests:
        if sent.method != "GET" and sent.operation and sent.operation.startswith("rest."):
            validator(sent.operation).validate(sent.body)


def strict(kind: str, value: Any) -> None:
    """Hold everything posted to Slack against the strict schemas."""
    if kind == "view":
        check_view(value)
    else:
        check_message(value)


@asynccontextmanager
async def world(
    folder: Path,
    transport: Transport = "socket",
    *,
    environ: Mapping[str, str] | None = None,
    key_owner: str | None = None,
    prepare: Callable[[World], None] | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[World]:
    """Start everything; `key_owner` makes the key a personal one of the user with that name."""
    async with vendors(
        folder, transport, environ=environ, key_owner=key_owner, clock=clock, slack_clock=clock
    ) as here:
        if prepare is not None:
            prepare(here)
        async with bot_of(here):
            yield here


@asynccontextmanager
async def vendors(
    folder: Path,
    transport: Transport = "socket",
    *,
    environ: Mapping[str, str] | None = None,
    key_owner: str | None = None,
    clock: Clock | None = None,
    slack_clock: Clock | None = None,
) -> AsyncIterator[World]:
    """Start everything but the bot."""
    clock = clock or SystemClock()
    slack = Slack(clock=slack_clock)
    slack.validators.append(strict)
    pagerduty = PagerDuty(now=clock.now)
    pagerduty.event_delay_seconds = 0.02
    async with slack.serve(), pagerduty.serve():
        here = _cast(slack, pagerduty)
        here.clock = clock
        here.environ |= {
            "SLACK_BOT_TOKEN": slack.identity.bot_token,
            "SLACK_API_URL": slack.api_url,
            "PAGERDUTY_API_TOKEN": "pd-account-key",
            "PAGERDUTY_FROM_EMAIL": "bot@example.com",
            "PAGERDUTY_API_URL": pagerduty.rest_url,
            "PAGERDUTY_EVENTS_URL": pagerduty.events_url,
            "DATABASE_URL": f"sqlite:///{folder / 'pdbot.db'}",
            "PDBOT_PORT": "0",
            "PDBOT_RULES": "",
        }
        if transport == "socket":
            here.environ["SLACK_APP_TOKEN"] = slack.identity.app_token
        else:
            here.environ["SLACK_SIGNING_SECRET"] = slack.identity.signing_secret
        if key_owner is not None:
            owner = next(one for one in (here.pd_ann, here.pd_bob) if one.name == key_owner)
            pagerduty.add_key("pd-personal-key", owner=owner)
            here.environ["PAGERDUTY_API_TOKEN"] = "pd-personal-key"
        here.environ |= environ or {}
        yield here
        assert slack.refused == []
        check_sent(pagerduty)


@asynccontextmanager
async def bot_of(here: World) -> AsyncIterator[Bot]:
    """Run the bot in an existing world: once more, for a restart."""
    async with running(
        load(here.environ),
        clock=here.clock,
        environ=lambda: here.environ,
        answer_seconds=here.answer_seconds,
    ) as bot:
        here.bot = bot
        if not bot.settings.is_socket_mode:
            here.slack.request_url = f"http://127.0.0.1:{bot.port}/slack/events"
        here.pagerduty.clear_requests()
        yield bot


def _cast(slack: Slack, pagerduty: PagerDuty) -> World:
    ann = slack.add_user("ann", email="ann@example.com", real_name="Ann Archer", id="U0ANN")
    bob = slack.add_user("bob", email="bob@example.com", real_name="Bob Breuer", id="U0BOB")
    eve = slack.add_user("eve", email="eve@example.com", real_name="Eve Ende", id="U0EVE")
    slack.add_channel("prod", id=CHANNEL, members=[ann.id, bob.id, eve.id])
    slack.add_channel("jobs", id="C0JOBS", members=[ann.id, bob.id])
    pd_ann = pagerduty.add_user("Ann Archer", "ann@example.com")
    pd_bob = pagerduty.add_user("Bob Breuer", "bob@example.com")
    pagerduty.add_user("pdbot", "bot@example.com")
    policy = pagerduty.add_escalation_policy("Billing EP", levels=[[pd_bob], [pd_ann]])
    billing = pagerduty.add_service("Billing", escalation_policy=policy)
    pagerduty.add_schedule("Billing primary", on_call=[pd_bob])
    return World(slack, pagerduty, {}, ann, bob, eve, pd_ann, pd_bob, policy, billing)
