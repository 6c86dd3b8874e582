"""The demo's page in a real browser, with the real bot behind it."""

import pytest
from playwright.async_api import expect

from bot.actions.registry import ACTIONS
from tests.e2e.browser import PATIENCE_MS, Seat, seat
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.proof


async def test_page_loads_without_errors_and_from_here_alone() -> None:
    async with seat() as here:
        await here.sees("Disk full on db-1", "#panel-incidents")
        await expect(here.page).to_have_title("pdbot demo")


async def test_typed_command_is_answered_and_reaches_pagerduty() -> None:
    async with seat() as here:
        await here.say("/pd note #3 disk is <full> & *hot*")

        await here.sees("Your note is on")
        await here.sees("disk is <full> & *hot*", "#panel-incidents")
        assert [one.content for one in here.stage.cast.disk.notes] == ["disk is <full> & *hot*"]


async def test_incident_is_handled_with_buttons_and_forms() -> None:
    async with seat() as here:
        page, disk = here.page, here.stage.cast.disk
        await here.say("/pd show #3 --post")
        await here.press("acknowledge")
        await here.sees("acknowledged by Ann Archer", "#panel-incidents")

        await here.press("note")
        await page.locator("#modal[open] textarea").fill("WAL files piled up")
        await page.locator("#modal .submit").click()
        await here.sees("WAL files piled up", "#panel-incidents")

        await here.press("reassign")
        await page.locator("#modal[open] .submit").click()
        wrong = page.locator("#modal .block.wrong .input-error").first
        await wrong.wait_for()
        assert await wrong.inner_text() != ""
        await page.locator("#modal .picker.several input").press_sequentially("bob")
        await page.locator("#modal .option", has_text="Bob Breuer").wait_for()
        await page.keyboard.press("Enter")
        await page.locator("#modal .submit").click()
        await here.sees("Reassigned to Bob Breuer")
        assert disk.assignees == [here.stage.cast.pd_bob]

        await here.press("resolve")
        await page.locator("#modal[open] textarea").fill("moved the archive")
        await page.locator("#modal .submit").click()
        await page.locator("#incident-3.resolved").wait_for()
        assert disk.status == "resolved"


async def test_required_field_is_asked_for_before_anything_is_sent() -> None:
    async with seat() as here:
        await here.say("/pd show #3")
        await here.press("note")
        await here.page.locator("#modal[open] .submit").click()

        await here.sees("Please complete this required field.", "#modal")
        await here.page.keyboard.press("Escape")
        await expect(here.page.locator("#modal")).not_to_have_attribute("open", "")
        assert here.stage.cast.disk.notes == []


async def test_failed_job_gets_its_card_in_the_thread_and_a_late_one_its_alert() -> None:
    async with seat() as here:
        await here.page.locator('[data-job="rundeck-fail"]').click()
        await here.page.locator("#messages .replies").click()
        await here.press("acknowledge", "#thread")
        await here.sees("Acknowledged", "#thread")
        await here.page.locator("#reply").fill("@pdbot note found it")
        await here.page.locator("#reply").press("Enter")
        await here.sees("found it", "#panel-incidents")
        await here.page.locator("#tab-events").click()
        await here.sees("HTTP 202", "#panel-events")


async def test_job_that_hangs_is_noticed_by_the_bot_itself() -> None:
    async with seat() as here:
        await here.page.locator('[data-job="rundeck-hang"]').click()

        await here.page.locator(".incident", has_text="Load customers").wait_for(
            timeout=PATIENCE_MS
        )
        await here.page.locator('[data-job="rundeck-hang-ends"]').click()
        await here.page.locator(".incident.resolved", has_text="Load customers").wait_for()


async def test_pagerduty_down_and_the_bot_killed_lose_nothing() -> None:
    async with seat() as here:
        page = here.page
        await page.locator('[data-weather="pagerduty down"]').click()
        await page.locator('[data-job="jenkins-fail"]').click()
        await page.locator("#tab-bot").click()
        await page.locator("#outbox tr.pending, #outbox tr.leased").first.wait_for()
        await page.locator('[data-bot="kill"]').click()
        await page.locator(".power.stopped").wait_for()
        await here.say("/pd list")
        await page.locator(".toast.bad", has_text="not connected").wait_for()
        await page.locator('[data-weather="pagerduty fine"]').click()
        await page.locator('[data-bot="start"]').click()

        await page.locator("#outbox tr.sent").first.wait_for(timeout=PATIENCE_MS)
        await page.locator("#tab-incidents").click()
        await page.locator(".incident", has_text="deploy-api").wait_for()


async def test_slack_cut_off_comes_back() -> None:
    async with seat() as here:
        await here.page.locator('[data-weather="slack cut"]').click()
        await here.say("/pd whoami")
        await here.page.locator(".toast.bad").first.wait_for()
        await here.page.locator('[data-weather="slack fine"]').click()
        await here.stage.slack.expect_connections(1, timeout=PATIENCE_SECONDS)
        await here.say("/pd whoami")

        await here.sees("You are")


async def test_another_person_sees_their_own_answers_and_home() -> None:
    async with seat() as here:
        await here.say("/pd whoami")
        await here.sees("ann@example.com")
        await here.page.get_by_role("button", name="Gus Grant").click()
        await expect(here.page.locator("#messages")).not_to_contain_text("ann@example.com")
        await here.say("/pd list")
        await here.sees("gus@example.com")
        await here.page.get_by_role("button", name="Cleo Chen").click()
        await here.page.locator("[data-place=app]").click()
        await here.sees("Queue invoices-out is 40 min behind", "#home")


