"""The state that everything in the sandbox shares, and how events get out of it."""

import asyncio
from collections.abc import Sequence

from bot.sandbox.slack.board import Board
from bot.sandbox.slack.changes import Changes
from bot.sandbox.slack.clock import Clock, SystemClock
from bot.sandbox.slack.delivery import Deliverer
from bot.sandbox.slack.faults import Faults
from bot.sandbox.slack.identity import Identity
from bot.sandbox.slack.inspection import Inspector, Validator
from bot.sandbox.slack.modals import Modals
from bot.sandbox.slack.payloads import Payloads
from bot.sandbox.slack.records import (
    Ack,
    Call,
    Channel,
    Delivery,
    Json,
    Message,
    Refusal,
    User,
    View,
)
from bot.sandbox.slack.response_urls import ResponseUrls
from bot.sandbox.slack.scopes import ALL_SCOPES
from bot.sandbox.slack.socket_mode import Connection, SocketHub
from bot.sandbox.slack.workspace import Where, Workspace

SUBSCRIPTIONS = frozenset(
    {
        "message.channels",
        "message.groups",
        "message.im",
        "message.mpim",
        "app_mention",
        "app_home_opened",
    }
)


class Core:
    """One workspace with one app, before anybody does anything in it.

    `scopes` are the bot token's; `subscriptions` are the events that the manifest asks for.
    """

    def __init__(
        self,
        *,
        team_id: str = "T0ACME",
        app_id: str = "A0PDBOT",
        bot_token: str = "xoxb-sandbox",  # noqa: S107 - opens nothing but this sandbox
        app_token: str = "xapp-sandbox",  # noqa: S107 - as above
        signing_secret: str = "sandbox-signing-secret",  # noqa: S107 - as above
        bot_user_id: str = "U0PDBOT",
        bot_id: str = "B0PDBOT",
        bot_name: str = "pdbot",
        command: str = "/pd",
        domain: str = "acme",
        clock: Clock | None = None,
        seed: int = 0,
    ) -> None:
        self.identity = Identity(
            team_id=team_id,
            domain=domain,
            app_id=app_id,
            bot_user_id=bot_user_id,
            bot_id=bot_id,
            bot_name=bot_name,
            command=command,
            bot_token=bot_token,
            app_token=app_token,
            signing_secret=signing_secret,
        )
        self.clock: Clock = clock or SystemClock()
        self.scopes: frozenset[str] = ALL_SCOPES
        self.subscriptions: frozenset[str] = SUBSCRIPTIONS
        self.calls: list[Call] = []
        self.changes = Changes()
        self.faults = Faults()
        bot_user = User(bot_user_id, bot_name, team_id, real_name=bot_name, is_bot=True)
        self.workspace = Workspace(
            team_id=team_id, bot_user=bot_user, clock=self.clock, changes=self.changes
        )
        self.inspector = Inspector(self.clock)
        self.modals = Modals(self.identity, self.clock, self.changes)
        self.payloads = Payloads(self.identity, self.clock)
        self.hub = SocketHub(app_id, self.faults, self.changes, seed)
        self.deliverer = Deliverer(self.identity, self.hub, self.clock, self.changes)
        self.board = Board(self.identity, self.workspace, self.emit)
        self.response_urls = ResponseUrls(self.workspace, self.inspector, self.board, self.clock)
        self.base_url = ""

    # ---------------------------------------------------------------- looking

    @property
    def api_url(self) -> str:
        """Give what SLACK_API_URL must be."""
        return f"{self.base_url}/api/"

    @property
    def signing_secret(self) -> str:
        """Give the secret that requests are signed with."""
        return self.identity.signing_secret

    @property
    def validators(self) -> list[Validator]:
        """Give the further opinions about blocks and views; add to them."""
        return self.inspector.validators

    @property
    def refused(self) -> list[Refusal]:
        """Give what the bot wanted to show and Slack would not take."""
        return self.inspector.refused

    @property
    def deliveries(self) -> list[Delivery]:
        """Give every attempt to hand something to the bot."""
        return self.deliverer.deliveries

    @property
    def connections(self) -> list[Connection]:
        """Give the open websockets, oldest first."""
        return self.hub.connections

    @property
    def views(self) -> dict[str, list[View]]:
        """Give the open modals by user id, the top one last."""
        return self.modals.stacks

    def home(self, user: User | str) -> View | None:
        """Give somebody's Home tab, None before the bot has published one."""
        return self.modals.homes.get(self.workspace.user(user).id)

    def messages(self, channel: Where) -> list[Message]:
        """Give a channel's visible messages, threads included, oldest first."""
        return self.workspace.visible(channel)

    def ephemerals(self, user: User | str, channel: Where | None = None) -> list[Message]:
        """Give the ephemeral messages that somebody sees, oldest first."""
        user_id = self.workspace.user(user).id
        wanted = None if channel is None else self.workspace.channel(channel)
        found = [
            one
            for place in self.workspace.channels.values()
            for one in place.ephemerals
            if one.to_user == user_id and (wanted is None or place is wanted)
        ]
        return sorted(found, key=lambda one: float(one.ts))

    # ---------------------------------------------------------------- settings of the transport

    @property
    def request_url(self) -> str | None:
        """Give where everything is POSTed; None: Socket Mode."""
        return self.deliverer.request_url

    @request_url.setter
    def request_url(self, url: str | None) -> None:
        self.deliverer.request_url = url

    @property
    def retry_delays_seconds(self) -> tuple[float, ...]:
        """Give the waits before an event is delivered again."""
        return self.deliverer.retry_delays_seconds

    @retry_delays_seconds.setter
    def retry_delays_seconds(self, delays: Sequence[float]) -> None:
        self.deliverer.retry_delays_seconds = tuple(delays)

    @property
    def ack_timeout_seconds(self) -> float:
        """Give how long the bot may take to acknowledge (Slack: 3 s)."""
        return self.deliverer.ack_timeout_seconds

    @ack_timeout_seconds.setter
    def ack_timeout_seconds(self, seconds: float) -> None:
        self.deliverer.ack_timeout_seconds = seconds

    # ---------------------------------------------------------------- events

    def emit(self, channel: Channel, event: Json) -> asyncio.Task[Ack] | None:
        """Deliver an event about a channel in the background, if the bot is to hear of it."""
        if self.identity.bot_user_id not in channel.members:
            return None
        kind = str(event["type"])
        if kind == "message":
            kind = f"message.{_PLURALS.get(channel.kind, channel.kind)}"
        return self.emit_any(event) if kind in self.subscriptions else None

    def emit_any(self, event: Json) -> asyncio.Task[Ack]:
        """Deliver an event in the background, whatever it is."""
        return self.deliverer.spawn(self.deliverer.event(self.payloads.envelope(event)))


_PLURALS = {"channel": "channels", "group": "groups"}
