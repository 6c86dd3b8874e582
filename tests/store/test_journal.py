"""Cursors and cards."""

import pytest

from bot.ledger import CardRecord
from bot.store import Store


async def test_a_cursor_only_moves_on(store: Store) -> None:
    assert await store.cursors.get("C1") is None
    for ts in ("9.000001", "10.000000", "9.999999"):
        await store.cursors.advance("C1", ts)
    assert await store.cursors.get("C1") == "10.000000"
    await store.cursors.forget("C1")
    assert await store.cursors.all() == {}


async def test_a_cursor_is_a_timestamp(sqlite: Store) -> None:
    with pytest.raises(ValueError, match="timestamp"):
        await sqlite.cursors.advance("C1", "yesterday")


async def test_a_card_is_one_for_each_incident_and_place(store: Store) -> None:
    card = CardRecord("C1", "Q1", "1.0", None, "want", "")
    await store.cards.put(card)
    await store.cards.put(card)
    await store.cards.put(CardRecord("C1", "Q1", "2.0", "0.5"))
    assert await store.cards.get("C1", "Q1") == card
    assert await store.cards.get("C2", "Q1") is None
    assert [each.ts for each in await store.cards.of_incident("Q1")] == ["1.0", "2.0"]
    await store.cards.forget(card)
    assert [each.ts for each in await store.cards.of_incident("Q1")] == ["2.0"]


async def test_a_threads_newest_card_is_its_incident(store: Store) -> None:
    await store.cards.put(CardRecord("C1", "Q1", "1700000001.0"))
    await store.cards.put(CardRecord("C1", "Q2", "1700000003.0", "1700000001.0"))
    await store.cards.put(CardRecord("C1", "Q3", "1700000002.0", "1700000001.0"))
    assert await store.cards.incident_of("C1", "1700000001.0") == "Q2"
    assert await store.cards.incident_of("C1", "1700000002.0") == "Q3"
    assert await store.cards.incident_of("C2", "1700000001.0") is None
