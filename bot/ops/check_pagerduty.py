"""The checks of PagerDuty's side."""

from bot.errors import KeyRejected, PagerDutyError, PdbotError
from bot.notifier.keys import KeyMissing, KeyRing
from bot.notifier.pager import KEY_REF
from bot.ops.mapped import mapped
from bot.ops.site import IMPATIENT, Finding, Findings, Site, fail, ok, warn
from bot.pagerduty.rest import Rest

_SHOWN = 5
_READ_ONLY = frozenset({"read_only_user", "read_only_limited_user"})
_KEYS_PAGE = "PagerDuty, Integrations, API Access Keys"


async def check_key(site: Site) -> Findings:
    """Is PAGERDUTY_API_TOKEN accepted, in this region, and of which kind is it?"""
    try:
        owner = await site.key_owner.get()
    except KeyRejected:
        return await _wrong_key(site)
    except PagerDutyError as error:
        return fail(
            f"PagerDuty cannot be asked at {site.settings.pagerduty_api_url}: {error.for_operator}",
            "See that this machine may open HTTPS connections to PagerDuty; behind a proxy set "
            "HTTPS_PROXY. PAGERDUTY_API_URL is only for proxies and tests.",
        )
    may_write = await site.rest.may_write(site.settings.pagerduty_from_email)
    if may_write is False:
        return fail(
            "PagerDuty lets this key read, and refuses every write (403).",
            f"Create a key at {_KEYS_PAGE} without the mark Read-only API Key; with a personal key "
            "its owner needs the role Responder or higher.",
        )
    if owner is None:
        told = " that may write" if may_write else ""
        return ok(f"an account-level key{told}: the bot acts as whoever asks it")
    return warn(
        f"This is the personal key of {owner.name}: everything the bot writes appears as "
        f"{owner.name}, with a note that names the Slack user, and take, me and mine are refused.",
        f"Create an account-level key at {_KEYS_PAGE}, unless that is what you want.",
    )


async def _wrong_key(site: Site) -> Finding:
    settings = site.settings
    here = site.regions[settings.pagerduty_region]
    # Behind a proxy of one's own nobody can tell which region it leads to.
    others = site.regions if settings.pagerduty_api_url == here.rest else {}
    for name, region in others.items():
        if name != settings.pagerduty_region and await _is_accepted(site, region.rest):
            return fail(
                f"PagerDuty refuses PAGERDUTY_API_TOKEN in the region "
                f"{settings.pagerduty_region}; it is a key of the region {name}.",
                f"Set PAGERDUTY_REGION={name}.",
            )
    return fail(
        "PagerDuty refuses PAGERDUTY_API_TOKEN (401).",
        f"Create a REST API key at {_KEYS_PAGE} and copy it whole; an integration key of a "
        "service is another thing.",
    )


async def _is_accepted(site: Site, base_url: str) -> bool:
    token = site.settings.pagerduty_api_token.reveal()
    async with Rest(
        base_url=base_url, token=token, clock=site.clock, patience=IMPATIENT
    ) as elsewhere:
        try:
            await elsewhere.directory.me()
        except PagerDutyError:
            return False
    return True


async def check_region(site: Site) -> Findings:
    """Do the REST and the Events address lie in the same region?"""
    settings = site.settings
    of = {
        kind: [name for name, region in site.regions.items() if getattr(region, kind) == url]
        for kind, url in (
            ("rest", settings.pagerduty_api_url),
            ("events", settings.pagerduty_events_url),
        )
    }
    named = {name for names in of.values() for name in names}
    if len(named) > 1 or (named and settings.pagerduty_region not in named):
        return fail(
            f"PAGERDUTY_REGION is {settings.pagerduty_region}, but PAGERDUTY_API_URL or "
            "PAGERDUTY_EVENTS_URL lead to another region.",
            "Remove PAGERDUTY_API_URL and PAGERDUTY_EVENTS_URL, or let them fit the region.",
        )
    await site.key_owner.known("key")
    host = await site.rest.directory.account_host()
    return ok(f"{settings.pagerduty_region}, account {host or 'of unknown name'}")


