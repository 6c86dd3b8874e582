"""The bot's own writes: PagerDuty reports them too, and they must not be told twice.

While one is under way, and until its answer tells what was done, whoever wants to tell about that
incident waits a moment.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.cards.waiting import wait
from bot.clock import Clock
from bot.forwarding import Forwarding
from bot.model import IncidentId, Note
from bot.ports import Incidents

ANSWER_SECONDS = 3.0  # after a write: for the rest of its action, and its answer in Slack
WRITE_SECONDS = 30.0  # nobody waits for a write longer than this
MOST_MARKS = 1000


@dataclass(slots=True)
class _Mark:
    """What is known of one incident; `writers` have written and not told yet what."""

    until: float
    writing: int = 0
    writers: set[asyncio.Task[Any] | None] = field(default_factory=set)
    notes: set[str] = field(default_factory=set)
    calm: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)


class OwnWrites(Forwarding):
    """`ports.Incidents` that remembers what it has just written."""

    def __init__(self, incidents: Incidents, clock: Clock) -> None:
        super().__init__(incidents)
        self._clock = clock
        self._marks: dict[str, _Mark] = {}

    def take(self, incident_id: str) -> frozenset[str]:
        """Let go of an incident: what this task did is told now. Gives the notes written to it."""
        mark = self._marks.get(incident_id)
        if mark is None:
            return frozenset()
        mark.writers.discard(asyncio.current_task())
        if not mark.writing and not mark.writers:
            self._end(incident_id, mark)
        return frozenset(mark.notes)

    def let_go(self) -> None:
        """Let go of all that this task wrote to: it tells nothing more."""
        task = asyncio.current_task()
        for incident_id in [one for one, mark in self._marks.items() if task in mark.writers]:
            self.take(incident_id)

    def is_pending(self, incident_id: str) -> bool:
        """Tell whether something of the bot's own is still to be told about an incident."""
        mark = self._marks.get(incident_id)
        return mark is not None and mark.until > self._clock.monotonic()

    async def calm(self, incident_id: str) -> None:
        """Wait a moment until nothing is being written: only then are all notes known."""
        mark = self._marks.get(incident_id)
        if mark is not None and mark.writing:
            await wait(mark.calm, ANSWER_SECONDS, self._clock)

    async def settled(self, incident_id: str) -> None:
        """Wait until nothing of the bot's own is still to be told about an incident."""
        while (mark := self._marks.get(incident_id)) is not None:
            left = mark.until - self._clock.monotonic()
            if left <= 0:
                self._end(incident_id, mark)
                return
            await wait(mark.over, left, self._clock)

    def _end(self, incident_id: str, mark: _Mark) -> None:
        self._marks.pop(incident_id, None)
        mark.over.set()

    @contextmanager
    def _writing(self, incident_id: str) -> Iterator[_Mark]:
        now = self._clock.monotonic()
        mark = self._marks.setdefault(incident_id, _Mark(now))
        mark.until = now + WRITE_SECONDS
        mark.writing += 1
        mark.writers.add(asyncio.current_task())
        mark.calm.clear()
        try:
            yield mark
        finally:
            mark.writing -= 1
            if not mark.writing:
                mark.calm.set()
                mark.until = self._clock.monotonic() + ANSWER_SECONDS
            if len(self._marks) > MOST_MARKS:
                oldest = next(iter(self._marks))
                self._end(oldest, self._marks[oldest])

    async def add_note(
        self, incident_id: IncidentId, content: str, *, from_email: str | None
    ) -> Note:
        """Write a note, never twice."""
        with self._writing(incident_id) as mark:
            note = await self._incidents.add_note(incident_id, content, from_email=from_email)
            mark.notes.add(note.id)
            return note
