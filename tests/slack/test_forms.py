"""Modals: the ids of the contract, prefilled, and taken by Slack whatever is in them."""

import json

import pytest

from bot.model import Bold, Choice, Field, Form, line
from bot.slack import views
from tests.slack.incidents import (
    HOSTILE,
)
from tests.slack.validation import check_view

REASSIGN = Form(
    name="reassign",
    title="Reassign #123 to somebody else",
    submit="Reassign",
    incident_id="PT4KHLK",
    intro=(line("Direct assignment stops escalation of ", Bold("#123"), "."),),
    fields=(
        Field("assignees", "People", "people", initial=("U0ANN", "U0ANN", "U0BOB")),
        Field("emails", "E-mails", "text", initial="a@b.example", hint="People without Slack"),
        Field(
            "escalation_policy",
            "Escalation policy",
            "escalation_policy",
            initial=Choice("Billing", "PEP0001"),
            placeholder="Type a name",
        ),
        Field("reason", "Reason", "long_text", placeholder="Becomes a note"),
    ),
)
ORIGIN = {"channel": "C0PROD", "message_ts": "1763883515.018612", "thread_ts": None}


def test_form_has_the_ids_of_the_contract() -> None:
    view = views.form(REASSIGN, private_metadata=ORIGIN)

    check_view(view)
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    assert view["callback_id"] == "reassign"
    assert [(block["block_id"], block["element"]["type"]) for block in inputs] == [
        ("assignees", "multi_users_select"),
        ("emails", "plain_text_input"),
        ("escalation_policy", "external_select"),
        ("reason", "plain_text_input"),
    ]
    assert all(block["block_id"] == block["element"]["action_id"] for block in inputs)
    assert all(block["optional"] for block in inputs)
    assert json.loads(view["private_metadata"]) == {"incident": "PT4KHLK", **ORIGIN}


def test_form_is_prefilled() -> None:
    blocks = views.form(REASSIGN, private_metadata=ORIGIN)["blocks"]
    people, emails, policy, reason = (block["element"] for block in blocks[1:])

    assert people["initial_users"] == ["U0ANN", "U0BOB"]
    assert emails["initial_value"] == "a@b.example"
    assert policy["initial_option"]["value"] == "PEP0001"
    assert policy["min_query_length"] == 0
    assert reason["multiline"] is True
    assert reason["max_length"] == 3000
    assert "initial_value" not in reason


def test_form_puts_the_cursor_into_its_first_text() -> None:
    note = Form("note", "Note", "Add", (Field("note", "Note", "long_text", optional=False),), "P1")

    block = views.form(note, private_metadata={})["blocks"][0]

    assert block["element"]["focus_on_load"] is True
    assert block["optional"] is False


CHOICES = tuple(Choice(f"{HOSTILE} {index}", f"P{index}") for index in range(150))


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param((), id="no fields"),
        pytest.param((Field("a", HOSTILE * 99, "text", initial="x" * 5000),), id="long text"),
        pytest.param((Field("a", "", "long_text", initial="", hint=""),), id="empty"),
        pytest.param((Field("a", "A", "text", placeholder="x" * 500),), id="long placeholder"),
        pytest.param((Field("a", "A", "text", hint="x" * 5000),), id="long hint"),
        pytest.param((Field("a", "A", "choice", choices=CHOICES),), id="150 choices"),
        pytest.param((Field("a", "A", "choice", choices=()),), id="no choices"),
        pytest.param((Field("a", "A", "choice", True, CHOICES[140], choices=CHOICES),), id="gone"),
        pytest.param((Field("a", "A", "choice", True, CHOICES[1], choices=CHOICES),), id="known"),
        pytest.param((Field("a", "A", "people", initial="U0ANN"),), id="wrong initial"),
    ],
)
def test_form_of_any_fields_is_taken_by_slack(fields: tuple[Field, ...]) -> None:
    intro = tuple(line(HOSTILE * 20) for _ in range(99))
    form = Form("x", HOSTILE, HOSTILE, fields, "PT4KHLK", intro if fields else ())

    check_view(views.form(form, private_metadata=ORIGIN))


def test_form_keeps_what_it_needs_when_the_metadata_is_too_long() -> None:
    view = views.form(REASSIGN, private_metadata={**ORIGIN, "response_url": "x" * 4000})

    assert json.loads(view["private_metadata"]) == {
        "incident": "PT4KHLK",
        "channel": "C0PROD",
        "message_ts": "1763883515.018612",
    }


def test_loading_is_taken_by_slack_and_can_be_submitted_by_nobody() -> None:
    view = views.loading("Reassign #123")

    check_view(view)
    assert "submit" not in view
