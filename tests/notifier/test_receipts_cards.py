"""The card of the incident that a job message became, and what is said when none appears."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.errors import SlackError, Unavailable
from bot.model import Status
from bot.notifier.incident_watch import Awaited
from bot.notifier.receipt_words import choose
from tests.notifier.rig import CHANNEL, NIGHTLY, RULES, incident, rig


async def test_trigger_gets_the_card_when_pagerduty_has_the_incident(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        said = await it.say("nightly failed")
        await it.deliver()
        await it.show()
        assert it.board.cards == []

        it.incidents.by_key[NIGHTLY] = [incident()]
        it.clock.ahead += 1
        await it.show()
        assert it.board.cards == [(said.ts, "Q000001")]
        (card,) = await it.store.cards.of_incident("Q000001")
        assert (card.channel_id, card.thread_ts) == (CHANNEL, said.ts)
        await it.show()
        assert len(it.board.cards) == 1


async def test_later_trigger_gets_a_link_to_the_card(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.incidents.by_key[NIGHTLY] = [incident()]
        first = await it.say("nightly failed", 0)
        second = await it.say("nightly failed", 1)
        await it.deliver()
        await it.show()

        assert it.board.cards == [(first.ts, "Q000001")]
        ((thread, text),) = it.board.posts
        assert thread == second.ts
        assert "Another alert of #1" in text
        assert len(it.incidents.asked) == 1


TWO_TEAMS = (
    RULES + 'continue = true\n[[rule]]\nname = "other team"\nintegration_key = "env:OTHER"\n'
)


async def test_two_services_paged_with_one_dedup_key_get_a_card_each(tmp_path: Path) -> None:
    async with rig(tmp_path, TWO_TEAMS) as it:
        it.environ["OTHER"] = "f" * 32
        it.incidents.by_key[NIGHTLY] = [incident(1)]
        said = await it.say("nightly failed")
        await it.deliver()
        await it.show()
        assert it.board.cards == [(said.ts, "Q000001")]

        it.incidents.by_key[NIGHTLY].append(incident(2))
        it.clock.ahead += 2
        await it.show()
        assert it.board.cards == [(said.ts, "Q000001"), (said.ts, "Q000002")]
        assert len(it.incident_watch) == 0


async def test_two_triggers_that_became_one_incident_are_not_called_missing(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path, TWO_TEAMS) as it:
        it.environ["OTHER"] = "f" * 32
        it.incidents.by_key[NIGHTLY] = [incident(1)]
        await it.say("nightly failed")
        await it.deliver()
        await it.show()
        it.clock.ahead += 301
        await it.show()

        assert (len(it.incident_watch), it.board.posts) == (0, [])


async def test_missing_incident_is_said_after_five_minutes(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        said = await it.say("nightly failed")
        await it.deliver()
        await it.show()
        for _ in range(20):
            it.clock.ahead += 14
            await it.show()
        assert it.board.posts == []

        it.clock.ahead += 40
        await it.show()
        ((thread, text),) = it.board.posts
        assert thread == said.ts
        assert "maintenance window" in text
        assert len(it.incident_watch) == 0


async def test_lookups_are_few_at_a_time(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        for number in range(12):
            await it.say(f"job-{number} failed", number)
        await it.deliver()
        for _ in range(2):
            await it.receipts.lead()
            await it.receipts.round()
        await it.receipts.round()

        assert len(it.incidents.asked) == 5


async def test_pagerduty_that_does_not_answer_is_asked_again(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.incidents.errors.append(Unavailable("500"))
        it.incidents.by_key[NIGHTLY] = [incident()]
        await it.say("nightly failed")
        await it.deliver()
        await it.show()
        it.clock.ahead += 1
        await it.show()

        assert len(it.board.cards) == 1


async def test_card_whose_posting_was_not_answered_is_not_posted_twice(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.incidents.by_key[NIGHTLY] = [incident()]
        it.board.lost.append(SlackError("the connection broke"))
        await it.say("nightly failed")
        await it.deliver()
        await it.show()
        it.clock.ahead += 5
        await it.show()

        assert len(it.board.cards) == 1


def test_incident_of_an_alert_is_the_open_one_or_a_new_one() -> None:
    now = datetime.now(UTC)
    old = incident(1, status=Status.RESOLVED, created_at=now - timedelta(days=1))
    done = incident(2, status=Status.RESOLVED, created_at=now)
    open_one = incident(3, created_at=now - timedelta(days=2))

    assert choose([old], now) is None
    assert choose([old, done], now) is done
    assert choose([old, done, open_one], now) is open_one


async def test_oldest_of_too_many_is_given_up(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        now = it.clock.now()
        for number in range(2_005):
            it.incident_watch.expect(Awaited(CHANNEL, str(number), "1", "key", now, now))
        assert len(it.incident_watch) == 2_000
        assert it.incident_watch.next_seconds() is not None
        it.incident_watch.forget()
        assert it.incident_watch.next_seconds() is None
