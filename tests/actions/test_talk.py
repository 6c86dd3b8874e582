"""What is said to a bot and is no command: greetings, thanks, questions, sentences."""

import json
from typing import Any

import pytest

from bot.actions import registry
from bot.actions.help import Help
from bot.actions.registry import Misused
from bot.actions.talk import command_in, courtesy, is_filler, is_sentence
from bot.errors import UsageError
from bot.model import Invocation, SlackUserId, Via


def parse(text: str) -> Any:
    return registry.parse(Invocation(Via.MENTION, SlackUserId("U0ANN"), text), "/pd")


@pytest.mark.parametrize(
    "typed",
    [
        "help", "help me", "help me!", "help us, please", "HELP ME PLEASE", "help!", "help?!", "help with this",
        "h", "?", "commands", "usage", "Hilfe!", "help (please)", "help …",
    ],
)  # fmt: skip
def test_call_for_help_gets_the_list(typed: str) -> None:
    assert parse(typed) == Help()


@pytest.mark.parametrize(
    ("typed", "verb"),
    [
        ("help reassign", "reassign"),
        ("help RA", "ra"),
        ("help me reassign this", "reassign"),
        ("help with ack, please", "ack"),
        ("help frob", "frob"),
    ],
)
def test_help_about_a_verb_is_found_behind_polite_words(typed: str, verb: str) -> None:
    assert parse(typed) == Help(about=verb)


@pytest.mark.parametrize(
    ("typed", "opening"),
    [
        ("hi", "Hello!"),
        ("Hello there!", "Hello!"),
        ("hey 👋", "Hello!"),
        ("Good morning", "Hello!"),
        ("hi all", "Hello!"),
        ("thanks", "You're welcome."),
        ("thank you very much!", "You're welcome."),
        ("thx :)", "You're welcome."),
    ],
)
def test_courtesy_is_returned(typed: str, opening: str) -> None:
    assert courtesy(typed) == opening
    assert parse(typed) == Help(opening=opening)


@pytest.mark.parametrize(
    "typed", ["hi, ack 123", "thanks for resolving 123", "good", "", "hello disk is full", "👋"]
)
def test_what_says_more_than_a_greeting_is_none(typed: str) -> None:
    assert courtesy(typed) is None


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [
        ("can you ack #123 please?", {"verb": "ack", "incidents": [], "args": "#123 please"}),
        ("please list all!", {"verb": "list", "incidents": [], "args": "all"}),
        ("who is on call for billing?", {"verb": "oncall", "incidents": [], "args": ""}),
        ("could somebody resolve this", {"verb": "resolve", "incidents": [], "args": "this"}),
    ],
)
def test_sentence_is_not_executed_and_its_verb_is_offered(
    typed: str, suggested: dict[str, Any]
) -> None:
    with pytest.raises(UsageError, match="I only understand commands") as caught:
        parse(typed)

    (button,) = caught.value.buttons
    assert json.loads(button.value) == suggested


@pytest.mark.parametrize(
    "typed", ["is anything on fire?", "what can you do?", "I think the disk is full", "how are you"]
)
def test_sentence_without_a_verb_is_told_what_i_understand(typed: str) -> None:
    with pytest.raises(UsageError, match=r"Try list, oncall, show #123 or note") as caught:
        parse(typed)

    assert caught.value.buttons == ()


@pytest.mark.parametrize("typed", ["list?", "whoami!", "oncall?"])
def test_mark_behind_a_verb_that_reads_does_not_matter(typed: str) -> None:
    assert parse(typed) == parse(typed[:-1])


@pytest.mark.parametrize("typed", ["ack!", "resolve?", "take!"])
def test_mark_behind_a_verb_that_writes_is_asked_about(typed: str) -> None:
    with pytest.raises(UsageError, match="Did you mean") as caught:
        parse(typed)

    assert not isinstance(caught.value, Misused)


def test_word_that_merely_looks_like_an_id_is_no_incident_to_show() -> None:
    with pytest.raises(UsageError) as caught:
        parse("problem")

    assert "Did you mean show?" not in str(caught.value)


def test_pieces_of_talk() -> None:
    assert is_filler("me!")
    assert not is_filler("ack")
    assert is_sentence("what's up")
    assert not is_sentence("what")
    assert command_in("nothing here", {"ack"}) is None
