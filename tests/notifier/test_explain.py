"""`jobs` and `jobs why`: what is watched, what became of a message, and why."""

from pathlib import Path

import pytest

from bot.errors import Refused, RequestError, SlackError
from bot.model import Line
from bot.slack.text import plain
from tests.notifier.rig import CHANNEL, RULES, TIMED, Rig, rig


def told(lines: object) -> str:
    assert isinstance(lines, list | tuple)
    found: list[Line] = list(lines)
    return "\n".join(map(plain, found))


async def why(it: Rig, ts: str) -> str:
    return told(await it.jobs.why(CHANNEL, ts))


async def test_overview_tells_rules_messages_and_what_waits(tmp_path: Path) -> None:
    async with rig(tmp_path, TIMED) as it:
        assert "No job message was seen yet" in told(await it.jobs.overview())
        await it.say("weekly started", 0)
        await it.say("nightly failed", 1)
        await it.say("nightly exploded", 2)
        await it.pipeline.drain()
        overview = told(await it.jobs.overview())

        assert "1 rule of" in overview
        assert "billing any producer; in every channel I am in" in overview
        assert "1 waiting" in overview
        assert "Runs that are timed: 1" in overview
        assert "nightly failed" in overview
        assert "trigger waits for its turn" in overview
        assert 'says "exploded"' in overview


async def test_overview_is_bounded(tmp_path: Path) -> None:
    rules = "".join(f'[[rule]]\nname = "rule {number}"\ncontinue = true\n' for number in range(30))
    rules = rules.replace("continue", 'dedup_key = "{condition}-NR"\ncontinue')
    for number in range(30):
        rules = rules.replace("NR", str(number), 1)
    async with rig(tmp_path, rules) as it:
        said = await it.say("nightly failed")
        overview = told(await it.jobs.overview())

        assert "and 10 more." in overview
        assert "and 27 more" in overview
        assert "and 10 more rules" in await why(it, said.ts)


async def test_why_tells_recognition_rules_and_delivery(tmp_path: Path) -> None:
    rules = '[[rule]]\nname = "other"\njob = "weekly"\n' + RULES
    async with rig(tmp_path, rules) as it:
        said = await it.say("nightly failed project=billing run=7")
        await it.deliver()
        answer = await why(it, said.ts)

        assert "Recognized as a failure" in answer
        assert "tried other: it wants job" in answer
        assert "tried billing: matches" in answer
        assert "to script:billing:nightly (env:KEY) was delivered" in answer


async def test_why_tells_of_timers_and_what_was_left_out(tmp_path: Path) -> None:
    async with rig(tmp_path, TIMED + 'images = "http://x.example.com/a.png"\n') as it:
        started = await it.say("nightly started", 0)
        slow = await it.say("nightly slow", 1)

        assert "The rule's limit is 45m" in await why(it, started.ts)
        assert "Nothing was sent to PagerDuty" in await why(it, started.ts)
        assert "Left out: The image" in await why(it, slow.ts)


async def test_why_of_a_message_that_is_no_job_tells_how_near_it_came(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        said = await it.miss("nightly exploded")

        assert "does not map" in await why(it, said.ts)


async def test_why_of_a_message_that_was_not_taken_in(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        said = await it.miss("nightly failed")

        assert "did not take it in" in await why(it, said.ts)


async def test_why_of_a_persons_message(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        said = await it.miss("nightly failed", bot_id=None)

        assert "is not a bot's" in await why(it, said.ts)


async def test_why_of_nothing(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        assert "no such message" in await why(it, "1700000000.000100")
        it.past.errors.append(SlackError("Slack said no."))
        assert "whether I am in that channel" in await why(it, "1700000000.000100")


async def test_without_rules_it_says_how_to_begin(tmp_path: Path) -> None:
    async with rig(tmp_path, None) as it:
        assert "PDBOT_RULES" in told(await it.jobs.overview())
        assert "PDBOT_RULES" in await why(it, "1700000000.000100")


async def test_retry_of_what_was_overtaken_says_so(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.say("nightly failed", 0)
        await it.store.entries.discard(1)
        await it.say("nightly succeeded", 1)
        await it.deliver()

        assert "something newer" in plain(await it.jobs.retry(1))
        with pytest.raises(RequestError, match="no entry 9"):
            await it.jobs.retry(9)


async def test_overview_says_what_is_stuck_and_what_to_type(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.say("nightly failed")
        it.sender.steps.append(Refused("PagerDuty refused the event (400)."))
        await it.deliver()
        overview = told(await it.jobs.overview())

        assert "1 refused by PagerDuty" in overview
        assert "nightly was refused by PagerDuty, and is not sent again by itself" in overview
        assert "jobs retry 1" in overview


async def test_overview_says_why_nothing_was_sent(tmp_path: Path) -> None:
    async with rig(tmp_path, RULES + 'job = ["nightly"]\n') as it:
        await it.say("nightly started")
        await it.say("weekly failed", 1)
        overview = told(await it.jobs.overview())

        assert 'nothing was sent. Rule "billing": a start sends nothing' in overview
        assert "weekly failed" in overview
        assert "nothing was sent. No rule matches." in overview
