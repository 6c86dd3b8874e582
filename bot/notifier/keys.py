"""Integration keys, found when they are needed and kept nowhere else."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from bot.clock import Clock
from bot.errors import PdbotError

_SHAPE: Final = re.compile(r"[0-9A-Za-z]{32}")
_LARGEST: Final = 1_000
_REMEMBERED_SECONDS: Final = 1.0
_MOST: Final = 10_000


class KeyMissing(PdbotError):
    """Say which integration key cannot be found, and what to do; never what was found instead."""

    transient = True


class KeyRing:
    """Look integration keys up in the environment and in files.

    `environ` is asked anew each time, so that a variable that appears is found. A key that was
    found is remembered for 1 s: a burst must not read a file for each event.
    """

    def __init__(self, environ: Callable[[], Mapping[str, str]], *, clock: Clock) -> None:
        self._environ = environ
        self._clock = clock
        self._known: dict[str, tuple[float, str]] = {}

    def resolve(self, key_ref: str) -> str:
        """Give the key of `env:NAME` (or of the file that `NAME_FILE` names) or `file:PATH`.

        Raises:
            KeyMissing: there is none, or what is there is no integration key.
        """
        known = self._known.get(key_ref)
        now = self._clock.monotonic()
        if known is not None and known[0] > now:
            return known[1]
        key = self._read(key_ref)
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[key_ref] = (now + _REMEMBERED_SECONDS, key)
        return key

    def _read(self, key_ref: str) -> str:
        scheme, _, name = key_ref.partition(":")
        if scheme == "file":
            return _checked(_of_file(name), f"The file {name}")
        environ = self._environ()
        if key := environ.get(name, "").strip():
            return _checked(key, f"The variable {name}")
        if path := environ.get(f"{name}_FILE", "").strip():
            return _checked(_of_file(path), f"The file that {name}_FILE names")
        raise KeyMissing(
            f"The integration key cannot be found: the variable {name} is not set. Set it to the "
            "Events API v2 integration key of the PagerDuty service; nothing is lost meanwhile."
        )


def _of_file(path: str) -> str:
    try:
        with Path(path).open(encoding="utf-8") as file:
            return file.read(_LARGEST).strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise KeyMissing(
            f"The integration key cannot be found: the file {path} cannot be read ({reason}). "
            "Put the key there; nothing is lost meanwhile."
        ) from None


def _checked(key: str, where: str) -> str:
    if _SHAPE.fullmatch(key) is None:
        raise KeyMissing(
            f"{where} does not hold an integration key, which has 32 letters and digits. Copy it "
            "from the PagerDuty service's integration; nothing is lost meanwhile."
        )
    return key
