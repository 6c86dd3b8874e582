"""What holds for all tests: no settings of whoever runs them, and the same examples each time."""

import gc
import logging
import os
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

# Settings and proxies of the developer's shell must not reach a bot under test.
for _name in list(os.environ):
    _ours = ("SLACK_", "PAGERDUTY_", "PDBOT_", "DATABASE_URL", "LOG_LEVEL", "LOG_FORMAT")
    if (_name.startswith(_ours) and _name not in {"PDBOT_SHARED", "PDBOT_NO_SKIPS"}) or (
        _name.lower() in {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}
    ):
        del os.environ[_name]

# Green twice in a row: the examples are derived from the test, not drawn anew; `make explore`
# looks for new ones, and more. No deadline: timings are no assertions.
settings.register_profile(
    "steady",
    derandomize=True,
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "explore", parent=settings.get_profile("steady"), derandomize=False, max_examples=500
)
settings.load_profile("explore" if os.environ.get("EXPLORE") else "steady")


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Count as a proof what needs a PostgreSQL: for `make test` Python and make are enough."""
    for item in items:
        if isinstance(item, pytest.Function) and "postgres_server" in item.fixturenames:
            item.add_marker(pytest.mark.proof)


def pytest_collection_finish() -> None:
    """Spare the garbage collector what stays to the end: it went through 6,000 tests each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def _no_settings_of_ours() -> None:
    """Hide what only tests know: not earlier, because the workers of pytest-xdist inherit it."""
    for name in ("PDBOT_SHARED", "PDBOT_NO_SKIPS"):
        os.environ.pop(name, None)


def _log_plainly() -> None:
    """Log as structlog does by itself, but traces without all variables: those take seconds."""
    structlog.reset_defaults()
    *before, _ = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*before, plain])


_log_plainly()


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Undo what a test that starts the program does to logging: it would write to a closed file."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    _log_plainly()
    root.handlers[:] = handlers
    root.setLevel(level)
