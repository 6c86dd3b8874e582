"""Who may know whom: DESIGN 2, read from the imports."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 350  # lines

# Flat lists of what all parts share: cut in two, nobody would know where to look.
LONG_LISTS = {"bot.model", "bot.ports"}

KERNEL = {"__version__", "clock", "durations", "errors", "ledger", "model", "ports", "tasks"}
STRANGERS = {"slack", "pagerduty", "notifier", "cards", "store"}
KNOWS = {
    "actions": {"clock", "durations", "errors", "model", "ports"},
    "cards": KERNEL | {"forwarding"},
    "notifier": KERNEL,
    "pagerduty": KERNEL | {"telemetry", "waits"},
    "sandbox": set[str](),
    "slack": KERNEL | {"telemetry", "waits"},
    "store": KERNEL,
}

THIRD_PARTY = {
    "aiohttp": ("bot.slack", "bot.pagerduty", "bot.card_desk", "bot.sandbox", "bot.ops"),
    "alembic": ("bot.store",),
    "httpx": ("bot.pagerduty", "bot.ops.heartbeat"),
    "httpx_aiohttp": ("bot.pagerduty.connection",),
    "prometheus_client": ("bot.ops",),
    "psycopg": ("bot.store",),
    "pydantic": ("bot.notifier",),
    "re2": ("bot.notifier",),
    "rich": ("bot.cli", "bot.ops", "bot.sandbox"),
    "slack_bolt": ("bot.slack", "bot.app"),
    "slack_sdk": ("bot.slack", "bot.app"),
    "sqlalchemy": ("bot.store",),
    "typer": ("bot.cli",),
    "dotenv": ("bot.cli", "bot.ops", "bot.watch"),
}
EVERYWHERE = {"structlog"}


@cache
def imports() -> dict[str, frozenset[str]]:
    """Give what each module imports, full names."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): frozenset(
            _imported(ast.parse(path.read_text(encoding="utf-8")))
        )
        for path in (ROOT / "bot").rglob("*.py")
    }


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def ours() -> Iterator[tuple[str, str, str]]:
    """Give module, its part, and each other part of the bot that it imports."""
    for module, names in imports().items():
        part = f"{module}.".split(".")[1]
        for name in names:
            if name.startswith("bot.") and (other := name.split(".")[1]) != part:
                yield module, part, other


def is_within(module: str, places: tuple[str, ...]) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


@pytest.mark.parametrize("part", KNOWS)
def test_part_knows_only_what_it_may(part: str) -> None:
    known = {(module, other) for module, of, other in ours() if of == part}

    assert {(module, other) for module, other in known if other not in KNOWS[part]} == set()


def test_parts_are_strangers_to_one_another() -> None:
    met = {
        (module, other)
        for module, part, other in ours()
        if part in STRANGERS | {"sandbox"} and other in STRANGERS | {"sandbox", "ops"}
    }

    assert met == set()


def test_nobody_imports_ops_but_who_starts_the_program() -> None:
    assert {module for module, _, other in ours() if other == "ops"} <= {"bot.app", "bot.cli"}


def test_kernel_imports_the_standard_library_and_itself() -> None:
    for module in ("model", "ports", "errors", "clock", "ledger", "durations"):
        for name in imports()[f"bot.{module}"]:
            top, part = name.split(".")[0], name.split(".")[1:2]
            assert top in sys.stdlib_module_names or set(part) <= KERNEL, (module, name)


def test_only_those_named_import_what_others_wrote() -> None:
    strays = [
        (module, name)
        for module, names in imports().items()
        for name in names
        if (top := name.split(".")[0]) not in sys.stdlib_module_names | EVERYWHERE | {"bot"}
        and not is_within(module, THIRD_PARTY.get(top, ()))
    ]

    assert strays == []


def test_module_is_no_longer_than_one_can_overlook() -> None:
    long = {
        module: lines
        for module in imports()
        if module not in LONG_LISTS and (lines := _lines(module)) > LONGEST
    }

    assert long == {}


def _lines(module: str) -> int:
    path = ROOT.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return len(file.read_text(encoding="utf-8").splitlines())
