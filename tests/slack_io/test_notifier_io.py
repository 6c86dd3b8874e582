"""Channels, history and receipts over Slack's Web API."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.clock import SystemClock
from bot.errors import SlackError
from bot.model import Button, Card
from bot.sandbox.slack import Fault, Message, Slack
from bot.slack.board import Board
from bot.slack.client import Identity, SlackWeb, identify
from bot.slack.history import History, Unreadable
from bot.slack.rooms import Rooms
from tests.slack.incidents import incident
from tests.slack.validation import check_message

JOBS = "C0JOBS"


@dataclass
class Here:
    slack: Slack
    web: SlackWeb
    who: Identity

    @property
    def rooms(self) -> Rooms:
        return Rooms(self.web.patient, url=self.who.url)

    @property
    def history(self) -> History:
        return History(self.web.patient, identity=self.who)

    @property
    def board(self) -> Board:
        return Board(self.web.patient, bot_id=self.who.bot_id)

    async def said(self, text: str, **more: object) -> Message:
        ack = await self.slack.post_as_bot("B0RUNDECK", JOBS, {"text": text, **more}, wait=False)
        assert ack.message is not None
        return ack.message


@pytest.fixture
async def here() -> AsyncIterator[Here]:
    slack = Slack()
    slack.validators.append(lambda _, value: check_message(value))
    slack.add_user("ann", id="U0ANN")
    slack.add_channel("jobs", id=JOBS, members=["U0ANN"])
    slack.add_channel("secret", id="C0SECRET", is_private=True)
    slack.add_channel("elsewhere", id="C0ELSE", bot_is_member=False)
    slack.add_other_bot("Rundeck", bot_id="B0RUNDECK", app_id="A0RUNDECK")
    async with slack.serve(), SlackWeb(slack.identity.bot_token, slack.api_url) as web:
        yield Here(slack, web, await identify(web, clock=SystemClock()))


async def test_joined_channels_are_known_by_name(here: Here) -> None:
    rooms = here.rooms
    assert rooms.name(JOBS) is None

    assert await rooms.joined() == {JOBS: "jobs", "C0SECRET": "secret"}
    assert rooms.name(JOBS) == "jobs"
    assert await rooms.resolve(JOBS) == "jobs"


async def test_name_of_a_new_channel_is_asked_for(here: Here) -> None:
    assert await here.rooms.resolve("C0ELSE") == "elsewhere"


async def test_name_that_slack_does_not_tell_is_an_error(here: Here) -> None:
    with pytest.raises(SlackError, match="channel_not_found"):
        await here.rooms.resolve("C0NONE")
    here.slack.faults.add(Fault("users.conversations", error="fatal_error"))
    with pytest.raises(SlackError, match="fatal_error"):
        await here.rooms.joined()


async def test_many_channels_are_read_page_by_page(here: Here) -> None:
    for number in range(250):
        here.slack.add_channel(f"room-{number}")

    assert len(await here.rooms.joined()) == 252


async def test_permalink_is_slacks_own(here: Here) -> None:
    said = await here.said("one")
    reply = await here.said("two", thread_ts=said.ts)
    for message in (said, reply):
        answer = await here.web.prompt.chat_getPermalink(channel=JOBS, message_ts=message.ts)
        assert here.rooms.permalink(JOBS, message.ts, message.thread_ts) == answer["permalink"]

    assert Rooms(here.web.patient, url=None).permalink(JOBS, said.ts) is None


async def test_history_gives_bots_messages_newest_first(here: Here) -> None:
    first, second = await here.said("one"), await here.said("two")
    await here.slack.post("U0ANN", JOBS, "hello", wait=False)

    pages = [page async for page in here.history.pages(JOBS, "0")]
    found = [said.message.content["text"] for page in pages for said in page if said.message]

    assert found == ["two", "one"]
    assert float(first.ts) < float(second.ts)


async def test_history_dates_an_edit_by_its_time(here: Here) -> None:
    said = await here.said("started")
    await here.slack.post_as_bot("B0RUNDECK", JOBS, {"text": "failed"}, update_of=said, wait=False)

    (page,) = [page async for page in here.history.pages(JOBS, "0")]
    message = page[0].message
    assert message is not None
    assert message.ts == said.ts
    assert float(message.changed_at) > float(said.ts)


async def test_history_turns_pages_and_begins_behind_oldest(here: Here) -> None:
    messages = [await here.said(str(number)) for number in range(205)]

    pages = [page async for page in here.history.pages(JOBS, messages[1].ts)]

    assert [len(page) for page in pages] == [200, 3]


async def test_replies_come_newest_first_with_their_parent(here: Here) -> None:
    parent = await here.said("started")
    replies = [await here.said(str(number), thread_ts=parent.ts) for number in range(3)]

    found = await here.history.replies(JOBS, parent.ts)
    assert [said.ts for said in found] == [*[one.ts for one in reversed(replies)], parent.ts]
    (page,) = [page async for page in here.history.pages(JOBS, "0")]
    assert page[0].latest_reply == replies[-1].ts


async def test_channel_that_is_closed_to_the_bot_is_told_apart(here: Here) -> None:
    with pytest.raises(Unreadable, match="not_in_channel"):
        await here.history.replies("C0ELSE", "1700000000.000100")
    here.slack.faults.add(Fault("conversations.history", error="fatal_error"))
    with pytest.raises(SlackError, match="fatal_error") as caught:
        [page async for page in here.history.pages(JOBS, "0")]
    assert caught.value.transient


async def test_reactions_are_put_and_taken_and_repeatable(here: Here) -> None:
    said = await here.said("failed")
    for _ in range(2):
        await here.board.react(JOBS, said.ts, "x")
    assert [one["name"] for one in said["reactions"]] == ["x"]
    for _ in range(2):
        await here.board.unreact(JOBS, said.ts, "x")
    assert "reactions" not in said
    await here.board.react(JOBS, "1700000000.000100", "x")  # somebody deleted the message


async def test_lines_and_cards_go_into_the_thread(here: Here) -> None:
    said = await here.said("failed")
    board = here.board
    line_ts = await board.post(
        JOBS, [("It waits.",)], thread_ts=said.ts, buttons=[Button("Retry", "pick", "{}")]
    )
    card_ts = await board.post_card(JOBS, Card(incident()), thread_ts=said.ts)
    alone = await board.post(JOBS, [("While I was away",)])

    by_ts = {one.ts: one for one in here.slack.messages(JOBS)}
    assert by_ts[line_ts].thread_ts == by_ts[card_ts].thread_ts == said.ts
    assert by_ts[alone].thread_ts in {None, "", alone}
    told = await board.said(JOBS, said.ts)
    assert len(told) == 2
    assert incident().id in told[1]


async def test_receipt_that_slack_refuses_is_an_error(here: Here) -> None:
    with pytest.raises(SlackError, match="not_in_channel"):
        await here.board.post("C0ELSE", [("hello",)])
