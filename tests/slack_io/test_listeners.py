"""Every kind of callback over real sockets and signed HTTP: told in time, done once, answered."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import structlog

from bot.errors import StoreError
from bot.model import Button, Choice, Field, Form, Outcome, Via
from bot.sandbox.slack import Fault, Message
from tests.slack_io.bot import Bot, Transport, running

CARD_BUTTONS = ["acknowledge", "resolve", "note", "reassign", "reopen", "take"]
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


@pytest.fixture(params=["socket", "http"])
async def bot(request: pytest.FixtureRequest) -> AsyncIterator[Bot]:
    transport: Transport = request.param
    async with running(transport) as up:
        yield up


async def card(bot: Bot, action_id: str, value: str = "Q1ABCDEFGHIJKL") -> Message:
    """Let the bot answer with a button."""
    label = action_id.title()
    bot.talk.outcome = Outcome(
        lines=(("Card.",),), buttons=(Button(label, action_id, value),), public=True
    )
    await bot.slack.command("ann", "/pd show Q1ABCDEFGHIJKL --post", channel="prod")
    shown = await bot.slack.expect_message("prod", "Card.")
    bot.talk.outcome = Outcome(lines=(("Done.",),))
    bot.talk.begun.clear()
    return shown


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


# ---------------------------------------------------------------- shortcuts


async def test_a_global_shortcut_is_answered_in_a_direct_message(bot: Bot) -> None:
    await bot.slack.global_shortcut("ann", "open_incidents")
    await bot.drained()

    assert bot.talk.begun[0].via is Via.SHORTCUT
    direct = bot.slack.workspace.direct([bot.ann.id])
    assert [one.text for one in bot.slack.messages(direct)] == ["Done."]


async def test_a_message_shortcut_is_answered_where_it_was_used(bot: Bot) -> None:
    said = await bot.slack.post("ann", "prod", "It is the disk.")
    assert said.message is not None
    await bot.slack.message_shortcut("ann", said.message, "add_to_incident")
    await bot.slack.expect_ephemeral("ann", "prod", "Done.")

    assert bot.talk.begun[0].fields["message_text"] == "It is the disk."


async def test_an_unknown_shortcut_is_acknowledged_and_quiet(bot: Bot) -> None:
    assert (await bot.slack.global_shortcut("ann", "another")).ok
    assert bot.talk.begun == []


# ---------------------------------------------------------------- mentions


async def test_a_mention_is_done_once_and_gets_a_reaction(bot: Bot) -> None:
    """It arrives as `message` and as `app_mention`."""
    said = await bot.slack.post("ann", "prod", "<@U0PDBOT> ack Q1", raw=True)
    assert said.message is not None
    await bot.slack.expect_ephemeral("ann", "prod", "Done.")
    await bot.slack.expect_reaction(said.message, "white_check_mark")

    assert [one.text for one in bot.talk.begun] == ["ack Q1"]
    assert bot.stored == []


async def test_a_mention_in_a_thread_is_answered_there(bot: Bot) -> None:
    bot.talk.outcome = Outcome(lines=(("No such incident.",),), ok=False)
    parent = (await bot.slack.post("ann", "prod", "Hm.")).message
    assert parent is not None
    said = await bot.slack.post("ann", "prod", "<@U0PDBOT> ack", thread_ts=parent.ts, raw=True)
    assert said.message is not None
    shown = await bot.slack.expect_ephemeral("ann", "prod", "No such incident.")
    await bot.slack.expect_reaction(said.message, "x")

    assert shown.thread_ts == parent.ts
    assert bot.talk.begun[0].thread_ts == parent.ts


async def test_a_mention_in_the_middle_is_left_alone(bot: Bot) -> None:
    await bot.slack.post("ann", "prod", "ask <@U0PDBOT> about it", raw=True)

    assert bot.talk.begun == []


async def test_a_direct_message_needs_no_mention(bot: Bot) -> None:
    direct = bot.slack.add_channel("", is_im=True, members=["ann"])
    await bot.slack.post("ann", direct, "list")
    await bot.slack.expect_ephemeral("ann", direct, "Done.")

    assert [one.text for one in bot.talk.begun] == ["list"]


async def test_a_mention_that_cannot_be_stored_is_answered(bot: Bot) -> None:
    """Slack's repetition could come minutes later, when nobody expects it any more."""
    bot.talk.begin_error = StoreError("The disk is full, nothing was done.")
    said = await bot.slack.post("ann", "prod", "<@U0PDBOT> ack Q1", raw=True)

    assert said.ok
    await bot.slack.expect_ephemeral("ann", "prod", "The disk is full, nothing was done.")


