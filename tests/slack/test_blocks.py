"""The builders keep Slack's limits, and refuse what must not be shortened."""

import pytest

from bot.model import Button, Choice, line
from bot.slack import blocks
from tests.slack.validation import check_message


def test_button_with_a_long_value_is_refused() -> None:
    with pytest.raises(ValueError, match="2000"):
        blocks.button(Button("x", "pick", "x" * 2001))


@pytest.mark.parametrize("value", ["", "x" * 76])
def test_option_with_a_bad_value_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="75"):
        blocks.option(Choice("x", value))


def test_select_without_choices_is_refused() -> None:
    with pytest.raises(ValueError, match="'a'"):
        blocks.choice_select("a", [])


def test_actions_start_a_new_row_after_25() -> None:
    elements = [blocks.button(Button("x", f"a{index}", "x")) for index in range(60)]

    rows = blocks.actions(elements)

    check_message(rows)
    assert [len(row["elements"]) for row in rows] == [25, 25, 10]


def test_every_text_that_is_empty_gets_a_dash() -> None:
    made = [blocks.section(line(" ")), blocks.context(line("")), blocks.header("\n")]

    check_message([*made, blocks.divider()])


def test_section_leaves_out_lines_that_have_no_room() -> None:
    made = blocks.section(line("x" * 2999), line("y"))

    assert made["text"]["text"] == "x" * 2999


def test_stack_keeps_groups_whole() -> None:
    group = [blocks.divider(), blocks.divider()]

    made = blocks.stack([], [group] * 5, [], more=lambda count: (f"{count} more",), most=6)

    assert [block["type"] for block in made] == ["divider"] * 4 + ["section"]
    assert made[-1]["text"]["text"] == "3 more"


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        pytest.param([blocks.section(line("x"))] * 51, "50", id="51 blocks"),
        pytest.param([{**blocks.divider(), "title": "x"}], "additionalProperties", id="odd key"),
        pytest.param(
            [{"type": "actions", "elements": [blocks.button(Button("x", "a", "x"))] * 2}],
            "duplicate action_id",
            id="same action twice",
        ),
        pytest.param(
            [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}], "3000", id="long"
        ),
        pytest.param([blocks.section(line("x" * 3000))] * 5, "13,000", id="too much text"),
    ],
)
def test_what_slack_refuses_is_refused_by_the_validation(bad: list[blocks.Block], why: str) -> None:
    with pytest.raises(AssertionError, match=why):
        check_message(bad)
