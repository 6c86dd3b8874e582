"""Who did what: written once, finished once, and reported when it never finished."""

import asyncio
from datetime import timedelta

import pytest

from bot.errors import StoreError
from bot.model import PagerDutyUser, PagerDutyUserId, Responder, SlackUserId
from bot.ports import AuditTrail, Threads
from bot.store import Ages, Store, open_store
from tests.store.builders import ShiftedClock

ANN = Responder(
    SlackUserId("U0ANN"),
    "Ann",
    "ann@corp.example.com",
    PagerDutyUser(PagerDutyUserId("PANN"), "Ann", "ann@corp.example.com"),
)
UNMAPPED = Responder(SlackUserId("U0BOB"), "Bob", None, None)


async def intend(store: Store, reference: str = "7f3a", text: str = "note Q3 disk") -> None:
    trail: AuditTrail = store.audit
    await trail.intend(
        reference=reference, slack_user_id="U0ANN", channel_id="C1", via="command", text=text
    )


async def test_an_intent_and_its_end_are_one_entry(store: Store) -> None:
    await intend(store)
    await store.audit.finish(
        reference="7f3a",
        responder=ANN,
        outcome="Noted on Q3.",
        incidents=["Q3", "Q4"],
        before={"status": "triggered"},
        after={"status": "resolved"},
    )
    (entry,) = await store.audit.since(timedelta(days=7))
    assert (entry.reference, entry.text, entry.outcome) == ("7f3a", "note Q3 disk", "Noted on Q3.")
    assert (entry.responder, entry.email, entry.pagerduty_user_id) == (
        "Ann", "ann@corp.example.com", "PANN",
    )  # fmt: skip
    assert entry.incidents == ("Q3", "Q4")
    assert (entry.before, entry.after) == ({"status": "triggered"}, {"status": "resolved"})
    assert entry.finished_at is not None
    assert entry.finished_at >= entry.at


async def test_a_finished_entry_is_never_edited(store: Store) -> None:
    await intend(store)
    for outcome in ("first", "second"):
        await store.audit.finish(reference="7f3a", responder=UNMAPPED, outcome=outcome)
    await store.audit.finish(reference="none", responder=None, outcome="nobody asked")
    (entry,) = await store.audit.since(timedelta(days=7))
    assert (entry.outcome, entry.responder, entry.email) == ("first", "Bob", None)


async def test_a_reference_is_used_once(store: Store) -> None:
    await intend(store)
    with pytest.raises(StoreError):
        await intend(store)


async def test_absurdly_large_states_are_named_not_stored(store: Store) -> None:
    await intend(store, text="x" * 20_000)
    await store.audit.finish(
        reference="7f3a", responder=None, outcome="ok", before={"text": "x" * 30_000}
    )
    (entry,) = await store.audit.since(timedelta(days=7))
    assert len(entry.text) == 12_000
    assert entry.before is not None
    assert "left_out" in entry.before


async def test_the_newest_entries_are_given_oldest_first(store: Store, clock: ShiftedClock) -> None:
    for number in range(4):
        await intend(store, f"{number}")
        clock.ahead += 3600
    found = await store.audit.since(timedelta(hours=3.5), limit=2)
    assert [entry.reference for entry in found] == ["2", "3"]


async def test_what_an_earlier_run_left_unfinished_is_reported_once(
    url: str, clock: ShiftedClock
) -> None:
    first = await open_store(url, clock=clock, ballast_bytes=0)
    await intend(first, "lost")
    await intend(first, "done")
    await first.audit.finish(reference="done", responder=None, outcome="ok")
    assert await first.audit.unfinished() == []  # ours are going on
    assert (await first.stats()).unfinished_intents == 1
    await first.close()
    second = await open_store(url, clock=clock, ballast_bytes=0)
    (lost,) = await second.audit.unfinished()
    assert {**lost, "at": None} == {
        "reference": "lost",
        "slack_user_id": "U0ANN",
        "channel_id": "C1",
        "thread_ts": None,
        "via": "command",
        "text": "note Q3 disk",
        "at": None,
    }
    assert await second.audit.unfinished() == []
    await second.close()


