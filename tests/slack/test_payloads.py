"""Slack's payloads: every shape gives an invocation or a sentence, never an accident."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Invocation, SlackUserId, Via
from bot.slack import payloads, views
from bot.slack.payloads import Malformed, OptionsRequest
from tests.slack.test_forms import REASSIGN

TS = "1763883515.018612"
URL = "https://hooks.slack.example/actions/T0/1/x"
USER = SlackUserId("U0ANN")


def invocation(via: Via, text: str, **more: Any) -> Invocation:
    return Invocation(via=via, slack_user_id=USER, text=text, **more)


# ---------------------------------------------------------------- commands

COMMAND = {
    "command": "/pd",
    "text": "note Q3 disk &amp; <https://a.example|x>",
    "team_id": "T0ACME",
    "team_domain": "acme",
    "channel_id": "C0PROD",
    "user_id": "U0ANN",
    "user_name": "ann",
    "trigger_id": "1.2.3",
    "response_url": URL,
    "api_app_id": "A0PDBOT",
}


def test_command_keeps_its_text_as_slack_sent_it() -> None:
    assert payloads.command(COMMAND) == invocation(
        Via.COMMAND,
        "note Q3 disk &amp; <https://a.example|x>",
        team_id="T0ACME",
        channel_id="C0PROD",
        trigger_id="1.2.3",
        response_url=URL,
    )


def test_command_without_anything_but_a_user_is_help() -> None:
    assert payloads.command({"user_id": "U0ANN"}) == invocation(Via.COMMAND, "")


def test_command_of_a_stranger_tells_whose() -> None:
    assert payloads.command({**COMMAND, "user_team_id": "T0OTHER"}).user_team_id == "T0OTHER"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        pytest.param({}, "who asked", id="no user"),
        pytest.param({"user_id": 7}, "who asked", id="user is a number"),
        pytest.param({**COMMAND, "text": "x" * 40_001}, "40,000", id="endless text"),
    ],
)
def test_command_that_cannot_be_used_is_refused(body: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Malformed, match=sentence):
        payloads.command(body)


# ---------------------------------------------------------------- clicks


def clicked(action_id: Any, value: Any, **more: Any) -> dict[str, Any]:
    return {
        "type": "block_actions",
        "user": {"id": "U0ANN", "team_id": "T0ACME"},
        "team": {"id": "T0ACME", "domain": "acme"},
        "channel": {"id": "C0PROD", "name": "prod"},
        "container": {"type": "message", "message_ts": TS, "channel_id": "C0PROD"},
        "message": {"ts": TS, "thread_ts": "1763883000.000100", "bot_id": "B0PDBOT"},
        "trigger_id": "1.2.3",
        "response_url": URL,
        "actions": [{"action_id": action_id, "block_id": "b", "value": value, "type": "button"}],
        **more,
    }


@pytest.mark.parametrize(
    ("action_id", "verb"),
    [
        ("acknowledge", "ack"),
        ("resolve", "resolve"),
        ("note", "note"),
        ("reassign", "reassign"),
        ("reopen", "reopen"),
        ("take", "take"),
    ],
)
def test_click_on_a_card_is_the_verb_with_the_incident(action_id: str, verb: str) -> None:
    assert payloads.click(clicked(action_id, "PT4KHLK")) == invocation(
        Via.BUTTON,
        f"{verb} PT4KHLK",
        verb=verb,
        incidents=("PT4KHLK",),
        team_id="T0ACME",
        user_team_id="T0ACME",
        channel_id="C0PROD",
        thread_ts="1763883000.000100",
        message_ts=TS,
        trigger_id="1.2.3",
        response_url=URL,
    )


def test_click_on_every_button_of_every_card_is_understood() -> None:
    for verb in ("acknowledge", "resolve", "note", "reassign", "reopen"):
        assert payloads.click(clicked(verb, "Q3ABCDEFGHIJKL")).incidents == ("Q3ABCDEFGHIJKL",)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(
            {"verb": "ack", "incidents": ["P1", "P2"], "args": ""},
            ("ack", ("P1", "P2"), "ack P1 P2", {}, True),
            id="several incidents",
        ),
        pytest.param(
            {"verb": "note", "incidents": ["P1"], "args": "disk  is\nfull"},
            ("note", ("P1",), "note P1 disk  is\nfull", {"args": "disk  is\nfull"}, True),
            id="text keeps its spaces",
        ),
        pytest.param(
            {"verb": "ack", "incidents": [], "args": "#123"},
            ("ack", (), "ack #123", {"args": "#123"}, False),
            id="a suggestion confirms nothing",
        ),
        pytest.param(
            {"verb": "note", "incidents": ["P1"], "args": "dis", "form": True},
            ("note", ("P1",), "note P1 dis", {"args": "dis", "form": True}, True),
            id="arguments that did not fit",
        ),
        pytest.param({"verb": "list"}, ("list", (), "list", {}, False), id="only a verb"),
        pytest.param(
            {"verb": "list", "incidents": None, "args": None},
            ("list", (), "list", {}, False),
            id="nulls",
        ),
    ],
)
def test_click_on_a_pick_repeats_the_command(value: Any, expected: tuple[Any, ...]) -> None:
    found = payloads.click(clicked("pick", json.dumps(value)))

    assert (found.verb, found.incidents, found.text, found.fields, found.confirmed) == expected


@pytest.mark.parametrize(
    ("action_id", "value"),
    [
        pytest.param("pick", None, id="no value"),
        pytest.param("pick", "", id="empty"),
        pytest.param("pick", "{", id="broken"),
        pytest.param("pick", "[]", id="a list"),
        pytest.param("pick", "[" * 1999, id="deep"),
        pytest.param("pick", '{"verb": "ack"}' + " " * 2000, id="oversized"),
        pytest.param("pick", '{"verb": 7}', id="verb is a number"),
        pytest.param("pick", '{"verb": "rm -rf"}', id="verb is two words"),
        pytest.param("pick", '{"verb": "ack", "args": {"a": 1}}', id="args are an object"),
        pytest.param("pick", '{"verb": "ack", "incidents": "P1"}', id="incidents are text"),
        pytest.param("pick", '{"verb": "ack", "incidents": [7]}', id="incident is a number"),
        pytest.param("pick", '{"verb": "ack", "incidents": ["a b"]}', id="incident with a space"),
        pytest.param("acknowledge", None, id="card without value"),
        pytest.param("acknowledge", "PT4KHLK -- x", id="card with more than an id"),
        pytest.param("destroy", "PT4KHLK", id="unknown button"),
        pytest.param(None, "PT4KHLK", id="nameless button"),
    ],
)
def test_click_that_cannot_be_used_is_refused_politely(action_id: Any, value: Any) -> None:
    with pytest.raises(Malformed, match=r"Type the command"):
        payloads.click(clicked(action_id, value))


@pytest.mark.parametrize("actions", [None, [], [7], {"action_id": "note"}])
def test_click_without_a_button_is_refused(actions: Any) -> None:
    with pytest.raises(Malformed, match="which button"):
        payloads.click(clicked("note", "P1", actions=actions))


def test_click_on_an_ephemeral_answer_names_no_message_to_edit() -> None:
    container = {"message_ts": TS, "channel_id": "C0PROD", "is_ephemeral": True, "thread_ts": "9.1"}

    found = payloads.click(clicked("note", "P1", container=container, message=None, channel=None))

    assert (found.channel_id, found.message_ts, found.thread_ts) == ("C0PROD", None, "9.1")


def test_click_in_a_modal_knows_where_the_modal_came_from() -> None:
    metadata = json.dumps({"incident": "P1", "channel": "C0PROD", "message_ts": TS})
    body = clicked("note", "P1", container={"type": "view"}, message=None, channel=None)

    found = payloads.click({**body, "view": {"private_metadata": metadata}})

    assert (found.channel_id, found.message_ts) == ("C0PROD", TS)


# ---------------------------------------------------------------- forms


def submitted(callback_id: Any, values: Any, metadata: Any = None) -> dict[str, Any]:
    usual = {"incident": "PT4KHLK", "channel": "C0PROD", "message_ts": TS, "response_url": URL}
    return {
        "type": "view_submission",
        "user": {"id": "U0ANN", "team_id": "T0ACME"},
        "team": {"id": "T0ACME"},
        "trigger_id": "1.2.3",
        "view": {
            "callback_id": callback_id,
            "private_metadata": json.dumps(usual if metadata is None else metadata),
            "state": {"values": values},
        },
    }


FILLED = {
    "assignees": {
        "assignees": {"type": "multi_users_select", "selected_users": ["U0BOB", "U0CAROL"]}
    },
    "emails": {"emails": {"type": "plain_text_input", "value": "dana@corp.example"}},
    "escalation_policy": {
        "escalation_policy": {
            "type": "external_select",
            "selected_option": {"text": {"type": "plain_text", "text": "x"}, "value": "PEP0001"},
        }
    },
    "reason": {"reason": {"type": "plain_text_input", "value": "on <holiday>\nuntil Monday"}},
}


def test_submission_gives_the_filled_in_fields() -> None:
    assert payloads.submission(submitted("reassign", FILLED)) == invocation(
        Via.FORM,
        "reassign PT4KHLK",
        verb="reassign",
        incidents=("PT4KHLK",),
        fields={
            "assignees": ("U0BOB", "U0CAROL"),
            "emails": "dana@corp.example",
            "escalation_policy": "PEP0001",
            "reason": "on <holiday>\nuntil Monday",
        },
        confirmed=True,
        team_id="T0ACME",
        user_team_id="T0ACME",
        channel_id="C0PROD",
        message_ts=TS,
        trigger_id="1.2.3",
        response_url=URL,
    )


def test_submission_leaves_empty_fields_out() -> None:
    empty = {
        "assignees": {"assignees": {"type": "multi_users_select", "selected_users": []}},
        "emails": {"emails": {"type": "plain_text_input", "value": None}},
        "escalation_policy": {"escalation_policy": {"selected_option": None}},
        "reason": {"reason": None},
        "broken": 7,
    }

    assert payloads.submission(submitted("reassign", empty)).fields == {}


def test_submission_of_our_own_form_comes_back_with_its_origin() -> None:
    view = views.form(REASSIGN, private_metadata={"channel": "C1", "message_ts": TS})
    body = {**submitted("reassign", FILLED), "view": {**view, "state": {"values": FILLED}}}

    found = payloads.submission(body)

    assert (found.verb, found.incidents, found.channel_id) == ("reassign", ("PT4KHLK",), "C1")


def test_submission_may_choose_the_incident_in_the_form() -> None:
    chosen = {"incident": {"incident": {"selected_option": {"value": "P0CHOSEN"}}}}

    found = payloads.submission(submitted("add_to_incident", chosen, metadata={"incident": ""}))

    assert found.incidents == ("P0CHOSEN",)


@pytest.mark.parametrize("metadata", [[], "x", {"incident": 7}, {}])
def test_submission_with_broken_metadata_names_no_incident(metadata: Any) -> None:
    found = payloads.submission(submitted("note", {}, metadata=metadata))

    assert (found.incidents, found.text) == ((), "note")


def test_submission_of_a_nameless_form_is_refused() -> None:
    with pytest.raises(Malformed, match="form"):
        payloads.submission(submitted(None, {}))


# ---------------------------------------------------------------- mentions


def told(text: Any, **more: Any) -> dict[str, Any]:
    event = {"type": "app_mention", "user": "U0ANN", "text": text, "channel": "C0PROD", "ts": TS}
    return {**event, "team": "T0ACME", **more}


@pytest.mark.parametrize(
    ("event", "text"),
    [
        pytest.param(told("<@U0BOT> ack 123"), "ack 123", id="mention"),
        pytest.param(told(" <@U0BOT|pdbot>: ack 123 "), "ack 123", id="old form and colon"),
        pytest.param(told("<@U0BOT>"), "", id="nothing but the mention"),
        pytest.param(
            told("<@U0BOT>\nnote P1 a\n b", subtype="file_share"), "note P1 a\n b", id="a file"
        ),
        pytest.param(told("<@U0BOT> ls", subtype="thread_broadcast"), "ls", id="broadcast"),
        pytest.param(told("ack 123", channel_type="im"), "ack 123", id="direct message"),
        pytest.param(told("<@U0BOT> ack", channel_type="im"), "ack", id="direct mention"),
        pytest.param(
            told("<@U0BOB> did it", channel_type="im"), "<@U0BOB> did it", id="direct, of another"
        ),
        pytest.param(told("ack 123"), None, id="no mention"),
        pytest.param(told("ask <@U0BOT> to ack"), None, id="mention in the middle"),
        pytest.param(told("<@U0BOB> ack"), None, id="mention of another"),
        pytest.param(told("<@U0BOT> ack", bot_id="B1"), None, id="a bot"),
        pytest.param(told("<@U0BOT> ack", bot_profile={"id": "B1"}), None, id="a bot by profile"),
        pytest.param(told("<@U0BOT> ack", edited={"ts": TS}), None, id="an edit"),
        pytest.param(told("<@U0BOT> ack", hidden=True), None, id="hidden"),
        pytest.param(told("<@U0BOT> ack", subtype="message_changed"), None, id="edit event"),
        pytest.param(told("<@U0BOT> ack", subtype="channel_topic"), None, id="a topic"),
        pytest.param(told("<@U0BOT> ack", subtype=["x"]), None, id="odd subtype"),
        pytest.param(told("<@U0BOT> ack", user="U0BOT"), None, id="itself"),
        pytest.param(told("<@U0BOT> ack", user=None), None, id="nobody"),
        pytest.param(told(None), None, id="no text"),
        pytest.param(told("<@U0BOT>" + "x" * 40_000), None, id="endless"),
    ],
)
def test_mention_is_a_persons_new_message_to_the_bot(event: Any, text: str | None) -> None:
    found = payloads.mention(event, "U0BOT")

    assert (found and found.text) == text


def test_mention_knows_its_thread() -> None:
    found = payloads.mention(
        told("<@U0BOT> ack", thread_ts="1763883000.000100"), "U0BOT", team_id="T0ACME"
    )

    assert found == invocation(
        Via.MENTION,
        "ack",
        team_id="T0ACME",
        user_team_id="T0ACME",
        channel_id="C0PROD",
        thread_ts="1763883000.000100",
        message_ts=TS,
    )


# ---------------------------------------------------------------- shortcuts and options


def test_message_shortcut_brings_the_message_and_its_address() -> None:
    body = {
        "type": "message_action",
        "callback_id": "add_to_incident",
        "user": {"id": "U0ANN", "team_id": "T0ACME"},
        "team": {"id": "T0ACME", "domain": "acme"},
        "channel": {"id": "C0PROD"},
        "message": {"ts": TS, "text": "it is the &lt;disk&gt;", "user": "U0BOB"},
        "trigger_id": "1.2.3",
    }

    found = payloads.shortcut(body)

    assert (found.via, found.verb, found.message_ts) == (Via.SHORTCUT, "add_to_incident", TS)
    assert found.fields == {
        "message_text": "it is the &lt;disk&gt;",
        "message_author": "U0BOB",
        "permalink": "https://acme.slack.com/archives/C0PROD/p1763883515018612",
    }


def test_global_shortcut_needs_no_message() -> None:
    body = {"callback_id": "open_incidents", "user": {"id": "U0ANN"}, "trigger_id": "1.2.3"}

    assert payloads.shortcut(body) == invocation(
        Via.SHORTCUT, "open_incidents", verb="open_incidents", trigger_id="1.2.3"
    )


def test_message_shortcut_without_a_domain_has_no_address() -> None:
    body = {"callback_id": "x", "user": {"id": "U0ANN"}, "message": {"ts": TS, "bot_id": "B1"}}

    assert payloads.shortcut(body).fields == {"message_text": "", "message_author": "B1"}


def test_options_say_what_was_typed_and_for_which_incident() -> None:
    body = {
        "type": "block_suggestion",
        "action_id": "escalation_policy",
        "value": "bill",
        "user": {"id": "U0ANN"},
        "team": {"id": "T0ACME"},
        "view": {"private_metadata": '{"incident": "P1"}'},
    }

    assert payloads.options(body) == OptionsRequest(
        "escalation_policy", "bill", USER, "T0ACME", "P1"
    )


@pytest.mark.parametrize("parse", [payloads.shortcut, payloads.options, payloads.submission])
def test_nameless_payloads_are_refused(parse: Any) -> None:
    with pytest.raises(Malformed):
        parse({"user": {"id": "U0ANN"}})


KEYS = st.sampled_from(
    [
        "user",
        "id",
        "team",
        "channel",
        "message",
        "container",
        "view",
        "state",
        "values",
        "actions",
        "action_id",
        "value",
        "text",
        "ts",
        "callback_id",
        "private_metadata",
        "selected_users",
        "selected_option",
        "user_id",
        "response_url",
        "subtype",
        "is_ephemeral",
        "bot_id",
        "edited",
        "domain",
    ]
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=20), st.sampled_from(["pick", "note"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=6)),
    max_leaves=20,
)
BODIES = st.dictionaries(KEYS, JSON)


@given(BODIES)
def test_any_payload_gives_a_result_or_a_sentence(body: dict[str, Any]) -> None:
    for parse in (payloads.command, payloads.click, payloads.submission, payloads.shortcut):
        with contextlib.suppress(Malformed):
            assert parse({"user": {"id": "U0ANN"}, "user_id": "U0ANN", **body}).slack_user_id
    with contextlib.suppress(Malformed):
        payloads.options(body)
    payloads.mention(body, "U0BOT")


@given(st.text(max_size=100))
def test_any_value_of_a_button_gives_a_result_or_a_sentence(value: str) -> None:
    for action_id in ("pick", "note", value):
        with contextlib.suppress(Malformed):
            payloads.click(clicked(action_id, value))
