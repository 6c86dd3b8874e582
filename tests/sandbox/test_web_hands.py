"""What one does on the page, with nobody at the other end: what Slack's client would say."""

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.stage import JOBS, Job, Stage
from bot.sandbox.web.hands import TEXT_CHARACTERS, Hands, WrongRequestError
from tests.sandbox.idle import IdleMachine, idle_stage

ANN = "U0ANN"


@pytest.fixture
async def staged() -> AsyncIterator[tuple[Stage, IdleMachine]]:
    async with idle_stage() as found:
        yield found


@pytest.fixture
def stage(staged: tuple[Stage, IdleMachine]) -> Stage:
    return staged[0]


@pytest.fixture
def hands(stage: Stage) -> Hands:
    return Hands(stage)


async def test_command_without_a_bot_says_what_slack_says(hands: Hands) -> None:
    answer = await hands.do({"do": "command", "who": ANN, "channel": "C0JOBS", "text": "/pd list"})

    assert answer["ok"] is False
    assert answer["problem"].startswith("/pd failed: the app is not connected to Slack")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("/frob", "not a valid command"),
        ("  ", "nothing to send"),
        ("x" * (TEXT_CHARACTERS + 1), "at most 12,000 characters"),
    ],
)
async def test_what_cannot_be_sent_is_explained(hands: Hands, text: str, says: str) -> None:
    answer = await hands.do({"do": "command", "who": ANN, "channel": "C0JOBS", "text": text})

    assert answer["ok"] is False
    assert says in answer["problem"]


async def test_message_stands_in_its_channel_and_thread(hands: Hands, stage: Stage) -> None:
    place = {"do": "message", "who": ANN, "channel": "C0INCIDENTS"}
    await hands.do({**place, "text": "parent"})
    parent = stage.slack.messages("incidents")[-1]
    await hands.do({**place, "text": "<b>reply</b>", "thread_ts": parent.ts})

    reply = stage.slack.messages("incidents")[-1]
    assert reply.thread_ts == parent.ts
    assert reply.text == "&lt;b&gt;reply&lt;/b&gt;"


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
async def test_every_job_posts_as_its_tool(hands: Hands, stage: Stage, job: Job) -> None:
    assert await hands.do({"do": "job", "name": job.name}) == {"ok": True}

    (posted,) = stage.slack.messages("jobs")
    assert posted["bot_id"] == job.bot_id
    assert posted["attachments"]


async def test_start_and_end_of_a_run_have_one_number(stage: Stage) -> None:
    for name in ("rundeck-start", "rundeck-fail", "rundeck-success"):
        await stage.jobs.happen(name)

    numbers = [one["attachments"][0]["fields"][3]["value"] for one in stage.slack.messages("jobs")]
    assert [number.rpartition("#")[2] for number in numbers] == ["4711>", "4711>", "4712>"]


async def test_weather_turns_and_turns_back(hands: Hands, stage: Stage) -> None:
    for about, name in (
        ("pagerduty", "slow"),
        ("pagerduty", "limited"),
        ("pagerduty", "down"),
        ("slack", "cut"),
    ):
        await hands.do({"do": "weather", "about": about, "name": name})
        assert stage.weather.now[about] == name
    assert [fault.status for fault in stage.pagerduty.faults.active] == [503]
    assert len(stage.slack.faults) == 2
    for about in ("pagerduty", "slack"):
        await hands.do({"do": "weather", "about": about, "name": "fine"})

    assert stage.pagerduty.faults.active == []
    assert len(stage.slack.faults) == 0


async def test_bot_is_killed_stopped_and_started(
    hands: Hands, staged: tuple[Stage, IdleMachine]
) -> None:
    for name in ("kill", "start", "stop"):
        await hands.do({"do": "bot", "name": name})

    assert staged[1].done == ["kill", "start", "stop"]


async def test_colleague_acts_in_pagerduty_itself(hands: Hands, stage: Stage) -> None:
    disk = stage.cast.disk
    asked = {"do": "pagerduty", "incident": disk.id}

    assert (await hands.do({**asked, "name": "acknowledge"}))["ok"]
    assert disk.status == "acknowledged"
    assert (await hands.do({**asked, "name": "resolve"}))["ok"]
    assert disk.log[-1].agent.name == "Bob Breuer"
    assert await hands.do({**asked, "name": "resolve"}) == {
        "ok": False,
        "problem": "The incident is resolved already.",
    }


async def test_home_and_shortcuts_without_a_bot_do_not_pass_in_silence(
    hands: Hands, stage: Stage
) -> None:
    await stage.jobs.happen("jenkins-fail")
    (message,) = stage.slack.messages("jobs")
    on_message = {"channel": "C0JOBS", "ts": message.ts}
    for asked in (
        {"do": "home"},
        {"do": "shortcut", "callback_id": "open_incidents"},
        {"do": "shortcut", "callback_id": "add_to_incident", **on_message},
    ):
        answer = await hands.do({"who": ANN, **asked})
        assert answer["ok"] is False
        assert "not connected" in answer["problem"]


async def test_stranger_cannot_be_played(hands: Hands) -> None:
    with pytest.raises(WrongRequestError):
        await hands.do({"do": "home", "who": "U0JENKINS"})
