"""What a description of a producer can say: variants, tests, extractions, transforms."""

from typing import Any

import pytest

from bot.notifier.engine import LONGEST_VALUE, Producers
from tests.notifier.posted import read


def variant(**parts: Any) -> Producers:
    """Give producers with one variant of the user's own."""
    return Producers.load([{"name": "mine", "map": {"ok": "success"}, "variant": [parts]}])


def test_first_matching_variant_wins() -> None:
    producers = Producers.load(
        [
            {
                "name": "mine",
                "variant": [
                    {
                        "when": [{"slot": "text", "equals": "x"}],
                        "raw_status": "a",
                        "condition": "start",
                    },
                    {"when": [{"slot": "text"}], "raw_status": "b", "condition": "failure"},
                ],
            }
        ]
    )

    assert [getattr(read({"text": text}, producers), "raw_status", None) for text in "xy"] == [
        "a",
        "b",
    ]


def test_lower_priority_goes_first_then_the_users_own() -> None:
    table = {"when": [{"slot": "text", "matches": r"\[job\].*"}], "raw_status": "x"}
    late = {"name": "late", "priority": 101, "variant": [table | {"condition": "start"}]}
    mine_too = {"name": "zz", "variant": [table | {"condition": "success"}]}

    assert (
        getattr(read({"text": "[job] a failed"}, Producers.load([late])), "producer", "")
        == "script"
    )
    assert (
        getattr(read({"text": "[job] a failed"}, Producers.load([mine_too])), "producer", "")
        == "zz"
    )


def test_tests_look_at_one_attachment_at_a_time() -> None:
    producers = variant(
        when=[
            {"slot": "att.title", "matches": "Job"},
            {"slot": "att.text", "matches": "(?P<status>.+)"},
            {"slot": "att.footer", "absent": True},
        ]
    )

    apart = {"attachments": [{"title": "Job"}, {"text": "ok"}]}
    together = {"attachments": [{"title": "x"}, {"title": "Job", "text": "ok"}]}
    with_footer = {"attachments": [{"title": "Job", "text": "ok", "footer": "f"}]}
    assert read(apart, producers) is None
    assert read(together, producers) is not None
    assert read(with_footer, producers) is None


def test_text_above_belongs_to_any_attachment() -> None:
    producers = variant(
        when=[
            {"slot": "text", "matches": "(?P<status>ok)"},
            {"slot": "att.title", "finds": "(?P<job>b)"},
        ]
    )

    status = read({"text": "ok", "attachments": [{"title": "a"}, {"title": "b"}]}, producers)

    assert status is not None
    assert status.job == "b"


@pytest.mark.parametrize(
    ("test", "content", "matches"),
    [
        ({"slot": "text", "equals": ["a", "b"]}, {"text": "b"}, True),
        ({"slot": "text", "equals": "a"}, {"text": "ab"}, False),
        ({"slot": "text", "matches": "a"}, {"text": "ab"}, False),
        ({"slot": "text", "matches": "a"}, {"text": "a"}, True),
        ({"slot": "text", "finds": "b"}, {"text": "abc"}, True),
        ({"slot": "text", "first_line": "a"}, {"text": "a\nb"}, True),
        ({"slot": "text", "first_line": "a+"}, {"text": "a" * 5000 + "\nb"}, True),
        ({"slot": "text", "first_line": "^a$"}, {"text": "a\nb"}, True),
        ({"slot": "text", "first_line": r"\Aa\z"}, {"text": "a\nb"}, True),
        ({"slot": "text", "first_line": r"\Aa\z"}, {"text": "ab\na"}, False),
        ({"slot": "text", "first_line": "(?s)a.*"}, {"text": "a\nb"}, True),
        ({"slot": "text", "first_line": r"a[^b]*c"}, {"text": "a\nc"}, False),
        ({"slot": "text", "first_line": "a|b"}, {"text": "b\na"}, True),
        ({"slot": "text", "first_line": "(?i)A"}, {"text": "a\nx"}, True),
        ({"slot": "text", "marked": True, "matches": r"\*a\*"}, {"text": "*a*"}, True),
        ({"slot": "text", "marked": True, "matches": r"\*a\*"}, {"text": "a"}, False),
        ({"slot": "text", "links_to": "https://x/.*"}, {"text": "<https://x/1|y>"}, True),
        ({"slot": "text", "links_to": "https://x/.*"}, {"text": "https://x/1"}, False),
        ({"slot": ["header", "text"]}, {"text": "x"}, True),
        ({"slot": "header"}, {"text": "x"}, False),
        ({"slot": "username", "matches": "R.*"}, {"text": "x", "username": "R2"}, True),
        ({"fields": "Job"}, {"attachments": [{"fields": [{"title": "Job", "value": "x"}]}]}, True),
        (
            {"fields": ["Job", "Run"]},
            {"attachments": [{"fields": [{"title": "Job", "value": "x"}]}]},
            False,
        ),
    ],
)
def test_every_kind_of_test(test: dict[str, Any], content: dict[str, Any], matches: bool) -> None:
    producers = variant(when=[test], raw_status="ok")

    assert (read(content, producers) is not None) is matches


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("text", "Go <b> now"),
        ({"slot": "text", "matches": "Go (.+) now"}, "<b>"),
        ({"slot": "text", "matches": "Stay (.+)|Go (.+) now"}, "<b>"),
        ({"slot": "text", "finds": "<.>"}, "<b>"),
        ({"slot": "text", "finds": "(nothing)?Go"}, None),
        ({"slot": "text", "link": "<b>"}, "https://x/y/42?z=%20"),
        ({"slot": "text", "link": "b"}, None),
        ({"slot": "text", "href": r".*/(\d+).*"}, "42"),
        ({"slot": "text", "href": r"ftp:.*"}, None),
        ({"slot": "text", "label": "<(.)>"}, "b"),
        ({"slot": "text", "link": ".*", "then": "last_path_part"}, "42"),
        ({"slot": "text", "matches": "(Go) .*", "then": ["lower", "strip"]}, "go"),
        ({"slot": "text", "href": r".*(%20)", "then": "url_decode"}, None),
        (["header", {"slot": "text", "finds": "now"}], "now"),
        (["header"], None),
    ],
)
def test_every_kind_of_extraction(where: Any, expected: str | None) -> None:
    producers = variant(when=[{"slot": "text"}], raw_status="ok", extract={"job": where})

    status = read({"text": "Go <https://x/y/42?z=%20|&lt;b&gt;> now"}, producers)

    assert status is not None
    assert status.job == expected


