"""`pdbot init`: a few questions, then `.env`."""

import io
import stat
from pathlib import Path

import pytest
from dotenv import dotenv_values

from bot.errors import ConfigError
from bot.ops.init import Ask, init

TOKENS = [
    "SLACK_BOT_TOKEN=xoxb-1",
    "SLACK_APP_TOKEN=xapp-1",
    "PAGERDUTY_API_TOKEN=y_NbAkKc66ryYTWUXYEu",
    "PAGERDUTY_FROM_EMAIL=ops@example.com",
]


class Terminal:
    """Somebody who types the given answers, an empty one after the last."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, bool]] = []

    def __call__(self, text: str, hidden: bool) -> str:
        self.asked.append((text, hidden))
        return self.answers.pop(0) if self.answers else ""


def written(path: Path, *given: str, ask: Ask | None = None, overwrite: bool = False) -> str:
    out = io.StringIO()
    init(given, path=path, out=out, ask=ask, overwrite=overwrite)
    return out.getvalue()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def test_flags_are_enough_without_a_terminal(path: Path) -> None:
    said = written(path, *TOKENS)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert dotenv_values(path) == dict(each.split("=", 1) for each in TOKENS)
    assert "https://api.slack.com/apps?new_app=1" in said
    assert "`pdbot manifest` prints it" in said
    assert not any(each.split("=")[1] in said for each in TOKENS[:3])


def test_what_is_missing_is_said_all_at_once_and_nothing_is_written(path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        written(path, "SLACK_APP_TOKEN=xapp-1")

    assert [problem.split(" ")[0] for problem in error.value.problems] == [
        "SLACK_BOT_TOKEN",
        "PAGERDUTY_API_TOKEN",
        "Give",
    ]
    assert not path.exists()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("SLACK_BOT_TOKEN=xapp-1-secret", "is it in the wrong variable?"),
        ("xoxb-1-secret", "--set takes NAME=VALUE"),
        ("SLAK_BOT_TOKEN=xoxb-1-secret", "--set takes NAME=VALUE"),
        ("PDBOT_PORT=secret", "is not a port"),
        ("PAGERDUTY_API_TOKEN=secret${HOME}", "give PAGERDUTY_API_TOKEN_FILE"),
    ],
)
def test_wrong_flag_is_told_without_its_value(path: Path, given: str, problem: str) -> None:
    with pytest.raises(ConfigError) as error:
        written(path, *TOKENS, given)

    assert problem in str(error.value)
    assert "secret" not in str(error.value)


def test_questions_have_defaults_and_secrets_are_not_shown(path: Path) -> None:
    terminal = Terminal("xoxb-1", "xapp-1", "pd-key-1", "eu", "ops@example.com", "", "/page")

    said = written(path, ask=terminal)

    assert dotenv_values(path) == {
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_APP_TOKEN": "xapp-1",
        "PAGERDUTY_API_TOKEN": "pd-key-1",
        "PAGERDUTY_REGION": "eu",
        "PAGERDUTY_FROM_EMAIL": "ops@example.com",
        "PDBOT_COMMAND": "/page",
    }
    assert [hidden for _, hidden in terminal.asked] == [True, True, True, False, False, True, False]
    assert "[us]" in terminal.asked[3][0]
    assert "pdbot manifest --command /page" in said
    assert said.startswith("First the Slack app")


def test_http_mode_asks_for_the_signing_secret(path: Path) -> None:
    terminal = Terminal("xoxb-1", "", "signing-secret", "pd-key-1", "", "ops@example.com")

    said = written(path, ask=terminal)

    assert dotenv_values(path)["SLACK_SIGNING_SECRET"] == "signing-secret"
    assert dotenv_values(path)["PAGERDUTY_REGION"] == "us"
    assert "pdbot manifest --url https://YOUR-ADDRESS" in said


def test_wrong_answer_is_asked_again(path: Path) -> None:
    terminal = Terminal("xapp-1", "", "xoxb-1", "xapp-1", "pd-key-1", "asia", "us", "")

    said = written(path, ask=terminal)

    assert "is it in the wrong variable?" in said
    assert "Something is needed here." in said
    assert "is neither us nor eu" in said
    assert dotenv_values(path)["SLACK_BOT_TOKEN"] == "xoxb-1"


def test_existing_file_is_left_alone_without_force(path: Path) -> None:
    path.write_text("OLD=1", "utf-8")

    with pytest.raises(ConfigError, match="exists already, and nothing was written"):
        written(path, *TOKENS)

    assert path.read_text("utf-8") == "OLD=1"


@pytest.mark.parametrize("answer", ["", "n", "what?"])
def test_existing_file_is_left_alone_unless_one_says_yes(path: Path, answer: str) -> None:
    path.write_text("OLD=1", "utf-8")
    out = io.StringIO()

    assert init([], path=path, out=out, ask=Terminal(answer)) == 2
    assert out.getvalue() == "Nothing was written.\n"
    assert path.read_text("utf-8") == "OLD=1"


def test_existing_file_keeps_what_is_not_named_and_the_old_one_stays_beside(path: Path) -> None:
    written(path, *TOKENS)
    with path.open("a", encoding="utf-8") as file:
        file.write("BILLING_KEY=abc\n")
    path.chmod(0o644)
    terminal = Terminal("y", "", "", "", "", "", "", "")

    written(path, "PAGERDUTY_REGION=eu", ask=terminal)

    settings = dotenv_values(path)
    assert settings["BILLING_KEY"] == "abc"
    assert settings["SLACK_BOT_TOKEN"] == "xoxb-1"
    assert settings["PAGERDUTY_REGION"] == "eu"
    assert "[keep the present one]" in terminal.asked[1][0]
    backup = path.with_name(".env.bak")
    assert "PAGERDUTY_REGION" not in dotenv_values(backup)
    for each in (path, backup):
        assert stat.S_IMODE(each.stat().st_mode) == 0o600


def test_secret_in_a_file_is_not_asked_for(path: Path, tmp_path: Path) -> None:
    secret = tmp_path / "app-token"
    secret.write_text("xapp-1", "utf-8")
    terminal = Terminal("xoxb-1", "pd-key-1")

    written(path, f"SLACK_APP_TOKEN_FILE={secret}", ask=terminal)

    assert dotenv_values(path)["SLACK_APP_TOKEN_FILE"] == str(secret)
    assert "SLACK_SIGNING_SECRET" not in dotenv_values(path)


@pytest.mark.parametrize("value", ["a#b c", "it's", "$HOME", "back\\slash", 'quo"te'])
def test_value_is_read_back_as_it_was(path: Path, value: str) -> None:
    key = f"pd-{value.replace(' ', '_')}"

    written(path, *TOKENS[:2], TOKENS[3], f"PAGERDUTY_API_TOKEN={key}")

    assert dotenv_values(path)["PAGERDUTY_API_TOKEN"] == key


def test_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written"):
        written(tmp_path / "none" / ".env", *TOKENS)


def test_file_that_is_no_text_is_told(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ConfigError, match="cannot be read"):
        written(path, *TOKENS, overwrite=True)
