"""Forms, their options, and shortcuts."""

import json
from dataclasses import replace

import pytest

from bot.errors import StoreError
from bot.model import Choice, Field, Form, Outcome, Via
from bot.sandbox.slack import Fault
from tests.slack_io.bot import Bot, card, running

NOTE_FORM = Form(
    name="note",
    title="Note",
    submit="Add note",
    fields=(Field("note", "Note", "long_text", optional=False),),
    incident_id="Q1ABCDEFGHIJKL",
)
REASSIGN_FORM = Form(
    name="reassign",
    title="Reassign",
    submit="Reassign",
    fields=(Field("escalation_policy", "Policy", "escalation_policy"),),
    incident_id="Q1ABCDEFGHIJKL",
)


# ---------------------------------------------------------------- forms


async def test_a_click_opens_its_form_and_the_form_is_answered(bot: Bot) -> None:
    bot.talk.forms["note"] = NOTE_FORM
    shown = await card(bot, "note")
    await bot.slack.click("ann", shown, "note")
    view = await bot.slack.expect_view("ann", "note")
    assert bot.talk.begun == []

    ack = await bot.slack.submit("ann", view, {"note": "Disk is full."})

    assert ack.ok
    assert not ack.body
    await bot.slack.expect_ephemeral("ann", "prod", "Done.")
    invocation = bot.talk.begun[0]
    assert invocation.via is Via.FORM
    assert invocation.incidents == ("Q1ABCDEFGHIJKL",)
    assert invocation.fields == {"note": "Disk is full."}
    assert (invocation.channel_id, invocation.message_ts) == ("C0PROD", shown.ts)


async def test_what_is_wrong_with_a_form_is_said_in_the_form(bot: Bot) -> None:
    bot.talk.forms["note"] = NOTE_FORM
    bot.talk.wrong = {"note": "A note needs words."}
    await bot.slack.click("ann", await card(bot, "note"), "note")
    view = await bot.slack.expect_view("ann", "note")
    ack = await bot.slack.submit("ann", view, {"note": " "})

    assert ack.body == {"response_action": "errors", "errors": {"note": "A note needs words."}}
    assert bot.talk.begun == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        pytest.param(StoreError("The disk is full."), "The disk is full.", id="store"),
        pytest.param(RuntimeError("a bug"), "Something went wrong", id="bug"),
    ],
)
async def test_a_form_that_cannot_be_taken_stays_open(
    bot: Bot, error: Exception, said: str
) -> None:
    bot.talk.forms["note"] = NOTE_FORM
    await bot.slack.click("ann", await card(bot, "note"), "note")
    view = await bot.slack.expect_view("ann", "note")
    bot.talk.begin_error = error
    ack = await bot.slack.submit("ann", view, {"note": "Disk is full."})

    assert ack.body["errors"]["note"].startswith(said)
    await bot.slack.expect_view("ann", "note")


async def test_a_form_too_late_for_slack_says_to_press_again(bot: Bot) -> None:
    bot.talk.forms["note"] = NOTE_FORM
    shown = await card(bot, "note")
    bot.slack.faults.add(Fault("views.open", error="expired_trigger_id"))
    await bot.slack.click("ann", shown, "note")

    await bot.slack.expect_ephemeral("ann", "prod", "press the button again")


async def test_a_form_that_slack_refuses_says_why(bot: Bot) -> None:
    bot.talk.forms["note"] = NOTE_FORM
    shown = await card(bot, "note")
    bot.slack.faults.add(Fault("views.open", error="fatal_error"))
    await bot.slack.click("ann", shown, "note")

    await bot.slack.expect_ephemeral("ann", "prod", "(fatal_error)")


async def test_a_form_while_the_task_set_is_full_is_answered() -> None:
    async with running(limit=1) as bot:
        bot.talk.forms["note"] = NOTE_FORM
        shown = await card(bot, "note")
        await bot.drained()
        bot.talk.go.clear()
        await bot.slack.command("ann", "/pd ack Q1", channel="prod")
        await bot.slack.click("ann", shown, "note")

        await bot.slack.expect_ephemeral("ann", "prod", "nothing was done")


