"""Modals: triggers, stacks, and what the answer to a submission does."""

from typing import Any

import pytest

from bot.sandbox.slack import NotPossibleError, Slack
from tests.sandbox.slack_fakes import (
    Answers,
    Api,
    Json,
    ManualClock,
    SocketBot,
    last,
)
from tests.sandbox.slack_forms import FORM, field, modal, opened, option, plain, trigger

# -------------------------------------------------------------------- triggers and stacks


async def test_a_trigger_works_once(api: Api, slack: Slack, bot: SocketBot) -> None:
    trigger_id = await trigger(slack, bot)
    first = await api("views.open", trigger_id=trigger_id, view=modal())
    second = await api("views.open", trigger_id=trigger_id, view=modal())

    assert first["view"]["state"]["values"]["note"]["note"]["value"] is None
    assert second["error"] == "exchanged_trigger_id"


@pytest.mark.parametrize(("seconds", "error"), [(3.0, None), (3.1, "expired_trigger_id")])
async def test_a_trigger_lives_three_seconds(
    api: Api, *, slack: Slack, bot: SocketBot, clock: ManualClock, seconds: float, error: str | None
) -> None:
    trigger_id = await trigger(slack, bot)
    clock.forward(seconds=seconds)
    body = await api("views.open", trigger_id=trigger_id, view=modal())

    assert body.get("error") == error


async def test_old_triggers_are_forgotten(slack: Slack) -> None:
    for _ in range(10_001):
        slack.modals.trigger("U0ANN")

    assert len(slack.modals._triggers) <= 10_000


async def test_three_modals_lie_on_one_another(api: Api, slack: Slack, bot: SocketBot) -> None:
    nothing = await api("views.push", trigger_id=await trigger(slack, bot), view=modal())
    root = await opened(api, bot, modal())
    await opened(api, bot, modal(), "views.push")
    top = await opened(api, bot, modal(), "views.push")
    fourth = await api("views.push", trigger_id=await trigger(slack, bot), view=modal())

    assert nothing["error"] == "not_found"
    assert fourth["error"] == "push_limit_reached"
    assert top["root_view_id"] == root.id
    assert len(slack.views["U0ANN"]) == 3


async def test_an_update_keeps_what_was_entered(api: Api, slack: Slack, bot: SocketBot) -> None:
    view = await opened(api, bot, modal(external_id="mine"))
    await slack.choose("ann", view, "note", "typed")
    old_hash = view["hash"]
    more = modal(
        field("plain_text_input", "note"), field("plain_text_input", "more"), external_id="mine"
    )
    updated = await api("views.update", external_id="mine", view=more, hash=old_hash)
    conflict = await api("views.update", view_id=view.id, view=more, hash=old_hash)

    assert updated["ok"]
    assert view.entered["note"]["note"]["value"] == "typed"
    assert view.entered["more"]["more"]["value"] is None
    assert conflict["error"] == "hash_conflict"


async def test_an_update_is_refused(api: Api, slack: Slack, bot: SocketBot) -> None:
    other = await opened(api, bot, modal(external_id="other"))
    view = await opened(api, bot, modal(), "views.push")
    home = await api("views.update", view_id=view.id, view={"type": "home", "blocks": []})
    twin = await api("views.update", view_id=view.id, view=modal(external_id="other"))

    assert home["error"] == "invalid_arguments"
    assert twin["error"] == "duplicate_external_id"
    assert other["external_id"] == "other"


# -------------------------------------------------------------------- what the bot answers


def stack(slack: Slack) -> list[str]:
    return [str(one["callback_id"]) for one in slack.views.get("U0ANN", [])]


