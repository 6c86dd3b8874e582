"""Payloads as Slack sends them, and payloads as nobody ever sent them."""

from typing import Any

from hypothesis import strategies as st

from bot.model import Invocation, SlackUserId, Via

TS = "1763883515.018612"
URL = "https://hooks.slack.example/actions/T0/1/x"
USER = SlackUserId("U0ANN")


def invocation(via: Via, text: str, **more: Any) -> Invocation:
    return Invocation(via=via, slack_user_id=USER, text=text, **more)


def clicked(action_id: Any, value: Any, **more: Any) -> dict[str, Any]:
    return {
        "type": "block_actions",
        "user": {"id": "U0ANN", "team_id": "T0ACME"},
        "team": {"id": "T0ACME", "domain": "acme"},
        "channel": {"id": "C0PROD", "name": "prod"},
        "container": {"type": "message", "message_ts": TS, "channel_id": "C0PROD"},
        "message": {"ts": TS, "thread_ts": "1763883000.000100", "bot_id": "B0PDBOT"},
        "trigger_id": "1.2.3",
        "response_url": URL,
        "actions": [{"action_id": action_id, "block_id": "b", "value": value, "type": "button"}],
        **more,
    }


KEYS = st.sampled_from(
    [
        "user",
        "id",
        "team",
        "channel",
        "message",
        "container",
        "view",
        "state",
        "values",
        "actions",
        "action_id",
        "value",
        "text",
        "ts",
        "callback_id",
        "private_metadata",
        "selected_users",
        "selected_option",
        "user_id",
        "response_url",
        "subtype",
        "is_ephemeral",
        "bot_id",
        "edited",
        "domain",
    ]
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=20), st.sampled_from(["pick", "note"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=6)),
    max_leaves=20,
)
BODIES = st.dictionaries(KEYS, JSON)
