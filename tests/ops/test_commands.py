"""The commands as they are typed: their streams and exit codes, each in a process of its own."""

import asyncio
import json
import os
import stat
import sys
from pathlib import Path

import pytest

from tests.e2e.world import vendors
from tests.ops.operator import Operator
from tests.patience import PATIENCE_SECONDS

FIVE = ("check", "users", "audit", "replay", "init")


async def pdbot(here: Operator, *words: str) -> tuple[int, str, str]:
    """Run `pdbot`; gives exit code, standard output, standard error."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *words,
        cwd=here.folder,
        env={**os.environ, **here.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_newcomer_gets_from_an_empty_folder_to_a_check_that_is_fine(here: Operator) -> None:
    """From nothing: init by flags, then check reads what init wrote."""
    environ, here.environ = here.environ, {"CRON_KEY": here.environ["CRON_KEY"]}
    del environ["CRON_KEY"]
    assert (await pdbot(here, "check"))[0] == 2

    flags = [word for name, value in environ.items() for word in ("--set", f"{name}={value}")]
    code, out, err = await pdbot(here, "init", *flags)

    assert (code, err) == (0, "")
    assert "Next: `pdbot check`" in out
    assert stat.S_IMODE((here.folder / ".env").stat().st_mode) == 0o600
    code, out, err = await pdbot(here, "check")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "18 ok, 0 to look at, 0 failed."


async def test_init_without_a_terminal_names_what_is_missing(here: Operator) -> None:
    here.environ = {}

    code, out, err = await pdbot(here, "init")

    assert (code, out) == (2, "")
    assert "pdbot: SLACK_BOT_TOKEN is missing" in err
    assert "--set NAME=VALUE" in err


async def test_json_goes_to_standard_output_and_nothing_else(here: Operator) -> None:
    here.environ["PAGERDUTY_FROM_EMAIL"] = "nobody@example.com"
    await here.slack.post_as_bot("B0CRON", "C0JOBS", {"text": "hello"}, wait=False)
    await here.make_database()

    for words, exit_code in (
        (("check",), 1),
        (("users",), 0),
        (("audit",), 0),
        (("replay", "--channel", "#jobs"), 0),
    ):
        code, out, err = await pdbot(here, *words, "--json")
        assert (code, err) == (exit_code, ""), words
        assert all(isinstance(json.loads(line), dict) for line in out.splitlines())


async def test_database_that_does_not_answer_is_a_sentence(here: Operator) -> None:
    here.environ["DATABASE_URL"] = "postgresql://pdbot:s3cret@127.0.0.1:9/pdbot"

    code, out, err = await pdbot(here, "audit")

    assert (code, out) == (1, "")
    assert err.startswith("pdbot: ")
    assert "Traceback" not in err
    assert "s3cret" not in err


async def test_channel_that_is_not_there_is_a_sentence(here: Operator) -> None:
    code, out, err = await pdbot(here, "replay", "--channel", "#nowhere")

    assert (code, out) == (2, "")
    assert "/invite @pdbot" in err


@pytest.mark.parametrize("command", [*FIVE, "run"])
async def test_every_command_has_help(here: Operator, command: str) -> None:
    code, out, _ = await pdbot(here, command, "--help")

    assert code == 0
    assert "Usage: pdbot" in out


async def test_dry_run_starts_serves_and_stops(tmp_path: Path) -> None:
    async with vendors(tmp_path) as world:
        environ = {**os.environ, **world.environ}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", "--dry-run", cwd=tmp_path, env=environ,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stderr is not None
        seen = b""
        while b"pdbot is running" not in seen:
            line = await asyncio.wait_for(process.stderr.readline(), PATIENCE_SECONDS)
            assert line, seen.decode()
            seen += line
        said = await world.pd(f"ack {world.incident().id}")
        process.terminate()
        await process.communicate()

        assert process.returncode == 0
        assert "It would: set #1 to acknowledged" in said
        assert world.writes() == []
        assert not (tmp_path / "pdbot.db").exists()
