"""Strictness by hand: what a body must look like. The vendor's schemas are not shipped.

A `Check` takes the name and the value of a field and gives a sentence for each mistake.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Check = Callable[[str, object], list[str]]

HTTP_URL = r"https?://.*"
HTTPS_URL = r"https://.*"
ISO_8601 = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})"
URL_CHARACTERS = 4096


def anything(_name: str, _value: object) -> list[str]:
    """Accept whatever is there."""
    return []


def text(
    *,
    low: int = 0,
    high: int | None = None,
    pattern: str | None = None,
    too_long: str = "is too long (maximum is {high} characters)",
) -> Check:
    """Demand a string; lengths count characters, and blanks alone are nothing."""
    wanted = re.compile(pattern, re.DOTALL) if pattern else None

    def check(name: str, value: object) -> list[str]:
        if not isinstance(value, str):
            return [f"'{name}' must be a string"]
        if low and len(value.strip()) < low:
            return [f"'{name}' is missing or blank"]
        if high is not None and len(value) > high:
            return [f"'{name}' " + too_long.format(high=high)]
        if wanted and not wanted.fullmatch(value):
            return [f"'{name}' is invalid"]
        return []

    return check


def one_of(*values: str) -> Check:
    """Demand one of several words."""

    def check(name: str, value: object) -> list[str]:
        return [] if value in values else [f"'{name}' must be one of {', '.join(values)}"]

    return check


def whole(low: int, high: int | None = None) -> Check:
    """Demand a whole number; JSON's true is none."""

    def check(name: str, value: object) -> list[str]:
        if not isinstance(value, int) or isinstance(value, bool):
            return [f"'{name}' must be a whole number"]
        if value < low or (high is not None and value > high):
            return [f"'{name}' must be at least {low}" + (f" and at most {high}" if high else "")]
        return []

    return check


def many(of: Check, *, low: int = 0, high: int | None = None) -> Check:
    """Demand a list."""

    def check(name: str, value: object) -> list[str]:
        if not isinstance(value, list):
            return [f"'{name}' must be a list"]
        if len(value) < low or (high is not None and len(value) > high):
            return [f"'{name}' has {len(value)} items" + (f", at most {high}" if high else "")]
        return [error for item in value for error in of(name, item)]

    return check


def obj(
    fields: Mapping[str, Check],
    *,
    required: Iterable[str] = (),
    also: Callable[[dict[str, Any]], list[str]] | None = None,
    is_open: bool = False,
) -> Check:
    """Demand an object, with known keys unless it is open; `also` sees it when they are fine."""
    needed = tuple(required)

    def check(name: str, value: object) -> list[str]:
        if not isinstance(value, dict):
            return [f"'{name}' must be an object"]
        errors = [f"'{key}' is missing or blank" for key in needed if key not in value]
        for key, item in value.items():
            if key in fields:
                errors += fields[key](key, item)
            elif not is_open:
                errors.append(f"'{key}' is not known in '{name}'")
        return errors or (also(value) if also else [])

    return check


def any_object(name: str, value: object) -> list[str]:
    """Demand an object, with whatever keys."""
    return [] if isinstance(value, dict) else [f"'{name}' must be an object"]


def either(first: Check, second: Check) -> Check:
    """Accept what one of two checks accepts."""

    def check(name: str, value: object) -> list[str]:
        return [] if not first(name, value) else second(name, value)

    return check


def reference(*types: str) -> Check:
    """Demand an id with its type."""
    return obj(
        {
            "id": text(low=1, pattern=r"[A-Z0-9]+"),
            "type": one_of(*types),
            **dict.fromkeys(("name", "summary", "self", "html_url"), anything),
        },
        required=("id", "type"),
    )


LINKS = many(
    obj(
        {"href": text(low=1, high=URL_CHARACTERS, pattern=HTTP_URL), "text": text()},
        required=("href",),
    )
)
IMAGES = many(
    obj(
        {
            "src": text(low=1, pattern=HTTPS_URL),
            "href": text(low=1, high=URL_CHARACTERS, pattern=HTTP_URL),
            "alt": text(),
        },
        required=("src",),
    )
)
