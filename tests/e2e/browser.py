"""A real browser for the demo's page, and what nothing on it may do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from bot.ops.demo import on_stage, page_of, start_bot
from bot.sandbox.stage import Stage
from tests.patience import PATIENCE_SECONDS
from tests.pictures import CHROMIUM, CHROMIUM_ARGS
from tests.shared import NO_SKIPS

PATIENCE_MS = 1_000 * PATIENCE_SECONDS


def chromium() -> str:
    """Give the browser; skip where there is none, but not where nothing may be skipped."""
    if not Path(CHROMIUM).exists():
        reason = f"there is no chromium at {CHROMIUM}: apt-get install -y chromium"
        if NO_SKIPS:
            pytest.fail(reason)
        pytest.skip(reason)
    return CHROMIUM


@dataclass
class Seat:
    """Somebody in front of the page. `complaints` are console errors and foreign requests."""

    stage: Stage
    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Write down what must not happen."""
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on(
            "console",
            lambda said: (
                self.complaints.append(said.text) if said.type in {"error", "warning"} else None
            ),
        )
        self.page.on(
            "request",
            lambda sent: (
                None if sent.url.startswith(self.url) else self.complaints.append(sent.url)
            ),
        )

    async def say(self, text: str) -> None:
        """Write into the composer and press Enter."""
        await self.page.locator("#composer").fill(text)
        await self.page.locator("#composer").press("Enter")

    async def sees(self, text: str, within: str = "#messages") -> None:
        """Wait until something is to be read."""
        await (
            self.page.locator(within)
            .get_by_text(text)
            .filter(visible=True)
            .last.wait_for(timeout=PATIENCE_MS)
        )

    async def press(self, action: str, within: str = "#messages") -> None:
        """Press the newest button of a kind."""
        await self.page.locator(f"{within} [data-action={action}]").last.click(timeout=PATIENCE_MS)


@asynccontextmanager
async def seat(*, tour: bool = False, scheme: str = "light") -> AsyncIterator[Seat]:
    """Sit down in front of a fresh demo; nothing may have gone wrong at the end."""
    path = chromium()
    async with on_stage() as stage, page_of(stage, 0) as served:
        await start_bot(stage)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
            context = await browser.new_context(
                viewport={"width": 1440, "height": 900},
                color_scheme="dark" if scheme == "dark" else "light",
                reduced_motion="reduce",
            )
            context.set_default_timeout(PATIENCE_MS)
            found = Seat(stage, await context.new_page(), served.url)
            found.watch()
            await found.page.goto(served.url)
            await found.page.locator("body.ready").wait_for()
            if not tour:
                await found.page.locator(".skip-tour").click()
            try:
                yield found
            finally:
                await context.close()
                await browser.close()
        assert found.complaints == []
        assert stage.slack.refused == []
