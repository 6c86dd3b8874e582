"""A message with buttons and a menu, and the bot that posts it."""

from typing import Any

from bot.sandbox.slack import Message
from tests.sandbox.slack_fakes import Api

BUTTONS = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*#123* disk"}},
    {
        "type": "actions",
        "block_id": "buttons",
        "elements": [
            {
                "type": "button",
                "action_id": action_id,
                "text": {"type": "plain_text", "text": action_id.title()},
                "value": value,
            }
            for action_id, value in (("acknowledge", "P1"), ("pick", "one"), ("more", "two"))
        ]
        + [
            {
                "type": "overflow",
                "action_id": "menu",
                "options": [{"text": {"type": "plain_text", "text": "Snooze"}, "value": "snooze"}],
            }
        ],
    },
]


async def card(api: Api, **more: Any) -> Message:
    """Let the bot post a card."""
    await api("chat.postMessage", channel="C0PROD", text="#123", blocks=BUTTONS, **more)
    return await api.slack.expect_message("C0PROD", "#123")
