"""The README names every setting and every verb."""

import re
from pathlib import Path

import pytest

from bot.actions.registry import ACTIONS
from bot.config import NAMES

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_setting_is_in_the_table(name: str) -> None:
    assert re.search(rf"^\| .*`{name}`.* \|$", README, re.MULTILINE)


@pytest.mark.parametrize("verb", [action.usage.verb for action in ACTIONS])
def test_verb_is_in_the_readme(verb: str) -> None:
    assert re.search(rf"/pd {verb}\b", README)
