"""Older tables are upgraded by alembic, in the same transaction that found them older."""

from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from bot.errors import ConfigError
from bot.ledger import Mute
from bot.store import Store, open_store
from bot.store.database import Transaction
from bot.store.schema import VERSION, metadata
from bot.store.upgrade import ensure_schema
from tests.store.builders import ShiftedClock

NEXT = f"{int(VERSION) + 1:04}"
ENV = Path("bot/store/migrations")

SCRIPT = f"""
import sqlalchemy as sa
from alembic import op

revision = "{NEXT}"
down_revision = "{VERSION}"


def upgrade() -> None:
    with op.batch_alter_table("cursors") as table:
        table.add_column(sa.Column("latest", sa.String()))
    if {{broken}}:
        raise RuntimeError("a mistake in the script")
"""


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """Give the real folder, and a version to come."""
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    root = Path(__file__).resolve().parents[2] / ENV
    for path in (root / "env.py", root / "script.py.mako", *(root / "versions").glob("v*.py")):
        (folder / path.relative_to(root)).write_text(path.read_text())
    return folder


def columns(transaction: Transaction) -> set[str]:
    return {column["name"] for column in inspect(transaction.connection).get_columns("cursors")}


async def test_older_tables_are_upgraded_and_keep_what_they_hold(
    store: Store, scripts: Path
) -> None:
    (scripts / "versions/next.py").write_text(SCRIPT.replace("{broken}", "False"))
    await store.cursors.advance("C1", "1.0")

    def upgrade(transaction: Transaction) -> None:
        ensure_schema(transaction, "x", may_upgrade=True, version=NEXT, scripts=str(scripts))

    for _ in range(2):  # the second time there is nothing to do
        await store.run(upgrade)
    assert "latest" in await store.run(columns)
    assert await store.cursors.all() == {"C1": "1.0"}
    with pytest.raises(ConfigError, match=f"version {NEXT}, this pdbot knows versions up to"):
        await store.run(lambda t: ensure_schema(t, "x", may_upgrade=True))


async def test_an_upgrade_that_fails_changes_nothing(store: Store, scripts: Path) -> None:
    (scripts / "versions/next.py").write_text(SCRIPT.replace("{broken}", "True"))
    with pytest.raises(RuntimeError, match="a mistake"):
        await store.run(
            lambda t: ensure_schema(t, "x", may_upgrade=True, version=NEXT, scripts=str(scripts))
        )
    assert "latest" not in await store.run(columns)
    await store.run(lambda t: ensure_schema(t, "x", may_upgrade=False))


async def test_a_tool_does_not_upgrade_under_a_running_bot(store: Store) -> None:
    with pytest.raises(ConfigError, match="`pdbot run` upgrades them"):
        await store.run(lambda t: ensure_schema(t, "x", may_upgrade=False, version=NEXT))


async def test_the_first_tables_become_those_of_now(url: str, clock: ShiftedClock) -> None:
    store = await open_store(url, clock=clock, ballast_bytes=0)
    await store.run(_first)
    await store.cursors.advance("C1", "1.0")
    await store.close()

    with pytest.raises(ConfigError, match="version 0001, this pdbot needs"):
        await open_store(url, clock=clock, lock=False)
    store = await open_store(url, clock=clock, ballast_bytes=0)
    try:
        assert await store.run(compare) == []
        assert await store.cursors.all() == {"C1": "1.0"}
        await store.mutes.put(Mute("load", 1, 2, "Ann"))
    finally:
        await store.close()
    await (await open_store(url, clock=clock, lock=False)).close()


def _first(transaction: Transaction) -> None:
    """Leave what version 0001 had."""
    of_outbox = ("doubtful", "blocked", "seq")
    indexes = ["ix_audit_message", *(f"ix_outbox_{name}" for name in of_outbox)]
    for brought in ("TABLE mutes", *(f"INDEX {name}" for name in indexes)):
        transaction.change(text(f"DROP {brought}"))
    for table, column in (("audit", "thread"), ("audit", "message"), ("outbox", "doubts")):
        transaction.change(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
    transaction.change(text("UPDATE alembic_version SET version_num = '0001'"))


def compare(transaction: Transaction) -> list[object]:
    """Tell in what the tables differ from the schema."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 -- not with those that need none
    from alembic.migration import MigrationContext  # noqa: PLC0415 -- as above

    context = MigrationContext.configure(transaction.connection)
    return list(compare_metadata(context, metadata))


async def test_the_scripts_lead_to_the_version_of_the_tables(store: Store) -> None:
    from alembic.config import Config  # noqa: PLC0415 -- not with the tests that need none
    from alembic.script import ScriptDirectory  # noqa: PLC0415 -- as above

    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [VERSION]


async def test_the_tables_are_those_of_the_schema(store: Store) -> None:
    assert await store.run(compare) == []
