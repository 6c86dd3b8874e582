"""`pdbot demo` as a program: in a terminal, told as a story, and how it ends."""

import asyncio
import signal
import socket
import sys
import urllib.request
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.proof


@asynccontextmanager
async def demo(*options: str) -> AsyncIterator[Process]:
    """Run the program; whatever is left of it is killed."""
    command = [sys.executable, "-m", "bot", "demo", *options]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def typed(text: str, *options: str) -> tuple[int | None, str, str]:
    """Give exit code, output and errors of a demo into which something was typed."""
    async with demo(*options) as process, asyncio.timeout(PATIENCE_SECONDS):
        out, errors = await process.communicate(text.encode())
        return process.returncode, out.decode(), errors.decode()


async def test_terminal_shows_slacks_answer_and_pagerdutys_change() -> None:
    code, out, errors = await typed("/pd list\npress 1\n/pd note #3 disk is full\n", "--terminal")

    assert (code, errors) == (0, "")
    assert "[1] Acknowledge" in out
    assert "#3 acknowledged by Ann Archer" in out
    assert "“disk is full”" in out
    assert "(only ann sees this)" in out


async def test_terminal_fills_forms_in_and_changes_persons() -> None:
    lines = [
        "/pd show #3", "press 4", "", "", "", "", "press 4", "@bob", "", "", "he knows it",
        "as gus", "/pd list", "as nobody", "press 99", "incidents", "weather", "weather pagerduty slow",
        "weather pagerduty fine", "job", "job rundeck-start", "hello there", "/nope", "?", "quit", "never",
    ]  # fmt: skip
    code, out, errors = await typed("\n".join(lines), "--terminal")

    assert (code, errors) == (0, "")
    assert "#3 reassigned by Ann Archer" in out
    assert "assigned to Bob Breuer" in out
    assert "You are Gus Grant now." in out
    assert "Nobody is called 'nobody'" in out
    assert "There is no such button." in out
    assert "is not a valid command" in out


async def test_terminal_kills_the_bot_and_starts_it_again() -> None:
    code, out, _ = await typed("kill\n/pd list\nstart\n/pd whoami\n", "--terminal")

    assert code == 0
    assert "the app did not answer (not_connected)" in out
    assert "The bot is running." in out
    assert "You are @ann" in out


async def test_script_tells_the_story_and_ends() -> None:
    code, out, errors = await typed("", "--script")

    assert (code, errors) == (0, ""), out
    assert "10. And the deployment gets back to normal." in out


async def test_taken_port_is_said_in_a_sentence_with_exit_code_2() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, out, errors = await typed("", "--no-browser", "--port", str(port))

    assert (code, out) == (2, "")
    assert f"something else listens on port {port}" in errors
    assert f"--port {port + 1}" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_signal_ends_the_demo_cleanly(number: signal.Signals) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with demo("--no-browser", "--port", str(port)) as process:
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            said = (await process.stdout.readline()).decode()
        url = f"http://127.0.0.1:{port}/"
        with await asyncio.to_thread(urllib.request.urlopen, url) as page:
            assert page.status == 200
        process.send_signal(number)
        async with asyncio.timeout(PATIENCE_SECONDS):
            _, errors = await process.communicate()

    assert url in said
    assert (process.returncode, errors) == (0, b"")
