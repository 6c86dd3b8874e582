"""The commands of `pdbot`; each is a few lines that call one function."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Mapping
from functools import wraps
from pathlib import Path
from typing import Annotated, ParamSpec, Protocol, TextIO

import typer
from dotenv import dotenv_values

from bot import __version__
from bot.errors import ConfigError, PdbotError

P = ParamSpec("P")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]

FAILED, BAD_CONFIGURATION = 1, 2

app = typer.Typer(
    name="pdbot",
    help="A self-hosted Slack bot for PagerDuty.",
    epilog="Try it: pdbot demo. Set it up: pdbot init, then pdbot check, then pdbot run.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
rules = typer.Typer(help="Validate the rules file, and try it on messages.", no_args_is_help=True)
app.add_typer(rules, name="rules")
outbox = typer.Typer(
    help="The durable queue of alerts; works beside a running bot.", no_args_is_help=True
)
app.add_typer(outbox, name="outbox")


def environment() -> Mapping[str, str]:
    """Give the environment over `.env` of the working directory; os.environ stays as it is."""
    from_file = {key: value for key, value in dotenv_values(".env").items() if value is not None}
    return {**from_file, **os.environ}


def says_what_is_wrong(command: Callable[P, int | None]) -> Callable[P, None]:
    """Print every problem of the configuration and exit with 2."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = command(*args, **kwargs)
        except ConfigError as error:
            for problem in error.problems:
                typer.echo(f"pdbot: {problem}", err=True)
            raise typer.Exit(BAD_CONFIGURATION) from error
        except PdbotError as error:
            typer.echo(f"pdbot: {error.for_operator}", err=True)
            raise typer.Exit(FAILED) from error
        raise typer.Exit(code or 0)

    return guarded


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pdbot {__version__}")
        raise typer.Exit


