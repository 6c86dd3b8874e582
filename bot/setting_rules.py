"""What each setting must look like, what to say when it does not, and an example of one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

MODES = ("text", "json")
LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Rule:
    """What a value must look like; `wrong` completes "NAME …"."""

    pattern: re.Pattern[str]
    wrong: str
    example: str


def _rule(pattern: str, wrong: str, example: str) -> Rule:
    return Rule(re.compile(pattern), wrong, example)


_URL = r"https?://[^\s/?#@]+(?::[0-9]{1,5})?(?:/[^\s?#]*)?"

SECRETS: Mapping[str, Rule] = {
    "SLACK_BOT_TOKEN": _rule(r"xoxb-\S+", "is not a bot token, which begins with xoxb-", "xoxb-…"),
    "SLACK_APP_TOKEN": _rule(
        r"xapp-\S+", "is not an app-level token, which begins with xapp-", "xapp-…"
    ),
    "SLACK_SIGNING_SECRET": _rule(
        r"[^\s]{1,200}", "is not a signing secret", "the 32 characters of Basic Information"
    ),
    "PAGERDUTY_API_TOKEN": _rule(
        r"(?!xox|xapp)[^\s]{1,500}",
        "is not a PagerDuty REST API key",
        "u+3s… or y_NbAkKc66ryYTWUXYEu",
    ),
    "PAGERDUTY_INTEGRATION_KEY": _rule(
        r"[0-9A-Za-z]{32}", "does not have the 32 letters and digits of an integration key", "R0…"
    ),
    "PDBOT_TRIGGER_KEY": _rule(
        r"[0-9A-Za-z]{32}", "does not have the 32 letters and digits of an integration key", "R0…"
    ),
    "PAGERDUTY_WEBHOOK_SECRET": _rule(
        r"[^\s]{1,500}", "is not a webhook secret", "the secret shown when the webhook was created"
    ),
    # The address is all that whoever calls it must know, so it is kept like a secret.
    "PDBOT_HEARTBEAT_URL": _rule(
        r"https?://[^\s/?#@]+(?::[0-9]{1,5})?(?:/\S*)?",
        "is not an http or https address",
        "https://heartbeat.example.com/ping/…",
    ),
    "DATABASE_URL": _rule(
        r"(?:sqlite:///[^\s].*|postgres(?:ql)?://\S+)",
        "is neither a SQLite nor a PostgreSQL address",
        "sqlite:///pdbot.db or postgresql://pdbot@db/pdbot",
    ),
}

PLAIN: Mapping[str, Rule] = {
    "SLACK_API_URL": _rule(_URL, "is not an http or https address", "https://slack.com/api/"),
    "PAGERDUTY_FROM_EMAIL": _rule(
        r"[^@\s]+@[^@\s]+\.[^@\s]+|[^@\s]+@localhost", "is not an e-mail address", "ops@example.com"
    ),
    "PAGERDUTY_REGION": _rule(r"us|eu", "is neither us nor eu", "eu"),
    "PAGERDUTY_API_URL": _rule(
        _URL, "is not an http or https address", "https://proxy.example.com"
    ),
    "PAGERDUTY_EVENTS_URL": _rule(
        _URL, "is not an http or https address", "https://proxy.example.com/v2"
    ),
    "PAGERDUTY_TEAMS": _rule(
        r"[PQ][A-Z0-9]{6,13}(?:\s*,\s*[PQ][A-Z0-9]{6,13})*",
        "is not a list of team ids",
        "PTEAM01,PTEAM02",
    ),
    "PDBOT_COMMAND": _rule(
        r"/[a-z0-9_-]{1,31}", "is not a slash command in lower case letters", "/pd"
    ),
    "PDBOT_RULES": _rule(r".+", "is empty", "rules.toml"),
    "PDBOT_PEOPLE": _rule(r".+", "is empty", "people.toml"),
    "PDBOT_POLICY": _rule(r".+", "is empty", "policy.toml"),
    "PDBOT_UNMAPPED": _rule(r"refuse|from_email", "is neither refuse nor from_email", "refuse"),
    "PDBOT_CATCHUP_MAX": _rule(
        r"(?=.)(?:[0-9]{1,9}d)?(?:[0-9]{1,9}h)?(?:[0-9]{1,9}m)?(?:[0-9]{1,9}s)?",
        "is not a duration",
        "24h",
    ),
    "PDBOT_AUDIT_KEEP": _rule(
        r"(?=.)(?:[0-9]{1,9}d)?(?:[0-9]{1,9}h)?(?:[0-9]{1,9}m)?(?:[0-9]{1,9}s)?",
        "is not a duration",
        "400d",
    ),
    "PDBOT_HOST": _rule(r"[^\s/]{1,255}", "is not a host name or address", "127.0.0.1"),
    "PDBOT_PORT": _rule(
        r"[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]",
        "is not a port between 0 and 65535",
        "3000",
    ),
    "PDBOT_POLL_SECONDS": _rule(r"[0-9]{1,6}(?:\.[0-9]{1,3})?", "is not a number of seconds", "30"),
    "LOG_LEVEL": _rule(f"(?i:{'|'.join(LEVELS)})", f"is none of {', '.join(LEVELS)}", "info"),
    "LOG_FORMAT": _rule("|".join(MODES), "is neither text nor json", "json"),
}

NAMES = (*SECRETS, *PLAIN)

_KIND_OF_TOKEN = {"xoxb-": "a bot token", "xapp-": "an app-level token", "xoxp-": "a user token"}


def kind_of(value: str) -> str:
    """Say what a value in the wrong variable looks like, without repeating it."""
    kind = next((kind for start, kind in _KIND_OF_TOKEN.items() if value.startswith(start)), None)
    return f" (this looks like {kind}: is it in the wrong variable?)" if kind else ""