@pytest.mark.parametrize(
    ("transform", "value", "expected"),
    [
        ("strip", "x", "x"),
        ("lower", "X", "x"),
        ("unescape", "&lt;", "<"),
        ("unquote", "“x”", "x"),
        ("url_decode", "a%2Fb", "a/b"),
        ("branch", "refs/tags/v1", "v1"),
        ("branch", "refs/pull/5/merge", "pull/5/merge"),
        ("last_path_part", "https://x/y/42/?z=1/2", "42"),
        ("without_group_slash", " / x / y", "x / y"),
    ],
)
def test_every_transform(transform: str, value: str, expected: str) -> None:
    where = {"slot": "username", "then": transform}
    producers = variant(when=[{"slot": "text"}], raw_status="ok", extract={"job": where})

    status = read({"text": "x", "username": value.replace("&", "&amp;")}, producers)

    assert status is not None
    assert status.job == expected


def test_formats_take_what_the_tests_caught() -> None:
    producers = variant(
        when=[{"slot": "text", "matches": r"(?P<a>\w+)(?:/(?P<b2>\w+))?"}],
        raw_status="ok",
        format={"job": ["{a}.{b2}", "{a}"]},
        extract={"job": "text", "user": "header"},
    )

    jobs = [getattr(read({"text": text}, producers), "job", None) for text in ("x/y", "x")]

    assert jobs == ["x.y", "x"]


def test_status_may_come_from_a_slot_of_its_own() -> None:
    producers = variant(when=[{"slot": "text"}], status=["header", "att.color"])

    assert read({"text": "x", "attachments": [{"color": "ok"}]}, producers) is not None
    assert read({"text": "x"}, producers) is None


def test_values_are_one_line_and_bounded() -> None:
    producers = variant(
        when=[{"slot": "text", "matches": "(?s)(?P<job>.+)"}],
        raw_status="ok",
        extract={"url": "header", "duration": "text"},
    )

    status = read({"text": "a\n<!channel>  b" + "x" * 2000}, producers)

    assert status is not None
    assert status.job is not None
    assert status.job.startswith("a @channel bxxx")
    assert len(status.job) <= LONGEST_VALUE
    assert status.duration_seconds is None


@pytest.mark.parametrize(
    ("url", "kept"),
    [("https://x/1", True), ("javascript:alert(1)", False), ("https://x y", False), ("//x", False)],
)
def test_only_web_addresses_are_urls(url: str, kept: bool) -> None:
    producers = variant(when=[{"slot": "text"}], raw_status="ok", extract={"url": "att.title_link"})

    status = read({"text": "x", "attachments": [{"title_link": url}]}, producers)

    assert status is not None
    assert status.url == (url if kept else None)
