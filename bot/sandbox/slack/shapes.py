"""Small checks that combine into a description of a JSON value.

A check takes a value and its JSON pointer, and gives what is wrong in Slack's own form:
`must be less than 76 characters [json-pointer:/blocks/0/text/text]`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Problems = Iterator[str]
Check = Callable[[Any, str], Problems]

_URL = re.compile(r"https?://[^\s<>|]+\Z")


def problem(text: str, pointer: str) -> str:
    """Write a message as Slack does."""
    return f"[ERROR] {text} [json-pointer:{pointer or '/'}]"


def anything(_value: Any, _pointer: str) -> Problems:
    """Accept every value."""
    return iter(())


def string(most: int | None = None, least: int = 0) -> Check:
    """Describe a string by its length in characters."""

    def check(value: Any, pointer: str) -> Problems:
        if not isinstance(value, str):
            yield problem("should be a string", pointer)
        elif len(value) < least:
            yield problem(f"must be more than {least - 1} characters", pointer)
        elif most is not None and len(value) > most:
            yield problem(f"must be less than {most + 1} characters", pointer)

    return check


def matching(pattern: str, what: str) -> Check:
    """Describe a string by a regular expression that it must match entirely."""
    compiled = re.compile(pattern)

    def check(value: Any, pointer: str) -> Problems:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            yield problem(f"should be {what}", pointer)

    return check


def url(most: int = 3000) -> Check:
    """Describe an absolute web address."""

    def check(value: Any, pointer: str) -> Problems:
        yield from string(most)(value, pointer)
        if isinstance(value, str) and not _URL.match(value):
            yield problem("must be a valid URL", pointer)

    return check


def one_of(*allowed: str) -> Check:
    """Describe a string by the values that it may have."""

    def check(value: Any, pointer: str) -> Problems:
        if value not in allowed:
            yield problem(f"must be one of {', '.join(allowed)}", pointer)

    return check


def boolean(value: Any, pointer: str) -> Problems:
    """Accept true and false."""
    if not isinstance(value, bool):
        yield problem("should be a boolean", pointer)


def number(least: int | None = None, most: int | None = None) -> Check:
    """Describe an integer by its bounds."""

    def check(value: Any, pointer: str) -> Problems:
        if not isinstance(value, int) or isinstance(value, bool):
            yield problem("should be an integer", pointer)
        elif (least is not None and value < least) or (most is not None and value > most):
            yield problem(f"must be between {least} and {most}", pointer)

    return check


def items(check_item: Check, most: int, least: int = 1) -> Check:
    """Describe an array by its items and their number."""

    def check(value: Any, pointer: str) -> Problems:
        if not isinstance(value, list):
            yield problem("should be an array", pointer)
            return
        if len(value) < least:
            yield problem(f"must have at least {least} items", pointer)
        if len(value) > most:
            yield problem(f"no more than {most} items allowed", pointer)
        for index, item in enumerate(value):
            yield from check_item(item, f"{pointer}/{index}")

    return check


def record(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """Describe an object by its keys; others are refused."""
    known = {**required, **(optional or {})}

    def check(value: Any, pointer: str) -> Problems:
        if not isinstance(value, dict):
            yield problem("should be an object", pointer)
            return
        for name in required:
            if name not in value:
                yield problem(f"missing required field: {name}", pointer)
        for name, part in value.items():
            if name in known:
                yield from known[name](part, f"{pointer}/{name}")
            else:
                yield problem(f"additional property is not allowed: {name}", pointer)

    return check


def tagged(kinds: Mapping[str, Check], what: str) -> Check:
    """Describe an object by its `type`."""

    def check(value: Any, pointer: str) -> Problems:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in kinds:
            yield problem(f"unsupported type: {kind} is no {what}", pointer)
            return
        rest = {name: part for name, part in value.items() if name != "type"}
        yield from kinds[kind](rest, pointer)

    return check
