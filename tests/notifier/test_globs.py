"""Many globs against one value."""

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.notifier.globs import Glob, GlobIndex

ALPHABET = "ab*?[]!-/"


@pytest.mark.parametrize(
    ("glob", "value", "matches"),
    [
        ("billing", "billing", True),
        ("billing", "Billing", False),
        ("billing", "billing2", False),
        ("nightly/*", "nightly/a/b", True),
        ("nightly/*", "nightly", False),
        ("*", "", True),
        ("", "x", False),
        ("*-prod", "web-prod", True),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("web-?", "web-1", True),
        ("web-?", "web-12", False),
        ("web-[0-9]", "web-7", True),
        ("web-[!0-9]", "web-7", False),
        ("web-[!0-9]", "web-x", True),
        ("[nightly] load", "[nightly] load", True),
        ("[nightly] load", "n load", True),
        ("Load [", "Load [", True),
        ("Load [*", "Load [x", True),
        ("a.b*", "axb", False),
        ("*(x)?", "(x)y", True),
        ("x[z-a]", "xz", False),
        ("x[!z-a]", "xz", True),
        ("*\N{ROCKET}?", "go \N{ROCKET}\N{ROCKET}", True),
        ("a*", "a\nb", True),
    ],
)
def test_glob_matches(glob: str, value: str, matches: bool) -> None:
    assert Glob(glob).matches(value) is matches
    assert (GlobIndex({glob: 1}).owners_of(value) == 1) is matches


@given(st.text(ALPHABET, max_size=8), st.text(ALPHABET, max_size=8))
def test_glob_agrees_with_fnmatch_and_matches_itself(glob: str, value: str) -> None:
    expected = glob == value or fnmatch.fnmatchcase(value, glob)
    assert Glob(glob).matches(value) is expected


@given(
    st.lists(st.text(ALPHABET, max_size=6), max_size=12, unique=True),
    st.text(ALPHABET, max_size=8),
)
def test_index_finds_what_each_glob_finds_alone(globs: list[str], value: str) -> None:
    index = GlobIndex({glob: 1 << at for at, glob in enumerate(globs)}, always=1 << 20)
    expected = sum(1 << at for at, glob in enumerate(globs) if Glob(glob).matches(value))
    assert index.owners_of(value) == expected | 1 << 20
    assert index.owners_of(value, wanted=0b101) == expected & 0b101
