"""The sentences that several answers share."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.actions.phrases import ago, cut, for_long, listed, pick, resolved_already, who_changed
from bot.model import Reference, Status
from bot.secret import Secret
from tests.offices import NOW, incident


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (timedelta(seconds=-5), "a few seconds"),
        (timedelta(seconds=59), "a few seconds"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=26, minutes=5), "26 h 5 min"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_time_that_passed_is_said_in_its_two_largest_units(passed: timedelta, said: str) -> None:
    assert for_long(NOW - passed, NOW) == said
    assert ago(NOW - passed, NOW) == f"{said} ago"


def test_unknown_time_and_person_are_said_so() -> None:
    gone = replace(incident(), status=Status.RESOLVED)

    assert for_long(None, NOW) == "some time"
    assert who_changed(gone) == "somebody"
    assert who_changed(replace(gone, last_status_change_by=Reference("P1", "Bob"))) == "Bob"
    assert " was resolved by somebody some time ago" in str(resolved_already(gone, NOW, "/pd"))


@pytest.mark.parametrize(
    ("words", "said"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_list_is_said_as_people_say_it(words: list[str], said: str) -> None:
    assert listed(words) == said


def test_pick_whose_text_does_not_fit_is_cut_and_marked() -> None:
    button = pick("Pick", "note", ("Q1",), "é" * 5000)

    value = json.loads(button.value)
    assert len(button.value) <= 2000
    assert (value["verb"], value["incidents"], value["form"]) == ("note", ["Q1"], True)
    assert set(value["args"]) == {"é"}
    assert cut("abc", 2) == "a…"


def test_secret_shows_itself_to_nobody_and_is_equal_to_its_like() -> None:
    secret = Secret("hush")

    assert (repr(secret), f"{secret}", secret.reveal()) == ("<secret>", "<secret>", "hush")
    assert secret == Secret("hush")
    assert secret != "hush"
    assert len({secret, Secret("hush")}) == 1
    assert not Secret("")
