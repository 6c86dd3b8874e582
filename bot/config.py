"""Settings, read from an environment: every problem at once, never the value of a secret.

Nothing is read at import; `load` is pure but for the files that settings name, which come through
`read_file`.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from bot import policy
from bot.durations import parse_duration
from bot.errors import ConfigError
from bot.pagerduty.regions import REGIONS
from bot.policy import Policy
from bot.secret import Secret
from bot.setting_rules import NAMES, PLAIN, SECRETS, kind_of

__all__ = ["NAMES", "PLAIN", "SECRETS", "Reader", "Settings", "load", "read_text"]

ReadFile = Callable[[str], str]

_PASSWORD = re.compile(r"[a-z+]+://[^:/@]*:([^@]+)@")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that `run` needs. Secrets do not show in `repr`."""

    slack_bot_token: Secret
    pagerduty_api_token: Secret
    slack_app_token: Secret | None = None
    slack_signing_secret: Secret | None = None
    slack_api_url: str = "https://slack.com/api/"
    pagerduty_from_email: str | None = None
    pagerduty_region: Literal["us", "eu"] = "us"
    pagerduty_api_url: str = REGIONS["us"].rest
    pagerduty_events_url: str = REGIONS["us"].events
    pagerduty_teams: tuple[str, ...] = ()
    pagerduty_integration_key: Secret | None = None
    pagerduty_webhook_secret: Secret | None = None
    trigger_key: Secret | None = None
    command: str = "/pd"
    rules: str = "rules.toml"
    people: Mapping[str, str] = field(default_factory=dict)
    unmapped: Literal["refuse", "from_email"] = "refuse"
    policy: Policy = field(default_factory=Policy)
    catchup_max_seconds: int = 24 * 3600
    database_url: Secret = field(default_factory=lambda: Secret("sqlite:///pdbot.db"))
    host: str = "127.0.0.1"
    port: int = 3000
    poll_seconds: float = 30.0
    audit_keep_seconds: int = 400 * 86_400
    pdbot_heartbeat_url: Secret | None = None
    log_level: str = "info"
    log_format: Literal["text", "json"] = "text"
    warnings: tuple[str, ...] = ()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that must never be shown, the database's password apart from its address."""
        values = [getattr(self, one.name) for one in fields(self)]
        held = [value.reveal() for value in values if isinstance(value, Secret)]
        password = _PASSWORD.match(self.database_url.reveal())
        return (*held, unquote(password[1])) if password else tuple(held)

    @property
    def is_socket_mode(self) -> bool:
        """Tell whether Slack is reached over a websocket of ours, without an open port."""
        return self.slack_app_token is not None


class Reader:
    """Read single settings and collect what is wrong with them."""

    def __init__(self, environ: Mapping[str, str], read_file: ReadFile) -> None:
        self._environ = environ
        self._read_file = read_file
        self.problems: list[str] = []

    def text(self, name: str) -> str | None:
        """Give a plain setting; None when it is absent, empty or wrong."""
        value = self._environ.get(name, "").strip()
        if not value:
            return None
        rule = PLAIN[name]
        if rule.pattern.fullmatch(value) is None:
            # A token in the wrong variable is a leaked token: the value is never repeated.
            self.problems.append(
                f"{name} {rule.wrong}{kind_of(value)}. Example: {name}={rule.example}"
            )
            return None
        return value

    def duration(self, name: str, default: str) -> int:
        """Give a duration in seconds."""
        try:
            return parse_duration(self.text(name) or default)
        except ValueError as error:
            self.problems.append(f"{name} {error}. Example: {name}={default}")
            return parse_duration(default)

    def secret(self, name: str) -> Secret | None:
        """Give a secret, from `NAME` or from the file that `NAME_FILE` names."""
        value = self._environ.get(name, "").strip()
        path = self._environ.get(f"{name}_FILE", "").strip()
        if value and path:
            self.problems.append(f"{name} and {name}_FILE are both set. Keep one of them.")
            return None
        if path:
            value = (self.file(f"{name}_FILE", path) or "").strip()
            if not value:
                return None
        if not value:
            return None
        rule = SECRETS[name]
        if rule.pattern.fullmatch(value) is None:
            self.problems.append(
                f"{name} {rule.wrong}{kind_of(value)}. Example: {name}={rule.example}"
            )
            return None
        return Secret(value)

    def file(self, name: str, path: str) -> str | None:
        """Give what is in the file that a setting names; None when it cannot be read."""
        before = len(self.problems)
        try:
            content = self._read_file(path)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            self.problems.append(f"{name} names {path}, which cannot be read: {reason}.")
            return None
        if not content.strip() and len(self.problems) == before:
            self.problems.append(f"{name} names {path}, which is empty.")
        return content

    def require(self, name: str, value: object, why: str) -> None:
        """Note that a setting is missing, unless it is there or already reported as wrong."""
        named = any(problem.startswith((f"{name} ", f"{name}_FILE ")) for problem in self.problems)
        if value is None and not named:
            rule = SECRETS.get(name) or PLAIN[name]
            self.problems.append(f"{name} is missing: {why}. Example: {name}={rule.example}")


def read_text(path: str) -> str:
    """Read a file of text, of at most a mebibyte."""
    with Path(path).open(encoding="utf-8") as file:
        return file.read(1 << 20)


