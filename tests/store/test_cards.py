"""Cards: wanted against shown, their leases, their threads' lines."""

from dataclasses import replace

from bot.ledger import CardLine, CardRecord
from bot.store import Store
from tests.store.builders import ShiftedClock

CARD = CardRecord("C1", "Q1", "1.0", None, "want", "want", "known")


async def claimed(store: Store, card: CardRecord = CARD) -> CardRecord:
    found = await store.cards.claim(card, 6)
    assert isinstance(found, CardRecord)
    return found


async def revise(store: Store, card: CardRecord, wanted: str, *lines: str) -> bool:
    return await store.cards.revise(card, wanted=wanted, state="s", is_open=True, lines=lines)


async def test_a_card_of_which_nothing_is_known_is_due(store: Store) -> None:
    await store.cards.put(CardRecord("C1", "Q1", "1.0"))
    await store.cards.put(CardRecord("C1", "Q2", "1.0", None, "same", "same"))
    assert [one.incident_id for one in await store.cards.due()] == ["Q1"]


async def test_a_revision_makes_it_due_until_it_is_shown(store: Store) -> None:
    await store.cards.put(CARD)
    assert await revise(store, CARD, "new")
    assert [one.wanted for one in await store.cards.due()] == ["new"]

    card = await claimed(store)
    assert await store.cards.due() == []
    assert await store.cards.settle(card, shown="new")

    assert await store.cards.due() == []
    assert await store.cards.claim(CARD, 6) is None


async def test_an_older_revision_loses(store: Store) -> None:
    await store.cards.put(CARD)
    assert await revise(store, CARD, "first")
    assert not await revise(store, CARD, "second")
    assert (await store.cards.of_incident("Q1"))[0].wanted == "first"


async def test_only_one_holds_a_card_until_its_lease_ends(
    store: Store, clock: ShiftedClock
) -> None:
    await store.cards.put(CARD)
    await revise(store, CARD, "new")
    first = await claimed(store)

    waits = await store.cards.claim(CARD, 6)
    assert isinstance(waits, float)
    assert 5 < waits <= 6
    clock.ahead += 7
    second = await claimed(store)

    assert not await store.cards.settle(first, shown="new")
    assert await store.cards.settle(second, shown="new")
    assert len(await store.cards.due()) == 1, "the first one's edit may have come last"


async def test_a_card_revised_while_it_is_edited_stays_due(
    store: Store, clock: ShiftedClock
) -> None:
    await store.cards.put(CARD)
    await revise(store, CARD, "new")
    card = await claimed(store)
    assert await revise(store, replace(CARD, revision=1), "newer")

    assert await store.cards.settle(card, shown="new", pause_seconds=60)
    assert await store.cards.due() == []
    clock.ahead += 61
    assert [(one.wanted, one.shown) for one in await store.cards.due()] == [("newer", "")]


async def test_lines_are_kept_until_they_are_written(store: Store) -> None:
    await store.cards.put(CARD)
    assert await revise(store, CARD, "want", "one", "two")
    card = await claimed(store)
    lines = await store.cards.lines(card)
    assert [one.body for one in lines] == ["one", "two"]

    await store.cards.written(lines[0])
    await store.cards.settle(card, shown="want")
    assert len(await store.cards.due()) == 1

    card = await claimed(store)
    await store.cards.written(CardLine(lines[1].id, ""))
    await store.cards.settle(card, shown="want")
    assert await store.cards.due() == []


async def test_a_card_posted_again_has_its_new_place(store: Store) -> None:
    await store.cards.put(CARD)
    await revise(store, CARD, "new")
    await store.cards.settle(await claimed(store), shown="new", ts="9.0")
    found = await store.cards.get("C1", "Q1")
    assert found is not None
    assert (found.ts, found.reposts) == ("9.0", 1)


async def test_forgetting_a_card_forgets_its_lines(store: Store) -> None:
    await store.cards.put(CARD)
    await revise(store, CARD, "new", "line")
    await store.cards.forget(CARD)
    await store.cards.put(CARD)
    assert await store.cards.lines(CARD) == []


async def test_open_cards_are_watched_and_closed_ones_found_for_a_while(
    store: Store, clock: ShiftedClock
) -> None:
    assert not await store.cards.is_any_fresh(3600)
    await store.cards.put(CARD)
    await store.cards.put(replace(CARD, incident_id="Q2"))
    await store.cards.revise(CARD, wanted="closed", state="", is_open=False)
    clock.ahead += 60

    assert {one.incident_id for one in await store.cards.watched()} == {"Q2"}
    closed = store.cards.closed
    assert {one.incident_id for one in await closed({"Q1", "Q2", "Q3"}, 3600)} == {"Q1"}
    assert await closed({"Q1"}, 30) == await closed({"Q2"}, 3600) == await closed((), 3600) == []
    assert await store.cards.is_any_fresh(3600)
    assert not await store.cards.is_any_fresh(30)
