"""A really full disk, a small one of the bot's own: what is stored leaves, nothing is lost."""

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.pagerduty import Fault
from tests.proofs.rig import EVENTS, Child, rig, until

pytestmark = pytest.mark.proof

MEGABYTE = 1024 * 1024
BALLAST = 64 * MEGABYTE
DISK = BALLAST + 8 * MEGABYTE


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a small disk; tests/store/test_disk.py shows the same where that is not allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 -- our own words
    if done.returncode:
        pytest.skip(f"A disk cannot be mounted here: {done.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607 -- as above


def fill(file: Path, at_most: int) -> None:
    """Write until the disk is full, or so much."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        for _ in range(at_most // 4096):
            os.write(handle, b"\0" * 4096)
    except OSError as error:
        assert error.errno == errno.ENOSPC  # noqa: PT017 -- anything else is a defect
    finally:
        os.close(handle)


async def says(child: Child, status: int, word: str) -> None:
    async def it_does() -> bool:
        found, parts = await child.health()
        return found == status and word in str(parts.get("database"))

    await until(it_does, 30)


async def test_full_disk_lets_stored_events_leave_and_heals_by_itself(
    tmp_path: Path, disk: Path
) -> None:
    async with rig(tmp_path, f"sqlite:///{disk}/pdbot.db") as here:
        child = await here.start()
        await child.until_healthy()
        assert (disk / "pdbot.db.ballast").stat().st_size == BALLAST

        here.pagerduty.faults.add(Fault(EVENTS, status=500, times=None))
        for job in range(40):
            await here.tell(job, "Failed")
        stored = {one.ts for one in here.told}
        async with here.visit() as store:

            async def all_stored() -> bool:
                return all([await store.messages.of("C0JOBS", ts) for ts in stored])

            await until(all_stored, 30)
        fill(disk / "filler", DISK)
        here.slack.deliverer.retry_delays_seconds = (0.1, 1.0, 5.0, 10.0, 10.0)
        for job in range(40, 80):
            await here.tell(job, "Failed")
        await says(child, 503, "full")
        assert not (disk / "pdbot.db.ballast").exists()

        fill(disk / "filler", BALLAST - 4 * MEGABYTE)  # somebody else takes the ballast's room
        here.pagerduty.faults.clear()
        async with here.visit() as store:

            async def all_left() -> bool:
                by_ts = [one for one in here.told if one.ts in stored]
                return all([await here.is_over(store, one) for one in by_ts])

            await until(all_left, 90)  # the longest back-off is a minute
        await says(child, 503, "full")

        (disk / "filler").unlink()
        await says(child, 200, "ok")
        await here.until_settled(60)
        assert await here.verdicts() == []
        assert (disk / "pdbot.db.ballast").stat().st_size == BALLAST
        assert child.process.returncode is None
