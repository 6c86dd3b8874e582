"""Somebody who sets the bot up: both vendors, a folder, and the commands as they type them."""

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.clock import SystemClock
from bot.ops.check import check
from bot.sandbox.pagerduty import PagerDuty
from bot.sandbox.slack import Slack
from bot.store import open_store

KEY = "0123456789abcdef0123456789abcdef"
RULES = """
[[rule]]
name = "cron"
channels = ["#jobs"]
bots = ["B0CRON"]
integration_key = "env:CRON_KEY"
"""


@dataclass
class Operator:
    """A workspace, an account, and what `pdbot` prints about them."""

    slack: Slack
    pagerduty: PagerDuty
    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    exit_code: int | None = None

    def write(self, name: str, content: str) -> Path:
        path = self.folder / name
        path.write_text(content, "utf-8")
        return path

    async def check(self, **options: Any) -> dict[str, list[dict[str, str]]]:
        """Run `pdbot check --json`; gives the lines by check."""
        out = io.StringIO()
        self.exit_code = await check(
            self.environ, out=out, as_json=True, folder=self.folder, **options
        )
        lines = [json.loads(line) for line in out.getvalue().splitlines()]
        found: dict[str, list[dict[str, str]]] = {}
        for line in lines:
            found.setdefault(line["check"], []).append(line)
        return found

    async def one(self, name: str, **options: Any) -> dict[str, str]:
        """Run `pdbot check --json` and give the one line of a check."""
        (line,) = (await self.check(**options))[name]
        return line

    async def make_database(self) -> None:
        store = await open_store(self.environ["DATABASE_URL"], clock=SystemClock(), ballast_bytes=0)
        await store.close()


@asynccontextmanager
async def operator(folder: Path, **slack_options: Any) -> AsyncIterator[Operator]:
    """Serve a workspace and an account in which everything is fine."""
    slack, pagerduty = Slack(**slack_options), PagerDuty()
    async with slack.serve(), pagerduty.serve():
        here = Operator(slack, pagerduty, folder)
        ann = slack.add_user("ann", email="ann@example.com", real_name="Ann Archer", id="U0ANN")
        slack.add_channel("jobs", id="C0JOBS", members=[ann.id])
        slack.add_other_bot("Cron", bot_id="B0CRON", app_id="A0CRON")
        pd_ann = pagerduty.add_user("Ann Archer", "Ann@example.com")
        pagerduty.add_user("pdbot", "bot@example.com")
        policy = pagerduty.add_escalation_policy("Billing EP", levels=[[pd_ann]])
        pagerduty.add_service("Billing", policy, KEY)
        here.write("rules.toml", RULES)
        here.environ |= {
            "SLACK_BOT_TOKEN": slack.identity.bot_token,
            "SLACK_APP_TOKEN": slack.identity.app_token,
            "SLACK_API_URL": slack.api_url,
            "PAGERDUTY_API_TOKEN": "pd-account-key",
            "PAGERDUTY_FROM_EMAIL": "bot@example.com",
            "PAGERDUTY_API_URL": pagerduty.rest_url,
            "PAGERDUTY_EVENTS_URL": pagerduty.events_url,
            "DATABASE_URL": f"sqlite:///{folder / 'pdbot.db'}",
            "CRON_KEY": KEY,
        }
        yield here
