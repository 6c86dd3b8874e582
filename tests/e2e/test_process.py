"""`python -m bot run` as a process: it drains, it survives, it explains itself."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.sandbox.pagerduty import Fault
from bot.sandbox.slack import all_text
from tests.e2e.facts import notes
from tests.e2e.world import CHANNEL, World, vendors
from tests.patience import PATIENCE_SECONDS

ROOT = Path(__file__).resolve().parents[2]


async def start(environ: dict[str, str], folder: Path) -> Process:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "run",
        env={**inherited, "PYTHONPATH": str(ROOT), **environ},
        cwd=folder,
        stdout=PIPE,
        stderr=PIPE,
    )


@asynccontextmanager
async def process(here: World, folder: Path) -> AsyncIterator[Process]:
    """Run the bot until the end of the block, at most."""
    running = await start(here.environ, folder)
    try:
        await here.slack.expect_connections(2, timeout=PATIENCE_SECONDS)
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncIterator[World]:
    """Give both vendors without a bot."""
    async with vendors(tmp_path) as found:
        yield found


async def test_sigterm_finishes_what_was_acknowledged_and_exits_0(
    outside: World, tmp_path: Path
) -> None:
    incident = outside.incident()
    async with process(outside, tmp_path) as running:
        outside.pagerduty.faults.add(Fault("rest.createIncidentNote", delay=0.3))
        ack = await outside.slack.command(outside.ann, "/pd note 1 in time", channel=CHANNEL)
        assert ack.ok

        running.send_signal(signal.SIGTERM)
        _, errors = await asyncio.wait_for(running.communicate(), PATIENCE_SECONDS)

        assert running.returncode == 0
        said = all_text(await outside.slack.expect_ephemeral(outside.ann))
        assert "Your note is on #1" in said
        assert notes(incident) == [("in time", "Ann Archer")]
        log = errors.decode()
        assert "pdbot is stopping" in log
        for secret in ("xoxb-", "xapp-", "pd-account-key"):
            assert secret not in log
        assert "Traceback" not in log


@pytest.mark.parametrize("is_mention", [False, True])
async def test_command_cut_off_by_a_kill_is_reported_where_it_was_typed(
    outside: World, tmp_path: Path, is_mention: bool
) -> None:
    outside.incident()
    start = (await outside.slack.post(outside.bob, CHANNEL, "what is going on?")).message
    assert start is not None
    slack, thread_ts = outside.slack, start.ts if is_mention else None
    async with process(outside, tmp_path) as running:
        outside.pagerduty.faults.add(Fault("rest.getIncident", delay=60))
        if is_mention:
            typed = "@pdbot note 1 cut off by @bob"
            await slack.post(outside.ann, CHANNEL, typed, thread_ts=thread_ts)
        else:
            await slack.command(outside.ann, "/pd note 1 cut off by @bob", channel=CHANNEL)
        running.kill()
        await running.communicate()
    outside.pagerduty.faults.clear()

    async with process(outside, tmp_path):
        answer = await slack.expect_ephemeral(outside.ann, CHANNEL, timeout=PATIENCE_SECONDS)

    said = all_text(answer)
    assert "I was restarted while I worked on “note 1 cut off by @" in said
    assert "Look at the incident before you repeat it. (ref " in said
    assert answer.thread_ts == thread_ts


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_start_that_waits_for_slack_can_be_stopped(
    outside: World, tmp_path: Path, number: signal.Signals
) -> None:
    environ = {**outside.environ, "SLACK_API_URL": f"http://127.0.0.1:{closed_port()}/api/"}
    running = await start(environ, tmp_path)
    assert running.stderr is not None
    said = await asyncio.wait_for(running.stderr.readuntil(b"keeps trying"), PATIENCE_SECONDS)

    running.send_signal(number)
    _, rest = await asyncio.wait_for(running.communicate(), PATIENCE_SECONDS)

    assert running.returncode == 0
    assert b"pdbot was stopped before it ran" in rest
    assert b"Traceback" not in said + rest


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def refused(environ: dict[str, str], folder: Path) -> str:
    """Start it and give what it says; it must exit with 2."""
    running = await start(environ, folder)
    output, errors = await asyncio.wait_for(running.communicate(), PATIENCE_SECONDS)
    assert running.returncode == 2, errors.decode()
    assert output == b""
    assert "Traceback" not in errors.decode()
    return errors.decode()


async def test_bad_configuration_exits_2_with_all_problems_and_no_secret(tmp_path: Path) -> None:
    said = await refused(
        {"SLACK_BOT_TOKEN": "xapp-secret-1", "PDBOT_PORT": "99999", "LOG_LEVEL": "chatty"}, tmp_path
    )

    lines = [line for line in said.splitlines() if line.startswith("pdbot: ")]
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "PAGERDUTY_API_TOKEN", "PDBOT_PORT"):
        assert any(name in line and "Example: " in line for line in lines), name
    assert "LOG_LEVEL is none of debug, info, warning, error" in said
    assert "secret-1" not in said


async def test_taken_port_exits_2_with_the_way_out(outside: World, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        said = await refused({**outside.environ, "PDBOT_PORT": str(port)}, tmp_path)

    assert f"cannot listen on 127.0.0.1:{port}, another program listens there already" in said


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"PAGERDUTY_API_TOKEN": "not-a-key-of-this-account"},
            "Copy a REST API key whole (PagerDuty, Integrations, API Access Keys; an integration "
            "key of a service is another thing), or set the other region. `pdbot check` says",
        ),
        ({"SLACK_BOT_TOKEN": "xoxb-not-of-this-workspace"}, "SLACK_BOT_TOKEN was refused by Slack"),
        ({"PAGERDUTY_FROM_EMAIL": ""}, "PAGERDUTY_FROM_EMAIL is missing: the key is an account"),
        ({"DATABASE_URL": "sqlite:////nowhere/at/all.db"}, "DATABASE_URL"),
    ],
)
async def test_what_the_vendors_refuse_exits_2(
    outside: World, tmp_path: Path, change: dict[str, str], says: str
) -> None:
    said = await refused({**outside.environ, **change}, tmp_path)

    assert says in said
    assert "administrator" not in said
    assert all(value not in said for value in change.values() if value.startswith(("not", "xoxb")))
