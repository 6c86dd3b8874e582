"""The rules file is read again when it changes; wrong rules never replace right ones."""

import asyncio
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.ledger import EntryState
from bot.notifier.rulebook import RuleBook
from tests.notifier.rig import RULES, rig
from tests.patience import until
from tests.store.builders import ShiftedClock

WEEKLY = RULES.replace('"billing"', '"weekly"')


async def test_changed_file_is_adopted_once_it_stands_still(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.adopt(WEEKLY)
        assert [await it.book.check() for _ in range(3)] == [False, True, False]

        assert it.book.rules is not None
        assert it.book.rules.rules[0].name == "weekly"


async def test_file_that_is_still_written_is_not_adopted(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        for end in range(60, len(WEEKLY) + 1, 3):
            it.adopt(WEEKLY[:end])
            assert not await it.book.check()


async def test_wrong_rules_keep_the_old_ones_and_are_told(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.adopt(RULES + "sverity = 1\n")
        assert not await it.reload()
        await it.say("nightly failed")

        assert len(await it.deliver()) == 1
        assert "severity" in it.book.problems[0]
        told = "\n".join(str(line) for line in await it.jobs.overview())
        assert "the old rules stay" in told
        it.adopt(WEEKLY)
        assert await it.reload()
        assert it.book.problems == ()


async def test_file_that_is_gone_keeps_the_old_rules(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.path.unlink()
        assert not await it.reload()

        assert it.book.rules is not None
        assert "is gone" in it.book.problems[0]


async def test_file_that_appears_switches_the_notifier_on(tmp_path: Path) -> None:
    async with rig(tmp_path, None) as it:
        assert it.book.rules is None
        it.adopt(RULES)
        assert await it.reload()
        await it.say("nightly failed")

        assert len(await it.deliver()) == 1


async def test_blocked_events_try_again_with_new_rules(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        del it.environ["KEY"]
        await it.say("nightly failed")
        await it.deliver()

        async def adopted() -> None:
            await it.store.entries.unblock()

        it.book.adopted = adopted
        it.adopt(WEEKLY)
        await it.reload()
        assert await it.states() == [EntryState.PENDING]


async def test_database_that_is_gone_does_not_stop_new_rules(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:

        async def adopted() -> None:
            await it.store.entries.unblock()

        it.book.adopted = adopted
        await it.store.writer.close()
        it.adopt(WEEKLY)
        assert await it.reload()


async def test_file_is_looked_at_for_ever(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        running = asyncio.create_task(it.book.run())
        it.adopt(WEEKLY)
        await until(lambda: it.book.rules and it.book.rules.rules[0].name == "weekly")
        running.cancel()


def test_wrong_rules_stop_the_start(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text("[[rule]]\n")
    with pytest.raises(ConfigError, match="every rule needs one"):
        RuleBook(path, clock=ShiftedClock())
