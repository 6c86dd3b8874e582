"""Where the vendors' schemas lie: beside the project, never in it."""

import os
from pathlib import Path

import pytest

# Read once: a bot under test must not find them among its settings (see conftest).
_SHARED = os.environ.get("PDBOT_SHARED")
NO_SKIPS = bool(os.environ.get("PDBOT_NO_SKIPS"))


def shared_data() -> Path:
    """Give the folder of the schemas; skip with the reason where it is absent.

    In CI (`PDBOT_NO_SKIPS`) absence is a failure: a skip there would hide a missing check.
    """
    default = Path(__file__).resolve().parents[2] / "shared"
    data = Path(_SHARED or default) / "data"
    if not data.is_dir():
        reason = f"The vendors' schemas are not at {data}; set PDBOT_SHARED to their folder."
        if NO_SKIPS:
            pytest.fail(reason)
        pytest.skip(reason, allow_module_level=True)
    return data
