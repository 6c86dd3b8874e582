"""Jobs that are muted for a while.

A mute that has ended stays for a while: catch-up may still read what fell into it.
"""

from sqlalchemy import delete, func, insert, select, update

from bot.ledger import Mute
from bot.store.database import Transaction
from bot.store.reader import Reader
from bot.store.schema import mutes, runs
from bot.store.text import clip, key
from bot.store.writer import Writer

MOST_JOBS = 20_000


class Mutes:
    """Mutes by job, and the jobs that there are."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    @staticmethod
    def name_of(job: str) -> str:
        """Give the name under which a job is kept."""
        return key(job)

    async def all(self) -> list[Mute]:
        """Give every mute, also those that have ended."""
        found = await self._reader.run(lambda t: t.rows(select(mutes)))
        return [Mute(row.job, row.since, row.until, row.muted_by) for row in found]

    async def put(self, mute: Mute) -> None:
        """Mute a job, until then instead of what was said before."""
        name = key(mute.job)
        of_job = mutes.c.job == name

        def write(transaction: Transaction) -> None:
            found = transaction.rows(select(mutes).where(of_job))
            goes_on = bool(found) and found[0].since <= mute.since <= found[0].until
            row = {
                "job": name,
                "since": found[0].since if goes_on else mute.since,
                "until": mute.until,
                "muted_by": clip(mute.by, 200),
            }
            transaction.change(delete(mutes).where(of_job))
            transaction.write(insert(mutes), [row])

        await self._writer.run(write)

    async def end(self, job: str, at: int) -> bool:
        """End a mute now; False when the job is not muted."""
        statement = (
            update(mutes).where(mutes.c.job == key(job), mutes.c.until > at).values(until=at)
        )
        return bool(await self._writer.run(lambda t: t.change(statement)))

    async def jobs(self) -> list[str]:
        """Give the names of the jobs whose runs are known, in order."""
        found = await self._reader.run(lambda t: t.rows(_jobs))
        return [row.job for row in found]


# From one name to the next through the index: a job may have a million runs.
_found = select(func.min(runs.c.job).label("job")).cte("found", recursive=True)
_found = _found.union_all(
    select(select(func.min(runs.c.job)).where(runs.c.job > _found.c.job).scalar_subquery()).where(
        _found.c.job.is_not(None)
    )
)
_jobs = select(_found.c.job).where(_found.c.job.is_not(None)).limit(MOST_JOBS)
