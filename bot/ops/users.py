"""`pdbot users`: which Slack users have no PagerDuty user."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from bot.config import load
from bot.errors import PdbotError
from bot.ops.console import write_line
from bot.ops.mapped import Mapped, mapped
from bot.ops.site import site_of

OK, FAILS = 0, 1


async def users(
    environ: Mapping[str, str],
    *,
    out: TextIO,
    err: TextIO,
    as_json: bool = False,
    folder: Path | None = None,
) -> int:
    """Print the members of the workspace without a PagerDuty user; give the exit code.

    Raises:
        ConfigError: the settings are wrong.
    """
    settings = load(environ)
    async with site_of(settings, environ, folder=folder) as site:
        try:
            found = mapped(await site.members.get(), await site.users.get(), settings.people)
        except PdbotError as error:
            write_line(err, f"pdbot: {error.for_operator} `pdbot check` says more.")
            return FAILS
    absent = [one for one in found if one.user is None]
    if as_json:
        out.writelines(json.dumps(_as_json(one)) + "\n" for one in absent)
        return OK
    write_line(out, f"{len(found) - len(absent)} of {len(found)} people have a PagerDuty user.")
    if absent:
        width = max(len(one.person.name) for one in absent)
        write_line(out, "Without one:")
        for one in absent:
            email = one.email or "(no address in Slack)"
            write_line(out, f"  {one.person.id:<12} {one.person.name:<{width}}  {email}")
        write_line(out, "Invite them to PagerDuty, or map them in the file of PDBOT_PEOPLE:")
        write_line(out, f'  {absent[0].person.id} = "their.address.in@pagerduty"')
    return OK


def _as_json(one: Mapped) -> dict[str, str | None]:
    return {"slack_user_id": one.person.id, "name": one.person.name, "email": one.email}
