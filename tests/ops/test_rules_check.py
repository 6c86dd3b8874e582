"""`pdbot rules check`."""

import io
from pathlib import Path

import pytest

from bot.ops.rules_cli import check_rules

KEY = "0123456789abcdef0123456789abcdef"


def checked(path: Path, **environ: str) -> tuple[int, list[str]]:
    out = io.StringIO()
    code = check_rules(path, environ=environ, out=out)
    return code, out.getvalue().splitlines()


def test_good_rules_are_ok(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text('[[rule]]\nname = "r"\nbots = "B0"', "utf-8")
    assert checked(path, PAGERDUTY_INTEGRATION_KEY=KEY) == (0, [f"{path}: ok, 1 rule, 0 warnings."])


def test_all_problems_are_printed(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text('[[rule]]\nname = "r"\nx = 1\ny = 2', "utf-8")
    code, lines = checked(path)
    assert code == 2
    assert [line.split(" ")[0] for line in lines] == [f"{path}:3:", f"{path}:4:"]


def test_rules_file_that_is_not_there_fails_the_check(tmp_path: Path) -> None:
    code, lines = checked(tmp_path / "rules.toml")
    assert code == 2
    assert "there is no such file, so the notifier is off" in lines[0]


@pytest.mark.parametrize(
    ("key_ref", "environ", "problem"),
    [
        ("env:K", {}, "The environment variable K is missing."),
        ("env:K", {"K": " "}, "The environment variable K is missing."),
        ("env:K", {"K": "s3cr3t"}, "What the environment variable K holds is no integration key"),
        ("env:K", {"K_FILE": "{bad}"}, "What the file {bad} holds is no integration key"),
        ("env:K", {"K_FILE": "{none}"}, "The file {none} of an integration key cannot be read."),
        ("file:{none}", {}, "The file {none} of an integration key cannot be read."),
        ("file:{bad}", {}, "What the file {bad} holds is no integration key"),
        ("file:{good}", {}, None),
        ("env:K", {"K_FILE": "{good}"}, None),
        ("env:K", {"K": KEY}, None),
    ],
)
def test_integration_key_that_is_not_there_is_a_warning(
    tmp_path: Path, key_ref: str, environ: dict[str, str], problem: str | None
) -> None:
    places = {name: str(tmp_path / name) for name in ("good", "bad", "none")}
    (tmp_path / "good").write_text(KEY + "\n", "utf-8")
    (tmp_path / "bad").write_text("s3cr3t", "utf-8")
    path = tmp_path / "rules.toml"
    path.write_text(
        f'[[rule]]\nname = "r"\nbots = "B0"\nintegration_key = "{key_ref.format(**places)}"',
        "utf-8",
    )

    code, lines = checked(path, **{name: ref.format(**places) for name, ref in environ.items()})

    assert code == 0
    assert "s3cr3t" not in "\n".join(lines)
    if problem is None:
        assert len(lines) == 1
    else:
        assert lines[0].startswith(f"warning: {path}: {problem.format(**places)}")
        assert lines[0].endswith('Events of "r" wait until it is there.')
        assert lines[1] == f"{path}: ok, 1 rule, 1 warning."


def test_integration_key_that_nothing_is_sent_to_is_not_missed(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(
        '[[rule]]\nname = "r"\nbots = "B0"\n[rule.on.failure]\nintegration_key = "env:K"\n'
        'action = "none"\n',
        "utf-8",
    )
    _, lines = checked(path, PAGERDUTY_INTEGRATION_KEY=KEY)
    assert lines == [f"{path}: ok, 1 rule, 0 warnings."]
