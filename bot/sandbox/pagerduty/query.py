"""Query strings of REST v2: repeated filters, paging, instants, sorting.

Unknown filters are ignored without a word, as PagerDuty does: a typing error returns everything.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from bot.sandbox.pagerduty.refusals import invalid, refuse

T = TypeVar("T")

PAGE_DEFAULT = 25
PAGE_MAX = 100
OFFSET_PLUS_LIMIT_MAX = 10_000


class Query:
    """Read parameters; each is looked for under its exact name."""

    def __init__(self, items: Iterable[tuple[str, str]]) -> None:
        self.items: dict[str, list[str]] = {}
        for name, value in items:
            self.items.setdefault(name, []).append(value)

    def one(self, name: str) -> str | None:
        """Give a parameter's last value."""
        return self.items.get(name, [None])[-1]

    def many(self, name: str) -> list[str]:
        """Give the values of `name[]`."""
        return self.items.get(f"{name}[]", [])

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """Give a whole number."""
        value = self.one(name)
        if value is None:
            return default
        if not value.isdecimal() or not low <= int(value) <= high:
            raise invalid(f"{name.capitalize()} must be a number from {low} to {high}.")
        return int(value)

    def instant(self, name: str) -> datetime | None:
        """Give an instant; without an offset it is UTC, the account's time zone."""
        value = self.one(name)
        if value is None:
            return None
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            raise refuse(
                400, 2004, "Invalid time values in 'since' and/or 'until' parameters", [value]
            ) from None
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    def page(self, found: Sequence[T], name: str, show: Callable[[T], Any]) -> dict[str, Any]:
        """Cut one page out of what was found."""
        limit = self.whole("limit", PAGE_DEFAULT, 1, PAGE_MAX)
        offset = self.whole("offset", 0, 0, OFFSET_PLUS_LIMIT_MAX)
        if offset + limit > OFFSET_PLUS_LIMIT_MAX:
            raise invalid(f"Offset plus limit must not exceed {OFFSET_PLUS_LIMIT_MAX}.")
        return {
            name: [show(item) for item in found[offset : offset + limit]],
            "limit": limit,
            "offset": offset,
            "more": offset + limit < len(found),
            "total": len(found) if self.one("total") == "true" else None,
        }

    def sort(
        self, found: Iterable[T], keys: dict[str, Callable[[T], Any]], default: str
    ) -> list[T]:
        """Sort by up to two `field:direction`, separated by a comma; ascending by default."""
        wanted = (self.one("sort_by") or default).split(",")
        if len(wanted) > 2:  # noqa: PLR2004 - the vendor's maximum
            raise invalid("Sort_by takes at most two fields.")
        result = list(found)
        for one in reversed(wanted):
            field, _, direction = one.partition(":")
            if field not in keys or direction not in {"", "asc", "desc"}:
                raise invalid(f"Sort_by does not know {one}.")
            result.sort(key=keys[field], reverse=direction == "desc")
        return result
