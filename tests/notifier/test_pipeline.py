"""What follows from a channel message is stored in one commit, before Slack is told."""

from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.ledger import EntryState
from bot.model import Condition
from bot.notifier.pipeline import just_before
from bot.tasks import TaskSet
from tests.notifier.rig import CHANNEL, RULES, rig


async def test_recognized_message_is_stored_with_its_event(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        said = await it.say("nightly failed project=billing run=7")

        (stored,) = await it.store.messages.of(CHANNEL, said.ts)
        (entry,) = await it.entries()
        assert stored.id.condition is Condition.FAILURE
        assert 'matched by "billing"' in stored.why["reason"]
        assert (entry.state, entry.rule, entry.key_ref) == (
            EntryState.PENDING,
            "billing",
            "env:KEY",
        )
        assert entry.body["links"][-1]["href"].endswith(said.ts.replace(".", ""))


async def test_same_message_five_times_is_one_event(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        for _ in range(5):
            await it.say("nightly failed")

        assert len(await it.deliver()) == 1


async def test_message_that_no_rule_matches_is_known_all_the_same(tmp_path: Path) -> None:
    async with rig(tmp_path, RULES + 'job = "weekly"\n') as it:
        said = await it.say("nightly failed")

        (stored,) = await it.store.messages.of(CHANNEL, said.ts)
        assert "no rule matches" in stored.why["reason"]
        assert await it.entries() == []


async def test_unrecognized_messages_are_counted(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        for second in range(3):
            await it.say("nightly exploded", second)
        await it.pipeline.drain()

        (tally,) = await it.store.messages.tallies()
        assert tally.count == 3
        assert "exploded" in tally.reason


async def test_counting_never_grows_without_bound(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        message = it.message("nightly exploded")
        for _ in range(1_200):
            it.pipeline._tally(message, "reason")
        assert it.pipeline.uncounted == 200
        await it.store.writer.close()
        await it.pipeline.drain()


async def test_without_a_rules_file_nothing_is_stored(tmp_path: Path) -> None:
    async with rig(tmp_path, None) as it:
        said = await it.say("nightly failed")

        assert await it.store.messages.of(CHANNEL, said.ts) == []
        assert await it.store.cursors.all() == {}
        assert await it.pipeline.take(said, None) is None


async def test_database_that_is_gone_refuses_the_message(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.store.writer.close()
        with pytest.raises(StoreError):
            await it.say("nightly failed")


async def test_channel_is_read_from_its_first_message_on(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        said = await it.say("nightly failed")
        await it.say("nightly failed", 5)

        assert await it.store.cursors.get(CHANNEL) == just_before(said.ts)


async def test_first_message_of_a_channel_waits_for_its_name_not_for_slack(tmp_path: Path) -> None:
    rules = RULES + 'channels = ["#fresh"]\n'
    async with rig(tmp_path, rules) as it:
        it.rooms.unknown["C0FRESH"] = "fresh"
        it.rooms.failures = 2
        said = await it.say("nightly failed", channel_id="C0FRESH")
        assert await it.store.cursors.get("C0FRESH") == just_before(said.ts)
        await it.tasks.drain(5)

        assert len(await it.deliver()) == 1


async def test_channel_whose_name_nobody_tells_is_matched_by_its_id(tmp_path: Path) -> None:
    rules = RULES + 'channels = ["#fresh", "C0FRESH"]\n'
    async with rig(tmp_path, rules) as it:
        it.rooms.failures = 100
        await it.say("nightly failed", channel_id="C0FRESH")
        await it.tasks.drain(5)

        assert len(await it.deliver()) == 1


async def test_too_many_nameless_messages_are_refused_not_lost(tmp_path: Path) -> None:
    rules = RULES + 'channels = ["#fresh"]\n'
    async with rig(tmp_path, rules) as it:
        it.pipeline._tasks = TaskSet(0)
        with pytest.raises(StoreError, match="busy"):
            await it.say("nightly failed", channel_id="C0FRESH")


async def test_named_message_waits_for_the_database(tmp_path: Path) -> None:
    rules = RULES + 'channels = ["#fresh"]\n'
    async with rig(tmp_path, rules) as it:
        it.rooms.unknown["C0FRESH"] = "fresh"
        await it.say("nightly failed", channel_id="C0FRESH")
        await it.store.writer.close()
        await it.tasks.drain(5)  # it gives up in the end; the cursor brings the message back

        assert await it.entries() == []


async def test_two_rules_with_the_same_keys_send_one_event(tmp_path: Path) -> None:
    rules = RULES + 'continue = true\n[[rule]]\nname = "again"\nintegration_key = "env:KEY"\n'
    async with rig(tmp_path, rules) as it:
        said = await it.say("nightly failed")
        assert len(await it.deliver()) == 1
        (stored,) = await it.store.messages.of(CHANNEL, said.ts)
        assert "one event is enough" in stored.why["rules"][1]["reason"]

        await it.say("nightly succeeded", 1)
        assert len(await it.deliver()) == 2


async def test_second_of_two_rules_with_the_same_keys_resolves_what_it_opened_elsewhere(
    tmp_path: Path,
) -> None:
    first = RULES + "continue = true\n"
    second = '[[rule]]\nname = "again"\nintegration_key = "env:KEY"\n'
    async with rig(tmp_path, first + second + 'dedup_key = "old-{job}"\n') as it:
        await it.say("nightly failed")
        it.adopt(first + second)
        assert await it.reload()
        await it.say("nightly succeeded", 1)

        assert sorted(await it.deliver()) == [
            ("resolve", "old-nightly"),
            ("resolve", "script:-:nightly"),
            ("trigger", "old-nightly"),
            ("trigger", "script:-:nightly"),
        ]
        assert await it.store.messages.open_alerts() == []


async def test_edit_that_says_the_same_is_no_second_message(tmp_path: Path) -> None:
    """An old failure whose message gets a new button must not page again."""
    async with rig(tmp_path) as it:
        old = it.message("nightly failed", -86_400 * 100)
        edited = it.message("nightly failed", 0, ts=old.ts, previous=old.content)
        await it.pipeline(edited)

        assert await it.entries() == []


async def test_shadow_rule_sends_nothing_and_says_so(tmp_path: Path) -> None:
    async with rig(tmp_path, RULES + "shadow = true\n") as it:
        said = await it.say("nightly failed")
        await it.show()

        assert await it.deliver() == []
        assert it.board.posts[0][0] == said.ts
        assert "it would be: trigger error" in it.board.posts[0][1]


async def test_rule_edited_while_its_alert_is_open_still_resolves_it(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.say("nightly failed", 0)
        await it.deliver()
        it.adopt(RULES.replace("env:KEY", "env:NEW") + 'dedup_key = "new-{job}"\n')
        assert await it.reload()
        it.environ["NEW"] = it.environ["KEY"]
        await it.say("nightly succeeded", 1)

        assert sorted(await it.deliver()) == [
            ("resolve", "new-nightly"),
            ("resolve", "script:-:nightly"),
            ("trigger", "script:-:nightly"),
        ]


async def test_start_is_not_sent_while_the_job_has_an_alert_open(tmp_path: Path) -> None:
    rules = RULES + '[rule.on.start]\naction = "trigger"\n'
    async with rig(tmp_path, rules) as it:
        await it.say("nightly failed", 0)
        await it.say("nightly started", 1)
        await it.deliver()

        assert await it.states() == [EntryState.SENT, EntryState.SKIPPED]


async def test_message_edited_from_started_to_failed_is_a_second_one(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        before = await it.say("nightly started")
        edited = it.message("nightly failed", 5, ts=before.ts, previous=before.content)
        await it.pipeline(edited)

        assert [m.id.condition for m in await it.store.messages.of(CHANNEL, before.ts)] == [
            Condition.START,
            Condition.FAILURE,
        ]
        assert len(await it.deliver()) == 1


async def test_image_without_https_is_left_out_and_told(tmp_path: Path) -> None:
    async with rig(tmp_path, RULES + 'images = "http://x.example.com/a.png"\n') as it:
        said = await it.say("nightly failed")

        (stored,) = await it.store.messages.of(CHANNEL, said.ts)
        assert "was left out" in stored.why["rules"][0]["warnings"][0]


@pytest.mark.parametrize(
    ("ts", "before"),
    [
        pytest.param("1700000000.000100", "1700000000.000099", id="a microsecond less"),
        pytest.param("1700000000.000000", "1699999999.999999", id="over the second"),
        pytest.param("0.000000", "0.000000", id="never below zero"),
    ],
)
def test_moment_before(ts: str, before: str) -> None:
    assert just_before(ts) == before
