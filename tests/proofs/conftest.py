"""The store's fixtures: an empty database of each engine, and the clock it follows."""

from tests.postgres import postgres_server as postgres_server  # noqa: PLC0414 -- a fixture
from tests.store.conftest import clock as clock  # noqa: PLC0414 -- as above
from tests.store.conftest import postgres_url as postgres_url  # noqa: PLC0414 -- as above
from tests.store.conftest import sqlite_url as sqlite_url  # noqa: PLC0414 -- as above
from tests.store.conftest import url as url  # noqa: PLC0414 -- as above
