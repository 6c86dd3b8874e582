"""What people see: every view of every state is taken by Slack and says what is true."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from bot.model import Bold, Button, Card, Choice, Code, Field, Form, Incident, Link, Outcome, line
from bot.slack import views
from bot.slack.blocks import Block
from tests.slack.incidents import (
    ACKNOWLEDGED,
    AT,
    EVERY_STATE,
    HOSTILE,
    HOSTILE_INCIDENT,
    MERGED,
    RESOLVED,
    TRIGGERED,
    incident,
)
from tests.slack.validation import all_texts, check_message, check_view, interactive


def buttons_of(blocks: Sequence[Block]) -> list[tuple[str, str, str]]:
    return [
        (element["action_id"], element["text"]["text"], element["value"])
        for block in blocks
        for element in interactive(block)
        if element["type"] == "button"
    ]


def formatted(value: Any) -> str:
    """Give the mrkdwn of a structure: there, and nowhere else, names ping people."""
    if isinstance(value, dict) and value.get("type") == "mrkdwn":
        return str(value["text"])
    children = value.values() if isinstance(value, dict) else value
    return "\n".join(map(formatted, children)) if isinstance(value, dict | list) else ""


def said(blocks: Sequence[Block]) -> str:
    return "\n".join(all_texts(list(blocks)))


# ---------------------------------------------------------------- the card


@pytest.mark.parametrize("shown", EVERY_STATE.values(), ids=EVERY_STATE.keys())
@pytest.mark.parametrize(
    "extras",
    [
        pytest.param({}, id="bare"),
        pytest.param(
            {
                "note_count": 3,
                "last_action": line(HOSTILE * 50, Bold(HOSTILE)),
                "details": (line(HOSTILE * 50), line("b"), line("c"), line("too many")),
                "stale_since": AT,
            },
            id="full",
        ),
    ],
)
def test_card_of_every_state_is_taken_by_slack(shown: Incident, extras: dict[str, Any]) -> None:
    message = views.card(Card(shown, **extras), mentions={"PANN001": "U0ANN"})

    check_message(message.blocks, message.text)
    assert len(message.blocks) <= 12
    assert "<!channel>" not in formatted(message.blocks) + message.text
    assert "too many" not in said(message.blocks)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        pytest.param(
            TRIGGERED,
            [
                ("acknowledge", "Acknowledge", "PT4KHLK"),
                ("resolve", "Resolve…", "PT4KHLK"),
                ("note", "Note…", "PT4KHLK"),
                ("reassign", "Reassign…", "PT4KHLK"),
            ],
            id="triggered",
        ),
        pytest.param(
            ACKNOWLEDGED,
            [
                ("resolve", "Resolve…", "PT4KHLK"),
                ("note", "Note…", "PT4KHLK"),
                ("reassign", "Reassign…", "PT4KHLK"),
            ],
            id="acknowledged",
        ),
        pytest.param(
            RESOLVED,
            [("reopen", "Reopen", "PT4KHLK"), ("note", "Note…", "PT4KHLK")],
            id="resolved",
        ),
        pytest.param(MERGED, [], id="merged"),
    ],
)
def test_card_has_the_buttons_of_its_state(
    shown: Incident, expected: list[tuple[str, str, str]]
) -> None:
    assert buttons_of(views.card(Card(shown)).blocks) == expected


DATE = "{date_short_pretty} at {time}"


@pytest.mark.parametrize(
    ("shown", "facts"),
    [
        pytest.param(
            TRIGGERED,
            "*Triggered* · P2 · high urgency · Billing · assigned to Ann Ahrens, Bob Birk · "
            f"since <!date^1795400040^{DATE}|2026-11-23 02:14 UTC>",
            id="triggered",
        ),
        pytest.param(
            ACKNOWLEDGED,
            f"*Acknowledged* by Bob Birk, <!date^1795400160^{DATE}|2026-11-23 02:16 UTC> · "
            "P2 · high urgency · Billing · assigned to Bob Birk · "
            f"since <!date^1795400040^{DATE}|2026-11-23 02:14 UTC>",
            id="acknowledged",
        ),
        pytest.param(
            RESOLVED,
            f"*Resolved* by Dana Dorn, <!date^1795401060^{DATE}|2026-11-23 02:31 UTC>, "
            "after 17 min · P2 · high urgency · Billing",
            id="resolved",
        ),
        pytest.param(
            MERGED,
            "*Merged* into <https://acme.pagerduty.com/incidents/PT0TARGET|PT0TARGET> · "
            "P2 · high urgency · Billing",
            id="merged",
        ),
        pytest.param(
            EVERY_STATE["merged elsewhere"],
            "*Merged* into `PT0TARGET` · P2 · high urgency · Billing",
            id="merged without address",
        ),
        pytest.param(
            EVERY_STATE["resolved by nobody known"],
            "*Resolved* · P2 · high urgency · Billing",
            id="resolved by nobody known",
        ),
    ],
)
def test_card_says_its_state_in_words_and_its_facts(shown: Incident, facts: str) -> None:
    assert views.card(Card(shown)).blocks[1]["elements"][0]["text"] == facts


@pytest.mark.parametrize(
    ("shown", "sign"),
    [
        (TRIGGERED, ":red_circle:"),
        (ACKNOWLEDGED, ":large_yellow_circle:"),
        (RESOLVED, ":large_green_circle:"),
        (MERGED, ":white_circle:"),
    ],
)
def test_card_starts_with_sign_and_linked_title(shown: Incident, sign: str) -> None:
    url = "https://acme.pagerduty.com/incidents/PT4KHLK"

    title = views.card(Card(shown)).blocks[0]["text"]["text"]

    assert title == f"{sign} *<{url}|#123 Nightly billing export failed>*"


def test_card_says_everything_in_its_fallback_text() -> None:
    shown = Card(
        ACKNOWLEDGED,
        note_count=2,
        last_action=line("Ann acknowledged"),
        details=(line("run ", Link("4812", "https://r.example/4812")),),
        stale_since=AT,
    )

    assert views.card(shown).text.splitlines() == [
        "Acknowledged by Bob Birk, 2026-11-23 02:16 UTC: #123 Nightly billing export failed",
        "P2, high urgency, Billing, assigned to Bob Birk, since 2026-11-23 02:14 UTC",
        "run 4812",
        "Ann acknowledged",
        "2 notes",
        "State as of 02:14 UTC, PagerDuty is not answering.",
    ]


def test_card_shows_details_last_action_notes_and_staleness() -> None:
    shown = Card(
        TRIGGERED,
        note_count=1,
        last_action=line("Ann reopened"),
        details=(line("cause"), line("impact")),
        stale_since=AT,
    )

    texts = list(all_texts(views.card(shown).blocks))

    assert "cause\nimpact" in texts
    assert "Ann reopened · 1 note" in texts
    assert texts[-1] == (
        ":warning: State as of <!date^1795400040^{time}|02:14 UTC>, PagerDuty is not answering."
    )


def test_card_notifies_only_the_assignees_named() -> None:
    message = views.card(Card(TRIGGERED), mentions={"PANN001": "U0ANN", "P0OTHER": "U0OTHER"})

    assert "assigned to <@U0ANN>, Bob Birk" in said(message.blocks)
    assert "assigned to <@U0ANN>, Bob Birk" in message.text
    assert "<@" not in said(views.card(Card(TRIGGERED)).blocks)


def test_card_names_five_of_a_hundred_assignees() -> None:
    facts = views.card(Card(HOSTILE_INCIDENT)).blocks[1]["elements"][0]["text"]

    assert "and 95 more" in facts
    assert "since <!date^" in facts


def test_card_asks_before_reopening_because_that_pages() -> None:
    reopen = views.card(Card(RESOLVED)).blocks[2]["elements"][0]

    assert "pages" in reopen["confirm"]["text"]["text"]
    assert reopen["accessibility_label"] == "Reopen incident #123"


@pytest.mark.parametrize(
    ("lasted", "written"),
    [
        (timedelta(seconds=-5), "after 0 s"),
        (timedelta(seconds=40), "after 40 s"),
        (timedelta(minutes=125), "after 2 h 5 min"),
        (timedelta(days=3, hours=4, minutes=59), "after 3 d 4 h"),
    ],
)
def test_card_says_how_long_it_took(lasted: timedelta, written: str) -> None:
    resolved = incident(status=RESOLVED.status, resolved_at=AT + lasted)

    assert written in said(views.card(Card(resolved)).blocks)


# ---------------------------------------------------------------- answers


def pick(label: str, value: str = "{}") -> Button:
    return Button(label, "pick", value)


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(Outcome(lines=()), id="nothing"),
        pytest.param(Outcome(lines=(line(""),)), id="an empty line"),
        pytest.param(Outcome(lines=(line("#123 is acknowledged by you."),)), id="a sentence"),
        pytest.param(Outcome(lines=tuple(line(HOSTILE) for _ in range(250))), id="250 lines"),
        pytest.param(Outcome(lines=(line("n" * 25_000), line("end"))), id="a long note"),
        pytest.param(Outcome(lines=(), cards=(TRIGGERED,)), id="a card"),
        pytest.param(Outcome(lines=(), cards=(TRIGGERED,) * 3), id="three cards"),
        pytest.param(Outcome(lines=(line("x"),), cards=(ACKNOWLEDGED,) * 250), id="250 cards"),
        pytest.param(Outcome(lines=(), cards=(HOSTILE_INCIDENT,) * 250), id="250 hostile cards"),
        pytest.param(
            Outcome(
                lines=(line(HOSTILE * 9),) * 99,
                cards=(HOSTILE_INCIDENT,) * 99,
                buttons=(pick(HOSTILE),) * 30,
            ),
            id="too much of everything",
        ),
        pytest.param(
            Outcome(lines=(), cards=tuple(EVERY_STATE.values())), id="a list of every state"
        ),
    ],
)
def test_answer_is_taken_by_slack(outcome: Outcome) -> None:
    message = views.answer(outcome)

    check_message(message.blocks, message.text)
    check_view(views.outcome_view("What came of it, in many words", outcome))
    assert "<!channel>" not in formatted(message.blocks) + message.text


def test_answer_joins_lines_then_cards_then_buttons() -> None:
    outcome = Outcome(
        lines=(line("One of two:"), line(Code("/pd ack 123"))),
        cards=(TRIGGERED,),
        buttons=(Button("Take it", "take", "PT4KHLK", style="danger", confirm="Sure?"),),
    )

    message = views.answer(outcome)

    assert message.blocks[0]["text"]["text"] == "One of two:\n`/pd ack 123`"
    assert buttons_of(message.blocks)[-1] == ("take", "Take it", "PT4KHLK")
    assert message.blocks[-1]["elements"][0]["style"] == "danger"
    assert message.blocks[-1]["elements"][0]["confirm"]["text"]["text"] == "Sure?"
    assert message.text == (
        "One of two:\n/pd ack 123\nTriggered: #123 Nightly billing export failed"
    )


def test_answer_gives_every_pick_button_its_own_row() -> None:
    """Slack refuses a row in which two buttons have the same `action_id`."""
    message = views.answer(Outcome(lines=(), buttons=(pick("#1"), pick("#2"))))

    assert [len(block["elements"]) for block in message.blocks] == [1, 1]


def test_answer_counts_the_incidents_that_do_not_fit() -> None:
    message = views.answer(Outcome(lines=(line("250 open"),), cards=(TRIGGERED,) * 250))

    shown = sum(verb == "acknowledge" for verb, _, _ in buttons_of(message.blocks))
    assert shown > 20
    assert f"… and {250 - shown} more incidents, not shown here." in said(message.blocks)


def test_answer_counts_the_lines_that_do_not_fit() -> None:
    text = said(views.answer(Outcome(lines=(line("x" * 99),) * 250)).blocks)

    assert "… and 140 more lines." in text


def test_answer_says_which_buttons_cannot_be_offered() -> None:
    too_long = pick("Confirm", "x" * 2001)

    message = views.answer(Outcome(lines=(line("Confirm?"),), buttons=(too_long, pick("Cancel"))))

    assert [label for _, label, _ in buttons_of(message.blocks)] == ["Cancel"]
    assert "1 more button would not fit here; type the command instead." in said(message.blocks)


# ---------------------------------------------------------------- forms

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


# ---------------------------------------------------------------- home


@pytest.mark.parametrize(
    "incidents",
    [
        pytest.param((), id="none"),
        pytest.param(tuple(EVERY_STATE.values()), id="every state"),
        pytest.param((TRIGGERED,) * 250, id="250"),
        pytest.param((HOSTILE_INCIDENT,) * 250, id="250 hostile"),
    ],
)
def test_home_is_taken_by_slack(incidents: tuple[Incident, ...]) -> None:
    lines = [line(HOSTILE * 3)] * 50

    view = views.home(incidents, identity=lines, notifier=lines)

    check_view(view)
    assert "<!channel>" not in formatted(view["blocks"])


def test_home_shows_incidents_identity_and_notifier() -> None:
    view = views.home(
        (TRIGGERED,), identity=[line("You are Ann.")], notifier=[line("3 rules are on.")]
    )

    text = said(view["blocks"])
    assert "1 open incident assigned to you." in text
    assert "You are Ann." in text
    assert "3 rules are on." in text
    assert buttons_of(view["blocks"])[0] == ("acknowledge", "Acknowledge", "PT4KHLK")


def test_home_without_incidents_says_so_and_leaves_the_notifier_out() -> None:
    text = said(views.home((), identity=[line("You are Ann.")])["blocks"])

    assert "No open incident is assigned to you." in text
    assert "Job messages" not in text


def test_home_says_why_it_knows_no_incidents() -> None:
    view = views.home((), identity=[], problem=line("PagerDuty is not answering."))

    assert "PagerDuty is not answering." in said(view["blocks"])
    check_view(view)
