"""The Home tab is filled once for everybody who looks, and again after what they do."""

from collections.abc import Sequence

import pytest

from bot.errors import StoreError
from bot.model import Invocation, Line, Outcome, SlackUserId, Via
from bot.sandbox.slack import Fault, all_text
from bot.slack.home import HomeTab
from bot.tasks import TaskSet
from tests.slack_io.bot import Bot


def published(bot: Bot) -> int:
    return sum(one.method == "views.publish" for one in bot.slack.calls)


def acted(who: str) -> Invocation:
    return Invocation(via=Via.BUTTON, slack_user_id=SlackUserId(who), text="")


async def test_looking_twice_at_once_fills_it_twice_at_most(bot: Bot) -> None:
    home = HomeTab(conversation=bot.talk, web=bot.web, tasks=bot.tasks)
    for _ in range(5):
        home.opened(bot.ann.id)
    await bot.drained()
    assert 1 <= published(bot) <= 2


async def test_only_tabs_that_were_looked_at_follow_what_is_done(bot: Bot) -> None:
    home = HomeTab(conversation=bot.talk, web=bot.web, tasks=bot.tasks)
    home.acted(acted(bot.ann.id))
    await bot.drained()
    assert published(bot) == 0

    home.opened(bot.ann.id)
    await bot.drained()
    home.acted(acted(bot.ann.id))
    await bot.drained()
    assert published(bot) == 2


async def test_those_who_looked_longest_ago_are_forgotten(bot: Bot) -> None:
    home = HomeTab(conversation=bot.talk, web=bot.web, tasks=bot.tasks, most=1)
    home.opened("U0OLD")
    home.opened(bot.ann.id)
    await bot.drained()
    before = published(bot)
    home.acted(acted("U0OLD"))
    await bot.drained()
    assert published(bot) == before


async def test_a_notifier_that_cannot_tell_says_why(bot: Bot) -> None:
    async def jobs() -> Sequence[Line]:
        raise StoreError("The database is gone.")

    home = HomeTab(conversation=bot.talk, web=bot.web, tasks=bot.tasks, jobs=jobs)
    home.opened(bot.ann.id)
    assert "database is gone" in all_text(await bot.slack.expect_home(bot.ann))


async def test_incidents_that_are_not_known_have_their_reason(bot: Bot) -> None:
    bot.talk.outcome = Outcome(lines=(("PagerDuty is not answering.",),), ok=False)
    home = HomeTab(conversation=bot.talk, web=bot.web, tasks=bot.tasks)
    home.opened(bot.ann.id)
    assert "not answering" in all_text(await bot.slack.expect_home(bot.ann))


async def test_a_tab_that_slack_refuses_is_logged(
    bot: Bot, capsys: pytest.CaptureFixture[str]
) -> None:
    bot.slack.faults.add(Fault("views.publish", error="not_enabled"))
    home = HomeTab(conversation=bot.talk, web=bot.web, tasks=bot.tasks)
    home.opened(bot.ann.id)
    await bot.drained()
    assert "not_enabled" in capsys.readouterr().out


async def test_a_full_task_set_leaves_the_tab_as_it_is(
    bot: Bot, capsys: pytest.CaptureFixture[str]
) -> None:
    home = HomeTab(conversation=bot.talk, web=bot.web, tasks=TaskSet(0))
    home.opened(bot.ann.id)
    assert published(bot) == 0
    assert "too much is going on" in capsys.readouterr().out
