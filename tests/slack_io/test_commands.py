"""Commands and clicks: told "received" in time, done once, answered."""

import pytest

from bot.errors import StoreError
from bot.model import Outcome, Via
from tests.slack_io.bot import Bot, card, running

CARD_BUTTONS = ["acknowledge", "resolve", "note", "reassign", "reopen", "take"]


# ---------------------------------------------------------------- commands


async def test_a_command_is_told_received_before_it_is_done(bot: Bot) -> None:
    bot.talk.go.clear()
    ack = await bot.slack.command("ann", "/pd note Q1 disk is full", channel="prod")

    assert ack.ok
    assert not ack.body
    assert bot.talk.begun[0].text == "note Q1 disk is full"
    assert bot.talk.begun[0].via is Via.COMMAND
    assert bot.talk.answered == []


async def test_a_command_is_answered_to_its_caller_only(bot: Bot) -> None:
    await bot.slack.command("ann", "/pd help", channel="prod")
    shown = await bot.slack.expect_ephemeral("ann", "prod", "Done.")

    assert shown.text == "Done."
    await bot.drained()
    assert bot.told[0][0].text == "help"


async def test_a_public_answer_goes_into_the_channel_and_can_be_edited(bot: Bot) -> None:
    bot.talk.outcome = Outcome(lines=(("For all.",),), public=True)
    await bot.slack.command("ann", "/pd show Q1 --post", channel="prod")
    shown = await bot.slack.expect_message("prod", "For all.")
    await bot.drained()

    posted = bot.told[0][2]
    assert posted is not None
    assert (posted.channel_id, posted.ts) == ("C0PROD", shown.ts)


async def test_a_command_that_cannot_be_stored_is_refused_in_the_acknowledgement(bot: Bot) -> None:
    bot.talk.begin_error = StoreError("The disk is full & <nothing> was done.")
    ack = await bot.slack.command("ann", "/pd ack Q1", channel="prod")

    assert ack.body == {"text": "The disk is full &amp; &lt;nothing&gt; was done."}
    assert bot.talk.answered == []


async def test_a_command_while_the_task_set_is_full_is_refused() -> None:
    async with running(limit=1) as bot:
        bot.talk.go.clear()
        await bot.slack.command("ann", "/pd ack Q1", channel="prod")
        ack = await bot.slack.command("ann", "/pd ack Q2", channel="prod")

        assert "busy" in ack.body["text"]
        assert "nothing was done" in ack.body["text"]
        assert len(bot.talk.begun) == 1


async def test_a_command_delivered_twice_is_done_once(bot: Bot) -> None:
    await bot.slack.command("ann", "/pd ack Q1", channel="prod")
    again = bot.slack.deliveries[-1]
    ack = await bot.slack.deliverer.once(again.kind, again.payload)

    assert ack.ok
    assert len(bot.talk.begun) == 1


async def test_a_failure_before_the_answer_gives_a_reference(
    bot: Bot, capsys: pytest.CaptureFixture[str]
) -> None:
    bot.talk.begin_error = RuntimeError("a bug")
    ack = await bot.slack.command("ann", "/pd ack Q1", channel="prod")

    text = ack.body["text"]
    reference = text.partition("(ref ")[2].partition(")")[0]
    assert text.startswith("Something went wrong (ref ")
    assert reference in capsys.readouterr().out


async def test_a_failure_while_answering_gives_the_conversations_reference(bot: Bot) -> None:
    bot.talk.answer_error = RuntimeError("a bug")
    await bot.slack.command("ann", "/pd ack Q1", channel="prod")

    await bot.slack.expect_ephemeral("ann", "prod", "Something went wrong (ref ref1)")


# ---------------------------------------------------------------- clicks


@pytest.mark.parametrize("action_id", CARD_BUTTONS)
async def test_a_cards_button_acts_and_leaves_the_card(action_id: str) -> None:
    async with running() as bot:
        shown = await card(bot, action_id)
        ack = await bot.slack.click("ann", shown, action_id)
        await bot.slack.expect_ephemeral("ann", "prod", "Done.")

        assert ack.ok
        invocation = bot.talk.begun[0]
        assert invocation.via is Via.BUTTON
        assert invocation.incidents == ("Q1ABCDEFGHIJKL",)
        assert invocation.message_ts == shown.ts
        assert shown.version == 0


async def test_a_pick_acts(bot: Bot) -> None:
    value = '{"verb": "ack", "incidents": ["Q1ABCDEFGHIJKL"], "args": ""}'
    shown = await card(bot, "pick", value)
    await bot.slack.click("ann", shown, "pick")
    await bot.slack.expect_ephemeral("ann", "prod", "Done.")

    assert bot.talk.begun[0].verb == "ack"


async def test_an_unknown_button_is_acknowledged_and_quiet(bot: Bot) -> None:
    shown = await card(bot, "somebody_elses")
    ack = await bot.slack.click("ann", shown, "somebody_elses")

    assert ack.ok
    assert bot.talk.begun == []


async def test_a_button_that_cannot_be_read_says_so(bot: Bot) -> None:
    shown = await card(bot, "pick", "no json")
    await bot.slack.click("ann", shown, "pick")

    await bot.slack.expect_ephemeral("ann", "prod", "This button cannot be read any more.")


async def test_a_click_that_cannot_be_stored_is_answered(bot: Bot) -> None:
    shown = await card(bot, "acknowledge")
    bot.talk.begin_error = StoreError("The disk is full, nothing was done.")
    ack = await bot.slack.click("ann", shown, "acknowledge")

    assert ack.ok
    await bot.slack.expect_ephemeral("ann", "prod", "The disk is full, nothing was done.")


async def test_a_click_while_the_task_set_is_full_is_answered() -> None:
    async with running(limit=1) as bot:
        shown = await card(bot, "acknowledge")
        await bot.drained()
        bot.talk.go.clear()
        await bot.slack.command("ann", "/pd ack Q1", channel="prod")
        await bot.slack.click("ann", shown, "acknowledge")

        await bot.slack.expect_ephemeral("ann", "prod", "nothing was done")
        assert len(bot.talk.begun) == 1


async def test_a_bot_without_any_room_says_it_in_the_log(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with running(limit=1, notices=0) as bot:
        shown = await card(bot, "acknowledge")
        await bot.drained()
        bot.talk.go.clear()
        await bot.slack.command("ann", "/pd ack Q1", channel="prod")
        ack = await bot.slack.click("ann", shown, "acknowledge")

        assert ack.ok
        assert "too much is going on even to say so" in capsys.readouterr().out
