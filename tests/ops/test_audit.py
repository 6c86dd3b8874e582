"""`pdbot audit`: who did what to which incident."""

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.ops.audit import audit
from tests.e2e.world import CHANNEL, World, world


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    """Give the running bot."""
    async with world(tmp_path) as found:
        yield found


async def printed(here: World, since: str = "7d") -> list[str]:
    out = io.StringIO()
    assert await audit(here.environ, out=out, since=since) == 0
    return out.getvalue().splitlines()


async def recorded(here: World) -> list[dict[str, object]]:
    out = io.StringIO()
    assert await audit(here.environ, out=out, as_json=True) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]


async def test_nothing_done_says_so(here: World) -> None:
    assert await printed(here) == ["Nobody asked for a write in the last 7d."]


async def test_write_is_told_with_before_after_way_and_reference(here: World) -> None:
    incident = here.incident()
    await here.pd(f"ack {incident.id}")

    first, change, outcome = await printed(here)

    assert first.endswith(f"  ann (U0ANN)  command in {CHANNEL}: ack {incident.id}")
    assert (
        change.strip() == f"#1 ({incident.id}): triggered, Ann Archer -> acknowledged, Ann Archer"
    )
    assert outcome.strip().startswith("done: Acknowledged.")
    assert f"PagerDuty user {here.pd_ann.id})" in outcome


async def test_json_has_everything(here: World) -> None:
    incident = here.incident()
    await here.pd(f"reassign {incident.id} bob@example.com")

    (entry,) = await recorded(here)

    assert entry["incidents"] == [incident.id]
    assert entry["before"][incident.id]["assignees"] == ["Ann Archer"]  # type: ignore[index]
    assert entry["after"][incident.id]["assignees"] == ["Bob Breuer"]  # type: ignore[index]
    assert entry["via"] == "command"
    assert entry["email"] == "ann@example.com"
    assert entry["reference"]
    assert str(entry["at"]).endswith("+00:00")


async def test_button_is_told_as_one(here: World) -> None:
    incident = here.incident()
    await here.slack.command(here.ann, f"/pd show {incident.id} --post", channel=CHANNEL)
    card = await here.slack.expect_message(CHANNEL)
    await here.click(card, "acknowledge", incident.id)
    await here.slack.expect_ephemeral(here.ann, CHANNEL, "Acknowledged")

    assert [entry["via"] for entry in await recorded(here)] == ["button"]


async def test_refusal_is_kept_too(here: World) -> None:
    incident = here.incident()
    await here.pd(f"ack {incident.id}", who=here.eve)

    (entry,) = await recorded(here)
    assert (await printed(here))[-1].count(str(entry["reference"])) == 1

    assert str(entry["outcome"]).startswith("not done: ")
    assert entry["incidents"] == []


async def test_command_that_never_finished_is_told_so(here: World) -> None:
    await here.bot.store.audit.intend(
        reference="r1", slack_user_id="U0ANN", channel_id=None, via="command", text="ack 1 " * 50
    )

    first, outcome = await printed(here)

    assert first.endswith("…")
    assert outcome.strip() == "never finished: nobody knows whether it was done (ref r1)"


async def test_states_of_an_older_version_are_shown_as_they_are(here: World) -> None:
    await here.bot.store.audit.intend(
        reference="r1", slack_user_id="U0ANN", channel_id=None, via="command", text="ack 1"
    )
    await here.bot.store.audit.finish(
        reference="r1", responder=None, outcome="done", incidents=["P1"], after={"P1": "resolved"}
    )

    assert "P1: unknown -> resolved" in (await printed(here))[1]


async def test_wrong_age_is_told() -> None:
    with pytest.raises(ConfigError, match="--since is not a duration"):
        await audit({}, out=io.StringIO(), since="soon")


async def test_wrong_address_is_told() -> None:
    with pytest.raises(ConfigError, match="DATABASE_URL is neither"):
        await audit({"DATABASE_URL": "mysql://x"}, out=io.StringIO())
