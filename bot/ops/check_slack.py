"""The checks of Slack's side."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

from bot.errors import SlackError
from bot.model import SlackPerson
from bot.notifier.globs import Glob
from bot.ops.manifest import SCOPES
from bot.ops.site import Finding, Findings, Site, fail, ok, warn
from bot.slack.client import REFUSED_TOKEN
from bot.slack.survey import Refused

APPS = "https://api.slack.com/apps"
_APP_OF_TOKEN = re.compile(r"xapp-\d+-(A[A-Z0-9]+)-")
_SHOWN = 10


async def check_bot_token(site: Site) -> Findings:
    """Is SLACK_BOT_TOKEN a bot's, and accepted?"""
    try:
        standing = await site.standing.get()
    except SlackError as error:
        if isinstance(error, Refused) and error.word in REFUSED_TOKEN:
            return fail(
                f"Slack refuses SLACK_BOT_TOKEN ({error.word}).",
                f"At {APPS} choose your app, Install App, and copy the Bot User OAuth Token, which "
                "begins with xoxb-.",
            )
        return _unreachable(site, error)
    if standing.bot_id is None:
        return fail(
            "SLACK_BOT_TOKEN is a person's token, not the bot's.",
            f"At {APPS} choose your app, Install App, and copy the Bot User OAuth Token.",
        )
    return ok(f"@{standing.name} in the workspace {standing.team}")


def _unreachable(site: Site, error: SlackError) -> Finding:
    return fail(
        f"Slack cannot be reached at {site.settings.slack_api_url}: {error}",
        "See that this machine may open HTTPS connections to Slack; behind a proxy set "
        "HTTPS_PROXY. SLACK_API_URL should not be set outside of tests.",
    )


async def check_scopes(site: Site) -> Findings:
    """Has the app been granted every scope that the manifest asks for?"""
    granted = (await site.standing.known("bot token")).scopes
    missing = [scope for scope in SCOPES if scope not in granted]
    if not missing:
        return ok(f"all {len(SCOPES)} are granted")
    lost = "; ".join(f"{scope} ({SCOPES[scope]})" for scope in missing)
    return fail(
        f"{len(missing)} of {len(SCOPES)} are missing: {lost}.",
        f"At {APPS} choose your app, App Manifest, paste what `pdbot manifest` prints, save, and "
        "install the app again: a scope counts only after that.",
    )


async def check_connection(site: Site) -> Findings:
    """Would the socket open, and does it belong to the same app?"""
    token = site.settings.slack_app_token
    if token is None:
        return ok(
            f"HTTP mode on {site.settings.host}:{site.settings.port}: Slack must reach "
            "/slack/events through your proxy (the app's page, Event Subscriptions, verifies it)"
        )
    try:
        await site.survey.open_socket(token.reveal())
    except SlackError as error:
        if not isinstance(error, Refused):
            return _unreachable(site, error)
        if error.word in REFUSED_TOKEN:
            return fail(
                f"Slack refuses SLACK_APP_TOKEN ({error.word}).",
                f"At {APPS} choose your app, Basic Information, App-Level Tokens, and generate one "
                "with the scope connections:write; it begins with xapp-.",
            )
        return fail(
            f"Slack opens no socket ({error.word}).",
            f"At {APPS} choose your app, Socket Mode, and enable it.",
        )
    return await _check_same_app(site, token.reveal()) or ok("Socket Mode: Slack gives an address")


async def _check_same_app(site: Site, app_token: str) -> Finding | None:
    """Compare the apps of both tokens; the app-level one has its app's id in it."""
    standing = await site.standing.known("bot token")
    found = _APP_OF_TOKEN.match(app_token)
    if found is None or standing.bot_id is None:
        return None
    try:
        app_id = await site.survey.app_id(standing.bot_id)
    except SlackError:  # without users:read; the scopes' line says so
        return None
    if app_id in {None, found[1]}:
        return None
    return fail(
        f"SLACK_APP_TOKEN belongs to the app {found[1]}, SLACK_BOT_TOKEN to {app_id}: commands "
        "would be received for one app and answered as another.",
        f"Copy both tokens from the same app at {APPS}.",
    )