async def check_from(site: Site) -> Findings:
    """Does the user exist in whose name the bot acts by itself?"""
    email = site.settings.pagerduty_from_email
    owner = await site.key_owner.known("key")
    if owner is not None:
        return ok(f"not needed: with a personal key the bot acts as {owner.name}")
    if email is None:
        return fail(
            "PAGERDUTY_FROM_EMAIL is missing, and an account-level key needs somebody to act as.",
            "Set it to the e-mail address of a PagerDuty user, say PAGERDUTY_FROM_EMAIL="
            "ops@example.com.",
            is_configuration=True,
        )
    user = await site.rest.directory.user_by_email(email)
    if user is None:
        return fail(
            f"PagerDuty has no user with the address {email} (PAGERDUTY_FROM_EMAIL).",
            "Use the login address of an existing user: PagerDuty, People, Users.",
        )
    if user.role in _READ_ONLY:
        return fail(
            f"{user.name} ({email}) is a {user.role} in PagerDuty and may change nothing.",
            "Give that user the role Responder or higher, or name another one.",
        )
    return ok(f"{user.name} ({email}), {user.role or 'role unknown'}")


async def check_people(site: Site) -> Findings:
    """How many people of the workspace have a PagerDuty user?"""
    people = await site.members.known("bot token, scopes")
    users = await site.users.known("key")
    found = mapped(people, users, site.settings.people)
    absent = [one for one in found if one.user is None]
    share = f"{len(found) - len(absent)} of {len(found)} people have a PagerDuty user"
    if not absent:
        return ok(share)
    if found and all(one.email is None for one in found):
        return fail(
            f"{share}: Slack tells no e-mail address at all.",
            "Grant the scope users:read.email (see scopes), or map people with PDBOT_PEOPLE.",
        )
    names = ", ".join(one.person.name for one in absent[:_SHOWN])
    more = f" and {len(absent) - _SHOWN} more" if len(absent) > _SHOWN else ""
    but = ", but trigger with the key of PDBOT_TRIGGER_KEY" if site.settings.trigger_key else ""
    return warn(
        f"{share}; not: {names}{more}. They can read, and write nothing{but}.",
        "Do nothing if they are never on call. Otherwise invite them to PagerDuty, or name their "
        "address there in the file of PDBOT_PEOPLE; `pdbot users` lists them all.",
    )


async def check_integration_keys(site: Site) -> Findings:
    """Does PagerDuty take every integration key of the rules? A change event pages nobody."""
    rules = await site.rules.known("rules")
    refs = dict.fromkeys(
        effect.key_ref
        for rule in (rules.rules if rules is not None else ())
        for effect in rule.effects.values()
        if effect.action is not None
    )
    if site.settings.trigger_key is not None:
        refs[KEY_REF] = None
    if not refs:
        return ok(f"none needed{': no rule sends anything' if rules else ' without rules'}")
    ring = KeyRing(lambda: site.environ, clock=site.clock)
    findings = [await _try_key(site, ring, ref) for ref in refs]
    bad = [one for one in findings if one is not None]
    count = f"{len(refs)} key{'' if len(refs) == 1 else 's'}"
    return bad or ok(f"PagerDuty took a change event with {count}; that pages nobody")


async def _try_key(site: Site, ring: KeyRing, ref: str) -> Finding | None:
    try:
        key = ring.resolve(ref)
    except KeyMissing as error:
        return fail(f"{ref}: {error}", "Events of its rules wait until it is there.")
    if key.startswith("R"):
        return warn(
            f"{ref} is the key of an event orchestration, which takes no change events, so it "
            "was not tried.",
            "Nothing, if its alerts arrive.",
        )
    try:
        await site.events.change(key, "pdbot check: this integration key works")
    except PagerDutyError as error:
        said = "; ".join(error.details) or str(error)
        if error.transient:
            return fail(
                f"{ref}: PagerDuty's Events API did not answer ({error}).",
                "Try again; behind a proxy see HTTPS_PROXY and PAGERDUTY_EVENTS_URL.",
            )
        return fail(
            f"{ref}: PagerDuty refuses this integration key ({said}).",
            "Copy the key of an Events API v2 integration: PagerDuty, the service, Integrations. "
            "Is PAGERDUTY_REGION right?",
        )
    return None


async def check_escalation_policies(site: Site) -> Findings:
    """Can escalation policies be offered when somebody reassigns?"""
    await site.key_owner.known("key")
    try:
        policies = await site.rest.directory.all_escalation_policies()
    except PdbotError as error:
        return fail(
            error.for_operator, "Give the key's owner the right to read escalation policies."
        )
    if not policies:
        return warn(
            "PagerDuty shows no escalation policy, so reassign can offer none.",
            "Nothing, if you assign people only.",
        )
    return ok(f"{len(policies)} can be offered; rules and policy files name none")
