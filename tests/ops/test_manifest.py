"""The Slack app manifest: valid, in step with the file, and asking for what the code uses."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from bot.errors import ConfigError
from bot.ops.manifest import EVENTS, SCOPES, manifest
from bot.slack import listeners
from tests.shared import shared_data

ROOT = Path(__file__).resolve().parents[2]
URL = "https://bot.example.com"

# docs.slack.dev/reference/methods: what a bot token needs for each method.
SCOPES_OF = {
    "apps_connections_open": set[str](),  # the app-level token's own
    "auth_test": set[str](),
    "bots_info": {"users:read"},
    "chat_getPermalink": set[str](),
    "chat_postEphemeral": {"chat:write"},
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_history": {"channels:history", "groups:history"},
    "conversations_info": {"channels:read", "groups:read"},
    "conversations_open": {"im:write"},
    "conversations_replies": {"channels:history", "groups:history", "im:history"},
    "reactions_add": {"reactions:write"},
    "reactions_remove": {"reactions:write"},
    "usergroups_list": {"usergroups:read"},
    "users_conversations": {"channels:read", "groups:read"},
    "users_info": {"users:read", "users:read.email"},
    "users_list": {"users:read", "users:read.email"},
    "users_lookupByEmail": {"users:read.email"},
    "views_open": set[str](),
    "views_publish": set[str](),
    "views_push": set[str](),
    "views_update": set[str](),
}
SCOPES_OF_EVENTS = {
    "app_home_opened": set[str](),
    "app_mention": {"app_mentions:read"},
    "message.channels": {"channels:history"},
    "message.groups": {"groups:history"},
    "message.im": {"im:history"},
}
_FAMILIES = "apps|auth|chat|conversations|reactions|usergroups|users|views|files|pins|bots"
_METHOD = re.compile(rf"\.((?:{_FAMILIES})_[a-zA-Z_]+)\b(?!\.)")


def methods() -> set[str]:
    """Give the Web API methods that the code names."""
    found = set()
    for path in (ROOT / "bot" / "slack").glob("*.py"):
        found |= set(_METHOD.findall(path.read_text(encoding="utf-8")))
    return found


def read(command: str = "/pd", url: str | None = None) -> dict[str, Any]:
    parsed = yaml.safe_load(manifest(command, url))
    assert isinstance(parsed, dict)
    return parsed


@pytest.mark.parametrize("url", [None, URL])
def test_manifest_is_valid_for_slack(url: str | None) -> None:
    schema = json.loads((shared_data() / "slack" / "manifest.schema.2.0.0.json").read_text())

    errors = [error.message for error in Draft7Validator(schema).iter_errors(read(url=url))]

    assert errors == []


def test_file_is_what_the_program_prints() -> None:
    assert (ROOT / "manifest.yml").read_text(encoding="utf-8") == manifest()


def test_scopes_are_those_that_the_code_needs_and_no_more() -> None:
    used = methods()
    assert used <= SCOPES_OF.keys(), used - SCOPES_OF.keys()
    needed = set[str]().union(*(SCOPES_OF[method] for method in used))
    needed |= set[str]().union(*(SCOPES_OF_EVENTS[event] for event in EVENTS))

    assert set(SCOPES) == needed | {"commands"}
    assert read()["oauth_config"]["scopes"]["bot"] == list(SCOPES)


def test_events_are_those_that_somebody_listens_to() -> None:
    source = Path(listeners.__file__).read_text(encoding="utf-8")

    for event in EVENTS:
        assert f'"{event.partition(".")[0]}"' in source, event
    assert read()["settings"]["event_subscriptions"]["bot_events"] == list(EVENTS)


def test_socket_mode_needs_no_address() -> None:
    settings = read()["settings"]

    assert settings["socket_mode_enabled"] is True
    assert "request_url" not in manifest()


def test_http_mode_gives_slack_the_address_everywhere() -> None:
    parsed = read(url=f"{URL}/")

    assert parsed["settings"]["socket_mode_enabled"] is False
    address = f"{URL}/slack/events"
    assert parsed["features"]["slash_commands"][0]["url"] == address
    assert parsed["settings"]["event_subscriptions"]["request_url"] == address
    assert parsed["settings"]["interactivity"]["request_url"] == address
    assert parsed["settings"]["interactivity"]["message_menu_options_url"] == address


def test_command_can_be_renamed() -> None:
    assert read("/page")["features"]["slash_commands"][0]["command"] == "/page"


@pytest.mark.parametrize(
    ("command", "url"),
    [("pd", None), ("/PD", None), ("/p d", None), ("/pd", "http://x"), ("/pd", 'https://x"')],
)
def test_what_slack_would_refuse_is_refused(command: str, url: str | None) -> None:
    with pytest.raises(ConfigError, match=r"^--(command|url)"):
        manifest(command, url)
