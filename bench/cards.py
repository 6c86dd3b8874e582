"""Cards: from somebody else's change to the edited card, and what comparisons cost.

The whole bot between both sandboxes, webhooks on loopback. Goals: p99 <= 1.5 s, and as many REST
calls a comparison as the list has pages, whatever the number of cards.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import structlog

from bot.app import running
from bot.config import load
from bot.ledger import CardRecord
from bot.sandbox.pagerduty import Incident, PagerDuty
from bot.sandbox.slack import Message, Slack

CHANGES = 200
SECRET = "bench-webhook-secret"
CHANNEL = "C0PROD"
POLLS_A_MINUTE = 2  # PDBOT_POLL_SECONDS is 30


async def main() -> None:
    """Print both figures."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    await _latency()
    for open_cards in (1, 500):
        await _cost(open_cards)


async def _latency() -> None:
    """Change one incident after another, each with its card, and wait for the edit."""
    slack, pagerduty = _vendors()
    async with slack.serve(), pagerduty.serve():
        environ = _environ(slack, pagerduty) | {
            "PAGERDUTY_WEBHOOK_SECRET": SECRET,
            "PDBOT_POLL_SECONDS": "0",
        }
        async with running(load(environ)) as bot:
            pagerduty.subscribe(f"http://127.0.0.1:{bot.port}/pagerduty/webhook", SECRET)
            ann = pagerduty.user_by_email("ann@example.com")
            assert ann is not None
            cards = [await _posted(slack, one) for one in _open(pagerduty, CHANGES)]
            await bot.tasks.drain(30)
            took = []
            for incident, card in cards:
                started = time.perf_counter()
                pagerduty.acknowledge(incident, by=ann)
                await slack.expect_update(card, "Acknowledged", timeout=30)
                took.append(time.perf_counter() - started)
    cuts = statistics.quantiles(took, n=100)
    print(
        f"foreign change -> edited card, by webhook, {CHANGES} changes: "
        f"p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms (goal 1,500)"
    )


async def _cost(open_cards: int) -> None:
    """Compare a number of open cards and count what PagerDuty is asked."""
    slack, pagerduty = _vendors()
    async with slack.serve(), pagerduty.serve():
        environ = _environ(slack, pagerduty) | {"PDBOT_POLL_SECONDS": "0"}
        async with running(load(environ)) as bot:
            for number, incident in enumerate(_open(pagerduty, open_cards)):
                await bot.store.cards.put(CardRecord(CHANNEL, incident.id, f"{number}.000000"))
                await bot.cards.keeper.refresh(incident.id)
            pagerduty.clear_requests()
            await bot.cards.poller.compare()
            calls = sum(one.path.startswith("/incidents") for one in pagerduty.requests)
    pages = -(-open_cards // 100)
    print(
        f"{open_cards} open cards: {calls} REST calls a comparison (pages: {pages}), "
        f"{calls * POLLS_A_MINUTE} a minute"
    )


async def _posted(slack: Slack, incident: Incident) -> tuple[Incident, Message]:
    await slack.command("ann", f"/pd show {incident.id} --post", channel=CHANNEL)
    return incident, await slack.expect_message(CHANNEL, incident.title, timeout=30)


def _vendors() -> tuple[Slack, PagerDuty]:
    slack, pagerduty = Slack(), PagerDuty()
    ann = slack.add_user("ann", email="ann@example.com")
    slack.add_channel("prod", id=CHANNEL, members=[ann.id])
    pagerduty.add_user("bot", "bot@example.com")
    people = [pagerduty.add_user("Ann", "ann@example.com")]
    pagerduty.add_service("Billing", pagerduty.add_escalation_policy("Policy", levels=[people]))
    return slack, pagerduty


def _open(pagerduty: PagerDuty, count: int) -> list[Incident]:
    service = next(iter(pagerduty.services.values()))
    return [
        pagerduty.add_incident(f"Incident {number:03} of the bench", service)
        for number in range(count)
    ]


def _environ(slack: Slack, pagerduty: PagerDuty) -> dict[str, str]:
    folder = Path(tempfile.mkdtemp(prefix="pdbot-bench-"))
    return {
        "SLACK_BOT_TOKEN": slack.identity.bot_token,
        "SLACK_APP_TOKEN": slack.identity.app_token,
        "SLACK_API_URL": slack.api_url,
        "PAGERDUTY_API_TOKEN": "pd-account-key",
        "PAGERDUTY_FROM_EMAIL": "bot@example.com",
        "PAGERDUTY_API_URL": pagerduty.rest_url,
        "PAGERDUTY_EVENTS_URL": pagerduty.events_url,
        "DATABASE_URL": f"sqlite:///{folder / 'bench.db'}",
        "PDBOT_RULES": "",
        "PDBOT_PORT": "0",
    }


if __name__ == "__main__":
    asyncio.run(main())
