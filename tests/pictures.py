"""`make pictures`: the README's pictures, taken from the running demo, light and dark."""

import asyncio
import os
import sys
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from bot.ops.demo import on_stage, page_of, start_bot
from bot.sandbox.stage import Stage

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
CHROMIUM = os.environ.get("PDBOT_CHROMIUM", "/usr/bin/chromium")
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]
THEMES = ("light", "dark")
CARD_WIDTH = 580
_ALONE = """width => {
  const thread = document.getElementById("thread");
  document.body.append(thread);
  for (const other of document.body.children) if (other !== thread) other.style.display = "none";
  for (const part of thread.querySelectorAll("header, form")) part.style.display = "none";
  for (const behind of [document.documentElement, document.body]) behind.style.background = "none";
  Object.assign(thread.style, {
    display: "block", position: "static", width: `${width}px`, overflow: "hidden",
    border: "1px solid var(--line)", borderRadius: "14px",
  });
}"""


async def take(folder: Path = FOLDER) -> list[Path]:
    """Play the story in a browser and take the pictures; gives their paths."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        try:
            return [path for theme in THEMES for path in await _of_theme(browser, theme, folder)]
        finally:
            await browser.close()


async def _of_theme(browser: Browser, theme: str, folder: Path) -> list[Path]:
    async with on_stage() as stage, page_of(stage, 0) as served:
        await start_bot(stage)
        context = await browser.new_context(
            viewport={"width": 1440, "height": 900},
            device_scale_factor=2,
            color_scheme="dark" if theme == "dark" else "light",
            locale="en-US",
            reduced_motion="reduce",
        )
        page = await context.new_page()
        await page.goto(served.url)
        await page.locator(".skip-tour").click()
        card, demo = folder / f"card-{theme}.png", folder / f"demo-{theme}.png"
        await _show_alert(page, stage)
        await page.screenshot(path=demo)
        await _shoot_card(page, card)
        await context.close()
        return [card, demo]


async def _show_alert(page: Page, stage: Stage) -> None:
    """A job fails, somebody acts on its card: all that the bot is for, on one screen."""
    disk = stage.cast.disk
    await stage.slack.command(
        stage.cast.ann, f"/pd ack #{disk.number}", channel=stage.cast.incidents
    )
    await stage.until(lambda: disk.status == "acknowledged", 10)
    await page.locator('[data-job="rundeck-fail"]').click()
    await page.locator("#messages .replies").click()
    await page.locator("#thread [data-action=acknowledge]").wait_for()
    await page.locator("#composer").blur()
    await page.locator("#messages").focus()
    await page.mouse.move(5, 5)


async def _shoot_card(page: Page, path: Path) -> None:
    """Cut the thread out: the job's message, the card below it, its buttons, and a frame."""
    await page.evaluate(_ALONE, CARD_WIDTH)
    await page.locator("#thread").screenshot(path=path, omit_background=True)


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for made in asyncio.run(take()):
        sys.stdout.write(f"{made}\n")
