"""The card of every state: taken by Slack, true, with the buttons of its state."""

from datetime import timedelta
from typing import Any

import pytest

from bot.model import Bold, Card, Incident, Link, line
from bot.slack import views
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
from tests.slack.reading import buttons_of, formatted, said
from tests.slack.validation import all_texts, check_message


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


@pytest.mark.parametrize(
    ("shown", "has_menu"),
    [(TRIGGERED, True), (ACKNOWLEDGED, True), (RESOLVED, False), (MERGED, False)],
    ids=["triggered", "acknowledged", "resolved", "merged"],
)
def test_open_incident_has_a_menu_beside_its_headline(shown: Incident, has_menu: bool) -> None:
    headline = views.card(Card(shown)).blocks[0]

    assert ("accessory" in headline) is has_menu
    values = [one["value"] for one in headline.get("accessory", {}).get("options", [])]
    assert all(value.split()[1] == shown.id for value in values)
    assert len(values) == (5 if has_menu else 0)
