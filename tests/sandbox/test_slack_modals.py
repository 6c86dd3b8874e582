"""Modals: triggers, stacks, forms and what their submission answers, suggestions."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.sandbox.slack import NotPossibleError, Slack, View
from tests.sandbox.slack_fakes import (
    Api,
    Json,
    ManualClock,
    SocketBot,
    calling,
    socket_bot,
    workspace,
)


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def field(kind: str, action_id: str, *, optional: bool = True, **more: Any) -> Json:
    """Make an input block whose block_id is its action_id."""
    element = {"type": kind, "action_id": action_id, **more}
    block = {"type": "input", "block_id": action_id, "label": plain(action_id), "element": element}
    return {**block, "optional": optional}


def option(value: str) -> Json:
    return {"text": plain(value.title()), "value": value}


def modal(*blocks: Json, **more: Any) -> Json:
    shown = list(blocks) or [field("plain_text_input", "note", optional=False)]
    base = {"type": "modal", "callback_id": "note", "title": plain("Note"), "submit": plain("Add")}
    return {**base, "blocks": shown, **more}


FORM = modal(
    field("plain_text_input", "note", optional=False, max_length=10, initial_value="first"),
    field("multi_users_select", "assignees", max_selected_items=2),
    field("external_select", "policy", min_query_length=2),
    field("static_select", "status", options=[option("open"), option("closed")]),
    field("checkboxes", "flags", options=[option("a"), option("b")]),
    field("users_select", "who"),
    field("datepicker", "day"),
    field("email_text_input", "mail"),
    field("url_text_input", "link"),
    field("number_input", "count", is_decimal_allowed=False),
    {"type": "divider"},
)


class Answers:
    """What the bot answers next."""

    def __init__(self) -> None:
        self.body: Any = None

    def __call__(self, _kind: str, _payload: Json) -> Any:
        return self.body


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def api(clock: ManualClock) -> AsyncIterator[Api]:
    async with calling(workspace(clock)) as api:
        yield api


@pytest.fixture
def slack(api: Api) -> Slack:
    return api.slack


@pytest.fixture
async def bot(api: Api, answers: Answers) -> AsyncIterator[SocketBot]:
    async with socket_bot(api, answers) as bot:
        yield bot


def last(bot: SocketBot) -> Json:
    payload: Json = bot.envelopes[-1]["payload"]
    return payload


async def trigger(slack: Slack, bot: SocketBot) -> str:
    """Let Ann do something that gives the bot a trigger."""
    await slack.global_shortcut("ann", "open")
    return str(last(bot)["trigger_id"])


async def opened(api: Api, bot: SocketBot, view: Json, method: str = "views.open") -> View:
    """Let the bot show a modal to Ann."""
    body = await api(method, trigger_id=await trigger(api.slack, bot), view=view)
    assert body["ok"], body
    return await api.slack.expect_view("ann")


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


# -------------------------------------------------------------------- filling in


async def test_a_form_is_filled_in_and_submitted(
    api: Api, slack: Slack, bot: SocketBot, answers: Answers
) -> None:
    view = await opened(api, bot, FORM)
    answers.body = {"options": [option("ep1"), option("ep2")]}
    ack = await slack.options("ann", view, "policy", "ep")
    answers.body = None

    assert ack.body["options"][0]["value"] == "ep1"
    assert last(bot)["type"] == "block_suggestion"
    assert last(bot)["value"] == "ep"

    ack = await slack.submit(
        "ann",
        view,
        {
            "note": "second",
            "assignees": [slack.workspace.user("ann"), "U0BOB"],
            "policy": "ep2",
            "status": "Closed",
            "flags": ["a"],
            "who": "U0BOB",
            "day": "2026-03-01",
            "mail": "x@y.example",
            "link": "https://x.example",
            "count": 5,
        },
    )
    values = last(bot)["view"]["state"]["values"]

    assert ack.ok
    assert values["note"]["note"] == {"type": "plain_text_input", "value": "second"}
    assert values["assignees"]["assignees"]["selected_users"] == ["U0ANN", "U0BOB"]
    assert values["policy"]["policy"]["selected_option"]["value"] == "ep2"
    assert values["status"]["status"]["selected_option"]["value"] == "closed"
    assert [one["value"] for one in values["flags"]["flags"]["selected_options"]] == ["a"]
    assert values["who"]["who"]["selected_user"] == "U0BOB"
    assert values["day"]["day"]["selected_date"] == "2026-03-01"
    assert values["count"]["count"]["value"] == "5"
    assert slack.views == {}


async def test_what_is_left_alone_is_submitted_as_it_was(
    api: Api, slack: Slack, bot: SocketBot
) -> None:
    view = await opened(api, bot, FORM)
    await slack.submit("ann", view, {"assignees": []})
    values = last(bot)["view"]["state"]["values"]

    assert values["note"]["note"]["value"] == "first"
    assert values["assignees"]["assignees"]["selected_users"] == []
    assert values["status"]["status"]["selected_option"] is None


@pytest.mark.parametrize(
    ("values", "why"),
    [
        pytest.param({"note": ""}, "complete the required", id="required"),
        pytest.param({"note": "x" * 11}, "0 to 10 characters", id="too long"),
        pytest.param({"assignees": ["U1", "U2", "U3"]}, "at most 2", id="too many"),
        pytest.param({"policy": "ep1"}, "does not offer", id="never suggested"),
        pytest.param({"mail": "x"}, "an email address", id="no address"),
        pytest.param({"link": "x"}, "a URL", id="no URL"),
        pytest.param({"count": "x"}, "a number", id="no number"),
        pytest.param({"other": "x"}, "no input 'other'", id="no such input"),
    ],
)
async def test_what_the_client_forbids_is_not_submitted(
    api: Api, slack: Slack, bot: SocketBot, values: Json, why: str
) -> None:
    view = await opened(api, bot, FORM)
    with pytest.raises(NotPossibleError, match=why):
        await slack.submit("ann", view, values)


async def test_only_the_owner_submits_what_is_open(api: Api, slack: Slack, bot: SocketBot) -> None:
    view = await opened(api, bot, modal())
    with pytest.raises(NotPossibleError, match="bob has no such view"):
        await slack.submit("bob", view, {"note": "x"})

    await slack.submit("ann", view, {"note": "x"})
    with pytest.raises(NotPossibleError, match="ann has no such view"):
        await slack.submit("ann", view, {"note": "x"})


async def test_a_view_without_submit_is_not_submitted(
    api: Api, slack: Slack, bot: SocketBot
) -> None:
    view = await opened(api, bot, {"type": "modal", "title": plain("t"), "blocks": []})
    with pytest.raises(NotPossibleError, match="no submit"):
        await slack.submit("ann", view)


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
