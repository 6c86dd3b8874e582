"""The checks of this machine: files, clock, database, outbox."""

import os
from datetime import datetime, timedelta

from bot.errors import ConfigError, StoreError
from bot.ledger import EntryState, Stats
from bot.ops.env_file import ENV_FILE, exposed
from bot.ops.rules_cli import missing_keys
from bot.ops.site import Finding, Findings, Site, fail, ok, warn
from bot.store import open_store, sqlite_path
from bot.store.schema import VERSION

SKEW_WARNS = timedelta(seconds=30)
SKEW_FAILS = timedelta(minutes=5)  # Slack's own limit for signatures
OLD_SECONDS = 300.0


async def check_env_file(site: Site) -> Findings:
    """May others read the file with the secrets?"""
    path = site.folder / ENV_FILE
    try:
        problem = exposed(path)
    except FileNotFoundError:
        return ok("no .env here: everything comes from the environment")
    if problem is not None:
        return warn(problem, f"chmod 600 {path}")
    return ok(f"{path} belongs to you alone")


async def check_settings(site: Site) -> Findings:
    """Is anything set that is no setting?"""
    if site.settings.warnings:
        return [
            warn(one, "Correct the name, or remove it.") for one in sorted(site.settings.warnings)
        ]
    return ok("all read")


async def check_rules(site: Site) -> Findings:
    """Are the rules without mistakes, and their keys there?"""
    path = site.settings.rules
    try:
        rules = await site.rules.get()
    except ConfigError as error:
        return [
            fail(one, "Correct it; `pdbot rules check` looks again.", is_configuration=True)
            for one in error.problems
        ]
    if rules is None:
        return ok(f"there is no {path}: the notifier is off, commands and cards work")
    doubts = [*rules.warnings, *missing_keys(rules, site.environ)]
    if doubts:
        return [warn(one, "Change it, unless you mean it so.") for one in doubts]
    count = "1 rule" if len(rules) == 1 else f"{len(rules)} rules"
    return ok(f"{path}: {count} without mistakes")


async def check_clock(site: Site) -> Findings:
    """Does this machine's clock agree with the vendors'?"""
    await site.standing.known("bot token")
    slack_now = (await site.survey.standing()).slack_now  # asked anew: the answer must be fresh
    here = site.clock.now()
    ahead = [_rounded(here - slack_now)] if isinstance(slack_now, datetime) else []
    await site.key_owner.known("key")
    ahead.append(_rounded(site.clock.now() - site.rest.server_now()))
    worst = max(ahead, key=abs)
    direction = "ahead of" if worst > timedelta() else "behind"
    if abs(worst) >= SKEW_WARNS:
        finding = fail if abs(worst) >= SKEW_FAILS else warn
        return finding(
            f"This machine's clock is {abs(worst).total_seconds():.0f} s {direction} Slack's and "
            "PagerDuty's: signatures are refused from 5 minutes on.",
            "Let it be set by NTP: timedatectl set-ntp true.",
        )
    return ok(f"agrees with Slack and PagerDuty within {SKEW_WARNS.total_seconds():.0f} s")


def _rounded(difference: timedelta) -> timedelta:
    """Cut to what a Date header tells."""
    return timedelta(seconds=round(difference.total_seconds()))


async def check_database(site: Site) -> Findings:
    """Can the database be written, are its tables of this version, and does the outbox empty?"""
    url = site.settings.database_url.reveal()
    absent = _absent(url)
    if absent is not None:
        return absent
    try:
        store = await open_store(url, clock=site.clock, lock=False)
    except ConfigError as error:
        return fail("; ".join(error.problems), "See the sentence before.", is_configuration=True)
    except StoreError as error:
        return fail(str(error), "Start the database, or correct DATABASE_URL.")
    try:
        await store.ping()
        stats = await store.stats()
    except StoreError as error:
        return fail(str(error), "Give the bot the right to write there, and free some room.")
    finally:
        await store.close()
    return [ok(f"{store.database.name}: writable, tables of version {VERSION}"), *outbox(stats)]


def _absent(url: str) -> Finding | None:
    """Judge an SQLite file that is not there yet: making it is not this command's to do."""
    file = sqlite_path(url)
    if file is None or file.exists():
        return None
    path = file.absolute()
    if os.access(path.parent, os.W_OK):
        return ok(f"{path} does not exist yet; `pdbot run` creates it")
    return fail(
        f"The database {path} cannot be created: the folder is missing or not writable.",
        f"mkdir -p {path.parent}, and give it to the user who runs the bot; or set DATABASE_URL.",
    )


def outbox(stats: Stats) -> list[Finding]:
    """Judge what waits in the outbox."""
    findings = []
    if abandoned := stats.depth.get(EntryState.ABANDONED, 0):
        findings.append(
            warn(
                f"Outbox: PagerDuty refused {abandoned} for good; they are kept.",
                "`pdbot outbox list` shows why; then `pdbot outbox retry ID` or `discard ID`.",
            )
        )
    if blocked := stats.depth.get(EntryState.BLOCKED, 0):
        findings.append(
            fail(
                f"Outbox: {blocked} wait for an integration key that is not there.",
                "`pdbot outbox list` names it; set its variable, they go on by themselves.",
            )
        )
    oldest = stats.oldest_pending_seconds
    if oldest is not None and oldest > OLD_SECONDS:
        findings.append(
            fail(
                f"Outbox: the oldest has been waiting for {oldest:.0f} s.",
                "Is `pdbot run` running? Its log says why PagerDuty does not take them.",
            )
        )
    return findings or [ok("outbox: nothing is stuck")]


async def check_people_file(site: Site) -> Findings:
    """Do those whom the people file names exist in PagerDuty?"""
    people = site.settings.people
    if not people:
        return ok("no file of other addresses (PDBOT_PEOPLE)")
    emails = {one.email.casefold() for one in await site.users.known("key")}
    unknown = [
        f"{who} ({email})" for who, email in people.items() if email.casefold() not in emails
    ]
    if unknown:
        return fail(
            f"PDBOT_PEOPLE names addresses that PagerDuty does not have: {', '.join(unknown[:5])}.",
            "Correct them: the login address of PagerDuty, People, Users.",
        )
    return ok(f"all {len(people)} of PDBOT_PEOPLE are PagerDuty users")
