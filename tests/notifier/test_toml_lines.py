"""Lines of keys in a TOML text."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from bot.notifier.toml_lines import Lines

TEXT = '''\
# [[rule]]
top = 1

[[rule]]
name = "a" # name = "b"
job = [
  "x", # ]
  "[[rule]]",
]
summary = """
[[rule]]
name = "no"
\\"""
"""
  on.start.action = "none"
[rule . "on".'failure']
severity = "error"
images = 'a=b'

[[ rule ]]
"name" = 'b'
on = { failure = { severity = "info" } }
[[rule.inner]]
x = 1
[[rule.inner]]
x = 2
'''


def test_lines_are_found() -> None:
    tomllib.loads(TEXT)  # it is TOML
    lines = Lines(TEXT)
    assert {
        path: lines.of(path)
        for path in (
            ("top",),
            ("rule", 0),
            ("rule", 0, "name"),
            ("rule", 0, "job"),
            ("rule", 0, "summary"),
            ("rule", 0, "on", "start", "action"),
            ("rule", 0, "on", "failure", "severity"),
            ("rule", 0, "on", "failure", "images"),
            ("rule", 1, "name"),
            ("rule", 1, "on"),
            ("rule", 1, "inner", 1, "x"),
        )
    } == {
        ("top",): 2,
        ("rule", 0): 4,
        ("rule", 0, "name"): 5,
        ("rule", 0, "job"): 6,
        ("rule", 0, "summary"): 10,
        ("rule", 0, "on", "start", "action"): 15,
        ("rule", 0, "on", "failure", "severity"): 17,
        ("rule", 0, "on", "failure", "images"): 18,
        ("rule", 1, "name"): 21,
        ("rule", 1, "on"): 22,
        ("rule", 1, "inner", 1, "x"): 26,
    }


def test_unknown_path_has_the_line_of_the_table_around_it() -> None:
    lines = Lines(TEXT)
    assert lines.of(("rule", 1, "on", "failure", "severity")) == 22
    assert lines.of(("rule", 0, "channels")) == 4
    assert lines.of(("producer", 3)) is None
    assert lines.of(()) is None


@given(st.text("[]{}=\"'#.a\n\\, ", max_size=60))
def test_any_text_is_read_to_its_end(text: str) -> None:
    Lines(text)
