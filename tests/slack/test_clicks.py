"""Clicks: a card's button is its verb and incident, a `pick` is a whole command."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Via
from bot.slack import payloads
from bot.slack.payloads import Malformed
from tests.slack.shapes import TS, URL, clicked, invocation


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


def _linked(incident: str, words: str) -> dict[str, Any]:
    text = f":red_circle: *<https://acme.pagerduty.com/incidents/{incident}|{words}>*"
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


@pytest.mark.parametrize(
    ("shown", "headline"),
    [
        pytest.param([_linked("PT4KHLK", "#3 disk")], "#3 disk", id="card"),
        pytest.param([_linked("P1", "#1 x"), _linked("PT4KHLK", "#3 y")], "#3 y", id="list"),
        pytest.param([_linked("P1", "#1 x"), _linked("XPT4KHLK", "#2 y")], None, id="others"),
        pytest.param([_linked("PT4KHLK", "&lt;b&gt; &amp;lt;")], "<b> &lt;", id="escaped"),
        pytest.param([{"type": "divider"}, "x", {"text": "x"}, None], None, id="no text"),
        pytest.param(None, None, id="no blocks"),
    ],
)
@pytest.mark.parametrize("place", ["message", "view"])
def test_click_knows_what_stands_above_its_button(
    place: str, shown: Any, headline: str | None
) -> None:
    body = clicked("note", "PT4KHLK", message={}) | {place: {"blocks": shown}}

    assert payloads.click(body).headline == headline


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


@given(st.text(max_size=100))
def test_any_value_of_a_button_gives_a_result_or_a_sentence(value: str) -> None:
    for action_id in ("pick", "note", value):
        with contextlib.suppress(Malformed):
            payloads.click(clicked(action_id, value))


def chosen(value: Any) -> dict[str, Any]:
    body = clicked("more", None)
    body["actions"][0] |= {"type": "overflow", "selected_option": {"value": value}}
    return body


@pytest.mark.parametrize(
    ("value", "verb", "fields"),
    [
        ("take PT4KHLK", "take", {}),
        ("snooze PT4KHLK 1h", "snooze", {"args": "1h"}),
        ("snooze PT4KHLK until 09:00", "snooze", {"args": "until 09:00"}),
    ],
)
def test_choice_of_a_menu_is_a_command(value: str, verb: str, fields: dict[str, str]) -> None:
    found = payloads.click(chosen(value))

    assert (found.verb, found.incidents, found.text) == (verb, ("PT4KHLK",), value)
    assert (found.fields, found.confirmed) == (fields, False)


@pytest.mark.parametrize("value", [None, "", "snooze", "TAKE P1", "take P1\nx", "take <!here>", 7])
def test_choice_that_cannot_be_read_is_refused(value: Any) -> None:
    with pytest.raises(Malformed, match="This menu cannot be read any more"):
        payloads.click(chosen(value))
