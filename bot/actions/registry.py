"""Every verb, listed in one tuple; from the words of an invocation to an action. Pure."""

import difflib
from typing import ClassVar, Protocol, Self

from bot.actions.acknowledge import Acknowledge
from bot.actions.add import AddResponders
from bot.actions.desk import Desk
from bot.actions.escalate import Escalate
from bot.actions.grammar import Request, Shape, Usage, reference
from bot.actions.help import Help
from bot.actions.jobs import Jobs
from bot.actions.link import AskForLink, AskForUnlink
from bot.actions.listing import ListIncidents, Show
from bot.actions.note import AddNote, ReadNotes
from bot.actions.oncall import WhoIsOnCall
from bot.actions.phrases import cut, pick
from bot.actions.priority import SetPriority
from bot.actions.reassign import Reassign
from bot.actions.resolve import Resolve
from bot.actions.snooze import Snooze
from bot.actions.status import Reopen, SetStatus, Take
from bot.actions.talk import asks_for_help, command_in, courtesy, is_sentence
from bot.actions.trigger import Trigger
from bot.actions.undo import Undo
from bot.actions.update import Update
from bot.actions.whoami import WhoAmI
from bot.actions.words import Word, Words, decode
from bot.errors import UsageError
from bot.model import IncidentId, Invocation, Line, Outcome, Via


class Misused(UsageError):
    """The words behind a verb do not make a command: say what is wrong, and how it goes."""

    def __init__(self, mistake: UsageError, usage: Usage, command: str) -> None:
        super().__init__(str(mistake), buttons=mistake.buttons)
        self._hint = usage.hint(command)

    @property
    def line(self) -> Line:
        """Give the mistake and the verb's grammar."""
        return (*super().line, " ", *self._hint)