def load(environ: Mapping[str, str], read_file: ReadFile = read_text) -> Settings:
    """Read all settings.

    Raises:
        ConfigError: every problem at once, a sentence each: name, what is wrong, an example.
    """
    reader = Reader(environ, read_file)
    bot_token = reader.secret("SLACK_BOT_TOKEN")
    reader.require("SLACK_BOT_TOKEN", bot_token, "the bot speaks to Slack with it")
    app_token = reader.secret("SLACK_APP_TOKEN")
    signing_secret = reader.secret("SLACK_SIGNING_SECRET")
    if not (environ.get("SLACK_APP_TOKEN") or environ.get("SLACK_APP_TOKEN_FILE")):
        why = "without SLACK_APP_TOKEN (Socket Mode) the bot listens for HTTP and checks signatures"
        reader.require("SLACK_SIGNING_SECRET", signing_secret, why)
    api_token = reader.secret("PAGERDUTY_API_TOKEN")
    reader.require("PAGERDUTY_API_TOKEN", api_token, "the bot speaks to PagerDuty with it")
    region: Literal["us", "eu"] = "eu" if reader.text("PAGERDUTY_REGION") == "eu" else "us"
    from_email = reader.text("PAGERDUTY_FROM_EMAIL")
    from_email_acts = reader.text("PDBOT_UNMAPPED") == "from_email"
    if from_email_acts:
        why = "PDBOT_UNMAPPED=from_email acts in this person's name"
        reader.require("PAGERDUTY_FROM_EMAIL", from_email, why)
    settings = Settings(
        slack_bot_token=bot_token or Secret(""),
        slack_app_token=app_token,
        slack_signing_secret=signing_secret,
        slack_api_url=_base(reader.text("SLACK_API_URL") or "https://slack.com/api/") + "/",
        pagerduty_api_token=api_token or Secret(""),
        pagerduty_from_email=from_email,
        pagerduty_region=region,
        pagerduty_api_url=_base(reader.text("PAGERDUTY_API_URL") or REGIONS[region].rest),
        pagerduty_events_url=_base(reader.text("PAGERDUTY_EVENTS_URL") or REGIONS[region].events),
        pagerduty_teams=_list(reader.text("PAGERDUTY_TEAMS")),
        pagerduty_integration_key=reader.secret("PAGERDUTY_INTEGRATION_KEY"),
        pagerduty_webhook_secret=reader.secret("PAGERDUTY_WEBHOOK_SECRET"),
        trigger_key=reader.secret("PDBOT_TRIGGER_KEY"),
        command=reader.text("PDBOT_COMMAND") or "/pd",
        rules=rules_path(reader),
        people=_people(reader),
        unmapped="from_email" if from_email_acts else "refuse",
        policy=_policy(reader),
        catchup_max_seconds=reader.duration("PDBOT_CATCHUP_MAX", "24h"),
        database_url=database_url(reader),
        host=reader.text("PDBOT_HOST") or "127.0.0.1",
        port=int(reader.text("PDBOT_PORT") or 3000),
        poll_seconds=float(reader.text("PDBOT_POLL_SECONDS") or 30),
        audit_keep_seconds=reader.duration("PDBOT_AUDIT_KEEP", "400d"),
        pdbot_heartbeat_url=reader.secret("PDBOT_HEARTBEAT_URL"),
        log_level=(reader.text("LOG_LEVEL") or "info").lower(),
        log_format="json" if reader.text("LOG_FORMAT") == "json" else "text",
        warnings=tuple(_unknown(environ)),
    )
    if reader.problems:
        # What is missing is often there under a mistyped name.
        raise ConfigError([*reader.problems, *settings.warnings])
    return settings


def database_url(reader: Reader) -> Secret:
    """Give the database's address, which may hold a password."""
    return reader.secret("DATABASE_URL") or Secret("sqlite:///pdbot.db")


def rules_path(reader: Reader) -> str:
    """Give the path of the rules; one that is named must exist, a typing error is no "off"."""
    path = reader.text("PDBOT_RULES")
    if path is not None:
        reader.file("PDBOT_RULES", path)
    return path or "rules.toml"


def _base(url: str) -> str:
    return url.rstrip("/")


def _list(value: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (value or "").split(",") if part.strip())


def _people(reader: Reader) -> Mapping[str, str]:
    path = reader.text("PDBOT_PEOPLE")
    content = reader.file("PDBOT_PEOPLE", path) if path else None
    if not content:
        return {}
    try:
        people = tomllib.loads(content).get("people", {})
    except tomllib.TOMLDecodeError as error:
        reader.problems.append(f"PDBOT_PEOPLE names {path}, which is not valid TOML: {error}.")
        return {}
    if not isinstance(people, dict):
        reader.problems.append(f"PDBOT_PEOPLE names {path}, where [people] is not a table.")
        return {}
    email = PLAIN["PAGERDUTY_FROM_EMAIL"].pattern
    for slack_user_id, address in people.items():
        user_id = re.fullmatch(r"[UW][A-Z0-9]{3,20}", slack_user_id)
        if user_id is None or not isinstance(address, str) or not email.fullmatch(address):
            reader.problems.append(
                f'PDBOT_PEOPLE names {path}, where the entry "{slack_user_id[:30]}" is not a Slack '
                'user id with an e-mail address. Example: U0ANN = "ann@corp.example.com"'
            )
    return people


def _policy(reader: Reader) -> Policy:
    path = reader.text("PDBOT_POLICY")
    content = reader.file("PDBOT_POLICY", path) if path else None
    if content is None:
        return Policy()
    try:
        return policy.load(content, f"PDBOT_POLICY ({path})")
    except ConfigError as error:
        reader.problems += error.problems
        return Policy(())


def _unknown(environ: Mapping[str, str]) -> list[str]:
    known = [*NAMES, *(f"{name}_FILE" for name in SECRETS)]
    warnings = []
    for name in environ:
        if name.startswith(("PDBOT_", "PAGERDUTY_")) and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            warnings.append(f"{name} is not a setting of pdbot and is ignored.{hint}")
    return warnings
