"""Bring the tables to this program's version, or refuse a database that is newer.

Alembic costs 10 MB, so it is imported only where the versions differ.
"""

from sqlalchemy import Column, Connection, MetaData, String, Table, insert, inspect, select

from bot.errors import ConfigError
from bot.store.database import Transaction
from bot.store.schema import VERSION, metadata

SCRIPTS = "bot.store:migrations"

# Alembic's own table, word for word, so that it finds its place where we made the tables.
_stamp = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def ensure_schema(
    transaction: Transaction,
    name: str,
    *,
    may_upgrade: bool,
    version: str = VERSION,
    scripts: str = SCRIPTS,
) -> None:
    """Create the tables in a fresh database, upgrade older ones (`run` only, under the lock).

    Raises:
        ConfigError: the database is newer, unknown, or older and not ours to upgrade.
    """
    connection = transaction.connection
    found = _version(connection)
    if found is None:
        metadata.create_all(connection)
        _stamp.create(connection, checkfirst=True)
        connection.execute(insert(_stamp).values(version_num=version))
    elif found != version:
        _check(found, version, name, may_upgrade=may_upgrade)
        run_scripts(connection, version, scripts)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_stamp.name):
        return None
    found: str | None = connection.execute(select(_stamp.c.version_num)).scalar_one_or_none()
    return found


def _check(found: str, version: str, name: str, *, may_upgrade: bool) -> None:
    if not found.isdigit() or found > version:
        raise ConfigError(
            [
                f"DATABASE_URL: the tables of {name} have version {found}, this pdbot knows "
                f"versions up to {version}. Install the newer pdbot again, or use another database."
            ]
        )
    if not may_upgrade:
        raise ConfigError(
            [
                f"DATABASE_URL: the tables of {name} have version {found}, this pdbot needs "
                f"{version}. `pdbot run` upgrades them when it starts."
            ]
        )


def run_scripts(connection: Connection, version: str, scripts: str = SCRIPTS) -> None:
    """Let alembic run the scripts that lead to a version."""
    from alembic import command  # noqa: PLC0415 -- 10 MB, only when it is needed
    from alembic.config import Config  # noqa: PLC0415 -- as above

    config = Config()
    config.set_main_option("script_location", scripts)
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, version)
