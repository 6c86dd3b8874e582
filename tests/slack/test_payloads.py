"""Slack's payloads: every shape gives an invocation or a sentence, never an accident."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given

from bot.model import Via
from bot.slack import payloads, views
from bot.slack.payloads import Malformed, OptionsRequest
from tests.slack.shapes import BODIES, TS, URL, USER, invocation
from tests.slack.test_forms import REASSIGN

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


@given(BODIES)
def test_any_payload_gives_a_result_or_a_sentence(body: dict[str, Any]) -> None:
    for parse in (payloads.command, payloads.click, payloads.submission, payloads.shortcut):
        with contextlib.suppress(Malformed):
            assert parse({"user": {"id": "U0ANN"}, "user_id": "U0ANN", **body}).slack_user_id
    with contextlib.suppress(Malformed):
        payloads.options(body)
    payloads.mention(body, "U0BOT")
