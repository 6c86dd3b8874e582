"""CONTRACT 5, sentence by sentence, where no other test shows it on the running parts."""

from pathlib import Path

import pytest

from bot.errors import Refused, RequestError, Unavailable
from bot.ledger import EntryState
from tests.notifier.rig import CHANNEL, KEY, RULES, rig

NIGHTLY = "script:-:nightly"


async def test_superseded_trigger_is_not_sent_even_by_a_retry(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.say("nightly succeeded", 5)
        await it.deliver()
        await it.say("nightly failed", 1)  # Slack delivers it late
        late = (await it.entries())[-1]
        assert late.state is EntryState.SUPERSEDED

        with pytest.raises(RequestError, match="superseded"):
            await it.store.entries.retry(late.id)
        assert await it.deliver() == [("resolve", NIGHTLY)]


async def test_refused_trigger_is_not_sent_by_a_retry_after_its_job_recovered(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path) as it:
        await it.say("nightly failed", 0)
        it.sender.steps.append(Refused("PagerDuty refused the event (400)."))
        await it.deliver()
        await it.say("nightly succeeded", 1)
        await it.deliver()
        line = await it.jobs.retry(1)

        assert "is not sent" in str(line)
        assert await it.deliver() == [("resolve", NIGHTLY)]


async def test_success_after_a_refused_trigger_is_not_shown_as_a_recovery(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.say("nightly failed", 0)
        it.sender.steps.append(Refused("PagerDuty refused the event (400)."))
        await it.deliver()
        succeeded = await it.say("nightly succeeded", 1)
        await it.deliver()
        await it.show()

        assert it.board.shown.get((CHANNEL, succeeded.ts), set()) == set()


async def test_order_is_kept_while_the_first_is_retried(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.sender.steps.append(Unavailable("PagerDuty did not answer (500)."))
        await it.say("nightly failed", 0)
        await it.deliver()
        await it.say("nightly succeeded", 1)
        await it.say("nightly failed", 2)
        assert await it.deliver() == []

        it.clock.ahead += 60
        assert [action for action, _ in await it.deliver()] == ["trigger", "resolve", "trigger"]


async def test_message_that_arrives_later_leaves_in_slacks_order(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.say("nightly succeeded", 2)
        await it.say("nightly failed", 1)

        assert [action for action, _ in await it.deliver()] == ["trigger", "resolve"]


@pytest.mark.parametrize(
    ("table", "words", "sent"),
    [
        pytest.param('[rule.on.failure]\naction = "none"\n', "failed", [], id="none"),
        pytest.param(
            '[rule.on.retryable_failure]\nseverity = "info"\n',
            "retrying",
            [("trigger", NIGHTLY)],
            id="a table without action triggers where the default is none",
        ),
        pytest.param(
            '[rule.on.success]\nseverity = "info"\n',
            "succeeded",
            [("resolve", NIGHTLY)],
            id="a table without action keeps the default",
        ),
        pytest.param(
            '[rule.on.start]\naction = "acknowledge"\n',
            "started",
            [("acknowledge", NIGHTLY)],
            id="acknowledge",
        ),
        pytest.param("", "slow", [("trigger", NIGHTLY)], id="a reported average duration"),
        pytest.param("", "retrying", [], id="a retryable failure sends nothing by default"),
    ],
)
async def test_table_of_a_condition_decides(
    tmp_path: Path, table: str, words: str, sent: list[tuple[str, str]]
) -> None:
    async with rig(tmp_path, RULES + table) as it:
        await it.say(f"nightly {words}")

        assert await it.deliver() == sent


async def test_first_rule_that_matches_decides_also_when_it_sends_nothing(tmp_path: Path) -> None:
    first = '[[rule]]\nname = "quiet"\njob = "nightly"\n[rule.on.failure]\naction = "none"\n'
    async with rig(tmp_path, first + RULES) as it:
        await it.say("nightly failed")

        assert await it.deliver() == []


async def test_each_condition_has_its_own_key_severity_and_images(tmp_path: Path) -> None:
    rules = RULES + (
        'images = "https://x.example.com/a.png?q=1,2, https://x.example.com/b.png"\n'
        '[rule.on.failure]\nseverity = "critical"\nintegration_key = "env:CRITICAL"\n'
        '[rule.on.retryable_failure]\nimages = ["https://x.example.com/c.png"]\n'
    )
    async with rig(tmp_path, rules) as it:
        it.environ["CRITICAL"] = "f" * 32
        await it.say("nightly retrying", 0)
        await it.say("weekly failed", 1)
        await it.deliver()

        found = dict(zip(it.sender.keys, it.sender.bodies, strict=True))
        assert [each["src"] for each in found[KEY]["images"]] == ["https://x.example.com/c.png"]
        assert found["f" * 32]["payload"]["severity"] == "critical"
        assert [each["src"] for each in found["f" * 32]["images"]] == [
            "https://x.example.com/a.png?q=1,2",
            "https://x.example.com/b.png",
        ]


async def test_resolve_reaches_an_edited_rules_old_pair_while_its_new_key_is_missing(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path) as it:
        await it.say("nightly failed", 0)
        await it.deliver()
        it.adopt(RULES.replace("env:KEY", "env:NEW"))
        assert await it.reload()
        await it.say("nightly succeeded", 1)

        assert await it.deliver() == [("trigger", NIGHTLY), ("resolve", NIGHTLY)]
        assert sorted(await it.states()) == ["blocked", "sent", "sent"]


@pytest.mark.parametrize(
    ("threshold", "late_after"),
    [
        pytest.param("+20%", 120, id="percent over the average"),
        pytest.param("+5m", 400, id="time over the average"),
        pytest.param("45m", 2_700, id="absolute"),
    ],
)
async def test_threshold_over_the_average_of_seen_runs(
    tmp_path: Path, threshold: str, late_after: float
) -> None:
    rules = RULES + f'[rule.on.avg_duration]\nthreshold = "{threshold}"\n'
    async with rig(tmp_path, rules) as it:
        for run in range(3):
            await it.say(f"nightly started run={run}", run * 1_000)
            await it.say(f"nightly succeeded run={run}", run * 1_000 + 100)
        await it.say("nightly started run=9", 5_000)
        it.clock.ahead += 5_000 + late_after - 2
        assert await it.timers.fire_due() == 0
        it.clock.ahead += 4

        assert await it.timers.fire_due() == 1


async def test_job_that_its_message_names_at_its_end_only_is_timed_and_ended(
    tmp_path: Path,
) -> None:
    rules = RULES + '[rule.on.avg_duration]\nthreshold = "45m"\n'
    async with rig(tmp_path, rules) as it:
        await it.say("nightly started", 0)
        await it.say("nightly succeeded run=7", 100)
        it.clock.ahead += 3_600

        assert await it.timers.fire_due() == 0


async def test_reply_of_a_bot_in_a_thread_counts(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        parent = await it.say("nightly started", 0)
        await it.say("nightly failed", 1, thread_ts=parent.ts)

        assert await it.deliver() == [("trigger", NIGHTLY)]


async def test_message_of_a_human_is_left_alone(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        content = {"type": "message", "text": "[job] nightly failed", "user": "U0ANN"}
        await it.say("", content=content, bot_id=None)

        assert await it.entries() == []


async def test_body_of_an_entry_never_holds_a_key(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.say("nightly failed")
        await it.deliver()
        (entry,) = await it.entries()

        assert KEY not in str(entry)
        assert "routing_key" not in entry.body
