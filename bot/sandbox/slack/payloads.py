"""What Slack sends: commands, interactions and events, built exactly as Slack builds them.

https://docs.slack.dev/interactivity/implementing-slash-commands,
https://docs.slack.dev/reference/interaction-payloads, https://docs.slack.dev/reference/events
"""

import copy
import itertools
from typing import Any

from bot.sandbox.slack.clock import Clock
from bot.sandbox.slack.identity import Identity
from bot.sandbox.slack.records import Channel, Json, Message, User, View

_VERIFICATION_TOKEN = "sandbox-verification-token"  # noqa: S105 - deprecated by Slack, checked by nobody


class Payloads:
    """Build payloads for one app in one workspace."""

    def __init__(self, identity: Identity, clock: Clock) -> None:
        self._identity = identity
        self._clock = clock
        self._numbers = itertools.count(1)

    # ---------------------------------------------------------------- commands

    def command(
        self, user: User, channel: Channel, text: str, *, trigger_id: str, response_url: str
    ) -> Json:
        """Build a slash command: in HTTP mode a form, hence strings only."""
        return {
            "token": _VERIFICATION_TOKEN,
            "team_id": self._identity.team_id,
            "team_domain": self._identity.domain,
            "channel_id": channel.id,
            "channel_name": _name(channel),
            "user_id": user.id,
            "user_name": user.name,
            "command": self._identity.command,
            "text": text,
            "api_app_id": self._identity.app_id,
            "is_enterprise_install": "false",
            "response_url": response_url,
            "trigger_id": trigger_id,
        }

    # ---------------------------------------------------------------- interactions

    def _interaction(self, kind: str, user: User) -> Json:
        return {
            "type": kind,
            "team": {"id": self._identity.team_id, "domain": self._identity.domain},
            "user": {
                "id": user.id,
                "username": user.name,
                "name": user.name,
                "team_id": user.team_id,
            },
            "api_app_id": self._identity.app_id,
            "token": _VERIFICATION_TOKEN,
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def message_actions(
        self,
        user: User,
        channel: Channel,
        message: Message,
        action: Json,
        *,
        trigger_id: str,
        response_url: str,
    ) -> Json:
        """Build a click in a message. Of an ephemeral one Slack does not send the content."""
        container = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": message.is_ephemeral,
        }
        if message.thread_ts is not None:
            container["thread_ts"] = message.thread_ts
        payload = self._interaction("block_actions", user) | {
            "container": container,
            "trigger_id": trigger_id,
            "channel": {"id": channel.id, "name": _name(channel)},
            "state": {"values": {}},
            "response_url": response_url,
            "actions": [action],
        }
        return payload if message.is_ephemeral else payload | {"message": copy.deepcopy(message)}

    def view_actions(self, user: User, view: View, action: Json, *, trigger_id: str) -> Json:
        """Build a click or choice in a modal or on the Home tab."""
        return self._interaction("block_actions", user) | {
            "container": {"type": "view", "view_id": view.id},
            "trigger_id": trigger_id,
            "view": copy.deepcopy(dict(view)),
            "actions": [action],
        }

    def submission(self, user: User, view: View, *, trigger_id: str) -> Json:
        """Build the submission of a modal."""
        return self._interaction("view_submission", user) | {
            "trigger_id": trigger_id,
            "view": copy.deepcopy(dict(view)),
            "response_urls": [],
        }

    def closed(self, user: User, view: View, *, is_cleared: bool) -> Json:
        """Build the closing of a modal."""
        return self._interaction("view_closed", user) | {
            "view": copy.deepcopy(dict(view)),
            "is_cleared": is_cleared,
        }

    def suggestion(self, user: User, view: View, block: Json, element: Json, typed: str) -> Json:
        """Build the request for an external select's options."""
        return self._interaction("block_suggestion", user) | {
            "container": {"type": "view", "view_id": view.id},
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            "value": typed,
            "view": copy.deepcopy(dict(view)),
        }

    def message_shortcut(
        self, user: User, channel: Channel, message: Message, callback_id: str, **ids: str
    ) -> Json:
        """Build a message shortcut."""
        return self._interaction("message_action", user) | {
            "callback_id": callback_id,
            "action_ts": self.now(),
            "message_ts": message.ts,
            "channel": {"id": channel.id, "name": _name(channel)},
            "message": copy.deepcopy(dict(message)),
            **ids,
        }

    def global_shortcut(self, user: User, callback_id: str, *, trigger_id: str) -> Json:
        """Build a global shortcut."""
        return self._interaction("shortcut", user) | {
            "callback_id": callback_id,
            "action_ts": self.now(),
            "trigger_id": trigger_id,
        }

    def action(self, block: Json, element: Json, state: Json) -> Json:
        """Build one entry of `actions`: what was used and its new state."""
        names = ("text", "value", "style") if element["type"] == "button" else ()
        shown: Json = {name: element[name] for name in names if name in element}
        return {
            "type": element["type"],
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            **shown,
            **state,
            "action_ts": self.now(),
        }

    # ---------------------------------------------------------------- events

    def envelope(self, event: Json) -> Json:
        """Wrap an event as the Events API does; the `event_id` stays over all deliveries."""
        number = next(self._numbers)
        return {
            "token": _VERIFICATION_TOKEN,
            "team_id": self._identity.team_id,
            "context_team_id": self._identity.team_id,
            "context_enterprise_id": None,
            "api_app_id": self._identity.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev0SANDBOX{number:07d}",
            "event_time": int(self._clock.now().timestamp()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": self._identity.team_id,
                    "user_id": self._identity.bot_user_id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
            "event_context": f"4-sandbox-{number}",
        }

    def now(self) -> str:
        """Give the instant in the form of a `ts`, without using one up."""
        return f"{self._clock.now().timestamp():.6f}"


def posted(channel: Channel, message: Message) -> Json:
    """Build the event of a new message."""
    place = {"channel": channel.id, "event_ts": message.ts, "channel_type": channel.kind}
    return {**copy.deepcopy(dict(message)), **place}


def mentioned(channel: Channel, message: Message) -> Json:
    """Build the event of a message that mentions the bot, in addition to the message itself."""
    names = ("user", "text", "ts", "team", "blocks", "thread_ts", "client_msg_id", "bot_id")
    parts = {name: copy.deepcopy(message[name]) for name in names if name in message}
    return {"type": "app_mention", **parts, "channel": channel.id, "event_ts": message.ts}


def changed(channel: Channel, message: Message, before: Json, ts: str) -> Json:
    """Build the event of an edit."""
    return {
        "type": "message",
        "subtype": "message_changed",
        "message": copy.deepcopy(dict(message)),
        "previous_message": copy.deepcopy(before),
        **_hidden(channel, ts),
    }


def deleted(channel: Channel, before: Json, ts: str) -> Json:
    """Build the event of a deletion."""
    return {
        "type": "message",
        "subtype": "message_deleted",
        "deleted_ts": before["ts"],
        "previous_message": copy.deepcopy(before),
        **_hidden(channel, ts),
    }


def _hidden(channel: Channel, ts: str) -> dict[str, Any]:
    return {
        "hidden": True,
        "channel": channel.id,
        "ts": ts,
        "event_ts": ts,
        "channel_type": channel.kind,
    }


def _name(channel: Channel) -> str:
    return "directmessage" if channel.is_im else channel.name