async def check_command(site: Site) -> Findings:
    """Can the slash command be ours?"""
    command = site.settings.command
    if "commands" not in (await site.standing.known("bot token")).scopes:
        return fail(
            f"The app has no slash command: the scope commands is not granted, so {command} "
            "does nothing.",
            f"Paste what `pdbot manifest --command {command}` prints at {APPS}, App Manifest, and "
            "install the app again.",
        )
    if command == "/pd" and _has_official_app(await site.members.known("people")):
        return warn(
            "PagerDuty's own Slack app is installed, and /pd is its command as well: Slack gives "
            "it to whichever was installed last.",
            "Set PDBOT_COMMAND=/page, and paste what `pdbot manifest --command /page` prints at "
            f"{APPS}, App Manifest.",
        )
    written = _manifest_commands(site)
    if written and command not in written:
        return warn(
            f"PDBOT_COMMAND is {command}, but manifest.yml names {', '.join(written)}.",
            f"Run `pdbot manifest --command {command} > manifest.yml`, and paste it at {APPS}, "
            "App Manifest; or set PDBOT_COMMAND.",
        )
    return ok(f"{command}; Slack tells no bot which commands it has: try {command} help there")


def _has_official_app(people: Iterable[SlackPerson]) -> bool:
    return any(
        one.is_bot and not one.is_deleted and one.name.casefold() == "pagerduty" for one in people
    )


def _manifest_commands(site: Site) -> list[str]:
    try:
        text = (site.folder / "manifest.yml").read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    return re.findall(r"^\s*-?\s*command:\s*(/\S+)", text, re.MULTILINE)


async def check_channels(site: Site) -> Findings:
    """Is the bot in each channel that a rule names?"""
    rules = await site.rules.known("rules")
    await site.standing.known("bot token")
    try:
        joined = await site.joined.get()
    except SlackError as error:
        return fail(str(error), "See the lines about the token and the scopes.")
    if rules is None or not rules.rules:
        return ok(f"the bot is in {_count(len(joined), 'channel')}; no rule names any")
    wanted = dict.fromkeys(name for rule in rules.rules for name in rule.channels)
    absent = [name for name in wanted if not _is_in(name, joined.items())]
    if absent:
        return [_absent(name, joined.values()) for name in absent]
    if not joined:
        return fail(
            "The bot is in no channel, so it sees no job message.",
            "In Slack type /invite @pdbot in the channel where your jobs post.",
        )
    return ok(f"the bot is in {_count(len(joined), 'channel')}, all that the rules name among them")


def _is_in(wanted: str, joined: Iterable[tuple[str, str]]) -> bool:
    glob = Glob(wanted)
    return any(glob.matches(channel_id) or glob.matches(f"#{name}") for channel_id, name in joined)


def _absent(wanted: str, names: Iterable[str]) -> Finding:
    near = get_close_matches(wanted, [f"#{name}" for name in names], n=1)
    hint = f"; or did you mean {near[0]} in the rules?" if near else ""
    return fail(
        f"A rule names the channel {wanted}, and the bot is in none of that name or id.",
        f"In Slack type /invite @pdbot in that channel{hint or '.'}",
    )


async def check_policy(site: Site) -> Findings:
    """Do the channels, groups and users that the policy names exist?"""
    tables = site.settings.policy.tables
    if tables is None:
        return ok("no policy file: every mapped person may do everything")
    if not tables:
        return warn(
            "The policy file allows nothing, so everybody may only read.",
            'Add a table: [[allow]] with effects = ["ack", "note"].',
        )
    await site.standing.known("bot token")
    unknown: list[str] = []
    groups = {one for table in tables for one in table.groups or ()}
    users = {one for table in tables for one in table.users or ()}
    try:
        if groups:
            unknown += sorted(groups - await site.survey.user_groups())
        if users:
            unknown += sorted(users - {str(one.id) for one in await site.members.get()})
    except SlackError as error:
        return fail(str(error), "See the lines about the token and the scopes.")
    if unknown:
        return fail(
            f"The policy names {', '.join(unknown[:_SHOWN])}, which Slack does not know: nobody "
            "gets rights by that.",
            "Correct the file that PDBOT_POLICY names; a group is @handle or S…, a user U….",
        )
    return ok(f"{_count(len(tables), 'table')}; all groups and users that it names exist")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
