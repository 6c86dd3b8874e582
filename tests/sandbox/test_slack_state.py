"""The Web API: pages, bounds, what calls leave behind, and faults."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.sandbox.slack import Fault, Slack
from tests.sandbox.slack_fakes import ANNS, OTHERS, OWN, REPLY, Api, Json, talking

PROD = {"channel": "C0PROD"}
BLOCKS = [{"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}]


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with talking() as api:
        yield api


# -------------------------------------------------------------------- lists and pages


async def read_all(api: Api, method: str, key: str, **given: Any) -> tuple[list[Any], int]:
    """Read all pages; gives what was found, and how many pages there were."""
    found: list[Any] = []
    cursor, pages = "", 0
    while pages == 0 or cursor:
        body = await api(method, cursor=cursor, **given)
        found += body[key]
        pages += 1
        cursor = body.get("response_metadata", {}).get("next_cursor", "")
    return found, pages


async def test_channels_are_listed_in_pages(api: Api) -> None:
    found, pages = await read_all(api, "conversations.list", "channels", limit=2)

    assert [one["name"] for one in found] == ["jobs", "old", "prod", "random"]
    assert pages == 2


async def test_kinds_and_archived_channels_are_chosen(api: Api) -> None:
    types = "public_channel,private_channel,im,mpim"
    body = await api("conversations.list", types=types, exclude_archived="true")

    assert {one["id"] for one in body["channels"]} == {"C0JOBS", "C0PROD", "C0RANDOM", "D0ANN"}


async def test_channels_of_somebody_are_listed(api: Api) -> None:
    own = await api("users.conversations")
    bobs = await api("users.conversations", user="U0BOB")

    assert [one["name"] for one in own["channels"]] == ["jobs", "old", "prod"]
    assert [one["name"] for one in bobs["channels"]] == ["prod", "random"]


async def test_users_are_listed_without_strangers(api: Api) -> None:
    found, pages = await read_all(api, "users.list", "members", limit=3)

    assert [one["name"] for one in found] == ["ann", "bob", "gone", "pdbot", "rundeck"]
    assert pages == 2


async def test_groups_are_listed_with_members_when_asked(api: Api) -> None:
    without = (await api("usergroups.list"))["usergroups"][0]
    with_users = (await api("usergroups.list", include_users=True))["usergroups"][0]

    assert "users" not in without
    assert (with_users["handle"], with_users["users"]) == ("payments-oncall", ["U0ANN"])


async def test_history_is_newest_first_without_replies(api: Api) -> None:
    found, pages = await read_all(api, "conversations.history", "messages", **PROD, limit=1)

    assert [one["ts"] for one in found] == [OTHERS, ANNS, OWN]
    assert pages == 3
    assert found[1]["reply_count"] == 1


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        pytest.param({"oldest": OWN}, [OTHERS, ANNS], id="oldest"),
        pytest.param({"latest": ANNS}, [OWN], id="latest"),
        pytest.param(
            {"oldest": OWN, "latest": ANNS, "inclusive": True}, [ANNS, OWN], id="inclusive"
        ),
        pytest.param({"oldest": ""}, [OTHERS, ANNS, OWN], id="empty"),
    ],
)
async def test_history_has_bounds(api: Api, bounds: Json, expected: list[str]) -> None:
    body = await api("conversations.history", **PROD, **bounds)

    assert [one["ts"] for one in body["messages"]] == expected


@pytest.mark.parametrize("ts", [ANNS, REPLY])
async def test_replies_begin_with_the_parent(api: Api, ts: str) -> None:
    body = await api("conversations.replies", **PROD, ts=ts)

    assert [one["ts"] for one in body["messages"]] == [ANNS, REPLY]


async def test_replies_come_in_pages(api: Api) -> None:
    found, pages = await read_all(
        api, "conversations.replies", "messages", **PROD, ts=ANNS, limit=1
    )

    assert [one["ts"] for one in found] == [ANNS, REPLY]
    assert pages == 2


# -------------------------------------------------------------------- what calls leave behind


async def test_update_keeps_what_is_not_given(api: Api, slack: Slack) -> None:
    posted = await api("chat.postMessage", **PROD, text="one", blocks=BLOCKS)
    await api("chat.update", **PROD, ts=posted["ts"], text="two")
    message = slack.messages("C0PROD")[-1]

    assert message.text == "two"
    assert message.blocks[0]["type"] == "section"
    assert message["edited"]["user"] == "U0PDBOT"

    await api("chat.update", **PROD, ts=posted["ts"], text="two", blocks=[])

    assert message.blocks == []


async def test_reactions_are_counted_once_each(api: Api, slack: Slack) -> None:
    where = {**PROD, "timestamp": ANNS}
    await api("reactions.add", **where, name="eyes")
    again = await api("reactions.add", **where, name=":eyes:")
    await api("reactions.add", **where, name="x")
    message = slack.messages("C0PROD")[1]

    assert again["error"] == "already_reacted"
    assert [(one["name"], one["count"]) for one in message["reactions"]] == [("eyes", 1), ("x", 1)]

    await api("reactions.remove", **where, name="eyes")
    await api("reactions.remove", **where, name="x")

    assert "reactions" not in message


async def test_a_second_persons_reaction_is_counted(api: Api, slack: Slack) -> None:
    message = slack.messages("C0PROD")[1]
    message["reactions"] = [{"name": "eyes", "users": ["U0BOB"], "count": 1}]
    await api("reactions.add", **PROD, timestamp=ANNS, name="eyes")

    assert message["reactions"][0]["users"] == ["U0BOB", "U0PDBOT"]

    await api("reactions.remove", **PROD, timestamp=ANNS, name="eyes")

    assert message["reactions"] == [{"name": "eyes", "users": ["U0BOB"], "count": 1}]


async def test_a_deleted_parent_leaves_a_tombstone(api: Api, slack: Slack) -> None:
    reply = await api("chat.postMessage", **PROD, text="below", thread_ts=OWN)
    await api("chat.delete", **PROD, ts=OWN)
    parent = slack.messages("C0PROD")[0]

    assert parent["subtype"] == "tombstone"
    assert (await api("chat.delete", **PROD, ts=OWN))["error"] == "message_not_found"

    await api("chat.delete", **PROD, ts=reply["ts"])

    assert "reply_count" not in parent


async def test_every_ts_is_unique_and_has_six_decimals(slack: Slack) -> None:
    """Also while the clock stands still."""
    made = [slack.workspace.next_ts() for _ in range(100)]

    assert len(set(made)) == 100
    assert sorted(made) == made
    assert all(len(one.split(".")[1]) == 6 for one in made)


# -------------------------------------------------------------------- faults


async def test_a_rate_limit_says_when_to_come_back(api: Api, slack: Slack) -> None:
    slack.faults.add(Fault("chat.postMessage", error="ratelimited", status=429, retry_after=1))
    headers = {"Authorization": "Bearer xoxb-sandbox"}
    url = slack.api_url + "chat.postMessage"
    async with api.session.post(url, json={**PROD, "text": "x"}, headers=headers) as response:
        assert response.status == 429
        assert response.headers["Retry-After"] == "1"
        assert await response.json() == {"ok": False, "error": "ratelimited"}

    assert (await api("chat.postMessage", **PROD, text="x"))["ok"]
    assert [one.status for one in slack.calls] == [429, 200]


async def test_a_fault_after_the_call_has_done_its_work(api: Api, slack: Slack) -> None:
    slack.faults.add(Fault("chat.postMessage", status=500, after=True))
    body = await api("chat.postMessage", **PROD, text="done")

    assert body["error"] == "internal_error"
    assert slack.messages("C0PROD")[-1].text == "done"


async def test_a_dropped_connection_is_no_answer(api: Api, slack: Slack) -> None:
    slack.faults.add(Fault("auth.test", drop=True, times=2))

    with pytest.raises(aiohttp.ClientError):
        await api("auth.test")

    assert {one.status for one in slack.calls} == {0}


async def test_faults_last_until_they_are_removed(api: Api, slack: Slack) -> None:
    fault = slack.faults.add(Fault("*", error="fatal_error", times=None))
    first = await api("auth.test")
    second = await api("team.info")
    slack.faults.remove(fault)
    slack.faults.remove(fault)
    slack.faults.add(Fault("auth.test", delay=0.001))
    slack.faults.add(Fault("auth.test", error="x"))

    assert (first["error"], second["error"]) == ("fatal_error", "fatal_error")
    assert (await api("auth.test"))["ok"]
    assert len(slack.faults) == 1

    slack.faults.clear()

    assert (await api("auth.test"))["ok"]
