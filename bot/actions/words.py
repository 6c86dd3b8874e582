"""What people type in a chat, taken apart.

Chat clients decorate text: mentions and links arrive as `<@U1|ann>` and `<https://…|label>`, `&`,
`<`, `>` as entities, quotes and dashes are "corrected". Verbs, references and people are read from
normalized words; TEXT keeps its characters and line breaks, only entities and links are decoded.
"""

import re
from dataclasses import dataclass
from enum import Enum

_ENTITY = re.compile(r"&(amp|lt|gt);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}

# One `<…>`: a sigil or a URL, and an optional label. Slack escapes a typed "<": these are markup.
_MARKUP = re.compile(r"<([^<>|\n]{1,3000})(?:\|([^<>\n]{0,3000}))?>")

_SPACE = " \t\r\n\f\v\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_INVISIBLE = "\u00ad\u200b-\u200f\u2060\u2066-\u2069\u202a-\u202e\ufeff\ufe0e\ufe0f"
_SKIP = re.compile(f"[{_SPACE}{_INVISIBLE}]*")
_INVISIBLES = re.compile(f"[{_INVISIBLE}]")
_WORD = re.compile(f"[^{_SPACE}]+")
_QUOTED = re.compile(r'["“”„‟«»]([^"“”„‟«»\n]*)["“”„‟«»]')
_EDGES = f"{_SPACE}{_INVISIBLE}"
_LEADING = re.compile(f"^[{_EDGES}]+")
_TRAILING = re.compile(f"[{_EDGES}]+$")

_PLAIN = str.maketrans(
    {
        "“": '"',
        "”": '"',
        "„": '"',
        "‟": '"',
        "«": '"',
        "»": '"',
        "‘": "'",
        "’": "'",
        "‚": "'",
        "‛": "'",
        "—": "--",
        "–": "--",
        "―": "--",
        "‐": "-",
        "‑": "-",
        "−": "-",
        "…": "...",
        "＃": "#",
        "，": ",",
    }
)


class Kind(Enum):
    """What a word is, as far as the chat's markup says."""

    PLAIN = "plain"
    QUOTED = "quoted"
    MENTION = "mention"
    GROUP = "group"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Word:
    """A normalized word and where it stood; `shown` is what the person saw in its place."""

    value: str
    shown: str
    start: int
    end: int
    kind: Kind = Kind.PLAIN


def decode(text: str) -> str:
    """Decode entities and links and keep every other character, line breaks included."""
    return _entities(_MARKUP.sub(_shown, text))


def _entities(text: str) -> str:
    return _ENTITY.sub(lambda found: _ENTITIES[found[1]], text)


def _shown(found: re.Match[str]) -> str:
    target, label = found[1], found[2]
    if target[0] in "@#":
        return f"{target[0]}{label or target[1:]}"
    if target[0] == "!":
        return _special(target[1:], label)
    if target.startswith(("mailto:", "tel:")):
        return label or target.partition(":")[2]
    if "://" not in target:
        return found[0]
    if label and not target.endswith(label):
        return f"{label} ({target})"
    return label or target


def _special(target: str, label: str | None) -> str:
    if label:
        return label if label.startswith("@") or target.startswith("date") else f"@{label}"
    return f"@{target.partition('^')[0]}"


def normalize(word: str) -> str:
    """Undo what autocorrection and copying do to a word."""
    return _INVISIBLES.sub("", _entities(word)).translate(_PLAIN)


class Words:
    """A cursor over a command's text.

    `text` is as Slack sent it. `next` gives one word after the other, `rest` what is left, as TEXT.
    """

    def __init__(self, text: str, at: int = 0) -> None:
        self._text = text
        self._at = at

    def __bool__(self) -> bool:
        return self.peek() is not None

    def copy(self) -> "Words":
        """Give a cursor at the same place that moves on its own."""
        return Words(self._text, self._at)

    def peek(self) -> Word | None:
        """Give the next word without moving on; None at the end."""
        start = _SKIP.match(self._text, self._at).end()  # type: ignore[union-attr]  # may be empty
        if start >= len(self._text):
            return None
        return self._markup(start) or self._quoted(start) or self._plain(start)

    def next(self) -> Word | None:
        """Give the next word and move behind it; None at the end."""
        word = self.peek()
        if word is not None:
            self._at = word.end
        return word

    def skip(self, value: str) -> bool:
        """Move behind the next word when it is `value`."""
        word = self.peek()
        if word is None or word.value != value:
            return False
        self._at = word.end
        return True

    def all(self) -> list[Word]:
        """Give all words that are left and move to the end."""
        words = []
        while (word := self.next()) is not None:
            words.append(word)
        return words

    def rest(self) -> str:
        """Give what is left as TEXT, without the space around it."""
        left = decode(self._text[self._at :])
        return _TRAILING.sub("", _LEADING.sub("", left))

    def raw_rest(self) -> str:
        """Give what is left exactly as Slack sent it."""
        return self._text[self._at :].strip()

    def _markup(self, start: int) -> Word | None:
        found = _MARKUP.match(self._text, start)
        if found is None:
            return None
        target, shown = found[1], _entities(_shown(found))
        if target.startswith("@"):
            return Word(target[1:], shown, start, found.end(), Kind.MENTION)
        if target.startswith("!"):
            return Word(target[1:], shown, start, found.end(), Kind.GROUP)
        if target.startswith(("mailto:", "tel:")):
            address = normalize(target.partition(":")[2])
            # `<mailto:a@x>,<mailto:b@x>`: the comma behind belongs to the next word
            return Word(address, shown, start, found.end())
        if "://" in target:
            return Word(_entities(target), shown, start, found.end(), Kind.LINK)
        return None

    def _quoted(self, start: int) -> Word | None:
        found = _QUOTED.match(self._text, start)
        if found is None:
            return None
        value = normalize(found[1]).strip()
        return Word(value, value, start, found.end(), Kind.QUOTED)

    def _plain(self, start: int) -> Word:
        found = _WORD.match(self._text, start)
        end = found.end() if found else start + 1
        # a mention may follow without a space: "reassign to:<@U1>", "bob,<@U1|ann>"
        markup = self._text.find("<", start + 1, end)
        if markup > 0 and _MARKUP.match(self._text, markup):
            end = markup
        raw = self._text[start:end]
        return Word(normalize(raw), _entities(raw), start, end)
