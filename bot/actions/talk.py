"""What people say to a bot that is no command: greetings, thanks, and whole sentences. Pure.

They get an answer that a person would understand; nothing is ever executed for them.
"""

import re
from collections.abc import Collection
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_ON_CALL: Final = re.compile(r"\bon[- ]call\b", re.IGNORECASE)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_GREETINGS: Final = _set("hi hey hello hallo hola hiya howdy moin servus yo greetings ping morning")
_GOOD: Final = _set("good guten")  # morning, and the other times of day
_THANKS: Final = _set("thanks thank thankyou thx ty cheers danke merci gracias")
_HELP: Final = _set("commands usage menu manual man hilfe aide ayuda start")
_POLITE: Final = _set(
    "a all and bot day everybody everyone evening for help i me much of pdbot please pls plz "
    "so some team that the there to us very with you your need know morning tag welcome it"
)
_SENTENCES: Final = _set(
    """
    a an and any anybody anyone anything are at but can could did do does everything for from has
    have how i i'd i'm if in is it it's let let's may might my nobody of ok okay on our please pls
    plz should so some somebody someone something that that's the there there's these they this
    those was we what what's when where where's which who who's whose why will with would you your
    """
)
_LONGEST: Final = 5  # words of a greeting


def courtesy(text: str) -> str | None:
    """Give what one answers to a greeting or to thanks; None for everything else."""
    words = [word.lower() for word in _WORD.findall(text)]
    if not words or len(words) > _LONGEST or not set(words[1:]) <= _POLITE | _GREETINGS | _THANKS:
        return None
    if words[0] in _THANKS:
        return "You're welcome."
    if words[0] in _GREETINGS or (words[0] in _GOOD and len(words) > 1):
        return "Hello!"
    return None


def asks_for_help(word: str) -> bool:
    """Tell whether a word that is no verb can only ask for help."""
    return word.lower() in _HELP


def is_filler(word: str) -> bool:
    """Tell whether a word behind `help` names nothing: `help me`, `help please`."""
    return (
        not _WORD.search(word)
        or {one.lower() for one in _WORD.findall(word)} <= _POLITE | _SENTENCES
    )


def is_sentence(text: str) -> bool:
    """Tell whether a text that begins with no verb is talk, rather than a mistyped command."""
    words = _WORD.findall(text)
    return len(words) > 1 and words[0].lower().replace("’", "'") in _SENTENCES


def command_in(text: str, verbs: Collection[str]) -> str | None:
    """Give the command that a sentence seems to ask for, from its first verb on."""
    if _ON_CALL.search(text):
        return "oncall"
    for found in re.finditer(r"\S+", text):
        if found[0].lower().strip("!?.:,") in verbs:
            return f"{found[0].lower().strip('!?.:,')}{text[found.end() :].rstrip(' ?!.')}"
    return None
