"""What the sandbox refuses of blocks and views, beside the vendor's schemas."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft7Validator

from bot.sandbox.slack import SlackError
from bot.sandbox.slack.clock import SystemClock
from bot.sandbox.slack.inspection import Inspector
from bot.sandbox.slack.strict import block_problems, view_problems
from tests.shared import shared_data

Json = dict[str, Any]


def plain(text: str, **more: Any) -> Json:
    return {"type": "plain_text", "text": text, **more}


def mrkdwn(text: str, **more: Any) -> Json:
    return {"type": "mrkdwn", "text": text, **more}


def section(text: Any = None, **more: Any) -> Json:
    return {"type": "section", "text": mrkdwn("x") if text is None else text, **more}


def button(**more: Any) -> Json:
    return {"type": "button", "action_id": "a", "text": plain("Go"), **more}


def actions(*elements: Json, **more: Any) -> Json:
    return {"type": "actions", "elements": list(elements), **more}


def option(value: str = "v", text: str = "t") -> Json:
    return {"text": plain(text), "value": value}


def select(**more: Any) -> Json:
    return {"type": "static_select", "action_id": "s", "options": [option()], **more}


def written(element: Json | None = None, **more: Any) -> Json:
    field = {"type": "plain_text_input", "action_id": "note"} if element is None else element
    return {"type": "input", "block_id": "note", "label": plain("Note"), "element": field, **more}


def modal(*blocks: Json, **more: Any) -> Json:
    return {
        "type": "modal",
        "title": plain("Note"),
        "submit": plain("Add"),
        "blocks": list(blocks),
        **more,
    }


IMAGE = {"type": "image", "image_url": "https://x.example/a.png", "alt_text": "a"}
CONFIRM = {"title": plain("Sure?"), "text": mrkdwn("Really"), "confirm": plain("Yes")}

GOOD_BLOCKS: dict[str, list[Json]] = {
    "a section": [section()],
    "fields and accessory": [section(fields=[mrkdwn("a"), plain("b")], accessory=button())],
    "fields only": [{"type": "section", "fields": [mrkdwn("a")]}],
    "an image beside": [section(accessory=IMAGE)],
    "a header and a line": [
        {"type": "header", "text": plain("h", emoji=True)},
        {"type": "divider"},
    ],
    "a context": [{"type": "context", "elements": [mrkdwn("x", verbatim=True), plain("y"), IMAGE]}],
    "buttons": [
        actions(button(value="P1", style="danger", confirm=CONFIRM, url="https://x.example"))
    ],
    "selects": [actions(select(initial_option=option(), placeholder=plain("Choose")))],
    "groups": [
        actions(
            {
                "type": "multi_static_select",
                "action_id": "g",
                "option_groups": [{"label": plain("l"), "options": [option()]}],
                "initial_options": [option()],
            }
        )
    ],
    "overflow": [section(accessory={"type": "overflow", "action_id": "o", "options": [option()]})],
    "people": [actions({"type": "users_select", "action_id": "u", "initial_user": "U1"})],
    "dates": [
        actions(
            {"type": "datepicker", "action_id": "d", "initial_date": "2026-03-01"},
            {"type": "timepicker", "action_id": "t", "initial_time": "23:59"},
            {"type": "datetimepicker", "action_id": "dt", "initial_date_time": 1_772_366_400},
        )
    ],
    "an image": [{**IMAGE, "title": plain("t")}],
    "markdown": [{"type": "markdown", "text": "**x**"}],
    "rich text": [
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]},
            ],
        }
    ],
    "an input": [written()],
    "fifty": [section()] * 50,
    "the longest": [section(mrkdwn("x" * 3000)), {"type": "header", "text": plain("x" * 150)}],
}

BAD_BLOCKS: dict[str, Any] = {
    "no list": {},
    "no objects": ["x"],
    "an unknown type": [{"type": "surprise"}],
    "no type": [{"text": mrkdwn("x")}],
    "fifty-one": [section()] * 51,
    "an unknown key": [section(colour="red")],
    "an empty section": [{"type": "section"}],
    "an empty text": [section(mrkdwn(""))],
    "a number as text": [section({"type": "mrkdwn", "text": 5})],
    "a string as text": [section("x")],
    "a long section": [section(mrkdwn("x" * 3001))],
    "emoji in mrkdwn": [section(mrkdwn("x", emoji=True))],
    "eleven fields": [section(fields=[mrkdwn("x")] * 11)],
    "a long field": [section(fields=[mrkdwn("x" * 2001)])],
    "a mrkdwn header": [{"type": "header", "text": mrkdwn("x")}],
    "a long header": [{"type": "header", "text": plain("x" * 151)}],
    "no elements": [actions()],
    "twenty-six buttons": [actions(*(button(action_id=str(n)) for n in range(26)))],
    "eleven in a context": [{"type": "context", "elements": [mrkdwn("x")] * 11}],
    "a button in a context": [{"type": "context", "elements": [button()]}],
    "an input in actions": [actions({"type": "plain_text_input", "action_id": "x"})],
    "an unknown element": [actions({"type": "lever", "action_id": "x"})],
    "a mrkdwn button": [actions(button(text=mrkdwn("x")))],
    "a long button": [actions(button(text=plain("x" * 76)))],
    "a long value": [actions(button(value="x" * 2001))],
    "an odd style": [actions(button(style="green"))],
    "an odd url": [actions(button(url="javascript:x"))],
    "a long url": [actions(button(url="https://x.example/" + "x" * 3000))],
    "a long action_id": [actions(button(action_id="x" * 256))],
    "a long block_id": [section(block_id="x" * 256)],
    "a long confirm": [actions(button(confirm={"text": plain("x" * 301)}))],
    "a long confirm title": [actions(button(confirm={**CONFIRM, "title": plain("x" * 101)}))],
    "a long confirm button": [actions(button(confirm={**CONFIRM, "confirm": plain("x" * 31)}))],
    "no options": [actions(select(options=[]))],
    "many options": [actions(select(options=[option(str(n)) for n in range(101)]))],
    "options and groups": [
        actions(select(option_groups=[{"label": plain("l"), "options": [option()]}]))
    ],
    "a long option": [actions(select(options=[option(text="x" * 76)]))],
    "a long option value": [actions(select(options=[option("x" * 76)]))],
    "another initial option": [actions(select(initial_option=option("other")))],
    "six in an overflow": [
        actions({"type": "overflow", "options": [option(str(n)) for n in range(6)]})
    ],
    "a long placeholder": [actions(select(placeholder=plain("x" * 151)))],
    "an odd date": [actions({"type": "datepicker", "initial_date": "1 March"})],
    "an odd time": [actions({"type": "timepicker", "initial_time": "25:00"})],
    "an odd instant": [actions({"type": "datetimepicker", "initial_date_time": 5})],
    "an odd flag": [section(expand="yes")],
    "no alt text": [{"type": "image", "image_url": "https://x.example/a.png"}],
    "two sources": [{**IMAGE, "slack_file": {"id": "F1"}}],
    "no source beside": [section(accessory={"type": "image", "alt_text": "x"})],
    "long markdown": [{"type": "markdown", "text": "x" * 12_001}],
    "long markdown in sum": [{"type": "markdown", "text": "x" * 6_001}] * 2,
    "one block_id twice": [section(block_id="b"), section(block_id="b")],
    "one action_id twice": [actions(button(), button())],
    "two in focus": [
        written({"type": "plain_text_input", "action_id": "a", "focus_on_load": True}),
        written(
            {"type": "plain_text_input", "action_id": "b", "focus_on_load": True}, block_id="b"
        ),
    ],
    "odd rich text": [{"type": "rich_text", "elements": [{"type": "rich_text_section"}]}],
}

GOOD_VIEWS: dict[str, Json] = {
    "a form": modal(written(optional=True, hint=plain("h"))),
    "without submit": {"type": "modal", "title": plain("t"), "blocks": [section()]},
    "a home tab": {"type": "home", "blocks": [section(), actions(button())]},
    "a hundred": modal(*[section()] * 100),
    "with everything": modal(
        section(), close=plain("Close"), private_metadata="{}", callback_id="c", external_id="e"
    ),
    "an external select": modal(
        written({"type": "external_select", "action_id": "e", "min_query_length": 0})
    ),
}

BAD_VIEWS: dict[str, Any] = {
    "no object": [],
    "an unknown type": {"type": "dialog", "title": plain("t"), "blocks": []},
    "no title": {"type": "modal", "blocks": []},
    "no blocks": {"type": "modal", "title": plain("t")},
    "a long title": modal(title=plain("x" * 25)),
    "a long submit": modal(submit=plain("x" * 25)),
    "a long metadata": modal(private_metadata="x" * 3001),
    "a long callback_id": modal(callback_id="x" * 256),
    "a hundred and one": modal(*[section()] * 101),
    "markdown": modal({"type": "markdown", "text": "x"}),
    "an input without submit": {"type": "modal", "title": plain("t"), "blocks": [written()]},
    "an unknown key": modal(state={}),
    "a title on a home tab": {"type": "home", "title": plain("t"), "blocks": []},
    "one block_id twice": modal(section(block_id="b"), section(block_id="b")),
}


@pytest.mark.parametrize("blocks", GOOD_BLOCKS.values(), ids=GOOD_BLOCKS)
def test_good_blocks_pass(blocks: list[Json]) -> None:
    assert block_problems(blocks) == []


@pytest.mark.parametrize("blocks", BAD_BLOCKS.values(), ids=BAD_BLOCKS)
def test_bad_blocks_are_refused_with_a_pointer(blocks: Any) -> None:
    problems = block_problems(blocks)

    assert problems
    assert all(one.startswith("[ERROR] ") and "[json-pointer:/blocks" in one for one in problems)


@pytest.mark.parametrize("view", GOOD_VIEWS.values(), ids=GOOD_VIEWS)
def test_good_views_pass(view: Json) -> None:
    assert view_problems(view) == ([], [])


@pytest.mark.parametrize("view", BAD_VIEWS.values(), ids=BAD_VIEWS)
def test_bad_views_are_refused(view: Any) -> None:
    outside, inside = view_problems(view)

    assert outside or inside


@pytest.mark.parametrize(
    ("name", "good"),
    [("blockkit", GOOD_BLOCKS), ("view", GOOD_VIEWS)],
)
def test_what_passes_is_right_by_the_vendors_schema(name: str, good: dict[str, Any]) -> None:
    """Our strictness and the schema were written apart; they agree about what is right."""
    path = shared_data() / "slack" / f"{name}.strict.schema.json"
    schema = Draft7Validator(json.loads(path.read_text(encoding="utf-8")))

    assert [what for what, value in good.items() if not schema.is_valid(value)] == []


# -------------------------------------------------------------------- the inspector


@pytest.fixture
def inspector() -> Inspector:
    return Inspector(SystemClock())


def test_missing_ids_are_filled_in(inspector: Inspector) -> None:
    given = [section(accessory={"type": "button", "text": plain("x")}), section(accessory=IMAGE)]
    named = inspector.blocks(given)

    assert named[0]["block_id"] != named[1]["block_id"]
    assert named[0]["accessory"]["action_id"]
    assert "action_id" not in named[1]["accessory"]
    assert "block_id" not in given[0]


def dislike(_kind: str, _value: Any) -> None:
    """Dislike everything."""
    raise AssertionError("blocks[0] is ugly")


@pytest.mark.parametrize(
    ("look", "value"),
    [
        pytest.param(lambda one: one.blocks, [section()], id="blocks"),
        pytest.param(lambda one: one.view, modal(section()), id="view"),
    ],
)
def test_a_validators_opinion_is_a_refusal(
    inspector: Inspector, look: Callable[[Inspector], Callable[[Any], Any]], value: Any
) -> None:
    inspector.validators.append(lambda *_: None)
    look(inspector)(value)
    inspector.validators.append(dislike)
    with pytest.raises(SlackError) as refused:
        look(inspector)(value)

    assert refused.value.code == "invalid_blocks"
    assert refused.value.messages == ("[ERROR] blocks[0] is ugly",)
    assert refused.value.body["response_metadata"]["messages"] == ["[ERROR] blocks[0] is ugly"]
    assert inspector.refused[0].value == value


def test_a_huge_view_is_refused(inspector: Inspector) -> None:
    huge = modal(*[section(mrkdwn("x" * 3000)) for _ in range(84)])
    with pytest.raises(SlackError, match="view_too_large"):
        inspector.view(huge)
