"""The small memory."""

from bot.pagerduty.cache import ExpiringCache
from tests.pagerduty.support import FakeClock


async def test_value_is_forgotten_when_its_time_is_over() -> None:
    clock = FakeClock()
    cache = ExpiringCache[str | None](clock, limit=10)
    cache.put("a", None, seconds=5)
    await clock.sleep(4.9)
    assert cache.get("a") == (None,)
    await clock.sleep(0.1)
    assert cache.get("a") is None
    assert len(cache) == 0


def test_oldest_value_makes_room() -> None:
    cache = ExpiringCache[int](FakeClock(), limit=2)
    for key, value in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        cache.put(key, value, seconds=5)
    assert [cache.get(key) for key in "abc"] == [(3,), None, (4,)]


def test_dropped_value_is_gone() -> None:
    cache = ExpiringCache[int](FakeClock(), limit=2)
    cache.put("a", 1, seconds=5)
    cache.drop("a")
    cache.drop("never there")
    assert cache.get("a") is None
