"""The command line: exit codes, where things are written, and what is not."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import __version__
from bot.cli import app, environment
from bot.ops.manifest import manifest

runner = CliRunner()


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_version_is_told() -> None:
    result = runner.invoke(app, ["--version"])

    assert (result.exit_code, result.stdout) == (0, f"pdbot {__version__}\n")


def test_nothing_shows_the_commands() -> None:
    result = runner.invoke(app, [])

    for command in ("run", "demo", "check", "manifest", "rules"):
        assert command in result.output


def test_run_without_settings_exits_2_and_says_everything_that_is_missing() -> None:
    result = runner.invoke(app, ["run"])

    assert (result.exit_code, result.stdout) == (2, "")
    assert [line.split()[1] for line in result.stderr.splitlines()] == [
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
        "PAGERDUTY_API_TOKEN",
    ]
    assert all(line.startswith("pdbot: ") for line in result.stderr.splitlines())


@pytest.mark.parametrize(("mode", "count"), [(0o644, 1), (0o600, 0)])
def test_run_warns_of_an_env_file_that_others_can_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, count: int
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / ".env"
    file.write_text(
        "SLACK_BOT_TOKEN=xoxb-1\nSLACK_SIGNING_SECRET=0123456789\nPAGERDUTY_API_TOKEN=y_NbAk\n"
        "PDBOT_RULES=rules.toml\nDATABASE_URL=sqlite:////no/such/folder/pdbot.db\n"
    )
    file.chmod(mode)
    (tmp_path / "rules.toml").write_text("# none")

    said = runner.invoke(app, ["run"]).stderr

    assert said.count("can be read by other users of this machine (mode 0644)") == count


def test_environment_wins_over_the_file_and_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("PDBOT_PORT=1\nPDBOT_HOST=file\nPDBOT_ALONE\n")
    monkeypatch.setenv("PDBOT_PORT", "2")

    found = environment()

    assert (found["PDBOT_PORT"], found["PDBOT_HOST"]) == ("2", "file")
    assert "PDBOT_ALONE" not in found
    assert "PDBOT_HOST" not in os.environ


def test_manifest_is_printed_and_nothing_else() -> None:
    assert runner.invoke(app, ["manifest"]).stdout == manifest()
    renamed = runner.invoke(app, ["manifest", "--command", "/page", "--url", "https://x.example"])
    assert (renamed.exit_code, renamed.stdout) == (0, manifest("/page", "https://x.example"))


def test_manifest_for_an_impossible_command_exits_2() -> None:
    result = runner.invoke(app, ["manifest", "--command", "PD", "--url", "ftp://x"])

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        'pdbot: --command PD: write it like "/pd", in lower case letters.',
        "pdbot: --url: write the address at which Slack reaches the bot, https://…",
    ]


def test_rules_check_exits_2_where_the_file_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text("[[rule]\n")

    result = runner.invoke(app, ["rules", "check"])

    assert result.exit_code == 2
    assert "rules.toml" in result.output
