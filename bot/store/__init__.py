"""What must survive: one SQL for SQLite and PostgreSQL, one writer with group commit.

- `store`: open it; one attribute a concern. `ledger` (outside) has the words.
- `writer`, `reader`, `database`, `sqlite`, `postgres`, `disk`, `trouble`: the engine room.
- `schema`, `upgrade`, `migrations`: the tables.
- `messages` takes messages in, deciding with `book` (alerts, lanes) and `runs` (runs, timers).
- `outbox`, `lanes`: claim and settle. `entries`: the same entries for people and catch-up.
- `journal`, `cards`, `audit`, `mutes`, `retention`, `stats`: what their names say.
"""

from bot.store.retention import Ages
from bot.store.store import Store, open_store, sqlite_path

__all__ = ["Ages", "Store", "open_store", "sqlite_path"]