class Action(Protocol):
    """Something a responder does: its grammar and its effect."""

    usage: ClassVar[Usage]

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read the words behind the verb. Raises UsageError."""
        ...

    async def perform(self, desk: Desk) -> Outcome:
        """Do it."""
        ...


ACTIONS: tuple[type[Action], ...] = (
    ListIncidents,
    Show,
    Acknowledge,
    Resolve,
    AddNote,
    ReadNotes,
    Reassign,
    Take,
    Snooze,
    Escalate,
    AddResponders,
    Trigger,
    WhoIsOnCall,
    SetPriority,
    SetStatus,
    Update,
    Reopen,
    Undo,
    WhoAmI,
    AskForLink,
    AskForUnlink,
    Jobs,
    Help,
)

# Words that people try, from other tools and from habit: suggested, never executed.
SYNONYMS = {
    "close": "resolve",
    "fix": "resolve",
    "fixed": "resolve",
    "done": "resolve",
    "resolved": "resolve",
    "get": "show",
    "card": "show",
    "info": "show",
    "sup": "list",
    "inc": "list",
    "incidents": "list",
    "problems": "list",
    "mine": "list mine",
    "all": "list all",
    "own": "take",
    "me": "take",
    "mine!": "take",
    "to": "reassign",
    "give": "reassign",
    "comment": "note",
    "annotate": "note",
    "unack": "reopen",
    "silence": "snooze",
    "revert": "undo",
    "back": "undo",
    "mute": "jobs mute",
    "unmute": "jobs unmute",
    "later": "snooze",
    "create": "trigger",
    "invite": "add",
    "who": "whoami",
    "acked": "ack",
    "acknowledged": "ack",
}


def _by_name() -> dict[str, type[Action]]:
    names: dict[str, type[Action]] = {}
    for action in ACTIONS:
        for name in (action.usage.verb, *action.usage.aliases):
            if name in names:
                raise ValueError(f"two actions are called {name}")
            names[name] = action
    return names


_NAMES = _by_name()


def find(verb: str) -> type[Action] | None:
    """Find the action of a verb or alias, ignoring case."""
    return _NAMES.get(verb.strip().lower())


def is_write(invocation: Invocation) -> bool:
    """Tell, from the verb and the word after it, whether an invocation asks for a write."""
    words = _words(invocation)
    action = find(invocation.verb or _verb(words))
    if action is None or action.usage.writes:
        return action is not None
    word = words.next() if action.usage.writing_words else None
    return word is not None and word.value.lower() in action.usage.writing_words


def is_additive(invocation: Invocation) -> bool:
    """Tell whether doing it twice would count twice."""
    action = find(invocation.verb or _verb(_words(invocation)))
    return action is not None and action.usage.is_additive


def _words(invocation: Invocation) -> Words:
    return Words(str(invocation.fields.get("args") or "") if invocation.verb else invocation.text)


def _verb(words: Words) -> str:
    word = words.next()
    if word is not None and word.value.startswith("/"):
        word = words.next()  # "@pdbot /pd ack": parse() skips the command's name, too
    return word.value.rstrip(":,") if word else ""


def parse(invocation: Invocation, command: str) -> Action:
    """Make an action of a command, mention, click or form.

    Raises:
        UsageError: with the nearest verb as a button, or the verb's own grammar.
    """
    action, request = _named(invocation) if invocation.verb else _typed(invocation, command)
    try:
        return action.parse(request)
    except UsageError as error:
        raise Misused(error, action.usage, command) from error


def _named(invocation: Invocation) -> tuple[type[Action], Request]:
    verb = invocation.verb or ""
    action = find(verb)
    if action is None:
        raise UsageError(f'This button means "{cut(verb, 40)}", which I cannot do. Type it.')
    given = tuple(IncidentId(one) for one in invocation.incidents)
    if invocation.via is Via.FORM:
        return action, Request(given=given, fields=invocation.fields)
    args = Words(str(invocation.fields.get("args") or ""))
    return action, Request(args, given, None, invocation.confirmed)


def _typed(invocation: Invocation, command: str) -> tuple[type[Action], Request]:
    words = Words(invocation.text)
    words.skip(command)
    whole = words.raw_rest()
    first = words.next()
    if first is None:
        return Help, Request(words)
    action = find(first.value.rstrip(":,")) or _read(first.value)
    if action is not None:
        return action, Request(words)
    if asks_for_help(first.value.rstrip("!?.:,")):
        return Help, Request(words)
    if courtesy(decode(whole)):
        return Help, Request(Words(whole))
    if is_sentence(decode(whole)):
        raise _sentence(whole, command)
    raise _unknown(first, words, command)


def _read(word: str) -> type[Action] | None:
    """Find the verb in "help!" or "list?": only where that changes nothing."""
    action = find(word.rstrip("!?."))
    return None if action is None or action.usage.writes else action


def _sentence(text: str, command: str) -> UsageError:
    """Offer the command that a sentence seems to ask for."""
    meant = command_in(text, {action.usage.verb for action in ACTIONS})
    hint = f"{command} help lists them."
    if meant is None:
        return UsageError(
            "I only understand commands, and this is none; nothing was done. Try list, oncall, "
            f"show #123 or note #123 TEXT; {hint}"
        )
    verb, _, rest = meant.partition(" ")
    return UsageError(
        f"I only understand commands, and this is none; nothing was done. Did you mean {verb}? "
        f"{hint}",
        buttons=(pick(cut(decode(meant), 60), verb, (), rest.strip()),),
    )


def _unknown(word: Word, words: Words, command: str) -> UsageError:
    shown = cut(word.shown, 40)
    found = reference(word)
    is_reference = found is not None and (found.is_certain or found.shape is not Shape.ID)
    verb = "show" if is_reference else nearest(word.value)
    rest = word.value if is_reference else words.raw_rest()
    if verb is None:
        return UsageError(
            f'I don\'t know "{shown}". Nothing was done. {command} help lists what I know.'
        )
    suggestion = cut(f"{verb} {rest}".strip(), 60)
    return UsageError(
        f'I don\'t know "{shown}". Did you mean {verb}? Nothing was done.',
        buttons=(
            pick(suggestion, verb.split()[0], (), f"{verb.partition(' ')[2]} {rest}".strip()),
        ),
    )


def nearest(word: str) -> str | None:
    """Give the verb that somebody probably meant."""
    low = word.lower().strip("!.,:;")
    if low in SYNONYMS:
        return SYNONYMS[low]
    close = difflib.get_close_matches(low[:40], [*_NAMES, *SYNONYMS], n=1, cutoff=0.55)
    if not close:
        return None
    found = find(close[0])
    return found.usage.verb if found else SYNONYMS[close[0]]