async def test_a_living_replicas_intents_are_not_reported(
    postgres_url: str, clock: ShiftedClock
) -> None:
    first = await open_store(postgres_url, clock=clock)
    second = await open_store(postgres_url, clock=clock)
    await intend(first)
    assert await second.audit.unfinished() == []
    await first.close()
    assert len(await second.audit.unfinished()) == 1
    await second.close()


async def test_old_entries_go_but_not_unreported_ones(store: Store, clock: ShiftedClock) -> None:
    await intend(store, "done")
    await intend(store, "open")
    await store.audit.finish(reference="done", responder=None, outcome="ok")
    clock.ahead += 400 * 86_400
    assert await store.retention.sweep(Ages(audit=timedelta(days=500))) == {}
    assert await store.retention.sweep() == {"audit": 1}
    (entry,) = await store.audit.since(timedelta(days=1000))
    assert entry.reference == "open"


def test_the_store_implements_the_ports(sqlite: Store) -> None:
    threads: Threads = sqlite.cards
    assert threads is not None


async def test_recent_deeds_are_ones_own_and_finished_newest_first(
    store: Store, clock: ShiftedClock
) -> None:
    for reference in ("old", "first", "second", "open"):
        await intend(store, reference, f"reassign {reference}")
    await store.audit.finish(reference="old", responder=ANN, outcome="done")
    await clock.sleep(90)
    for reference in ("first", "second"):
        await store.audit.finish(
            reference=reference, responder=ANN, outcome="done", before={"Q3": 1}, after={"Q3": 2}
        )

    deeds = await store.audit.recent("U0ANN", timedelta(seconds=60))

    assert {one.reference for one in deeds} == {"first", "second"}
    assert (deeds[0].text, deeds[0].before, deeds[0].after) == (
        f"reassign {deeds[0].reference}", {"Q3": 1}, {"Q3": 2},
    )  # fmt: skip
    assert await store.audit.recent("U0BOB", timedelta(seconds=60)) == []


async def mention(store: Store, reference: str, channel_id: str = "C1", ts: str = "1.2") -> bool:
    return await store.audit.intend(
        reference=reference,
        slack_user_id="U0ANN",
        channel_id=channel_id,
        via="mention",
        text="ack",
        thread_ts="1.1",
        message_ts=ts,
    )


async def test_one_mention_is_stored_once_whoever_got_it(url: str, clock: ShiftedClock) -> None:
    first = await open_store(url, clock=clock, ballast_bytes=0)
    assert await mention(first, "here")
    await first.close()
    second = await open_store(url, clock=clock, ballast_bytes=0)

    again, other, elsewhere, twice = await asyncio.gather(
        mention(second, "again"),
        mention(second, "other", ts="1.3"),
        mention(second, "elsewhere", channel_id="C2"),
        mention(second, "twice", ts="1.3"),
    )

    assert (again, other, elsewhere, twice) == (False, True, True, False)
    assert {one.reference for one in await second.audit.since(timedelta(days=1))} == {
        "here", "other", "elsewhere",
    }  # fmt: skip
    (lost,) = await second.audit.unfinished()
    assert lost["thread_ts"] == "1.1"
    await second.close()


async def test_what_somebody_asked_for_before_is_told_newest_first(
    store: Store, clock: ShiftedClock
) -> None:
    await intend(store, "old")
    clock.ahead += 90
    await intend(store, "first")
    await store.audit.finish(reference="first", responder=ANN, outcome="done: Noted.")
    clock.ahead += 2
    await intend(store, "other", "note Q3 more")
    clock.ahead += 2
    await intend(store, "again")

    other, first = await store.audit.before("again", timedelta(seconds=60))

    assert (other.reference, other.is_same, other.is_running) == ("other", False, True)
    assert (first.reference, first.is_same, first.is_running) == ("first", True, False)
    assert first.outcome == "done: Noted."
    assert 3.9 < first.seconds < 60
    assert await store.audit.before("none", timedelta(seconds=60)) == []


async def test_what_a_dead_process_left_is_not_running(url: str, clock: ShiftedClock) -> None:
    first = await open_store(url, clock=clock, ballast_bytes=0)
    await intend(first, "lost")
    await first.close()
    second = await open_store(url, clock=clock, ballast_bytes=0)
    await intend(second, "again")

    (lost,) = await second.audit.before("again", timedelta(seconds=60))

    assert (lost.is_same, lost.is_running, lost.outcome) == (True, False, None)
    await second.close()