async def test_shortcuts_open_their_forms() -> None:
    async with seat() as here:
        message = here.page.locator("#messages .message", has_text="filling up")
        await message.hover()
        await message.get_by_role("button", name="Add to incident as note").click()
        await here.page.locator("#modal[open]").wait_for()
        await here.page.locator("#modal [aria-label=Close]").click()
        await here.page.locator("#shortcuts").click()
        await here.sees("Disk full on db-1", "#modal")


async def test_keyboard_alone_is_enough() -> None:
    async with seat() as here:
        page = here.page
        await page.locator("#composer").focus()
        await page.keyboard.type("/pd li")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Enter")
        await page.locator("#messages [data-action=acknowledge]").wait_for()
        await page.locator("#messages [data-action=acknowledge]").focus()
        await page.keyboard.press("Enter")
        await here.sees("acknowledged by Ann Archer", "#panel-incidents")
        await page.locator("#tab-incidents").focus()
        await page.keyboard.press("ArrowRight")
        await expect(page.locator("#panel-events")).to_be_visible()


async def test_every_command_is_offered_while_one_types() -> None:
    async with seat() as here:
        await here.page.locator("#composer").press_sequentially("/pd ")
        offered = await here.page.locator("#suggestions .option b").all_inner_texts()

    assert {one.split()[1] for one in offered} == {one.usage.verb for one in ACTIONS}


@pytest.mark.parametrize("width", [360, 700, 1000, 1280])
async def test_narrow_window_cuts_nothing_off(width: int) -> None:
    async with seat() as here:
        page = here.page
        await page.set_viewport_size({"width": width, "height": 700})
        await page.locator('[data-job="rundeck-fail"]').click()
        await page.locator("#messages .replies").click()
        await page.locator("#thread [data-action=acknowledge]").wait_for()
        await page.locator('[data-weather="pagerduty down"]').click()
        await page.locator('[data-job="jenkins-fail"]').click()
        await page.locator("#outbox-count", has_text="1 waiting").wait_for()
        for part in ("html", ".slack", "#thread", ".pagerduty", "#panel-incidents", ".desk"):
            inside, wide = await page.locator(part).evaluate("x => [x.scrollWidth, x.clientWidth]")
            assert inside <= wide, part


async def test_everything_that_is_used_has_a_name() -> None:
    async with seat() as here:
        await here.say("/pd list")
        await here.press("reassign")
        await here.page.locator("#modal[open]").wait_for()
        nameless = await here.page.evaluate(
            """() => [...document.querySelectorAll("button, input, textarea, select")].filter((one) =>
              !one.ariaLabel && !one.textContent.trim() && !one.labels?.length && !one.getAttribute("aria-labelledby")
            ).map((one) => one.outerHTML)"""
        )
        assert nameless == []


async def test_dark_is_followed_and_switched() -> None:
    async with seat(scheme="dark") as here:
        root = here.page.locator("html")
        await expect(root).to_have_attribute("data-theme", "dark")
        await here.page.locator("#theme").click()
        await expect(root).to_have_attribute("data-theme", "light")
        await here.page.reload()
        await expect(root).to_have_attribute("data-theme", "light")


async def test_tour_leads_to_an_alert_that_resolved_itself() -> None:
    async with seat(tour=True) as here:
        for number in range(1, 7):
            await here.sees(f"{number} of 6", "#tour")
            await here.page.locator("#tour .help").click()
            await here.page.locator("#tour .next").click(timeout=PATIENCE_MS)
        await here.sees("That was it", "#tour")
        await here.page.locator("#tour .next").click()
        await expect(here.page.locator("#tour")).to_be_hidden()
        await _is_not_offered_again(here)
        assert here.stage.alert("Database backup", "resolved")


async def _is_not_offered_again(here: Seat) -> None:
    await here.page.reload()
    await here.page.locator("body.ready").wait_for(timeout=PATIENCE_MS)
    await expect(here.page.locator("#tour")).to_be_hidden()


async def test_unknown_blocks_say_so_and_text_stays_text() -> None:
    async with seat() as here:
        slack, place = here.stage.slack, here.stage.cast.incidents
        hostile = '<img src=x onerror="document.title=1"> <javascript:alert(1)|click> *<b>*'
        slack.workspace.add(
            place,
            {
                "type": "message",
                "bot_id": "B0RUNDECK",
                "ts": slack.workspace.next_ts(),
                "text": hostile,
                "blocks": [
                    {"type": "hologram"},
                    {"type": "image", "image_url": "https://g.example/a", "alt_text": hostile},
                    {"type": "section", "text": {"type": "mrkdwn", "text": hostile}},
                    {"type": "actions", "elements": [{"type": "lever", "action_id": "x"}]},
                ],
                "attachments": [{"text": hostile, "title_link": "javascript:1", "title": hostile}],
            },
        )
        await here.sees("This page does not know the block “hologram”.")
        await here.sees("This page does not know the element “lever”.")
        await here.sees("A picture, which Slack loads from g.example")
        assert (
            await here.page.locator("#messages img[src=x], #messages a[href^=javascript]").count()
            == 0
        )
        assert await here.page.title() == "pdbot demo"
