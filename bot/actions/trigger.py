"""`trigger`: call people, because nothing else did."""

import re
import secrets
from dataclasses import dataclass
from typing import ClassVar, Self

from bot.actions import by_key, people
from bot.actions.desk import Desk, WhichOne
from bot.actions.grammar import Request, Usage
from bot.actions.phrases import cut, named, pick, show_here
from bot.actions.words import decode, normalize
from bot.actions.writing import leave_name
from bot.errors import (
    OutcomeUnknown,
    PagerDutyError,
    Refused,
    RequestError,
    Unavailable,
    UsageError,
)
from bot.model import Assignment, Effect, Incident, Line, Outcome, Reference

MAX_TITLE = 1024  # ours: that of an event's summary; the contract of POST /incidents names none
OFFERED = 5

_SERVICE = re.compile(r'service:\s?(?:["“”„«]([^"“”„»]*)["“”»]|(\S*))(?:\s+|$)', re.IGNORECASE)
_TO = re.compile(r"(?:(?<=\s)|^)(?:--|—|–)to(?:[\s=]+(?P<people>.*))?$", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Trigger:
    """Open an incident; it pages whoever is on call for the service, or `to`."""

    title: str
    service: str = ""
    to: tuple[people.Named, ...] = ()
    rest: str = ""

    usage: ClassVar[Usage] = Usage(
        verb="trigger",
        aliases=("new",),
        form="trigger [service:X] TITLE [--to WHO]",
        summary="open an incident; this pages people",
        examples=(
            "trigger service:Billing nobody can pay",
            'trigger service:"Web shop" checkout is down --to @ann',
        ),
        details=(
            "Without --to it calls whoever is on call for the service. --to takes one person, or",
            "one ep:ESCALATION-POLICY.",
            "People without a PagerDuty user may call others too, where the bot is set up for it.",
        ),
        is_additive=True,
    )

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read the service, the title and the person."""
        raw = request.words.raw_rest()
        service = ""
        if found := _SERVICE.match(raw):
            service = normalize(found[1] or found[2] or "").strip()
            raw = raw[found.end() :]
            if not service:
                raise UsageError("service: names no service; nothing was done.")
        rest = raw
        to: tuple[people.Named, ...] = ()
        if asked := _TO.search(raw):
            raw = raw[: asked.start()]
            to = people.parse(asked["people"] or "")
            if len(to) != 1:
                raise UsageError(
                    "--to takes one person, because PagerDuty opens an incident for one; nothing "
                    "was done. Others can be added afterwards."
                )
        return cls(_title(raw), service, to, rest)

    async def perform(self, desk: Desk) -> Outcome:
        """Find the service and the person, then open it."""
        if desk.pager is not None and by_key.is_for(desk):
            is_addressed = bool(self.service or self.to)
            return await by_key.trigger(desk, desk.pager, self.title, is_addressed=is_addressed)
        await desk.writable(Effect.TRIGGER)
        service = await self._service(desk)
        found = await people.find(desk, self.to, undone="Not triggered") if self.to else None
        if found is not None and len(found.users) > 1:
            raise RequestError(
                f"--to takes one person, and these are {found.names}; nothing was done. Choose one."
            )
        to = found.assignment if found else None
        incident = await _create(desk, self.title, service, to)
        who = found.names if found else f"whoever is on call for {service.name}"
        lines: list[Line] = [("Opened: ", *named(incident), f". PagerDuty pages {who}.")]
        if problem := await leave_name(desk, incident, "Triggered"):
            lines.append((problem,))
        buttons = (show_here(incident),) if desk.channel_id else ()
        return Outcome(lines=tuple(lines), cards=(incident,), buttons=buttons, changed=(incident,))

    async def _service(self, desk: Desk) -> Reference:
        if self.service:
            found = await desk.directory.services(self.service)
        else:
            found = await desk.directory.all_services()
        if len(found) == 1:
            return found[0]
        named_so = f' is called "{cut(self.service, 60)}"' if self.service else " is there"
        if not found:
            raise RequestError(
                f"No service{named_so} in PagerDuty; nothing was done. Give its name or id: "
                'service:"Web shop".'
            )
        which = f"{len(found)} services could be meant; nothing was done yet."
        how = "Pick one:" if len(found) <= OFFERED else "Pick one of these, or say service:NAME:"
        raise WhichOne(
            f"{which} {how}",
            buttons=[
                pick(one.name, "trigger", (), f"service:{one.id} {self.rest}")
                for one in found[:OFFERED]
            ],
        )


def _title(raw: str) -> str:
    title = " ".join(decode(raw).split())
    if not title:
        raise UsageError("The incident has no title; nothing was done. Say what is wrong.")
    if len(title) > MAX_TITLE:
        raise UsageError(
            f"The title has {len(title):,} characters, more than {MAX_TITLE:,}; nothing was done. "
            "Shorten it, and put the rest into a note."
        )
    return title


async def _create(desk: Desk, title: str, service: Reference, to: Assignment | None) -> Incident:
    """Open it once: by its key it is found again where PagerDuty's answer was lost."""
    key = f"pdbot-{secrets.token_hex(8)}"
    try:
        return await desk.incidents.create(
            title=title,
            service_id=service.id,
            from_email=desk.responder.from_email,
            incident_key=key,
            to=to,
        )
    except (OutcomeUnknown, Unavailable, Refused):
        found = await _opened(desk, key)
        if found is None:
            raise
        return found


async def _opened(desk: Desk, key: str) -> Incident | None:
    try:
        found = await desk.incidents.find(statuses=(), incident_key=key, limit=1)
    except PagerDutyError:
        return None  # the write's own error is the one that tells what happened
    return found[0] if found else None