# ---------------------------------------------------------------- channel messages


@pytest.mark.parametrize("shape", ["modern", "legacy"])
async def test_a_bots_message_is_stored_before_slack_is_told(bot: Bot, shape: Any) -> None:
    ack = await bot.slack.post_as_bot("B0RUNDECK", "prod", {"text": "FAILED"}, shape=shape)

    assert ack.ok
    assert [one.bot_id for one in bot.stored] == ["B0RUNDECK"]
    assert bot.stored[0].team_id == "T0ACME"


async def test_a_message_that_was_not_stored_is_delivered_again(bot: Bot) -> None:
    bot.slack.ack_timeout_seconds = 0.3
    bot.store_errors.append(StoreError("The disk is full."))
    ack = await bot.slack.post_as_bot("B0RUNDECK", "prod", {"text": "FAILED"})

    assert ack.ok
    assert ack.attempts == 2
    assert len(bot.stored) == 1


async def test_a_message_that_fails_is_delivered_again(bot: Bot) -> None:
    bot.store_errors.append(RuntimeError("a bug"))
    bot.slack.ack_timeout_seconds = 0.3
    ack = await bot.slack.post_as_bot("B0RUNDECK", "prod", {"text": "FAILED"})

    assert ack.attempts == 2
    assert len(bot.stored) == 1


async def test_messages_of_people_and_of_the_bot_itself_are_left_alone(bot: Bot) -> None:
    assert (await bot.slack.post("ann", "prod", "FAILED")).ok
    bot.talk.outcome = Outcome(lines=(("For all.",),), public=True)
    await bot.slack.command("ann", "/pd show Q1 --post", channel="prod")
    await bot.slack.expect_message("prod", "For all.")
    await bot.slack.settle()

    assert bot.stored == []


async def test_messages_without_a_notifier_are_acknowledged() -> None:
    async with running(ingest=False) as bot:
        assert (await bot.slack.post_as_bot("B0RUNDECK", "prod", {"text": "FAILED"})).ok


# ---------------------------------------------------------------- everything else


@pytest.mark.parametrize(
    "event",
    [
        {"type": "reaction_added", "user": "U1", "reaction": "x", "item": {}},
        {"type": "message", "subtype": "channel_join", "user": "U1", "channel": "C0PROD"},
        {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home"},
    ],
    ids=lambda event: event["type"],
)
async def test_other_events_are_acknowledged_and_quiet(bot: Bot, event: dict[str, Any]) -> None:
    ack = await bot.slack.deliver_event(event)

    assert ack.ok
    assert ack.attempts == 1


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "view_closed", "view": {"callback_id": "note"}, "user": {"id": "U1"}},
        {
            "type": "view_submission",
            "view": {"type": "modal", "callback_id": "another"},
            "user": {"id": "U1"},
        },
        {"type": "unheard_of", "user": {"id": "U1"}},
    ],
    ids=lambda payload: payload["type"],
)
async def test_other_interactions_are_acknowledged_and_quiet(
    bot: Bot, payload: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    ack = await bot.slack.deliverer.once("interactive", payload)

    assert ack.ok
    assert bot.talk.begun == []
    assert caplog.messages == []


async def test_a_click_of_nobody_is_refused_in_the_log_only(
    bot: Bot, capsys: pytest.CaptureFixture[str]
) -> None:
    payload = {
        "type": "block_actions",
        "actions": [{"type": "button", "action_id": "note", "value": "Q1"}],
    }
    ack = await bot.slack.deliverer.once("interactive", payload)

    assert ack.ok
    assert "Slack did not say who asked" in capsys.readouterr().out


@pytest.fixture
def json_logs() -> Iterator[None]:
    """Render as the bot does: the default renderer prints local variables."""
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("json_logs")
async def test_words_of_people_are_not_logged(
    bot: Bot, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    bot.slack.ack_timeout_seconds = 0.3
    bot.talk.begin_error = RuntimeError("a bug")
    await bot.slack.command("ann", "/pd note Q1 the password is hunter2", channel="prod")
    await bot.slack.post("ann", "prod", "<@U0PDBOT> note Q1 hunter2", raw=True)
    await bot.drained()

    captured = capsys.readouterr()
    assert "hunter2" not in captured.out + captured.err + caplog.text
    assert "xoxb" not in captured.out + captured.err + caplog.text
