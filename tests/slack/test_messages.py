"""Channel messages: other bots' posts count, and nothing else does."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import ChannelMessage
from bot.slack.payloads import Ignored, message
from tests.shared import shared_data
from tests.slack.shapes import JSON

TS, EDIT = "1763871437.371298", "1763879005.000300"
OWN = {"own_bot_id": "B0SELFBOT1", "own_user_id": "U0SELFBOT1", "own_app_id": "A0SELF"}


def read(event: dict[str, Any]) -> ChannelMessage | Ignored:
    return message(event, team_id="T0EXAMPLE", **OWN)


def posted(**changes: Any) -> dict[str, Any]:
    event = {"type": "message", "channel": "C0JOBS", "ts": TS, "bot_id": "B0RUNDECK", "text": "x"}
    return {**event, **changes}


def edited(before: dict[str, Any] | None, after: dict[str, Any], **changes: Any) -> dict[str, Any]:
    event = {"type": "message", "subtype": "message_changed", "hidden": True, "channel": "C0JOBS"}
    return {**event, "ts": EDIT, "message": after, "previous_message": before, **changes}


def sample_files(pattern: str) -> list[Path]:
    return sorted((shared_data() / "job-messages").glob(pattern))


@pytest.mark.parametrize(
    ("pattern", "reasons"),
    [
        ("neg-slack-delete-*.json", {"deletion"}),
        ("neg-slack-edit-human.json", {"human message"}),
        ("neg-slack-join-*.json", {"notice of Slack"}),
        ("neg-slack-unfurl-*.json", {"unfurl or no change"}),
        ("neg-human-*.json", {"human message"}),
        ("neg-self-*.json", {"own message"}),
    ],
)
def test_negative_samples_are_ignored_with_their_reason(pattern: str, reasons: set[str]) -> None:
    files = sample_files(pattern)

    assert files
    for file in files:
        found = read(json.loads(file.read_text(encoding="utf-8"))["event"])
        assert isinstance(found, Ignored), file.name
        assert {found.reason} == reasons


def test_every_job_message_of_the_samples_counts() -> None:
    files = [file for file in sample_files("*.json") if not file.name.startswith("neg-")]

    assert len(files) > 100
    for file in files:
        event = json.loads(file.read_text(encoding="utf-8"))["event"]
        found = read(event)
        assert isinstance(found, ChannelMessage), (file.name, found)
        assert (found.content, found.ts, found.changed_at) == (event, event["ts"], event["ts"])
        assert (found.bot_id, found.channel_id) == (event["bot_id"], event["channel"])


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        pytest.param(posted(type="reaction_added"), "not a message", id="another event"),
        pytest.param(posted(subtype="message_deleted"), "deletion", id="deletion"),
        pytest.param(posted(subtype="channel_topic"), "notice of Slack", id="topic"),
        pytest.param(posted(subtype=["bot_message"]), "notice of Slack", id="odd subtype"),
        pytest.param(posted(hidden=True), "hidden", id="hidden"),
        pytest.param(posted(bot_id=None), "human message", id="no bot"),
        pytest.param(posted(bot_id=None, subtype="bot_message"), "human message", id="no bot id"),
        pytest.param(posted(bot_id="B0SELFBOT1"), "own message", id="own bot"),
        pytest.param(posted(app_id="A0SELF"), "own message", id="own app"),
        pytest.param(
            posted(bot_profile={"app_id": "A0SELF"}), "own message", id="own app by profile"
        ),
        pytest.param(posted(user="U0SELFBOT1"), "own message", id="own user"),
        pytest.param(posted(ts="yesterday"), "malformed", id="odd ts"),
        pytest.param(posted(ts=1763871437.37), "malformed", id="ts as a number"),
        pytest.param(posted(channel=None), "malformed", id="no channel"),
        pytest.param(edited(None, "x"), "human message", id="edit of nothing"),  # type: ignore[arg-type]
        pytest.param(edited(None, posted(), ts=None), "malformed", id="edit at no time"),
        pytest.param(
            edited(None, posted(subtype="tombstone")), "notice of Slack", id="tombstone"
        ),
        pytest.param(edited(posted(), posted()), "unfurl or no change", id="no change"),
        pytest.param(
            edited(
                posted(attachments=[{"id": 1, "text": "a"}]),
                posted(attachments=[{"id": 1, "from_url": "x"}, {"id": 2, "text": "a"}]),
            ),
            "unfurl or no change",
            id="unfurl renumbers",
        ),
        pytest.param(
            edited(posted(edited={"ts": TS}), posted(edited={"ts": TS}, attachments=[])),
            "unfurl or no change",
            id="unfurl after an earlier edit",
        ),
    ],
)  # fmt: skip
def test_message_that_cannot_be_a_job_message_is_ignored(event: Any, reason: str) -> None:
    assert read(event) == Ignored(reason)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(posted(), id="modern"),
        pytest.param(posted(subtype="bot_message"), id="older"),
        pytest.param(posted(subtype="file_share"), id="file"),
        pytest.param(posted(subtype="thread_broadcast"), id="broadcast"),
        pytest.param(posted(bot_id=None, bot_profile={"id": "B0RUNDECK"}), id="bot by profile"),
    ],
)
def test_post_of_a_bot_counts(event: Any) -> None:
    found = read(event)

    assert isinstance(found, ChannelMessage)
    assert found.bot_id == "B0RUNDECK"


def test_reply_of_a_bot_keeps_its_thread_and_app() -> None:
    found = read(posted(thread_ts="1763870461.000100", app_id="A0RUNDECK"))

    assert isinstance(found, ChannelMessage)
    assert (found.thread_ts, found.app_id) == ("1763870461.000100", "A0RUNDECK")


@pytest.mark.parametrize(
    ("before", "after", "changed_at"),
    [
        pytest.param(
            posted(text="running"),
            posted(text="failed", edited={"ts": "1763879004.000000"}),
            "1763879004.000000",
            id="time of the edit",
        ),
        pytest.param(posted(text="running"), posted(text="failed"), EDIT, id="without edited"),
        pytest.param(
            posted(text="a", edited={"ts": TS}),
            posted(text="b", edited={"ts": TS}),
            EDIT,
            id="edited is of an earlier edit",
        ),
        pytest.param(None, posted(text="failed"), EDIT, id="without the previous message"),
        pytest.param(
            posted(attachments=[{"text": "running"}]),
            posted(attachments=[{"text": "failed"}]),
            EDIT,
            id="in an attachment",
        ),
        pytest.param(
            posted(blocks=[{"type": "header"}]), posted(blocks=[]), EDIT, id="in the blocks"
        ),
    ],
)
def test_update_in_place_keeps_ts_and_knows_its_time(
    before: dict[str, Any] | None, after: dict[str, Any], changed_at: str
) -> None:
    found = read(edited(before, after))

    assert isinstance(found, ChannelMessage)
    assert (found.ts, found.changed_at) == (TS, changed_at)
    assert (found.content, found.previous) == (after, before)


@given(
    st.fixed_dictionaries(
        {"type": st.just("message")},
        optional={
            "subtype": st.one_of(JSON, st.just("message_changed")),
            "message": st.one_of(JSON, st.just(posted(attachments=[7, {}]))),
            "previous_message": st.one_of(JSON, st.just(posted(attachments={}))),
            "ts": st.one_of(JSON, st.just(TS)),
            "bot_id": st.one_of(JSON, st.just("B1")),
            "channel": st.one_of(JSON, st.just("C1")),
        },
    )
)
def test_any_event_gives_a_message_or_a_reason(event: dict[str, Any]) -> None:
    found = read(event)

    assert isinstance(found, Ignored) or (found.ts and found.channel_id and found.bot_id)
