"""Logs go to standard error, as text or as JSON, and never hold a secret."""

import json
import logging
import sys
from collections.abc import Iterable
from typing import Any, Literal

import structlog

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_SHORTEST = 8  # characters of what is masked: shorter secrets would mask words

# Below WARNING these write addresses, with people's e-mails in them.
_TALKATIVE = ("httpx", "httpcore", "aiohttp", "slack_sdk", "slack_bolt")


class Masking:
    """Replace secrets in whole lines of the log: the last line of defense, not the first."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {one for one in secrets if len(one) >= _SHORTEST}
        known |= {json.dumps(one, ensure_ascii=False)[1:-1] for one in known}
        self._secrets = sorted(known, key=len, reverse=True)

    def __call__(self, _: object, __: str, text: str) -> str:
        """Mask a line that is ready to be written."""
        for secret in self._secrets:
            text = text.replace(secret, "<secret>")
        return text


def configure(level: str, form: Literal["text", "json"], secrets: Iterable[str] = ()) -> None:
    """Set logging up, once, at the start; what libraries log takes the same way."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    masking = Masking(secrets)
    last: list[Any] = [*_rendering(form), masking]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[remove, *last])
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def _rendering(form: Literal["text", "json"]) -> list[Any]:
    if form == "json":
        return [
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
        ]
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), sort_keys=False)]
