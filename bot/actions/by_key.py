"""`trigger` for people without a PagerDuty user: through the bot's own integration key."""

from bot.actions.desk import Desk
from bot.actions.grammar import form_words
from bot.actions.phrases import cut, named, pick, show_here
from bot.errors import RequestError
from bot.model import Code, Effect, Line, Outcome
from bot.ports import Called, Pager

_SHOWN = 200


def is_for(desk: Desk) -> bool:
    """Tell whether the caller can call people in no other way, and the bot is set up for it."""
    responder = desk.responder
    return desk.pager is not None and responder.user is None and responder.from_email is None


async def trigger(desk: Desk, pager: Pager, title: str, *, is_addressed: bool) -> Outcome:
    """Send an alert that names the caller; its key says which service it is for.

    Raises:
        RequestError: they named a service or a person, which the key does not let them choose.
        NotAllowed: the policy does not grant it.
    """
    await desk.require(Effect.TRIGGER, nameless=True)
    if is_addressed:
        raise RequestError(
            "You have no PagerDuty user, so your alert goes through the bot's own integration key, "
            "to the service of that key: service: and --to are not for you to choose. Nothing was "
            "done.",
            buttons=[pick("Send it there", "trigger", (), form_words(title), "danger")],
        )
    called = await pager.call(title, desk.responder, desk.channel_id)
    return _told(desk, called, cut(title, _SHOWN))


def _told(desk: Desk, called: Called, title: str) -> Outcome:
    why = called.why or "PagerDuty has not answered yet."
    lines: tuple[Line, ...]
    match called.state:
        case "refused":
            text = (
                f"PagerDuty did not take your alert “{title}”, so nobody was called. {why} Call "
                f"somebody yourself, and tell your admin (outbox {called.entry_id})."
            )
            return Outcome(lines=((text,),), ok=False)
        case "waiting":
            text = (
                f"Your alert “{title}” is stored, but PagerDuty does not have it yet, so nobody "
                f"was called so far. {why} It is sent again by itself for as long as it takes; if "
                f"it cannot wait, call somebody yourself (outbox {called.entry_id})."
            )
            return Outcome(lines=((text,),))
    if called.incident is None:
        lines = (
            (
                f"PagerDuty took your alert “{title}”, with your name on it. Its incident is not "
                "there yet; look in a minute: ",
                Code(desk.typed("list all")),
            ),
        )
        return Outcome(lines=lines)
    incident = called.incident
    lines = (
        (
            "Opened: ",
            *named(incident),
            f". PagerDuty pages who is on call for {incident.service.name}.",
        ),
        ("You have no PagerDuty user, so it came by the bot's own key, with your name on it.",),
    )
    buttons = (show_here(incident),) if desk.channel_id else ()
    return Outcome(lines=lines, cards=(incident,), buttons=buttons, changed=(incident,))
