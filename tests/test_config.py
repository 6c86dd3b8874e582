"""Settings: every problem at once, in a sentence with an example, and never a secret's value."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import NAMES, PLAIN, SECRETS, Settings, load, read_text
from bot.errors import ConfigError
from bot.setting_rules import kind_of

GOOD = {
    "SLACK_BOT_TOKEN": "xoxb-1-secret",
    "SLACK_APP_TOKEN": "xapp-1-secret",
    "PAGERDUTY_API_TOKEN": "u+secretsecret",
    "PAGERDUTY_FROM_EMAIL": "ops@example.com",
}
HTTP = {"SLACK_APP_TOKEN": "", "SLACK_SIGNING_SECRET": "signing-secret-0123456789"}


def no_files(path: str) -> str:
    raise FileNotFoundError(2, "No such file or directory", path)


def files(**contents: str | Exception) -> Callable[[str], str]:
    def read(path: str) -> str:
        found = contents[path]
        if isinstance(found, Exception):
            raise found
        return found

    return read


def problems(**changes: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load({**GOOD, **changes}, no_files)
    return list(caught.value.problems)


def test_the_least_is_four_settings_and_the_rest_has_defaults() -> None:
    settings = load(GOOD, no_files)

    assert settings.is_socket_mode
    assert (settings.command, settings.rules, settings.unmapped) == ("/pd", "rules.toml", "refuse")
    assert (settings.host, settings.port, settings.poll_seconds) == ("127.0.0.1", 3000, 30.0)
    assert settings.catchup_max_seconds == 24 * 3600
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.pagerduty_api_url == "https://api.pagerduty.com"
    assert settings.policy.tables is None
    assert settings.warnings == ()


def test_region_chooses_both_addresses_unless_they_are_given() -> None:
    eu = load({**GOOD, "PAGERDUTY_REGION": "eu"}, no_files)
    own = load(
        {**GOOD, "PAGERDUTY_REGION": "eu", "PAGERDUTY_API_URL": "http://127.0.0.1:1/"}, no_files
    )

    assert eu.pagerduty_api_url == "https://api.eu.pagerduty.com"
    assert eu.pagerduty_events_url == "https://events.eu.pagerduty.com/v2"
    assert own.pagerduty_api_url == "http://127.0.0.1:1"
    assert own.pagerduty_events_url == eu.pagerduty_events_url


def test_http_mode_needs_the_signing_secret() -> None:
    assert problems(SLACK_APP_TOKEN="") == [
        "SLACK_SIGNING_SECRET is missing: without SLACK_APP_TOKEN (Socket Mode) the bot listens "
        "for HTTP and checks signatures. Example: SLACK_SIGNING_SECRET=the 32 characters of Basic "
        "Information"
    ]
    assert not load({**GOOD, **HTTP}, no_files).is_socket_mode


def test_nothing_at_all_names_everything_that_is_missing() -> None:
    with pytest.raises(ConfigError) as caught:
        load({}, no_files)

    named = [problem.split()[0] for problem in caught.value.problems]
    assert named == ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "PAGERDUTY_API_TOKEN"]


WRONG = {
    "SLACK_BOT_TOKEN": "tok-s3cret",
    "SLACK_APP_TOKEN": "xoxb-s3cret",
    "SLACK_SIGNING_SECRET": "a s3cret",
    "PAGERDUTY_API_TOKEN": "xoxb-s3cret",
    "PAGERDUTY_INTEGRATION_KEY": "s3cret",
    "PDBOT_TRIGGER_KEY": "s3cret",
    "PAGERDUTY_WEBHOOK_SECRET": "a s3cret",
    "PDBOT_HEARTBEAT_URL": "s3cret",
    "DATABASE_URL": "mysql://u:s3cret@db/x",
    "SLACK_API_URL": "s3cret",
    "PAGERDUTY_FROM_EMAIL": "s3cret",
    "PAGERDUTY_REGION": "s3cret",
    "PAGERDUTY_API_URL": "ftp://s3cret",
    "PAGERDUTY_EVENTS_URL": "https://u:s3cret@x",
    "PAGERDUTY_TEAMS": "s3cret",
    "PDBOT_COMMAND": "s3cret",
    "PDBOT_UNMAPPED": "s3cret",
    "PDBOT_CATCHUP_MAX": "s3cret",
    "PDBOT_AUDIT_KEEP": "s3cret",
    "PDBOT_HOST": "s3cret /",
    "PDBOT_PORT": "s3cret",
    "PDBOT_POLL_SECONDS": "s3cret",
    "LOG_LEVEL": "s3cret",
    "LOG_FORMAT": "s3cret",
}


def test_all_wrong_values_are_reported_at_once_with_an_example_and_without_the_value() -> None:
    with pytest.raises(ConfigError) as caught:
        load(WRONG, no_files)

    found = list(caught.value.problems)
    assert {problem.split()[0] for problem in found} == set(WRONG)
    assert len(found) == len(WRONG)
    assert all(f"Example: {problem.split()[0]}=" in problem for problem in found)
    assert "s3cret" not in str(caught.value)


def test_wrong_values_are_tried_for_every_setting_that_can_be_wrong() -> None:
    """A path is judged when its file is read."""
    assert set(WRONG) == set(NAMES) - {"PDBOT_RULES", "PDBOT_PEOPLE", "PDBOT_POLICY"}


DESCRIBED = {"SLACK_SIGNING_SECRET", "PAGERDUTY_WEBHOOK_SECRET"}  # where to find it, no value


@pytest.mark.parametrize("name", sorted(set(NAMES) - DESCRIBED))
def test_example_of_each_setting_would_be_taken(name: str) -> None:
    rule = SECRETS.get(name) or PLAIN[name]
    examples = [one for one in rule.example.split(" or ") if "…" not in one]

    assert all(rule.pattern.fullmatch(one) for one in examples)


def test_token_in_the_wrong_variable_is_recognized_by_kind() -> None:
    assert (
        "this looks like a bot token: is it in the wrong variable?"
        in problems(SLACK_APP_TOKEN="xoxb-1-x")[0]
    )
    assert kind_of("xapp-1").startswith(" (this looks like an app-level token")
    assert kind_of("else") == ""


def test_secrets_show_neither_in_repr_nor_in_str() -> None:
    settings = load({**GOOD, "DATABASE_URL": "postgresql://pdbot:pass%20word@db/x"}, no_files)

    for secret in ("xoxb-1-secret", "xapp-1-secret", "u+secretsecret", "pass%20word"):
        assert secret not in repr(settings)
        assert secret not in f"{settings.slack_bot_token}{settings.database_url}"
    assert {"xoxb-1-secret", "xapp-1-secret", "u+secretsecret", "pass word"} <= set(
        settings.secrets
    )


@pytest.mark.parametrize("name", SECRETS)
def test_each_secret_may_come_from_a_file(name: str) -> None:
    others = {
        "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef",
        "PAGERDUTY_INTEGRATION_KEY": "0123456789abcdef0123456789abcdef",
        "PAGERDUTY_WEBHOOK_SECRET": "webhook-secret",
        "PDBOT_TRIGGER_KEY": "0123456789abcdef0123456789abcdef",
        "PDBOT_HEARTBEAT_URL": "https://heartbeat.example.com/ping/1",
        "DATABASE_URL": "sqlite:///x.db",
    }
    value = {**GOOD, **others}[name]
    environ = {**GOOD, f"{name}_FILE": "secret"}
    environ.pop(name, None)

    settings = load(environ, files(secret=f"{value}\n"))

    assert value in settings.secrets


def test_secret_given_twice_is_refused() -> None:
    assert problems(SLACK_BOT_TOKEN_FILE="/x")[0] == (
        "SLACK_BOT_TOKEN and SLACK_BOT_TOKEN_FILE are both set. Keep one of them."
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (OSError(13, "Permission denied"), "which cannot be read: Permission denied."),
        (UnicodeDecodeError("utf-8", b"", 0, 1, "x"), "which cannot be read: it is not UTF-8 text"),
        (" \n", "which is empty."),
        ("tok", None),
    ],
)
def test_secret_file_that_does_not_help_is_reported(
    content: str | Exception, says: str | None
) -> None:
    environ = {**GOOD, "SLACK_BOT_TOKEN_FILE": "path"}
    del environ["SLACK_BOT_TOKEN"]

    with pytest.raises(ConfigError) as caught:
        load(environ, files(path=content))

    expected = says or "SLACK_BOT_TOKEN is not a bot token"
    assert expected in str(caught.value)
    assert len(caught.value.problems) == 1


def test_from_email_policy_needs_the_address() -> None:
    assert (
        "PDBOT_UNMAPPED=from_email acts in this person's name"
        in problems(PDBOT_UNMAPPED="from_email", PAGERDUTY_FROM_EMAIL="")[0]
    )
    assert load({**GOOD, "PDBOT_UNMAPPED": "from_email"}, no_files).unmapped == "from_email"


def test_lists_and_durations_are_read() -> None:
    settings = load(
        {
            **GOOD,
            "PAGERDUTY_TEAMS": "PTEAM01, PTEAM02",
            "PDBOT_CATCHUP_MAX": "1h30m",
            "PDBOT_POLL_SECONDS": "0.5",
            "LOG_LEVEL": "DEBUG",
            "LOG_FORMAT": "json",
        },
        no_files,
    )

    assert settings.pagerduty_teams == ("PTEAM01", "PTEAM02")
    assert (settings.catchup_max_seconds, settings.poll_seconds) == (5400, 0.5)
    assert (settings.log_level, settings.log_format) == ("debug", "json")


def test_duration_of_more_than_ten_years_is_refused() -> None:
    assert (
        "PDBOT_CATCHUP_MAX is a duration of more than ten years"
        in problems(PDBOT_CATCHUP_MAX="9999d")[0]
    )


def test_rules_file_that_is_named_must_be_there() -> None:
    assert (
        "PDBOT_RULES names typo.toml, which cannot be read" in problems(PDBOT_RULES="typo.toml")[0]
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("people = 1", "where [people] is not a table"),
        ("[people", "which is not valid TOML"),
        ('[people]\nann = "ann@example.com"', 'the entry "ann" is not a Slack user id with'),
        ('[people]\nU0ANN = "ann"', 'the entry "U0ANN" is not a Slack user id with'),
        ("[people]\nU0ANN = 1", 'the entry "U0ANN" is not a Slack user id with'),
    ],
)
def test_mistake_in_the_people_file_is_reported(content: str, says: str) -> None:
    with pytest.raises(ConfigError, match="PDBOT_PEOPLE") as caught:
        load({**GOOD, "PDBOT_PEOPLE": "people"}, files(people=content))

    assert says in str(caught.value)


def test_people_file_is_read() -> None:
    content = '[people]\nU0ANN = "ann@corp.example.com"'

    settings = load({**GOOD, "PDBOT_PEOPLE": "people"}, files(people=content))

    assert settings.people == {"U0ANN": "ann@corp.example.com"}


def test_mistake_in_the_policy_file_stops_the_start() -> None:
    with pytest.raises(ConfigError) as caught:
        load({**GOOD, "PDBOT_POLICY": "policy"}, files(policy='[[allow]]\neffects = ["akc"]'))

    assert str(caught.value).startswith("PDBOT_POLICY (policy): [[allow]] 1: effects has")
    assert "Did you mean ack?" in str(caught.value)


def test_empty_policy_file_is_refused_and_not_taken_for_allow_all() -> None:
    with pytest.raises(ConfigError, match="PDBOT_POLICY names policy, which is empty"):
        load({**GOOD, "PDBOT_POLICY": "policy"}, files(policy=" \n"))


def test_missing_setting_is_told_together_with_the_mistyped_one() -> None:
    token = GOOD["PAGERDUTY_API_TOKEN"]
    environ = {name: value for name, value in GOOD.items() if name != "PAGERDUTY_API_TOKEN"}

    with pytest.raises(ConfigError) as caught:
        load({**environ, "PAGERDUTY_API_TOKN": token}, no_files)

    missing, hint = caught.value.problems
    assert missing.startswith("PAGERDUTY_API_TOKEN is missing")
    assert hint.endswith(
        "is not a setting of pdbot and is ignored. Did you mean PAGERDUTY_API_TOKEN?"
    )
    assert token not in str(caught.value)


def test_unknown_setting_is_warned_about_with_the_near_one() -> None:
    settings = load({**GOOD, "PDBOT_COMAND": "/x", "PDBOT_QQQQQQQQ": "1", "HOME": "/"}, no_files)

    assert settings.warnings == (
        "PDBOT_COMAND is not a setting of pdbot and is ignored. Did you mean PDBOT_COMMAND?",
        "PDBOT_QQQQQQQQ is not a setting of pdbot and is ignored.",
    )


def test_file_is_read_as_utf8(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("é", encoding="utf-8")

    assert read_text(str(path)) == "é"


@given(st.dictionaries(st.sampled_from([*NAMES, "SLACK_BOT_TOKEN_FILE"]), st.text(max_size=40)))
def test_any_environment_gives_settings_or_problems(environ: dict[str, str]) -> None:
    with suppress(ConfigError):
        assert isinstance(load(environ, no_files), Settings)
