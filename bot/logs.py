"""Logs go to standard error, as text or as JSON, and never hold a secret."""

import logging
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any, Literal

import structlog

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class Masking:
    """Replace secrets in whatever is logged: the last line of defence, not the first."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted({one for one in secrets if len(one) >= 8}, key=len, reverse=True)  # noqa: PLR2004  # shorter ones would mask words

    def __call__(
        self, _: object, __: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Mask in strings, exceptions included."""
        for key, value in event.items():
            if isinstance(value, str):
                event[key] = self.mask(value)
        return event

    def mask(self, text: str) -> str:
        """Mask one text."""
        for secret in self._secrets:
            text = text.replace(secret, "<secret>")
        return text


def configure(level: str, form: Literal["text", "json"], secrets: Iterable[str] = ()) -> None:
    """Set logging up, once, at the start."""
    renderer: Any = (
        structlog.processors.JSONRenderer(default=str)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), sort_keys=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("message") if form == "json" else _same,
            Masking(secrets),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, force=True)


def _same(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return event
