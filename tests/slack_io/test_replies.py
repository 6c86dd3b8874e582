"""An answer finds its way, whatever Slack refuses."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web

from bot.model import Invocation, SlackUserId, Via
from bot.slack.client import SlackWeb
from bot.slack.replies import Posted, Replies
from bot.slack.views import Message
from tests.slack_io.fake_slack import BOT_TOKEN, FakeSlack

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "Done."}}
DONE = Message("Done.", [SECTION])


@dataclass
class Post:
    slack: FakeSlack
    replies: Replies

    def asked(
        self,
        *,
        channel_id: str | None = "C1",
        thread_ts: str | None = None,
        response_url: bool = True,
    ) -> Invocation:
        return Invocation(
            via=Via.COMMAND,
            slack_user_id=SlackUserId("U1"),
            text="help",
            channel_id=channel_id,
            thread_ts=thread_ts,
            response_url=self.slack.response_url if response_url else None,
        )

    def refuse(self, *methods: str) -> None:
        for method in methods:
            self.slack.answers[method] = {"ok": False, "error": "channel_not_found"}

    @property
    def methods(self) -> list[str]:
        return [name for name, _ in self.slack.calls]


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with FakeSlack() as slack, SlackWeb(BOT_TOKEN, slack.api_url) as clients:
        slack.answers["conversations.open"] = {"ok": True, "channel": {"id": "D1"}}
        slack.answers["chat.postMessage"] = {"ok": True, "channel": "C1", "ts": "1.000000"}
        yield Post(slack, Replies(clients))


async def test_the_caller_is_answered_over_the_response_url(post: Post) -> None:
    await post.replies.send(post.asked(), DONE, reference="r")

    assert post.slack.said == [
        {
            "response_type": "ephemeral",
            "replace_original": False,
            "text": "Done.",
            "blocks": [SECTION],
        }
    ]
    assert post.methods == []


async def test_an_answer_in_a_thread_stays_there(post: Post) -> None:
    await post.replies.send(post.asked(thread_ts="1.0"), DONE, reference="r")
    await post.replies.send(post.asked(thread_ts="1.0", response_url=False), DONE, reference="r")

    assert post.slack.said[0]["thread_ts"] == "1.0"
    assert post.slack.called("chat.postEphemeral")[0]["thread_ts"] == "1.0"


@pytest.mark.parametrize("status", [404, 429, 500])
async def test_an_expired_response_url_is_followed_by_an_ephemeral_message(
    post: Post, status: int
) -> None:
    post.slack.respond_status, post.slack.respond_text = status, "expired_url"
    posted = await post.replies.send(post.asked(), DONE, reference="r")

    assert posted == Posted("C1")
    assert post.slack.called("chat.postEphemeral") == [
        {"channel": "C1", "user": "U1", "text": "Done.", "blocks": [SECTION]}
    ]


async def test_a_channel_without_the_bot_is_followed_by_a_direct_message(post: Post) -> None:
    post.refuse("chat.postEphemeral")
    await post.replies.send(post.asked(response_url=False, thread_ts="1.0"), DONE, reference="r")

    assert post.methods == ["chat.postEphemeral", "conversations.open", "chat.postMessage"]
    assert post.slack.called("conversations.open") == [{"users": "U1"}]
    sent = post.slack.called("chat.postMessage")[0]
    assert sent["channel"] == "D1"
    assert "thread_ts" not in sent


async def test_an_answer_without_a_channel_is_a_direct_message(post: Post) -> None:
    await post.replies.send(post.asked(channel_id=None, response_url=False), DONE, reference="r")

    assert post.methods == ["conversations.open", "chat.postMessage"]


@pytest.mark.parametrize(
    "opened",
    [
        pytest.param({"ok": True}, id="no channel told"),
        pytest.param({"ok": False, "error": "missing_scope"}, id="refused"),
    ],
)
async def test_a_direct_message_that_was_not_opened_goes_to_the_user(
    post: Post, opened: dict[str, Any]
) -> None:
    post.slack.answers["conversations.open"] = opened
    post.slack.answers["chat.postMessage"] = {"ok": True, "ts": "1.000000"}
    asked = post.asked(channel_id=None, response_url=False)

    assert await post.replies.send(asked, DONE, reference="r") == Posted("U1", "1.000000")


async def test_a_form_opens_although_slack_does_not_tell_its_id(post: Post) -> None:
    post.slack.answers["views.open"] = {"ok": True}

    assert await post.replies.open_form("1.2", {"type": "modal"}) == ""


async def test_an_answer_that_no_way_takes_is_in_the_log(
    post: Post, capsys: pytest.CaptureFixture[str]
) -> None:
    post.slack.respond_status, post.slack.respond_text = 404, "<html>a page</html>"
    post.refuse("chat.postEphemeral", "conversations.open", "chat.postMessage")

    assert await post.replies.send(post.asked(), DONE, reference="r7f3a") is None
    logged = capsys.readouterr().out
    assert "r7f3a" in logged
    assert "channel_not_found" in logged
    assert "404" in logged
    assert "Done." not in logged
    assert "<html>" not in logged


async def test_an_unreachable_response_url_is_followed_by_the_next_way(post: Post) -> None:
    asked = Invocation(
        via=Via.COMMAND,
        slack_user_id=SlackUserId("U1"),
        text="help",
        channel_id="C1",
        response_url="http://127.0.0.1:9/respond",
    )
    await post.replies.send(asked, DONE, reference="r")

    assert post.methods == ["chat.postEphemeral"]


async def test_a_public_answer_is_posted_where_it_can_be_edited(post: Post) -> None:
    posted = await post.replies.send(post.asked(), DONE, reference="r", public=True)

    assert posted == Posted("C1", "1.000000")
    sent = post.slack.called("chat.postMessage")[0]
    assert (sent["unfurl_links"], sent["unfurl_media"]) in {(False, False), ("0", "0")}
    assert post.slack.said == []


async def test_a_public_answer_in_a_foreign_channel_uses_the_response_url(post: Post) -> None:
    post.refuse("chat.postMessage")
    await post.replies.send(post.asked(), DONE, reference="r", public=True)

    assert post.slack.said[0]["response_type"] == "in_channel"


async def test_a_rate_limit_is_waited_out(post: Post) -> None:
    post.slack.answers["chat.postEphemeral"] = web.Response(
        status=429,
        text='{"ok": false, "error": "ratelimited"}',
        headers={"Retry-After": "0", "Content-Type": "application/json"},
    )
    sending = post.replies.send(post.asked(response_url=False), DONE, reference="r")
    posted = await sending

    assert posted == Posted("C1", "1.000000")  # after the last retry: a direct message
    assert post.methods.count("chat.postEphemeral") == 4


async def test_a_message_without_blocks_is_text_only(post: Post) -> None:
    await post.replies.send(post.asked(), Message("Done.", []), reference="r")

    assert "blocks" not in post.slack.said[0]


async def test_a_reaction_is_added_at_best_effort(post: Post) -> None:
    await post.replies.react("C1", "1.0", "x")
    post.slack.answers["reactions.add"] = {"ok": False, "error": "already_reacted"}
    await post.replies.react("C1", "1.0", "x")

    assert post.slack.called("reactions.add")[0] == {
        "channel": "C1",
        "timestamp": "1.0",
        "name": "x",
    }
