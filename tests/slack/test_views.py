"""Answers and the home tab: taken by Slack, and what does not fit is counted."""

import pytest

from bot.model import Button, Code, Incident, Outcome, line
from bot.slack import views
from tests.slack.incidents import (
    ACKNOWLEDGED,
    EVERY_STATE,
    HOSTILE,
    HOSTILE_INCIDENT,
    TRIGGERED,
)
from tests.slack.reading import buttons_of, formatted, said
from tests.slack.validation import check_message, check_view

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
        "One of two:\n/pd ack 123\nTriggered: #123 Nightly billing export failed\n[Take it]"
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
    assert "1 open incident is assigned to you." in text
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
