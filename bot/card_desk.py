"""Put together what keeps cards true: store, Slack, PagerDuty, and who tells them that it is time.

`app` calls `keep_cards` once and starts, wires and drains what it gives.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog
from aiohttp import web

from bot.cards.keeper import Keeper
from bot.cards.own import OwnWrites
from bot.cards.painter import Painter
from bot.cards.poller import Poller
from bot.clock import Clock
from bot.config import Settings
from bot.errors import PdbotError, SlackError, StoreError
from bot.identity import Identity
from bot.model import Incident, Invocation, Outcome
from bot.pagerduty.webhook_route import WebhookRoute
from bot.pagerduty.webhooks import WebhookEvent
from bot.ports import Incidents
from bot.slack.card_board import CardBoard
from bot.slack.client import SlackWeb
from bot.slack.desk import Answered
from bot.slack.home import HomeTab
from bot.slack.replies import Posted
from bot.store import Store
from bot.tasks import TaskSet

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 5.0
# https://developer.pagerduty.com/docs/webhooks-overview: whose agent changed the assignees
ASSIGNING = frozenset({"incident.delegated", "incident.escalated", "incident.reassigned"})


@dataclass
class Cards:
    """Cards that are kept true while `running`.

    `incidents` is what actions write through, so that cards know the bot's own writes; `routes`
    is what the HTTP server adds.
    """

    incidents: OwnWrites
    keeper: Keeper
    painter: Painter
    poller: Poller
    tasks: TaskSet = field(default_factory=TaskSet)
    routes: Sequence[web.RouteDef] = ()

    async def answered(
        self, invocation: Invocation, outcome: Outcome, posted: Posted | None
    ) -> None:
        """Let cards follow what somebody did; know a card that was posted as an answer."""
        try:
            if outcome.public and len(outcome.cards) == 1 and posted and posted.ts:
                await self.keeper.adopt(
                    str(posted.channel_id), posted.ts, outcome.cards[0].id, invocation.thread_ts
                )
            await self.keeper.answered(invocation, outcome)
        except StoreError as error:
            log.warning("cards do not follow yet, the database fails", reason=str(error))

    async def publish(self, invocation: Invocation, incident: Incident) -> bool:
        """Post an incident's card where somebody asked for it; False where the bot cannot post."""
        if invocation.channel_id is None:
            return False
        try:
            await self.keeper.post(invocation.channel_id, incident, invocation.thread_ts)
        except (SlackError, StoreError) as error:
            log.info("a card could not be posted as one", reason=str(error))
            return False
        return True

    async def report(self, event: WebhookEvent) -> None:
        """Take a webhook; what is not about an incident is none of the cards' business."""
        if event.incident_id is not None:
            agent = event.agent if event.event_type in ASSIGNING else None
            await self.keeper.reported(event.incident_id, event.occurred_at, agent)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Compare and sweep for as long as the block; then finish the edits under way."""
        background = TaskSet()
        background.spawn(self.poller.run_sweeps(), name="card sweeps")
        background.spawn(self.poller.run_comparisons(), name="card comparisons")
        try:
            yield
        finally:
            await background.drain(0)
            await self.tasks.drain(DRAIN_SECONDS)
            await self.painter.drain(DRAIN_SECONDS)


def after_answers(cards: Cards, home: HomeTab) -> Answered:
    """Let cards and the Home tab follow what somebody did."""

    async def follow(invocation: Invocation, outcome: Outcome, posted: Posted | None) -> None:
        home.acted(invocation)
        await cards.answered(invocation, outcome, posted)

    return follow


def keep_cards(
    settings: Settings,
    clock: Clock,
    *,
    store: Store,
    incidents: Incidents,
    web: SlackWeb,
    identity: Identity,
) -> Cards:
    """Make it; `identity` tells who the assignees are in Slack."""

    async def slack_user_of(pagerduty_user_id: str) -> str | None:
        try:
            return await identity.slack_user_of(pagerduty_user_id)
        except PdbotError as error:
            log.info("an assignee is named, not mentioned", reason=str(error))
            return None

    own = OwnWrites(incidents, clock)
    board = CardBoard(web)
    painter = Painter(store.cards, board, clock, slack_user_of)
    keeper = Keeper(book=store.cards, board=board, own=own, painter=painter, clock=clock)
    secret = settings.pagerduty_webhook_secret
    poller = Poller(
        keeper=keeper,
        painter=painter,
        book=store.cards,
        incidents=incidents,
        clock=clock,
        lead=lambda: store.lead("cards"),
        seconds=settings.poll_seconds,
        has_webhooks=secret is not None,
    )
    cards = Cards(own, keeper, painter, poller)
    if secret is not None:
        cards.routes = WebhookRoute([secret.reveal()], cards.report, cards.tasks).routes()
    return cards
