"""What a Web API call carries: JSON, form and query, read strictly."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from aiohttp import web

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.shapes import problem

T = TypeVar("T")

_FLAGS = {"true": True, "1": True, "false": False, "0": False, "": False}
MOST_PER_PAGE = 1000


class Arguments:
    """The arguments of one call. Every reader raises `invalid_arguments` on a wrong type."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = {name: value for name, value in values.items() if value is not None}

    def has(self, name: str) -> bool:
        """Tell whether an argument was given."""
        return name in self.values

    def text(self, name: str) -> str | None:
        """Read a string; None when it is absent."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, str):
            raise wrong(name, "should be a string")
        return value

    def needed(self, name: str) -> str:
        """Read a string that must be there."""
        value = self.text(name)
        if not value:
            raise SlackError("invalid_arguments", [f"[ERROR] missing required field: {name}"])
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Read a boolean, in a form also `true`, `1`, `false`, `0`."""
        value = self.values.get(name, default)
        if isinstance(value, str):
            value = _FLAGS.get(value.lower())
        if not isinstance(value, bool):
            raise wrong(name, "should be a boolean")
        return value

    def number(self, name: str, default: int, *, error: str = "invalid_arguments") -> int:
        """Read a positive integer up to a thousand."""
        value = self.values.get(name, default)
        try:
            number = int(value)
        except (TypeError, ValueError):
            raise SlackError(error) from None
        if isinstance(value, bool | float) or not 1 <= number <= MOST_PER_PAGE:
            raise SlackError(error)
        return number

    def decoded(self, name: str) -> Any:
        """Read JSON, which a form carries as a string; None when it is absent."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise wrong(name, "must be valid JSON") from None

    def ids(self, name: str) -> list[str]:
        """Read ids, as an array or separated by commas."""
        value = self.values.get(name, "")
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list) or not all(isinstance(one, str) for one in parts):
            raise wrong(name, "should be ids separated by commas")
        return [one.strip() for one in parts if one.strip()]

    def page(
        self,
        found: Sequence[T],
        key: Callable[[T], str],
        *,
        default: int = 100,
        newest_first: bool = False,
    ) -> tuple[list[T], str]:
        """Cut a page out of what is sorted by `key`; gives the cursor of the next one, or ""."""
        limit = self.number("limit", default, error="invalid_limit")
        start = _read_cursor(self.text("cursor"))
        if start is not None:
            found = [
                one for one in found if (key(one) <= start if newest_first else key(one) >= start)
            ]
        following = found[limit : limit + 1]
        cursor = _write_cursor(key(following[0])) if following else ""
        return list(found[:limit]), cursor


def wrong(name: str, what: str) -> SlackError:
    """Make the refusal of one argument."""
    return SlackError("invalid_arguments", [problem(what, f"/{name}")])


def _write_cursor(key: str) -> str:
    return base64.urlsafe_b64encode(f"next:{key}".encode()).decode()


def _read_cursor(cursor: str | None) -> str | None:
    if not cursor:
        return None
    try:
        word, key = base64.urlsafe_b64decode(cursor).decode().split(":", 1)
    except (binascii.Error, ValueError):
        raise SlackError("invalid_cursor") from None
    if word != "next":
        raise SlackError("invalid_cursor")
    return key


async def read(request: web.Request) -> tuple[str | None, Arguments]:
    """Read token and arguments of a call.

    Raises:
        SlackError: invalid_json, json_not_object, invalid_post_type.
    """
    values: dict[str, Any] = dict(request.query)
    if request.can_read_body:
        if request.content_type == "application/json":
            try:
                body = await request.json()
            except ValueError:
                raise SlackError("invalid_json") from None
            if not isinstance(body, dict):
                raise SlackError("json_not_object")
            body.pop("token", None)  # Slack takes no token from a JSON body
            values |= body
        elif request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
            values |= dict(await request.post())
        else:
            raise SlackError("invalid_post_type")
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    in_body = values.pop("token", None)
    token = bearer.strip() if scheme.lower() == "bearer" else in_body
    return (token if isinstance(token, str) else None) or None, Arguments(values)
