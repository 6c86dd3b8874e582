"""The page about descriptions is true: its tables load, and it names everything there is."""

import re
import tomllib
from pathlib import Path

from bot.notifier.engine import Producers
from bot.notifier.producer_schema import FAMILIES, PARTS
from bot.notifier.transforms import TRANSFORMS
from tests.notifier.posted import read

PAGE = (Path(__file__).parents[2] / "docs" / "producers.md").read_text()
TABLES = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)]


def test_tables_of_the_page_load() -> None:
    names = [table["name"] for block in TABLES for table in block["producer"]]

    producers = Producers.load([table for block in TABLES for table in block["producer"]])

    assert names == ["jenkins-slack-plugin", "flux", "nightly-loader"]
    assert "nightly-loader" in producers.names
    assert "flux" not in producers.names


def test_described_tool_is_recognized() -> None:
    producers = Producers.load(TABLES[1]["producer"])
    attachment = {
        "title": "Load orders crashed",
        "text": "<https://x.example.com/7|Open run>",
        "footer": "took 2 min 3 sec",
        "fields": [{"title": "Environment", "value": "prod"}],
    }

    status = read({"attachments": [attachment]}, producers)

    assert status is not None
    assert (status.condition, status.job, status.project) == ("failure", "orders", "prod")
    assert (status.url, status.duration_seconds) == ("https://x.example.com/7", 123)


def test_page_names_every_slot_part_and_transform() -> None:
    missing = [word for word in (*FAMILIES, *PARTS, *TRANSFORMS) if f"`{word}" not in PAGE]

    assert [word for word in missing if not word.startswith(("field[L", "button[Label]"))] == []
