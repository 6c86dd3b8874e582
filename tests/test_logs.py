"""Logs: on standard error, as text or JSON, without secrets; libraries' records included."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot.logs import Masking, configure

SECRETS = ["xoxb-1-secret", 'pa"ss wörd', "short"]


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave no logging behind that writes into a closed stream."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    before = structlog.get_config()
    yield
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_written_wherever_it_stands(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("info", "json" if form == "json" else "text", SECRETS)
    log = structlog.get_logger("bot.test")

    log.info("hello xoxb-1-secret", tried={"way": ['pa"ss wörd']}, short="short")
    try:
        int("xoxb-1-secret")
    except ValueError:
        log.exception("failed")
        logging.getLogger("aiohttp.server").exception("foreign %s", 'pa"ss wörd')

    written = capsys.readouterr()
    assert written.out == ""
    assert "xoxb-1" not in written.err
    assert "ss wörd" not in written.err
    assert written.err.count("<secret>") >= 5
    assert "short" in written.err


def test_json_is_one_object_a_line_also_from_libraries(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "json")

    structlog.get_logger("bot.test").info("hello", count=1)
    logging.getLogger("slack_bolt").warning("line\nbreak")

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(one["message"], one["level"]) for one in lines] == [
        ("hello", "info"),
        ("line\nbreak", "warning"),
    ]
    assert all(one["timestamp"].endswith("Z") for one in lines)


@pytest.mark.parametrize("name", ["httpx", "httpcore", "aiohttp", "slack_sdk.web"])
def test_libraries_do_not_tell_addresses(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure("debug", "text")

    logging.getLogger(name).info("GET /users?query=ann@example.com")

    assert capsys.readouterr().err == ""


def test_level_holds_for_our_own_logs(capsys: pytest.CaptureFixture[str]) -> None:
    configure("warning", "text")

    structlog.get_logger("bot.test").info("quiet")
    structlog.get_logger("bot.test").warning("loud")

    assert "quiet" not in (written := capsys.readouterr().err)
    assert "loud" in written


def test_longer_secret_is_masked_before_one_that_it_contains() -> None:
    masking = Masking(["secret-1", "secret-1-and-more"])

    assert masking(None, "", "a secret-1-and-more b secret-1") == "a <secret> b <secret>"
