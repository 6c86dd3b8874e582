"""What the notifier knows, in words: what is watched, what became of a message, and why."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from bot.errors import SlackError
from bot.ledger import Entry, EntryState, StoredMessage, instant
from bot.model import Bold, Code, Condition, JobStatus, Line, Link, Piece, When
from bot.notifier.intake import job_identity
from bot.notifier.mutes import MuteBook
from bot.notifier.needs import Store
from bot.notifier.relay import Relay
from bot.notifier.rulebook import RuleBook
from bot.notifier.rules import Question
from bot.notifier.templates import Place
from bot.notifier.words import clean_line, cut
from bot.ports import History, Rooms

LATEST: Final = 10
_SHOWN: Final = 120
_SENTENCE: Final = 500
_MOST_LINES: Final = 20
_TALLIES: Final = 10

_OFF: Final[Line] = (
    "There are no rules, so job messages are not watched. Write a rules file (PDBOT_RULES, usually "
    "rules.toml): the bot reads it as soon as it is there.",
)
STATES: Final = {
    EntryState.PENDING: "waits for its turn or its next attempt",
    EntryState.LEASED: "is being sent",
    EntryState.BLOCKED: "waits for its integration key",
    EntryState.HELD: "waits until its channel's history is read",
    EntryState.SENT: "was delivered",
    EntryState.SUPERSEDED: "was not sent: something newer was",
    EntryState.COLLAPSED: "was not sent: something newer says all",
    EntryState.SKIPPED: "was not sent",
    EntryState.ABANDONED: "was refused by PagerDuty, and is not sent again by itself",
    EntryState.DISCARDED: "was given up by an operator",
}

HAPPENED: Final = {
    Condition.START: "started",
    Condition.SUCCESS: "succeeded",
    Condition.FAILURE: "failed",
    Condition.AVG_DURATION: "takes too long",
    Condition.RETRYABLE_FAILURE: "failed and will be retried",
}
_TROUBLE: Final = 5


class Explain:
    """`ports.JobsBook`."""

    def __init__(
        self,
        *,
        book: RuleBook,
        store: Store,
        rooms: Rooms,
        history: History,
        relay: Relay,
        mutes: MuteBook,
    ) -> None:
        self._book = book
        self._store = store
        self._rooms = rooms
        self._history = history
        self._relay = relay
        self.mutes = mutes

    # ------------------------------------------------------------ jobs

    async def overview(self) -> Sequence[Line]:
        """Tell what is watched, the last messages, what was not recognized, and what waits."""
        if self._book.rules is None:
            return [_OFF, *await self._troubles()]
        return [
            *self._watched(),
            *await self._muted(),
            *await self._waiting(),
            *await self._latest(),
            *await self._unrecognized(),
        ]

    def _watched(self) -> list[Line]:
        rules = self._book.rules.rules if self._book.rules is not None else ()
        counted = "1 rule" if len(rules) == 1 else f"{len(rules)} rules"
        at: Line = (" since ", When(self._book.loaded_at)) if self._book.loaded_at else ()
        lines: list[Line] = [(Bold(counted), f" of {self._book.path} in force", *at, ".")]
        lines += [
            (":warning: The file was changed and is wrong, so the old rules stay: ", problem)
            for problem in map(_sentence, self._book.problems[:3])
        ]
        for rule in rules[:_MOST_LINES]:
            where = ", ".join(rule.channels) or "every channel I am in"
            what = f"{', '.join(rule.producer) or 'any producer'}; in {where}"
            lines.append(("• ", Code(cut(rule.name, _SHOWN)), f" {cut(what, _SENTENCE)}"))
        if len(rules) > _MOST_LINES:
            lines.append((f"… and {len(rules) - _MOST_LINES} more.",))
        return lines

    async def _muted(self) -> list[Line]:
        await self.mutes.read()
        muted = self.mutes.now()
        lines: list[Line] = [(Bold("Muted"),)] if muted else []
        lines += [
            ("• ", Code(mute.job), f" by {mute.by} until ", When(instant(mute.until), "date"))
            for mute in muted[:_MOST_LINES]
        ]
        if len(muted) > _MOST_LINES:
            lines.append((f"… and {len(muted) - _MOST_LINES} more.",))
        return lines

    async def _waiting(self) -> list[Line]:
        stats = await self._store.stats()
        told = [
            f"{count} {word}"
            for state, word in (
                (EntryState.PENDING, "waiting"),
                (EntryState.LEASED, "being sent"),
                (EntryState.BLOCKED, "without an integration key"),
                (EntryState.HELD, "held until history is read"),
                (EntryState.ABANDONED, "refused by PagerDuty"),
            )
            if (count := stats.depth.get(state, 0))
        ]
        timers = f" Runs that are timed: {stats.timers}." if stats.timers else ""
        alerts = f" Alerts open: {stats.open_alerts}." if stats.open_alerts else ""
        head = (
            f"To be sent to PagerDuty: {', '.join(told) or 'nothing is waiting'}.{alerts}{timers}"
        )
        return [(head,), *await self._troubles()]

    async def _troubles(self) -> list[Line]:
        states = (EntryState.ABANDONED, EntryState.BLOCKED)
        return [_stuck(each) for each in await self._store.entries.find(states, limit=_TROUBLE)]

    async def _latest(self) -> list[Line]:
        messages = await self._store.messages.latest(LATEST)
        if not messages:
            return [("No job message was seen yet.",)]
        lines: list[Line] = [(Bold("Last messages"),)]
        for message in messages:
            entries = await self._store.entries.of_message(message.id.channel_id, message.id.ts)
            mine = [one for one in entries if one.message.condition is message.id.condition]
            lines.append(("• ", *self._named(message), f": {_became(mine, message)}"))
        return lines

    def _named(self, message: StoredMessage) -> Line:
        name = cut(clean_line(str(message.status.get("job") or message.job)), _SHOWN)
        url = self._url(message.id.channel_id, message.id.ts)
        told: Piece = Link(name, url) if url else Code(name)
        return (told, f" {HAPPENED[message.id.condition]} ", When(instant(message.seq)))

    async def _unrecognized(self) -> list[Line]:
        tallies = await self._store.messages.tallies(_TALLIES)
        if not tallies:
            return []
        lines: list[Line] = [(Bold("Not recognized"), " (messages of bots)")]
        for tally in tallies:
            url = self._url(tally.channel_id, tally.sample_ts)
            sample: Line = (" ", Link("the last one", url)) if url and tally.channel_id else ()
            lines.append((f"• {tally.count}× {_sentence(tally.reason)}", *sample))
        return lines

    def _url(self, channel_id: str, ts: str) -> str | None:
        return self._rooms.permalink(channel_id, ts)

    # ------------------------------------------------------------ why

    async def why(self, channel_id: str, ts: str) -> Sequence[Line]:
        """Tell what a message was recognized as, which rules were tried, and what was sent."""
        if self._book.rules is None:
            return [_OFF]
        stored = await self._store.messages.of(channel_id, ts)
        if not stored:
            return await self._unknown(channel_id, ts)
        entries = await self._store.entries.of_message(channel_id, ts)
        lines: list[Line] = []
        for message in stored:
            lines += self._about(message)
            mine = [one for one in entries if one.message.condition is message.id.condition]
            lines += [_delivery(entry) for entry in mine] or [("Nothing was sent to PagerDuty.",)]
        return lines

    def _about(self, message: StoredMessage) -> list[Line]:
        why = message.why
        lines: list[Line] = [
            (Bold(str(message.id.condition)), ": ", _sentence(why.get("reason", ""))),
            *[(f"  {_sentence(step)}",) for step in _several(why.get("trail"))],
            (f"  {_known(message.status)}",),
        ]
        decided = [each for each in _several(why.get("rules")) if isinstance(each, dict)]
        lines += [(f"• {_sentence(each.get('reason', ''))}",) for each in decided]
        lines += [
            (f"• Left out: {_sentence(warning)}",)
            for each in decided
            for warning in _several(each.get("warnings"))
        ]
        lines += [
            (f"• Time, {_sentence(each.get('rule', ''))}: {_sentence(each.get('reason', ''))}",)
            for each in _several(why.get("timers"))
            if isinstance(each, dict)
        ]
        return [*lines, *self._tried(message)]

    def _tried(self, message: StoredMessage) -> list[Line]:
        """Try the rules of now: why those before the matching one did not match."""
        rules = self._book.rules
        if rules is None:
            return []
        why = message.why
        status = JobStatus(**{**message.status, "condition": message.id.condition})
        question = Question(
            status,
            message.id.channel_id,
            why.get("channel_name") or self._rooms.name(message.id.channel_id),
            why.get("bot_id"),
            why.get("app_id"),
        )
        tried = rules.explain(question)
        lines: list[Line] = [
            ("  tried ", Code(cut(rule.name, _SHOWN)), f": {_sentence(reason or 'matches')}")
            for rule, reason in tried[:_MOST_LINES]
        ]
        if len(tried) > _MOST_LINES:
            lines.append((f"  … and {len(tried) - _MOST_LINES} more rules.",))
        return lines

    async def _unknown(self, channel_id: str, ts: str) -> list[Line]:
        """Look at a message that left no trace, and say what is not a job's about it."""
        try:
            replies = await self._history.replies(channel_id, ts)
        except SlackError as error:
            return [
                (
                    f"I have no record of that message, and cannot read it now: {error} Check the "
                    "link, and whether I am in that channel.",
                )
            ]
        said = next((one for one in replies if one.ts == ts), None)
        if said is None:
            return [("There is no such message, as far as Slack shows me.",)]
        if said.message is None:
            return [
                (
                    "That message is not a bot's (or is my own), so it is left alone: anybody "
                    "could paste a job's line.",
                )
            ]
        rules = self._book.rules
        if rules is None:
            return [_OFF]
        recognition = rules.producers.recognize(said.message)
        status = recognition.job_status
        if status is None:
            trail = rules.producers.explain(said.message)[:_MOST_LINES]
            return [(_sentence(recognition.reason),), *[(f"  {_sentence(one)}",) for one in trail]]
        job = job_identity(status, Place(channel_id))
        return [
            (
                f"By the rules of now that is {status.condition} of {_sentence(job)}, but I did not"
                " take it in: it came before I was here, or while I was away for too long.",
            )
        ]

    # ------------------------------------------------------------ retry

    async def retry(self, entry_id: int) -> Line:
        """Send an entry again. Raises RequestError."""
        entry = await self._store.entries.retry(entry_id)
        self._relay.wake()
        if entry.state is EntryState.SUPERSEDED:
            return (f"Entry {entry_id} is not sent: something newer with the same keys was sent.",)
        return (f"Entry {entry_id} (", Code(cut(entry.rule, _SHOWN)), ") is sent again now.")