async def test_options_come_from_memory(bot: Bot) -> None:
    bot.choices += [Choice("Payments", "PAAAAAA"), Choice("Platform", "PBBBBBB")]
    bot.talk.forms["reassign"] = REASSIGN_FORM
    await bot.slack.click("ann", await card(bot, "reassign"), "reassign")
    view = await bot.slack.expect_view("ann", "reassign")
    ack = await bot.slack.options("ann", view, "escalation_policy", "Pay")

    assert [option["value"] for option in ack.body["options"]] == ["PAAAAAA"]


async def test_options_without_a_source_are_none() -> None:
    async with running(options=False) as bot:
        bot.talk.forms["reassign"] = REASSIGN_FORM
        await bot.slack.click("ann", await card(bot, "reassign"), "reassign")
        view = await bot.slack.expect_view("ann", "reassign")
        ack = await bot.slack.options("ann", view, "escalation_policy", "Pay")

        assert ack.body == {"options": []}


async def test_a_form_that_took_too_long_to_prepare_is_completed_where_it_is() -> None:
    async with running(patience_seconds=0) as bot:
        bot.talk.forms["note"] = NOTE_FORM
        bot.talk.found = replace(NOTE_FORM, intro=(("For #7.",),))
        bot.talk.look.clear()
        await bot.slack.click("ann", await card(bot, "note"), "note")
        await bot.slack.expect_view("ann", "note")
        bot.talk.look.set()

        await bot.slack.expect_view("ann", "note", containing="For #7.")


@pytest.mark.parametrize("patience_seconds", [0, 5])
async def test_a_form_of_no_use_says_why_in_its_place(patience_seconds: float) -> None:
    async with running(patience_seconds=patience_seconds) as bot:
        bot.talk.forms["note"] = NOTE_FORM
        bot.talk.found = Outcome(lines=(("It is over.",),), ok=False)
        shown = await card(bot, "note")
        await bot.drained()
        bot.told.clear()
        if patience_seconds == 0:
            bot.talk.look.clear()
            await bot.slack.click("ann", shown, "note")
            await bot.slack.expect_view("ann", "note")
            bot.talk.look.set()
            await bot.slack.expect_view("ann", containing="It is over.")
        else:
            await bot.slack.click("ann", shown, "note")
            await bot.slack.expect_ephemeral("ann", "prod", "It is over.")
            assert bot.slack.views == {}
        await bot.drained()

        assert [outcome for _, outcome, _ in bot.told] == [bot.talk.found]


# ---------------------------------------------------------------- shortcuts


async def test_a_global_shortcut_opens_a_modal_that_is_filled_later(bot: Bot) -> None:
    bot.talk.go.clear()
    await bot.slack.global_shortcut("ann", "open_incidents")
    await bot.slack.expect_view("ann", containing="One moment")
    bot.talk.go.set()

    await bot.slack.expect_view("ann", containing="Done.")
    assert bot.talk.answered[0].via is Via.SHORTCUT


async def test_a_message_shortcut_opens_the_form_it_needs(bot: Bot) -> None:
    bot.talk.forms["add_to_incident"] = NOTE_FORM
    said = await bot.slack.post("ann", "prod", "It is the disk.")
    assert said.message is not None
    await bot.slack.message_shortcut("ann", said.message, "add_to_incident")

    view = await bot.slack.expect_view("ann", "note")
    metadata = json.loads(view["private_metadata"])
    assert metadata["channel"] == "C0PROD"
    assert metadata["message_ts"] is None, "what somebody wrote is nobody's card"


async def test_a_shortcut_whose_modal_does_not_open_says_so(bot: Bot) -> None:
    bot.slack.faults.add(Fault("views.open", error="expired_trigger_id"))
    await bot.slack.global_shortcut("ann", "open_incidents")
    await bot.drained()
    direct = bot.slack.workspace.direct([bot.ann.id])
    assert "3 seconds" in bot.slack.messages(direct)[0].text


async def test_a_modal_closed_before_it_was_filled_stays_closed(bot: Bot) -> None:
    bot.talk.go.clear()
    await bot.slack.global_shortcut("ann", "open_incidents")
    view = await bot.slack.expect_view("ann")
    await bot.slack.close("ann", view)
    bot.talk.go.set()
    await bot.drained()
    assert bot.slack.views == {}


async def test_an_unknown_shortcut_is_acknowledged_and_quiet(bot: Bot) -> None:
    assert (await bot.slack.global_shortcut("ann", "another")).ok
    assert bot.talk.begun == []
