"""Who may have which effect where, and what a mistake in the file gets."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ConfigError
from bot.model import Effect
from bot.policy import Policy, load

FILE = """
[[allow]]
effects = ["ack", "note"]
channels = ["#prod", "C0PROD"]

[[allow]]
effects = ["resolve"]
groups = ["@payments-oncall", "S0PAY"]

[[allow]]
effects = ["reopen"]
channels = ["#prod"]
groups = ["S0PAY"]
users = ["U0ANN", "U0BOB"]
"""
PROD = ("C0PROD", "#prod")


@pytest.mark.parametrize(
    ("place", "person", "effects"),
    [
        pytest.param((), ("U0ANN",), set(), id="direct message"),
        pytest.param(PROD, ("U0ANN",), {"ack", "note"}, id="channel by id and name"),
        pytest.param(("C0PROD",), ("U0ANN",), {"ack", "note"}, id="name unknown"),
        pytest.param(("C0OTHER", "#other"), ("U0ANN",), set(), id="other channel"),
        pytest.param((), ("U0EVE", "S0PAY", "@pay"), {"resolve"}, id="group by id"),
        pytest.param((), ("U0EVE", "S0X", "@payments-oncall"), {"resolve"}, id="group by handle"),
        pytest.param(
            PROD, ("U0ANN", "S0PAY"), {"ack", "note", "resolve", "reopen"}, id="all keys fit"
        ),
        pytest.param(PROD, ("U0EVE", "S0PAY"), {"ack", "note", "resolve"}, id="user does not fit"),
    ],
)
def test_effects_are_granted_where_every_key_fits(
    place: tuple[str, ...], person: tuple[str, ...], effects: set[str]
) -> None:
    assert load(FILE, "p").allowed(place, person) == effects


def test_no_file_allows_everything_and_an_empty_one_nothing() -> None:
    assert Policy().allowed((), ("U0ANN",)) == frozenset(Effect)
    assert load("", "p").allowed(PROD, ("U0ANN",)) == frozenset()


def test_refusal_names_who_may_here() -> None:
    policy = load(FILE, "p")

    assert policy.who_may(Effect.RESOLVE, PROD) == ("@payments-oncall", "S0PAY")
    assert policy.who_may(Effect.REOPEN, PROD) == ("S0PAY", "U0ANN", "U0BOB")
    assert policy.who_may(Effect.REOPEN, ()) == ()
    assert Policy().who_may(Effect.ACK, PROD) == ()


def test_groups_are_asked_for_only_where_they_matter() -> None:
    assert load(FILE, "p").needs_groups
    assert not load('[[allow]]\neffects = ["ack"]', "p").needs_groups
    assert not Policy().needs_groups


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[[allow]", "p: is not valid TOML"),
        ("[allow]", "p: allow must be written as [[allow]] tables."),
        ("allow = [1]", "p: allow must be written as [[allow]] tables."),
        ("[[deny]]\n", 'p: "deny" is unknown; only [[allow]] tables stand here.'),
        ("[[allow]]", "p: [[allow]] 1: effects is missing, for example"),
        ('[[allow]]\neffects = "ack"', "effects must be a list of strings that is not empty"),
        ("[[allow]]\neffects = []", "effects must be a list of strings that is not empty"),
        ('[[allow]]\neffects = ["resolved"]', "Did you mean resolve?"),
        ('[[allow]]\neffects = ["xyzzy"]', "Known: ack, resolve, note, reassign, reopen"),
        ('[[allow]]\neffects = ["ack"]\nchanels = ["#x"]', "Did you mean channels?"),
        ('[[allow]]\neffects = ["ack"]\nzzz = 1', '"zzz" is unknown.'),
        ('[[allow]]\neffects = ["ack"]\nchannels = ["prod"]', 'channels has "prod", but a channel'),
        ('[[allow]]\neffects = ["ack"]\ngroups = ["pay"]', 'groups has "pay", but a user group'),
        ('[[allow]]\neffects = ["ack"]\nusers = ["@ann"]', 'users has "@ann", but a user is'),
        ('[[allow]]\neffects = ["ack"]\nusers = [1]', "users must be a list of strings"),
    ],
)
def test_mistake_stops_the_start_with_its_place(content: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(content, "p")

    assert says in str(caught.value)


def test_all_mistakes_come_at_once() -> None:
    content = '[[allow]]\n[[allow]]\neffects = ["akc"]\nusers = ["x"]\n[deny]\n'

    with pytest.raises(ConfigError) as caught:
        load(content, "p")

    assert len(caught.value.problems) == 4


@given(st.text())
def test_any_text_is_read_or_refused(content: str) -> None:
    with suppress(ConfigError):
        assert isinstance(load(content, "p").allowed((), ()), frozenset)
