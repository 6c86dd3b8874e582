"""The real bot as a process of its own: killing and restarting it is real."""

import asyncio
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot.clock import SystemClock
from bot.errors import ConfigError, StoreError
from bot.ledger import Entry, EntryState
from bot.store import Store, open_store

Json = dict[str, Any]

START_SECONDS = 30.0
STOP_SECONDS = 30.0
LOG_LINES = 300
SHOWN_ENTRIES = 30
_IS_UP = "pdbot is running"
_OURS = ("SLACK_", "PAGERDUTY_", "PDBOT_", "DATABASE_URL", "LOG_LEVEL", "LOG_FORMAT")


class BotProcess:
    """`python -m bot run` in a folder of its own, with nothing of the caller's configuration.

    `state` is starting, running or stopped. `changed` is called when it changes, and for each line
    of the log.
    """

    def __init__(self, folder: Path) -> None:
        self.state = "stopped"
        self.changed: Callable[[], None] = lambda: None
        self._folder = folder
        self._settings: dict[str, str] = {}
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        self._store: Store | None = None

    def configure(self, settings: Mapping[str, str]) -> None:
        """Give it its settings, from its next start on."""
        self._settings = {**settings, "LOG_FORMAT": "json"}

    @property
    def log(self) -> Sequence[str]:
        """Give the newest lines of the bot's log, as text."""
        return tuple(self._log)

    @property
    def process_id(self) -> int | None:
        """Give the process's id, None while there is none."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start it; returns when it runs, or has ended."""
        if self._process is not None:
            return
        self._settled.clear()
        self._become("starting")
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "run",
            cwd=self._folder,
            env=_environment(self._settings),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us, who stop it in order
        )
        self._reading = asyncio.create_task(self._read(self._process), name="the bot's log")
        with suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                await self._settled.wait()

    async def stop(self) -> None:
        """Stop it as an operator would, and kill it when it does not stop."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """Kill it in the middle of whatever it does."""
        await self._end(signal.SIGKILL)

    async def outbox(self) -> list[Json]:
        """Give what its durable queue holds, newest first; read beside it, as `outbox list` is."""
        try:
            if self._store is None:
                url = self._settings["DATABASE_URL"]
                self._store = await open_store(url, clock=SystemClock(), lock=False)
            found = await self._store.entries.find(tuple(EntryState), limit=1000)
        except (ConfigError, StoreError):
            return []  # it has not made its database yet, or is about to
        return [_entry(one) for one in reversed(found[-SHOWN_ENTRIES:])]

    async def close(self) -> None:
        """Stop it, and look no more into its database."""
        await self.stop()
        store, self._store = self._store, None
        if store is not None:
            await store.close()

    # ---------------------------------------------------------------- inside

    def _become(self, state: str) -> None:
        self.state = state
        self.changed()

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        stream = process.stderr
        while stream is not None and (line := await stream.readline()):
            self._take(line.decode(errors="replace").rstrip())
        code = await process.wait()
        self._log.append(f"The bot's process has ended ({_ending(code)}).")
        self._process = None
        self._become("stopped")
        self._settled.set()

    def _take(self, line: str) -> None:
        is_up = False
        with suppress(ValueError):
            record = json.loads(line)
            if isinstance(record, dict):
                is_up = record.get("message") == _IS_UP
                line = _as_text(record)
        self._log.append(line)
        if is_up:
            self._become("running")
            self._settled.set()
        else:
            self.changed()

    async def _end(self, number: signal.Signals) -> None:
        process, reading = self._process, self._reading
        if process is None or reading is None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(number)
        done, _ = await asyncio.wait({reading}, timeout=STOP_SECONDS)
        if not done:
            with suppress(ProcessLookupError):
                process.kill()
            await reading


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Give the caller's environment without its own bot's settings and without proxies."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_OURS) and not name.lower().endswith("_proxy")
    }
    # The bot runs in another folder: this one is where it is found, installed or not.
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(part for part in (root, kept.get("PYTHONPATH")) if part)
    return {**kept, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **settings}


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _as_text(record: Json) -> str:
    known = {"level", "message", "timestamp"}
    at = str(record.get("timestamp", ""))[11:19]
    rest = " ".join(f"{name}={value}" for name, value in record.items() if name not in known)
    return f"{at} {record.get('level', ''):<7} {record.get('message', '')} {rest}".rstrip()


def _entry(entry: Entry) -> Json:
    return {
        "id": entry.id,
        "state": entry.state.value,
        "action": entry.action.value,
        "rule": entry.rule,
        "dedup_key": entry.dedup_key,
        "attempts": entry.attempts,
        "error": entry.error,
        "created_at": entry.created_at.isoformat(),
        "due_at": entry.due_at.isoformat() if entry.due_at else None,
    }
