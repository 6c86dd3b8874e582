"""The pages for people are true: what they quote is printed, what they show was run."""

import ast
import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer.main

from bot.actions import registry
from bot.cli import app
from bot.config import NAMES, SECRETS
from bot.model import Effect, Invocation, SlackUserId, Via
from bot.notifier.rules_load import load_file
from bot.policy import load as load_policy
from tests import docs_tables

ROOT = Path(__file__).parents[1]
PAGES = {path.name: path.read_text() for path in sorted((ROOT / "docs").glob("*.md"))}
README = (ROOT / "README.md").read_text()
EVERYWHERE = {**PAGES, "README.md": README}
MARK = "…"


# ---------------------------------------------------------------- sentences


@cache
def printed() -> str:
    """Give every text of the program, a line each, what is filled in written as `…`."""
    texts = []
    for path in sorted((ROOT / "bot").rglob("*.py")):
        if "sandbox" in path.parts:
            continue
        texts += [_text(node) for node in ast.walk(ast.parse(path.read_text()))]
    return "\n".join(" ".join(text.split()) for text in texts if text)


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else MARK for part in node.values
        )
    return ""


def quoted() -> Iterator[str]:
    for quote in re.findall(r"^> (.+)$", PAGES["operator.md"], re.MULTILINE):
        yield quote.strip()


@pytest.mark.parametrize("sentence", list(quoted()))
def test_quoted_sentence_is_one_that_the_bot_prints(sentence: str) -> None:
    assert sentence in printed()


# ---------------------------------------------------------------- commands


def typed() -> Iterator[tuple[str, str]]:
    for page, text in EVERYWHERE.items():
        for command in re.findall(r"`/pd ([^`…]+)`", text):
            yield page, command


@pytest.mark.parametrize(("page", "command"), list(typed()))
def test_shown_command_is_understood(page: str, command: str) -> None:
    as_sent = re.sub(r"(?<=\s)@([a-z]+)", lambda who: f"<@U0{who[1].upper()}>", command)
    invocation = Invocation(Via.COMMAND, SlackUserId("U0ANN"), as_sent)
    registry.parse(invocation, "/pd")


@pytest.mark.parametrize("verb", [action.usage.verb for action in registry.ACTIONS])
def test_verb_has_a_row_in_the_readme_and_examples_that_are_understood(verb: str) -> None:
    assert re.search(rf"^\| `/pd {verb}\b", README, re.MULTILINE)
    action = registry.find(verb)
    assert action is not None
    assert action.usage.examples
    for example in action.usage.examples:
        as_sent = re.sub(r"(?<=\s)@([a-z]+)", lambda who: f"<@U0{who[1].upper()}>", example)
        registry.parse(Invocation(Via.COMMAND, SlackUserId("U0ANN"), as_sent), "/pd")


def test_shown_program_commands_exist() -> None:
    group = typer.main.get_command(app)
    known = set(getattr(group, "commands", {}))
    shown = {
        word
        for text in EVERYWHERE.values()
        for word in re.findall(r"`(?:\$ )?pdbot ([a-z]+)", text)
    }
    assert shown <= known


def test_named_metrics_exist() -> None:
    named = set(re.findall(r"`(pdbot_[a-z_]+)", "".join(PAGES.values())))
    assert named
    assert [one for one in named if one not in printed()] == []


def test_named_settings_exist() -> None:
    known = {*NAMES, *(f"{name}_FILE" for name in SECRETS), "PDBOT_SHARED"}
    for page, text in EVERYWHERE.items():
        named = set(re.findall(r"\b((?:PDBOT|SLACK|PAGERDUTY|LOG)_[A-Z_]+)\b", text))
        assert named - {"SLACK_WEBHOOK"} <= known, page


# ---------------------------------------------------------------- links, tables, files


@pytest.mark.parametrize("page", list(EVERYWHERE))
def test_links_lead_to_files_that_are_there(page: str) -> None:
    folder = ROOT if page == "README.md" else ROOT / "docs"
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", EVERYWHERE[page])
    assert [link for link in links if not (folder / link).exists()] == []


def test_table_of_producers_is_in_step() -> None:
    page = PAGES["job-owner.md"]
    assert docs_tables.in_step(page) == page, "run python -m tests.docs_tables"
    assert len(docs_tables.by_tool()) > 40


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGES[page], re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("rules", blocks("job-owner.md", "toml"))
def test_shown_rules_load(rules: str, tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(rules)
    loaded = load_file(file)
    assert len(loaded) == 1
    assert loaded.warnings == ()


def test_shown_policy_and_people_load() -> None:
    policy, people = blocks("operator.md", "toml")
    tables = load_policy(policy, "policy.toml").tables
    assert tables is not None
    assert len(tables) == 2
    assert list(tomllib.loads(people)) == ["people"]


def test_operator_page_names_every_effect() -> None:
    assert [one for one in Effect if f"`{one}`" not in PAGES["operator.md"]] == []


@pytest.mark.parametrize("session", blocks("job-owner.md", "console"))
def test_shown_session_is_what_the_program_prints(session: str, tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(blocks("job-owner.md", "toml")[0])
    message = blocks("job-owner.md", "json")[0]
    first, _, expected = session.partition("\n")
    arguments = shlex.split(first.removeprefix("$ ").rpartition("| ")[2])
    given = message.replace("B0RUNDECK", "B0OTHER") if first.startswith("$ sed") else ""
    (tmp_path / "message.json").write_text(message)
    ran = subprocess.run(  # noqa: S603  # the page's own command
        [sys.executable, "-m", "bot", *arguments[1:]],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr == ""
    assert ran.stdout.rstrip() == expected.rstrip()


def test_shown_message_is_json() -> None:
    assert json.loads(blocks("job-owner.md", "json")[0])["bot_id"] == "B0RUNDECK"


def test_responder_page_fits_on_one_screen() -> None:
    assert len(PAGES["responder.md"].splitlines()) <= 50
