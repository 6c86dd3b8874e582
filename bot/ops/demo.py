"""`pdbot demo`: a Slack and a PagerDuty on loopback, and the real bot between them."""

import asyncio
import os
import signal
import socket
import sys
import webbrowser
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import TextIO, TypeVar

from rich.console import Console

from bot.errors import ConfigError
from bot.ops.demo_child import BotProcess
from bot.sandbox.pagerduty import PagerDuty
from bot.sandbox.slack import Slack
from bot.sandbox.stage import Stage
from bot.sandbox.stage.keyboard import typed_lines
from bot.sandbox.stage.prompt import Prompt
from bot.sandbox.stage.screen import Screen
from bot.sandbox.stage.story import tell
from bot.sandbox.web import Page, PortTakenError

HOST = "127.0.0.1"
RULES = Path(__file__).with_name("demo_rules.toml")
WEBHOOK_SECRET = "demo-webhook-secret"  # noqa: S105 - opens nothing but this sandbox
POLL_SECONDS = 5

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Streams:
    """Where the demo reads and writes."""

    stdin: TextIO
    stdout: TextIO


def run_demo(
    streams: Streams,
    *,
    port: int,
    browser: bool = True,
    terminal: bool = False,
    script: bool = False,
) -> int:
    """Run the demo until it is stopped; gives the exit code.

    Raises:
        ConfigError: the port is taken, or the bot does not start.
    """
    if script:
        return asyncio.run(_stopped_by_signals(lambda: _script(streams)))
    if terminal:
        return asyncio.run(_stopped_by_signals(lambda: _terminal(streams)))
    return asyncio.run(_stopped_by_signals(lambda: _page(streams, port, browser=browser)))


@asynccontextmanager
async def on_stage() -> AsyncIterator[Stage]:
    """Start both sandboxes with their cast, and make a bot ready; stop all three in reverse."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="pdbot-demo-")))
        slack, pagerduty = Slack(), PagerDuty()
        await stack.enter_async_context(slack.serve())
        await stack.enter_async_context(pagerduty.serve())
        machine = BotProcess(folder)
        stage = Stage(slack, pagerduty, machine)
        copyfile(RULES, folder / "rules.toml")
        port = _free_port()
        machine.configure(_settings(stage, folder, port))
        pagerduty.subscribe(f"http://{HOST}:{port}/pagerduty/webhook", WEBHOOK_SECRET)
        stack.push_async_callback(machine.close)
        yield stage


async def start_bot(stage: Stage) -> None:
    """Start the bot.

    Raises:
        ConfigError: it does not start; the last lines of its log say why.
    """
    await stage.machine.start()
    if stage.machine.state != "running":
        last = "\n".join(stage.machine.log[-10:])
        raise ConfigError([f"The bot did not start. The end of its log:\n{last}"])


def _settings(stage: Stage, folder: Path, port: int) -> dict[str, str]:
    slack, pagerduty = stage.slack, stage.pagerduty
    (token,) = pagerduty.keys
    return {
        "SLACK_BOT_TOKEN": slack.identity.bot_token,
        "SLACK_APP_TOKEN": slack.identity.app_token,
        "SLACK_API_URL": slack.api_url,
        "PAGERDUTY_API_TOKEN": token,
        "PAGERDUTY_FROM_EMAIL": "pdbot@example.com",
        "PAGERDUTY_API_URL": pagerduty.rest_url,
        "PAGERDUTY_EVENTS_URL": pagerduty.events_url,
        "PAGERDUTY_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "PDBOT_RULES": "rules.toml",
        "PDBOT_PORT": str(port),
        "PDBOT_POLL_SECONDS": str(POLL_SECONDS),
        "DATABASE_URL": f"sqlite:///{folder / 'pdbot.db'}",
        "BILLING_KEY": stage.cast.billing.integration_key,
        "DATA_KEY": stage.cast.data.integration_key,
    }


async def _terminal(streams: Streams) -> int:
    console = Console(file=streams.stdout, highlight=False, soft_wrap=True)
    async with on_stage() as stage:
        await start_bot(stage)
        screen = Screen(stage, console)
        screen.start()
        await Prompt(stage, screen, typed_lines(streams.stdin)).run()
        screen.stop()
    return 0


async def _script(streams: Streams) -> int:
    console = Console(file=streams.stdout, highlight=False, soft_wrap=True)
    async with on_stage() as stage:
        await start_bot(stage)
        screen = Screen(stage, console)
        screen.start()
        is_told = await tell(stage, screen)
        screen.stop()
    return 0 if is_told else 1


async def _page(streams: Streams, port: int, *, browser: bool) -> int:
    async with on_stage() as stage, page_of(stage, port) as page:
        await start_bot(stage)
        streams.stdout.write(f"The demo is at {page.url} (Ctrl-C ends it).\n")
        streams.stdout.flush()
        if browser and _has_display():
            await asyncio.to_thread(webbrowser.open, page.url)
        await asyncio.Event().wait()
    return 0


@asynccontextmanager
async def page_of(stage: Stage, port: int) -> AsyncIterator[Page]:
    """Serve the page of a stage.

    Raises:
        ConfigError: the port is taken.
    """
    page = Page(stage)
    try:
        await page.start(port)
    except PortTakenError as error:
        raise ConfigError(
            [
                f"--port: something else listens on port {port} of this machine already (another "
                f"demo?). Stop it, or choose another one: pdbot demo --port {port + 1}"
            ]
        ) from error
    try:
        yield page
    finally:
        await page.stop()


def _has_display() -> bool:
    """Tell whether there is a desktop; without one a text browser would take the terminal."""
    is_desktop = sys.platform in {"darwin", "win32"}
    return is_desktop or bool({"DISPLAY", "WAYLAND_DISPLAY", "BROWSER"} & os.environ.keys())


async def _stopped_by_signals(work: Callable[[], Awaitable[int]]) -> int:
    """Run until the work ends, or until SIGINT or SIGTERM; that is a clean end as well."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work())
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return 0


def _free_port() -> int:
    """Find a port for the bot, the same one after each restart."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
