"""The Web API: every method as it works and as it refuses."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.sandbox.slack.methods import METHODS
from bot.sandbox.slack.scopes import ALL_SCOPES, METHOD_SCOPES
from tests.sandbox.slack_fakes import ANNS, OTHERS, OWN, REPLY, Api, Json, talking

BLOCKS = [{"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}]
MODAL = {"type": "modal", "title": {"type": "plain_text", "text": "Note"}, "blocks": BLOCKS}
HOME = {"type": "home", "blocks": BLOCKS}


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with talking() as api:
        yield api


def args(**values: Any) -> Json:
    """Make arguments readable in a table."""
    return values


PROD = {"channel": "C0PROD"}

WORKS: list[tuple[str, Json, Json]] = [
    ("api.test", args(x="1"), {"args": {"x": "1"}}),
    ("auth.test", {}, {"user_id": "U0PDBOT", "bot_id": "B0PDBOT", "team_id": "T0ACME"}),
    ("bots.info", {}, {"bot": {"id": "B0PDBOT", "app_id": "A0PDBOT", "user_id": "U0PDBOT"}}),
    ("bots.info", args(bot="B0RUNDECK"), {"bot": {"name": "Rundeck", "app_id": "A0RUNDECK"}}),
    ("team.info", {}, {"team": {"id": "T0ACME", "domain": "acme"}}),
    ("chat.postMessage", args(**PROD, text="x"), {"message": {"text": "x", "bot_id": "B0PDBOT"}}),
    ("chat.postMessage", args(channel="#prod", text="x"), {"channel": "C0PROD"}),
    ("chat.postMessage", args(channel="U0ANN", text="x"), {"channel": "D0ANN"}),
    ("chat.postMessage", args(**PROD, blocks=BLOCKS), {"message": {"text": ""}}),
    ("chat.postMessage", args(**PROD, blocks=json.dumps(BLOCKS)), {"channel": "C0PROD"}),
    (
        "chat.postMessage",
        args(**PROD, attachments=[{"text": "x", "blocks": BLOCKS}]),
        {"channel": "C0PROD"},
    ),
    (
        "chat.postMessage",
        args(**PROD, text="x", metadata={"event_type": "e", "event_payload": {}}),
        {"message": {"metadata": {"event_type": "e", "event_payload": {}}}},
    ),
    (
        "chat.postMessage",
        args(**PROD, text="x", thread_ts=ANNS),
        {"message": {"thread_ts": ANNS, "parent_user_id": "U0ANN"}},
    ),
    (
        "chat.postMessage",
        args(**PROD, text="x", thread_ts=OTHERS, reply_broadcast=True),
        {"message": {"thread_ts": OTHERS, "subtype": "thread_broadcast"}},
    ),
    ("chat.postEphemeral", args(**PROD, user="U0ANN", text="x"), {}),
    ("chat.update", args(**PROD, ts=OWN, text="new"), {"text": "new", "ts": OWN}),
    ("chat.delete", args(**PROD, ts=OWN), {"ts": OWN}),
    (
        "chat.getPermalink",
        args(**PROD, message_ts=OWN),
        {"permalink": "https://acme.slack.com/archives/C0PROD/p1772366300000001"},
    ),
    (
        "chat.getPermalink",
        args(**PROD, message_ts=REPLY),
        {
            "permalink": "https://acme.slack.com/archives/C0PROD/p1772366300000004"
            f"?thread_ts={ANNS}&cid=C0PROD"
        },
    ),
    ("conversations.info", PROD, {"channel": {"name": "prod", "is_member": True}}),
    ("conversations.info", args(channel="C0RANDOM"), {"channel": {"is_member": False}}),
    ("conversations.info", args(channel="D0ANN"), {"channel": {"user": "U0ANN", "is_im": True}}),
    ("conversations.members", PROD, {"members": ["U0ANN", "U0BOB", "U0PDBOT"]}),
    ("conversations.open", args(users="U0ANN"), {"channel": {"id": "D0ANN"}}),
    (
        "conversations.open",
        args(users="U0ANN,U0BOB", return_im=True),
        {"channel": {"is_mpim": True, "name": "mpdm-U0ANN--U0BOB"}},
    ),
    ("conversations.open", args(channel="D0ANN"), {"channel": {"id": "D0ANN"}}),
    ("conversations.join", args(channel="C0RANDOM"), {"channel": {"is_member": True}}),
    ("conversations.join", PROD, {"warning": "already_in_channel"}),
    ("users.info", args(user="U0BOB"), {"user": {"name": "bob", "deleted": False}}),
    ("users.info", args(user="U0GONE"), {"user": {"deleted": True}}),
    ("users.info", args(user="U0ZOE"), {"user": {"is_stranger": True, "team_id": "T0STRANGER"}}),
    ("users.lookupByEmail", args(email="ann@EXAMPLE.com"), {"user": {"id": "U0ANN"}}),
    ("usergroups.users.list", args(usergroup="S0PAY"), {"users": ["U0ANN"]}),
    ("reactions.add", args(**PROD, timestamp=ANNS, name="eyes"), {}),
    ("reactions.get", args(**PROD, timestamp=ANNS), {"message": {"text": "hi"}}),
    ("views.publish", args(user_id="U0ANN", view=HOME), {"view": {"type": "home"}}),
]


def contains(whole: Any, part: Any) -> bool:
    """Tell whether every key of `part` is in `whole`, deeply."""
    if isinstance(part, dict):
        return all(name in whole and contains(whole[name], part[name]) for name in part)
    return bool(whole == part)


@pytest.mark.parametrize(
    ("method", "given", "expected"),
    WORKS,
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_method_works(api: Api, method: str, given: Json, expected: Json) -> None:
    body = await api(method, **given)

    assert body["ok"], body
    assert contains(body, expected), body
    assert api.slack.calls[-1].method == method
    assert api.slack.calls[-1].args == given


REFUSES: list[tuple[str, Json, str]] = [
    ("api.test", args(error="my_error"), "my_error"),
    ("no.such", {}, "unknown_method"),
    ("bots.info", args(bot="B0"), "bot_not_found"),
    ("team.info", args(team="T1"), "team_not_found"),
    ("chat.postMessage", args(text="x"), "invalid_arguments"),
    ("chat.postMessage", args(channel="C1", text="x"), "channel_not_found"),
    ("chat.postMessage", args(channel="#nowhere", text="x"), "channel_not_found"),
    ("chat.postMessage", args(channel="C0RANDOM", text="x"), "not_in_channel"),
    ("chat.postMessage", args(channel="G0SECRET", text="x"), "channel_not_found"),
    ("chat.postMessage", args(channel="C0OLD", text="x"), "is_archived"),
    ("chat.postMessage", PROD, "no_text"),
    ("chat.postMessage", args(**PROD, text=""), "no_text"),
    ("chat.postMessage", args(**PROD, text=5), "invalid_arguments"),
    ("chat.postMessage", args(**PROD, text="x" * 40_001), "msg_too_long"),
    ("chat.postMessage", args(**PROD, blocks="{"), "invalid_arguments"),
    ("chat.postMessage", args(**PROD, blocks=[{"type": "surprise"}]), "invalid_blocks"),
    ("chat.postMessage", args(**PROD, blocks=BLOCKS * 51), "invalid_blocks"),
    ("chat.postMessage", args(**PROD, attachments="x"), "invalid_arguments"),
    ("chat.postMessage", args(**PROD, attachments={}), "invalid_arguments"),
    ("chat.postMessage", args(**PROD, attachments=[{}] * 101), "too_many_attachments"),
    ("chat.postMessage", args(**PROD, text="x", thread_ts="1.2"), "thread_not_found"),
    ("chat.postMessage", args(**PROD, text="x", thread_ts=REPLY), "cannot_reply_to_message"),
    (
        "chat.postMessage",
        args(**PROD, text="x", thread_ts=ANNS, reply_broadcast="maybe"),
        "invalid_arguments",
    ),
    (
        "chat.postMessage",
        args(
            **PROD,
            blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 5,
        ),
        "msg_blocks_too_long",
    ),
    ("chat.postEphemeral", args(**PROD, user="U0ZOE", text="x"), "user_not_in_channel"),
    ("chat.postEphemeral", args(channel="C0RANDOM", user="U0BOB", text="x"), "not_in_channel"),
    ("chat.update", args(**PROD, ts="1.2", text="x"), "message_not_found"),
    ("chat.update", args(**PROD, ts=ANNS, text="x"), "cant_update_message"),
    ("chat.update", args(**PROD, ts=OWN, text="x" * 4001), "msg_too_long"),
    ("chat.update", args(**PROD, ts=OWN), "no_text"),
    ("chat.delete", args(**PROD, ts=ANNS), "cant_delete_message"),
    ("chat.getPermalink", args(**PROD, message_ts="1.2"), "message_not_found"),
    ("conversations.info", args(channel="G0SECRET"), "channel_not_found"),
    ("conversations.list", args(types="everything"), "invalid_types"),
    ("conversations.list", args(limit=0), "invalid_limit"),
    ("conversations.list", args(limit="many"), "invalid_limit"),
    ("conversations.list", args(limit=1.5), "invalid_limit"),
    ("conversations.list", args(cursor="?"), "invalid_cursor"),
    ("conversations.list", args(cursor="d29yZDp4"), "invalid_cursor"),
    ("conversations.history", args(channel="C0RANDOM"), "not_in_channel"),
    ("conversations.history", args(**PROD, oldest="then"), "invalid_ts_oldest"),
    ("conversations.history", args(**PROD, latest="now"), "invalid_ts_latest"),
    ("conversations.replies", args(**PROD, ts="1.2"), "thread_not_found"),
    ("conversations.open", {}, "users_list_not_supplied"),
    ("conversations.open", args(users=[1]), "invalid_arguments"),
    ("conversations.open", args(users="U1"), "user_not_found"),
    ("conversations.open", args(users=",".join("abcdefghi")), "too_many_users"),
    ("conversations.open", PROD, "method_not_supported_for_channel_type"),
    ("conversations.join", args(channel="C0OLD"), "is_archived"),
    ("conversations.join", args(channel="D0ANN"), "method_not_supported_for_channel_type"),
    ("users.info", args(user="U1"), "user_not_found"),
    ("users.lookupByEmail", args(email="gone@example.com"), "users_not_found"),
    ("users.lookupByEmail", args(email="zoe@other.example"), "users_not_found"),
    ("users.conversations", args(user="U1"), "user_not_found"),
    ("usergroups.users.list", args(usergroup="S1"), "no_such_subteam"),
    ("reactions.add", args(**PROD, timestamp="1.2", name="eyes"), "message_not_found"),
    ("reactions.add", args(**PROD, timestamp=ANNS, name="No Such!"), "invalid_name"),
    ("reactions.remove", args(**PROD, timestamp=ANNS, name="eyes"), "no_reaction"),
    ("views.open", args(trigger_id="1.2.3", view=MODAL), "invalid_trigger_id"),
    ("views.update", args(view=MODAL), "invalid_arguments"),
    ("views.update", args(view_id="V1"), "invalid_arguments"),
    ("views.update", args(view_id="V1", view=MODAL), "not_found"),
    ("views.publish", args(user_id="U1", view=HOME), "user_not_found"),
    ("views.publish", args(user_id="U0ANN", view=MODAL), "invalid_arguments"),
]


@pytest.mark.parametrize(
    ("method", "given", "code"), REFUSES, ids=lambda value: value if isinstance(value, str) else ""
)
async def test_method_refuses(api: Api, method: str, given: Json, code: str) -> None:
    body = await api(method, **given)

    assert (body["ok"], body["error"]) == (False, code)


def test_every_method_is_in_a_table() -> None:
    views = {"views.open", "views.push", "views.update"}  # need triggers: test_slack_people.py
    listing = {"conversations.list", "conversations.history", "conversations.replies"}
    listing |= {"users.list", "users.conversations", "usergroups.list", "reactions.remove"}
    shown = {method for method, *_ in WORKS} | {"apps.connections.open"} | views | listing

    assert shown == set(METHODS)


# -------------------------------------------------------------------- tokens, scopes, bodies


async def post(api: Api, method: str, **how: Any) -> Json:
    """Call without the helpers of `Api`."""
    async with api.session.post(api.slack.api_url + method, **how) as response:
        body: Json = await response.json()
        return body


@pytest.mark.parametrize(
    ("method", "token", "code"),
    [
        pytest.param("auth.test", "", "not_authed", id="none"),
        pytest.param("auth.test", "xoxb-wrong", "invalid_auth", id="unknown"),
        pytest.param("auth.test", "xapp-sandbox", "not_allowed_token_type", id="app for bot"),
        pytest.param(
            "apps.connections.open", "xoxb-sandbox", "not_allowed_token_type", id="bot for app"
        ),
    ],
)
async def test_token_is_refused(api: Api, method: str, token: str, code: str) -> None:
    body = await post(api, method, headers={"Authorization": f"Bearer {token}"})

    assert body["error"] == code


async def test_token_may_stand_in_a_form_and_is_not_written_down(api: Api) -> None:
    body = await post(api, "users.info", data={"token": "xoxb-sandbox", "user": "U0ANN"})

    assert body["ok"]
    assert api.slack.calls[-1].args == {"user": "U0ANN"}


async def test_arguments_may_stand_in_the_query(api: Api) -> None:
    headers = {"Authorization": "Bearer xoxb-sandbox"}
    url = api.slack.api_url + "users.info?user=U0ANN"
    async with api.session.get(url, headers=headers) as response:
        assert (await response.json())["user"]["id"] == "U0ANN"


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        pytest.param(b"{", "application/json", "invalid_json", id="broken JSON"),
        pytest.param(b"[]", "application/json", "json_not_object", id="no object"),
        pytest.param(b"x", "text/plain", "invalid_post_type", id="text"),
    ],
)
async def test_body_is_refused(api: Api, body: bytes, content_type: str, code: str) -> None:
    found = await post(api, "api.test", data=body, headers={"Content-Type": content_type})

    assert found["error"] == code


async def test_scopes_are_told_in_the_headers(api: Api) -> None:
    headers = {"Authorization": "Bearer xoxb-sandbox"}
    async with api.session.post(api.slack.api_url + "auth.test", headers=headers) as response:
        assert set(response.headers["x-oauth-scopes"].split(",")) == set(ALL_SCOPES)


@pytest.mark.parametrize("method", sorted(METHOD_SCOPES))
async def test_a_missing_scope_is_named(api: Api, method: str) -> None:
    api.slack.scopes = frozenset({"commands"})
    body = await api(method)

    assert body["error"] == "missing_scope"
    assert body["needed"] == ",".join(METHOD_SCOPES[method])
    assert body["provided"] == "commands"


async def test_addresses_need_their_own_scope(api: Api) -> None:
    api.slack.scopes = frozenset({"users:read"})
    user = (await api("users.info", user="U0ANN"))["user"]

    assert "email" not in user["profile"]
