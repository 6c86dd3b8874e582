"""Message objects, flattened into named slots."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.notifier.mrkdwn import SlotLink
from bot.notifier.slots import LONGEST, MOST_CHARACTERS, MOST_SLOTS, flatten


def texts(content: Any) -> dict[str, str]:
    """Give the slots by name."""
    return {slot.name: slot.text for slot in flatten(content)}


def section(*fields: str, **more: Any) -> dict[str, Any]:
    """Give a section block with fields."""
    return {
        "type": "section",
        "fields": [{"type": "mrkdwn", "text": text} for text in fields],
    } | more


def mrkdwn(text: str) -> dict[str, str]:
    """Give a text object."""
    return {"type": "mrkdwn", "text": text}


def test_text_and_username_are_slots() -> None:
    assert texts({"text": "*Hi* there", "username": "Rundeck"}) == {
        "text": "Hi there",
        "username": "Rundeck",
    }


def test_attachment_has_a_slot_for_each_part() -> None:
    attachment = {
        "pretext": "p",
        "title": "t & x",
        "title_link": "https://x/?a=1&amp;b=2",
        "text": "x",
        "fallback": "f",
        "author_name": "a",
        "author_link": "https://a",
        "footer": "<https://f|foot>",
        "color": "good",
        "image_url": "https://i",
        "fields": [{"title": "*Job*", "value": "y"}, {"title": "", "value": "z"}],
    }

    assert texts({"attachments": [attachment]}) == {
        "att[0].pretext": "p",
        "att[0].title": "t & x",
        "att[0].title_link": "https://x/?a=1&b=2",
        "att[0].text": "x",
        "att[0].fallback": "f",
        "att[0].author_name": "a",
        "att[0].author_link": "https://a",
        "att[0].footer": "foot",
        "att[0].color": "good",
        "att[0].image_url": "https://i",
        "att[0].field[Job]": "y",
        "att[0].field[1]": "z",
    }


def test_title_keeps_its_marks_and_loses_its_entities() -> None:
    assert texts({"attachments": [{"title": "*a* &amp; _b_"}]}) == {"att[0].title": "*a* & _b_"}


def test_blocks_are_numbered_and_headers_are_not() -> None:
    content = {
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": "*H* :tada:"}},
            {"type": "section", "text": mrkdwn("*s*")},
            {"type": "divider"},
            {"type": "context", "elements": [mrkdwn("`c`"), {"type": "image"}]},
            {"type": "markdown", "text": "m"},
        ]
    }

    assert texts(content) == {
        "header": "*H* :tada:",
        "block[1]": "s",
        "context[3]": "c",
        "block[4]": "m",
    }


@pytest.mark.parametrize(
    "field",
    ["*Job*: load_x", "*Job:* load_x", "*Job*\nload_x", "*Job*:\nload_x", "*Job*\\nload_x"],
)
def test_field_that_shows_its_label_is_named_after_it(field: str) -> None:
    assert texts({"blocks": [section(field)]}) == {"block[0].field[Job]": "load_x"}


def test_alternating_fields_are_label_and_value() -> None:
    assert texts({"blocks": [section("*Branch*", "main", "*Job*", "*x* y")]}) == {
        "block[0].field[Branch]": "main",
        "block[0].field[Job]": "x y",
    }


def test_label_without_a_value_does_not_take_the_next_field_for_it() -> None:
    fields = section("*Tag*: ", "*Branch*: ", "*Author*: jane", "*User*:\n", "*Job*\nload")

    assert texts({"blocks": [fields]}) == {
        "block[0].field[Author]": "jane",
        "block[0].field[Job]": "load",
    }


def test_alternating_attachment_fields_are_label_and_code() -> None:
    fields = [{"title": "It failed"}, {"value": "Job ID"}, {"value": "`7`"}, {"value": "rest"}]

    assert texts({"attachments": [{"fields": fields}]}) == {
        "att[0].field_title": "It failed",
        "att[0].field[Job ID]": "7",
        "att[0].field[3]": "rest",
    }


def test_buttons_are_named_by_their_label_wherever_they_are() -> None:
    button = {
        "type": "button",
        "text": {"type": "plain_text", "text": "View Job"},
        "url": "https://j",
    }
    content = {
        "blocks": [{"type": "actions", "elements": [button, {"type": "button", "url": ""}]}],
        "attachments": [
            {"blocks": [section(accessory=button)]},
            {"actions": [{"type": "button", "text": "Logs", "url": "https://l"}]},
        ],
    }

    assert texts(content) == {
        "button[View Job].url": "https://j",
        "att[0].button[View Job].url": "https://j",
        "att[1].button[Logs].url": "https://l",
    }
    (slot,) = flatten(content).get("button[View Job].url")
    assert slot.links == (SlotLink("https://j", "View Job"),)


def test_rich_text_is_read_like_mrkdwn() -> None:
    elements = [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "emoji", "name": "x"},
                {"type": "text", "text": " <a> ", "style": {"bold": True}},
                {"type": "text", "text": "b*c", "style": {"code": True}},
                {"type": "link", "url": "https://x?a&b", "text": "l"},
                {"type": "link", "url": "https://y"},
                {"type": "user", "user_id": "U1"},
                {"type": "broadcast", "range": "here"},
                {"type": ["odd"], "elements": 7},
                "odd",
            ],
        },
        {"type": "rich_text_list", "elements": [{"type": "rich_text_section", "elements": []}]},
    ]

    (slot,) = flatten({"blocks": [{"type": "rich_text", "elements": elements}]})

    assert slot.text == ":x:* <a> *b*clhttps://y@U1@here"
    assert slot.links == (SlotLink("https://x?a&b", "l"), SlotLink("https://y", "https://y"))


def test_unfurled_links_are_not_part_of_the_message() -> None:
    unfurled = {"from_url": "https://x", "title": "Failed"}

    assert texts({"attachments": [unfurled, {"title": "t"}]}) == {"att[0].title": "t"}


def test_slots_are_found_by_family_and_attachment() -> None:
    slots = flatten({"text": "x", "attachments": [{"title": "a"}, {"title": "b"}]})

    assert [slot.text for slot in slots.get("att.title")] == ["a", "b"]
    assert [slot.text for slot in slots.get("att.title", 1)] == ["b"]
    assert [slot.text for slot in slots.get("text", 1)] == ["x"]
    assert slots.get("header") == []
    assert repr(slots.get("text")[0]) == "Slot('text', 'x')"
    assert len(slots) == 3


def test_links_can_be_asked_for_first() -> None:
    (slot,) = flatten({"text": "<https://x|y>"})

    assert slot.links == (SlotLink("https://x", "y"),)
    assert (slot.utf8, slot.marked_utf8) == (b"y", b"y")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"text": "x" * 40_000}, id="long text"),
        pytest.param({"attachments": [{"text": "x" * 9000}] * 100}, id="long attachments"),
        pytest.param({"attachments": [{"fields": [{"value": "x"}] * 100}] * 100}, id="fields"),
        pytest.param({"blocks": [section(*["*a*: b"] * 100)] * 100}, id="block fields"),
        pytest.param({"blocks": [{"type": "section", "text": mrkdwn("x")}] * 500}, id="blocks"),
        pytest.param({"attachments": [{"actions": [{"url": "u"}] * 500}]}, id="actions"),
        pytest.param({"attachments": [{"title_link": "x" * 9000}] * 100}, id="links"),
    ],
)
def test_slots_are_bounded(content: dict[str, Any]) -> None:
    slots = list(flatten(content))

    assert 0 < len(slots) <= MOST_SLOTS
    assert all(len(slot.text) <= LONGEST for slot in slots)
    assert sum(len(slot.text) for slot in slots) <= MOST_CHARACTERS + LONGEST


def nested(depth: int) -> dict[str, Any]:
    """Give blocks within blocks."""
    inner: dict[str, Any] = {"type": "section", "text": mrkdwn("deep")}
    for _ in range(depth):
        inner = {"type": "container", "blocks": [inner]}
    return {"blocks": [inner]}


def test_nesting_is_read_to_a_depth() -> None:
    assert [slot.text for slot in flatten(nested(3))] == ["deep"]
    assert list(flatten(nested(200))) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
KEYS = st.sampled_from(
    [
        "text",
        "blocks",
        "attachments",
        "fields",
        "title",
        "value",
        "type",
        "elements",
        "url",
        "style",
    ]
)
KINDS = st.sampled_from(["section", "rich_text", "actions", "header", "context", "link", "text"])
SLACK_LIKE = st.recursive(
    JSON | KINDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=40,
)


@given(st.dictionaries(KEYS | st.text(), SLACK_LIKE, max_size=6))
@settings(deadline=None)
def test_any_json_is_flattened_without_an_error(content: dict[str, Any]) -> None:
    for slot in flatten(content):
        assert isinstance(slot.text, str)
        assert isinstance(slot.utf8, bytes)
        assert all(isinstance(link.url, str) for link in slot.links)


@pytest.mark.parametrize(
    "text",
    ["*a " * 13_333, "`a ``` " * 6_000, "<https://" * 4_444, "<" * 40_000, "&amp;" * 8_000],
    ids=["marks", "ticks", "open links", "angles", "entities"],
)
def test_hostile_text_is_flattened_quickly(text: str) -> None:
    content = {"text": text, "attachments": [{"text": text, "pretext": text}] * 100}
    fastest = min(_seconds(content) for _ in range(3))

    assert fastest < 0.05  # about 2 ms of the processor


def _seconds(content: dict[str, Any]) -> float:
    started = time.thread_time()
    for slot in flatten(content):
        _ = slot.utf8
    return time.thread_time() - started


@pytest.mark.parametrize(
    "value", ["*nightly* load - #7 Success", "*star", "a *b*: c", "*a*b: c", "**"]
)
def test_bold_text_is_no_label_without_a_colon_or_the_end_of_its_line(value: str) -> None:
    assert list(texts({"attachments": [{"fields": [{"value": value}]}]})) == ["att[0].field[0]"]
