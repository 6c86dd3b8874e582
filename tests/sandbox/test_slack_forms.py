"""Filling in forms: values, what the client forbids, who may submit."""

import pytest

from bot.sandbox.slack import NotPossibleError, Slack
from tests.sandbox.slack_fakes import (
    Answers,
    Api,
    Json,
    SocketBot,
    last,
)
from tests.sandbox.slack_forms import FORM, modal, opened, option, plain

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
