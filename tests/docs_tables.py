"""The tables in `docs/` that are made from data: `python -m tests.docs_tables` writes them."""

import re
from pathlib import Path

from bot.model import Condition
from bot.notifier.producer_files import shipped
from bot.notifier.producer_schema import Description

PAGE = Path(__file__).parents[1] / "docs" / "job-owner.md"
_TABLE = re.compile(r"(<!-- producers:.*? -->\n).*?(<!-- /producers -->)", re.DOTALL)


def producers() -> str:
    """Make the table of the shipped producers."""
    rows = [f"| {one.about} | `{one.name}` | {_reports(one)} |" for one in by_tool()]
    return "\n".join(["| tool | producer | reports |", "|---|---|---|", *rows, ""])


def by_tool() -> list[Description]:
    """Give the shipped producers in the order in which people look for theirs."""
    return sorted(shipped(), key=lambda one: one.about.casefold())


def _reports(description: Description) -> str:
    words = {str(word) for word in description.map.values()}
    words |= {str(variant.condition) for variant in description.variant if variant.condition}
    return ", ".join(f"`{condition}`" for condition in Condition if condition.value in words)


def in_step(page: str) -> str:
    """Give the page with its table as it must be."""
    return _TABLE.sub(lambda found: f"{found[1]}{producers()}{found[2]}", page)


if __name__ == "__main__":
    PAGE.write_text(in_step(PAGE.read_text()))