@pytest.mark.parametrize(
    ("body", "left"),
    [
        pytest.param({"response_action": "clear"}, [], id="clear"),
        pytest.param(None, ["note"], id="close"),
        pytest.param(
            {"response_action": "errors", "errors": {"note": "too short"}},
            ["note", "note"],
            id="errors",
        ),
        pytest.param(
            {"response_action": "update", "view": modal(callback_id="new")},
            ["note", "new"],
            id="update",
        ),
        pytest.param(
            {"response_action": "push", "view": modal(callback_id="third")},
            ["note", "note", "third"],
            id="push",
        ),
    ],
)
async def test_the_answer_decides_what_is_seen(
    api: Api, *, slack: Slack, bot: SocketBot, answers: Answers, body: Any, left: list[str]
) -> None:
    await opened(api, bot, modal())
    view = await opened(api, bot, modal(), "views.push")
    answers.body = body
    ack = await slack.submit("ann", view, {"note": "x"})

    assert ack.body == body
    assert stack(slack) == left
    assert slack.refused == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"response_action": "errors", "errors": {"x": "odd"}}, id="unknown block"),
        pytest.param({"response_action": "errors", "errors": {}}, id="no errors"),
        pytest.param({"response_action": "errors", "errors": {"note": ""}}, id="empty error"),
        pytest.param({"response_action": "errors"}, id="nothing"),
        pytest.param({"response_action": "dance"}, id="unknown action"),
        pytest.param({"response_action": "update", "view": {"type": "modal"}}, id="bad view"),
    ],
)
async def test_a_bad_answer_leaves_the_form_and_is_written_down(
    api: Api, *, slack: Slack, bot: SocketBot, answers: Answers, body: Any
) -> None:
    view = await opened(api, bot, modal())
    answers.body = body
    await slack.submit("ann", view, {"note": "x"})

    assert stack(slack) == ["note"]
    assert slack.refused[-1].what == "response_action"


@pytest.mark.parametrize(
    ("body", "offered"),
    [
        pytest.param({"option_groups": [{"label": plain("l"), "options": [option("g")]}]}, 1),
        pytest.param({"options": []}, 0),
        pytest.param({"options": [{"odd": 1}]}, 0),
        pytest.param("odd", 0),
    ],
    ids=["groups", "none", "bad", "no object"],
)
async def test_suggestions_are_looked_at(
    api: Api, *, slack: Slack, bot: SocketBot, answers: Answers, body: Any, offered: int
) -> None:
    view = await opened(api, bot, FORM)
    answers.body = body
    await slack.options("ann", view, "policy", "ep")

    assert len(slack.modals.offered[view.id, "policy"]) == offered


async def test_suggestions_need_enough_typing(api: Api, slack: Slack, bot: SocketBot) -> None:
    view = await opened(api, bot, FORM)
    with pytest.raises(NotPossibleError, match="after 2 characters"):
        await slack.options("ann", view, "policy", "e")


async def test_without_acknowledgement_nothing_happens_to_the_form(
    api: Api, slack: Slack, bot: SocketBot
) -> None:
    view = await opened(api, bot, FORM)
    await bot_gone(slack)
    ack = await slack.submit("ann", view)
    suggestions = await slack.options("ann", view, "policy", "ep")

    assert (ack.status, suggestions.status) == ("none", "none")
    assert stack(slack) == ["note"]


async def bot_gone(slack: Slack) -> None:
    """Make Slack see no connection."""
    slack.silence(0)


@pytest.mark.parametrize(
    ("view", "whole_stack", "status", "left"),
    [
        pytest.param(modal(), False, "none", ["note"], id="quietly"),
        pytest.param(modal(notify_on_close=True), False, "acknowledged", ["note"], id="told"),
        pytest.param(modal(notify_on_close=True), True, "acknowledged", [], id="all"),
        pytest.param(modal(clear_on_close=True), False, "none", [], id="clearing"),
    ],
)
async def test_a_modal_is_closed(
    api: Api, *, slack: Slack, bot: SocketBot, view: Json, whole_stack: bool, status: str, left: Any
) -> None:
    await opened(api, bot, modal())
    top = await opened(api, bot, view, "views.push")
    ack = await slack.close("ann", top, whole_stack=whole_stack)

    assert (ack.status, stack(slack)) == (status, left)


# -------------------------------------------------------------------- choices that are told at once


@pytest.mark.parametrize(
    ("dispatches", "attempts"), [pytest.param(True, 1, id="yes"), pytest.param(False, 0, id="no")]
)
async def test_an_input_tells_the_bot_only_if_asked(
    api: Api, slack: Slack, bot: SocketBot, dispatches: bool, attempts: int
) -> None:
    block = field("users_select", "who") | {"dispatch_action": dispatches}
    view = await opened(api, bot, modal(block))
    ack = await slack.choose("ann", view, "who", "U0BOB")

    assert ack.attempts == attempts
    assert view.entered["who"]["who"]["selected_user"] == "U0BOB"
    if dispatches:
        assert last(bot)["actions"][0]["selected_user"] == "U0BOB"
        assert last(bot)["view"]["state"]["values"]["who"]["who"]["selected_user"] == "U0BOB"