def _stuck(entry: Entry) -> Line:
    """Say what does not leave by itself, and what to type when its cause is gone."""
    return (
        f"• The {entry.action} of ",
        Code(cut(entry.rule, _SHOWN)),
        f" for {cut(clean_line(entry.job), _SHOWN)} {STATES[entry.state]}: "
        f"{_sentence(entry.error or 'no reason was given')} ",
        Code(f"jobs retry {entry.id}"),
    )


def _became(entries: Sequence[Entry], message: StoredMessage) -> str:
    if not entries:
        rules = [each for each in _several(message.why.get("rules")) if isinstance(each, dict)]
        return f"nothing was sent. {_sentence(rules[0]['reason']) if rules else 'No rule matches.'}"
    told = []
    for entry in entries[:3]:
        state = STATES[entry.state]
        told.append(f"{entry.action} {state}")
    more = f" and {len(entries) - 3} more" if len(entries) > 3 else ""  # noqa: PLR2004 - a line's worth
    return "; ".join(told) + more


def _delivery(entry: Entry) -> Line:
    attempts = f" after {entry.attempts} attempts" if entry.attempts > 1 else ""
    at: Line = (" ", When(entry.settled_at)) if entry.settled_at else ()
    error = f" ({_sentence(entry.error)})" if entry.error else ""
    return (
        f"→ {entry.action} of rule ",
        Code(cut(entry.rule, _SHOWN)),
        " to ",
        Code(cut(entry.dedup_key, _SHOWN)),
        f" ({entry.key_ref}) {STATES[entry.state]}{attempts}",
        *at,
        f"{error} – outbox {entry.id}",
    )


def _known(status: Any) -> str:
    skipped = {"condition", "producer"}
    parts = (
        f"{name} {clean_line(str(value))}"
        for name, value in status.items()
        if value is not None and name not in skipped
    )
    return cut(f"producer {status.get('producer')}; {', '.join(parts)}", _SENTENCE)


def _several(value: Any) -> Iterable[Any]:
    return value[:_MOST_LINES] if isinstance(value, list) else ()


def _sentence(text: Any) -> str:
    return cut(clean_line(str(text)), _SENTENCE)
