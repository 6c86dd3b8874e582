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
            device_scale_factor=1.5,
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
        await page.set_viewport_size({"width": 1600, "height": 1300})
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
    """Cut the thread out: the job's message, the card below it, its buttons."""
    await page.wait_for_timeout(300)  # the layout settles after the new size
    first = await page.locator("#thread-messages .message").first.bounding_box()
    last = await page.locator("#thread-messages .message").last.bounding_box()
    if first is None or last is None:
        raise RuntimeError("There is no card in the thread.")
    height = last["y"] + last["height"] - first["y"]
    await page.screenshot(
        path=path,
        clip={
            "x": first["x"],
            "y": first["y"] - 4,
            "width": first["width"],
            "height": height + 10,
        },
    )


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for made in asyncio.run(take()):
        sys.stdout.write(f"{made}\n")
