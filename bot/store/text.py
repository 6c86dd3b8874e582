"""Strings that both engines take, in columns that both can index."""

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

_ENCODER = json.JSONEncoder(separators=(",", ":"), default=str)

KEY_LIMIT = 200
"""Characters of a key: three keys of four bytes each fit PostgreSQL's 2,704 bytes of index row."""


def clean(text: str) -> str:
    """Replace what PostgreSQL (NUL) or UTF-8 (lone surrogates) refuses."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "�").encode("utf-8", "replace").decode("utf-8")


def clip(text: str, limit: int) -> str:
    """Clean a text and cut it."""
    text = clean(text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


@functools.lru_cache(4096)
def key(text: str) -> str:
    """Clean a key; one over 200 characters becomes a prefix and a SHA-256."""
    if len(text) <= KEY_LIMIT:
        return clean(text)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return clean(text[: KEY_LIMIT - len(digest) - 1]) + "#" + digest


@functools.lru_cache(4096)
def lane_of(key_ref: str, dedup_key: str) -> str:
    """Name the lane of an integration key and a dedup key."""
    return key(f"{key_ref} {dedup_key}")


def dump(value: Mapping[str, Any] | Sequence[str] | None) -> str | None:
    """Write JSON; ASCII, so that any string survives both engines."""
    return None if value is None else _ENCODER.encode(value)


def load(text: str | None) -> Any:
    """Read JSON that `dump` wrote."""
    return None if text is None else json.loads(text)
