"""Start to connected, and idle memory: the whole bot as a process, beside a bare Bolt."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from bot.sandbox.pagerduty import PagerDuty
from bot.sandbox.slack import Slack

RUNS = 5

BARE = """
import asyncio, os
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_sdk.web.async_client import AsyncWebClient
async def main():
    env = os.environ
    client = AsyncWebClient(token=env["SLACK_BOT_TOKEN"], base_url=env["SLACK_API_URL"])
    handler = AsyncSocketModeHandler(AsyncApp(client=client), env["SLACK_APP_TOKEN"])
    await handler.connect_async()
    await asyncio.Event().wait()
asyncio.run(main())
"""


def resident_kilobytes(pid: int) -> int:
    """Read from /proc how much memory a process holds."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1])


async def measure(
    slack: Slack, command: list[str], environ: Mapping[str, str]
) -> tuple[float, int]:
    """Give the seconds to the first connection, and the resident kilobytes when all is idle."""
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **environ}, stderr=subprocess.DEVNULL
    )
    try:
        await slack.expect_connections(1, timeout=20)
        seconds = time.perf_counter() - started
        await asyncio.sleep(2)  # idle is what is left after the start
        return seconds, resident_kilobytes(process.pid)
    finally:
        process.terminate()
        await process.wait()


async def main() -> None:
    """Print both, medians of a few runs."""
    slack, pagerduty = Slack(), PagerDuty()
    pagerduty.add_user("pdbot", "bot@example.com")
    async with slack.serve(), pagerduty.serve():
        for name, command in (
            ("bare Bolt", [sys.executable, "-c", BARE]),
            ("pdbot", [sys.executable, "-m", "bot", "run"]),
        ):
            found = []
            for _ in range(RUNS):
                with tempfile.TemporaryDirectory() as folder:
                    environ = {
                        "SLACK_BOT_TOKEN": slack.identity.bot_token,
                        "SLACK_APP_TOKEN": slack.identity.app_token,
                        "SLACK_API_URL": slack.api_url,
                        "PAGERDUTY_API_TOKEN": "pd-account-key",
                        "PAGERDUTY_FROM_EMAIL": "bot@example.com",
                        "PAGERDUTY_API_URL": pagerduty.rest_url,
                        "PAGERDUTY_EVENTS_URL": pagerduty.events_url,
                        "DATABASE_URL": f"sqlite:///{folder}/pdbot.db",
                        "PDBOT_PORT": "0",
                    }
                    found.append(await measure(slack, command, environ))
            seconds, kilobytes = (sorted(column)[RUNS // 2] for column in zip(*found, strict=True))
            print(
                f"   {name:10} connected after {seconds:.2f} s, idle at {kilobytes / 1024:.0f} MB"
            )
    print("   goal: <= 1.2 s and <= 90 MB (bare Bolt 0.3 s, 45 MB)")


if __name__ == "__main__":
    asyncio.run(main())