@app.callback()
def pdbot(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Name what all commands share."""


@app.command()
@says_what_is_wrong
def run(
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Write nothing to PagerDuty; say what would have happened. Stop the "
            "real bot meanwhile: Slack would share the commands out between the two.",
        ),
    ] = False,
) -> None:
    """Start the bot: Socket Mode when SLACK_APP_TOKEN is set, else HTTP."""
    from bot.config import load
    from bot.logs import configure
    from bot.ops.env_file import ENV_FILE, exposed

    settings = load(environment())
    configure(settings.log_level, settings.log_format, settings.secrets)
    for warning in settings.warnings:
        typer.echo(f"pdbot: {warning}", err=True)
    if ENV_FILE.exists() and (problem := exposed(ENV_FILE)):
        typer.echo(f"pdbot: {problem} It has secrets: chmod 600 {ENV_FILE}", err=True)
    from bot.app import run as run_bot

    asyncio.run(run_bot(settings, dry_run=dry_run))


@app.command()
@says_what_is_wrong
def demo(
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="The page's port on this machine.")
    ] = 8321,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    terminal: Annotated[
        bool, typer.Option("--terminal", help="A prompt in the terminal instead of the page.")
    ] = False,
    script: Annotated[
        bool, typer.Option("--script", help="Play the story in the terminal, and end.")
    ] = False,
) -> int:
    """Try the real bot between a local Slack and a local PagerDuty: no account, no network."""
    from bot.ops.demo import Streams, run_demo

    streams = Streams(sys.stdin, sys.stdout)
    return run_demo(streams, port=port, browser=browser, terminal=terminal, script=script)


@app.command()
@says_what_is_wrong
def manifest(
    command: Annotated[str, typer.Option(help="The slash command's name.")] = "/pd",
    url: Annotated[
        str | None, typer.Option(help="For HTTP mode: where Slack reaches the bot.")
    ] = None,
) -> None:
    """Print the Slack app manifest."""
    from bot.ops.manifest import manifest as text

    sys.stdout.write(text(command, url))


@app.command()
@says_what_is_wrong
def init(
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Give a setting, so that it is not asked for; as often as needed.",
        ),
    ] = None,
    path: Annotated[Path, typer.Option(help="The file to write.")] = Path(".env"),
    force: Annotated[
        bool, typer.Option("--force", help="Change the file if it exists already.")
    ] = False,
) -> int:
    """Ask, then write .env (mode 0600), and say which Slack page takes the manifest."""
    from bot.ops.init import init as write_settings

    def ask(text: str, hidden: bool) -> str:
        return str(typer.prompt(text, default="", show_default=False, hide_input=hidden))

    asks = ask if sys.stdin.isatty() else None
    return write_settings(given or [], path=path, out=sys.stdout, ask=asks, overwrite=force)


@app.command()
@says_what_is_wrong
def check(as_json: AsJson = False) -> int:
    """Test all that the bot needs. Exit 0: all fine, 1: something fails, 2: bad configuration."""
    from bot.ops.check import check as check_all

    _log_to_stderr()
    return asyncio.run(check_all(environment(), out=sys.stdout, as_json=as_json))


@app.command()
@says_what_is_wrong
def replay(
    channel: Annotated[str, typer.Option(help="Id or #name; the bot must be in it.")],
    since: Annotated[str, typer.Option(help="How far back, like 7d or 12h.")] = "7d",
    as_json: AsJson = False,
) -> int:
    """Run the rules over a channel's real past; nothing is sent."""
    from bot.ops.replay import replay as replay_channel

    _log_to_stderr()
    return asyncio.run(
        replay_channel(
            environment(),
            channel=channel,
            since=since,
            out=sys.stdout,
            err=sys.stderr,
            as_json=as_json,
        )
    )


@app.command()
@says_what_is_wrong
def audit(
    since: Annotated[str, typer.Option(help="How far back, like 7d or 12h.")] = "7d",
    as_json: AsJson = False,
) -> int:
    """Say who did what to which incident."""
    from bot.ops.audit import audit as print_audit

    _log_to_stderr()
    return asyncio.run(print_audit(environment(), out=sys.stdout, since=since, as_json=as_json))


@app.command()
@says_what_is_wrong
def users(as_json: AsJson = False) -> int:
    """Say which Slack users have no PagerDuty user."""
    from bot.ops.users import users as print_users

    _log_to_stderr()
    return asyncio.run(print_users(environment(), out=sys.stdout, err=sys.stderr, as_json=as_json))


def _log_to_stderr() -> None:
    """Keep standard output for the command's own answer."""
    from bot.logs import configure

    configure("error", "text")


@rules.command("check")
@says_what_is_wrong
def rules_check() -> int:
    """Validate the rules file; exit 0 or 2."""
    from bot.ops.rules_cli import check_rules

    environ = environment()
    return check_rules(_rules_path(environ), environ=environ, out=sys.stdout)


@rules.command("test")
@says_what_is_wrong
def rules_test(
    files: Annotated[list[str], typer.Argument(help="Slack message events; - is standard input.")],
    as_json: AsJson = False,
    channel: Annotated[
        str | None, typer.Option(help="Id or #name, in place of the one that the message names.")
    ] = None,
) -> int:
    """Say what was recognized, which rules matched, what would be sent, and why (not)."""
    from bot.ops.rules_cli import Streams, try_messages

    return try_messages(
        files,
        rules_path=_rules_path(environment()),
        streams=Streams(sys.stdin, sys.stdout, sys.stderr),
        as_json=as_json,
        channel=channel,
    )


EntryId = Annotated[int, typer.Argument(metavar="ID", min=1, help="A number of `outbox list`.")]


@outbox.command("list")
@says_what_is_wrong
def outbox_list(as_json: AsJson = False) -> int:
    """List what was not delivered, above all what PagerDuty refused."""
    from bot.ops.outbox import list_entries

    return asyncio.run(
        list_entries(_database_url(), out=sys.stdout, err=sys.stderr, as_json=as_json)
    )


@outbox.command("show")
@says_what_is_wrong
def outbox_show(entry_id: EntryId, as_json: AsJson = False) -> int:
    """Show all of one entry."""
    from bot.ops.outbox import show_entry

    return _on_entry(show_entry, entry_id, as_json)


@outbox.command("retry")
@says_what_is_wrong
def outbox_retry(entry_id: EntryId, as_json: AsJson = False) -> int:
    """Let the running bot send an entry again."""
    from bot.ops.outbox import retry_entry

    return _on_entry(retry_entry, entry_id, as_json)


@outbox.command("discard")
@says_what_is_wrong
def outbox_discard(entry_id: EntryId, as_json: AsJson = False) -> int:
    """Give an entry up; it will not be sent."""
    from bot.ops.outbox import discard_entry

    return _on_entry(discard_entry, entry_id, as_json)


class _OnEntry(Protocol):
    def __call__(
        self, database_url: str, entry_id: int, *, out: TextIO, err: TextIO, as_json: bool
    ) -> Coroutine[None, None, int]: ...


def _on_entry(work: _OnEntry, entry_id: int, as_json: bool) -> int:
    url = _database_url()
    return asyncio.run(work(url, entry_id, out=sys.stdout, err=sys.stderr, as_json=as_json))


def _database_url() -> str:
    from bot.config import Reader, database_url, read_text

    _log_to_stderr()
    reader = Reader(environment(), read_text)
    url = database_url(reader)
    if reader.problems:
        raise ConfigError(reader.problems)
    return url.reveal()


def _rules_path(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("PDBOT_RULES", "").strip() or "rules.toml")


def main() -> None:
    """Run the command line."""
    app(prog_name="pdbot")
