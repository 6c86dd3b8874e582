"""A Slack message object, flattened once into named text slots. Pure; takes any JSON.

    text  username  header  block[n]  block[n].field[m]  context[n]  button[Label].url
    att[n].{pretext,title,title_link,text,fallback,author_name,author_link,footer,color,image_url}
    att[n].field[Title]   a titled field, or the m-th one without a title: att[n].field[m]
    att[n].field_title    a field that is nothing but a title
    att[n].header  att[n].block[m]  att[n].context[m]  att[n].button[Label].url

A field of a block that shows its own label (`*Job*: x`, `*Job:* x`, `*Job*` and x on the next
line, or as two fields, `*Job*` and x, or Job and `x`) has the label for its title.
A slot's *family* is its name without the counting indices: what descriptions of producers name.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.notifier.labels import names_the_next, split_label, title_of
from bot.notifier.mrkdwn import SlotLink, clean, read, unescape, without_marks
from bot.notifier.rich_text import mrkdwn_of

LONGEST = 8192  # characters of one slot
MOST_SLOTS = 200
MOST_CHARACTERS = 32_000  # of all slots
MOST_ATTACHMENTS = (
    100  # Slack's own limit: https://docs.slack.dev/reference/methods/chat.postMessage
)
DEEPEST = 6

_HUGE = 10**18  # Python refuses to write integers of thousands of digits
_PARTS = {  # part of an attachment -> Slack shows its marks as they are
    "pretext": False,
    "title": True,
    "text": False,
    "fallback": False,
    "author_name": True,
    "footer": True,
    "color": True,
    "image_url": True,
}
_SHOWN_AS = {"title_link": "title", "author_link": "author_name"}


class Slot:
    """One named text; read when it is first looked at.

    `attachment` is the index of the attachment that it belongs to, -1 for none. Slack
    shows the marks of `is_plain` texts as they are. A slot that is an address (`title_link`, a
    button's) has one link, which shows `shown`.
    """

    __slots__ = (
        *("attachment", "family", "name"),
        *("_is_plain", "_links", "_marked", "_marked_utf8", "_raw", "_shown", "_text", "_utf8"),
    )

    def __init__(
        self,
        name: str,
        family: str,
        raw: str,
        *,
        attachment: int = -1,
        is_plain: bool = False,
        shown: str | None = None,
    ) -> None:
        self.name = name
        self.family = family
        self.attachment = attachment
        self._raw = raw[:LONGEST]
        self._is_plain = is_plain
        self._shown = shown
        # Not functools.cached_property: before Python 3.12 that takes a lock at each first look.
        self._marked: str | None = None
        self._text: str | None = None
        self._links: tuple[SlotLink, ...] = ()
        self._utf8: bytes | None = None
        self._marked_utf8: bytes | None = None

    def __repr__(self) -> str:
        return f"Slot({self.name!r}, {self.text!r})"

    @property
    def marked(self) -> str:
        """The text with its `*bold*`, `_italic_` and `code` marks still in it."""
        if self._marked is None:
            if self._shown is None:
                self._marked, links = read(self._raw)
                self._links = tuple(links)
            else:
                self._marked = clean(unescape(self._raw))
                self._links = (SlotLink(self._marked, self._shown),)
        return self._marked

    @property
    def text(self) -> str:
        """What a reader sees: entities decoded, links as their text, no marks."""
        if self._text is None:
            self._text = self.marked if self._is_plain else without_marks(self.marked)
        return self._text

    @property
    def links(self) -> tuple[SlotLink, ...]:
        """The links, in their order."""
        if self._marked is None:
            _ = self.marked  # reads the links as well
        return self._links

    @property
    def utf8(self) -> bytes:
        """The text as RE2 wants it."""
        if self._utf8 is None:
            self._utf8 = self.text.encode()
        return self._utf8

    @property
    def marked_utf8(self) -> bytes:
        """The marked text as RE2 wants it."""
        if self._marked_utf8 is None:
            self._marked_utf8 = self.marked.encode()
        return self._marked_utf8


class Slots:
    """The slots of one message, in the message's order."""

    def __init__(self) -> None:
        self.families: dict[str, list[Slot]] = {}
        self.attachments = 0
        self.full = False  # the bounds are reached; what comes later is not read
        self._count = 0
        self._characters = 0

    def __iter__(self) -> Iterator[Slot]:
        for slots in self.families.values():
            yield from slots

    def __len__(self) -> int:
        return self._count

    def get(self, family: str, attachment: int | None = None) -> list[Slot]:
        """Give the slots of a family; of one attachment only, if it is given."""
        found = self.families.get(family, [])
        if attachment is None or not found or found[0].attachment < 0:
            return found
        return [slot for slot in found if slot.attachment == attachment]

    def add(self, slot: Slot, length: int) -> None:
        """Take a slot in."""
        self._count += 1
        self._characters += min(length, LONGEST)
        self.full = self._count >= MOST_SLOTS or self._characters >= MOST_CHARACTERS
        family = self.families.get(slot.family)
        if family is None:
            self.families[slot.family] = [slot]
        else:
            family.append(slot)


def flatten(content: Mapping[str, Any]) -> Slots:
    """Flatten a message object. Whatever is not shaped as Slack's documentation says is skipped."""
    slots = Slots()
    top = _Reader(slots, "", -1)
    top.put("text", content.get("text"))
    top.put("username", content.get("username"), is_plain=True)
    top.blocks(content.get("blocks"))
    index = 0
    for attachment in _items(content.get("attachments"))[:MOST_ATTACHMENTS]:
        if slots.full:
            break
        if not isinstance(attachment, Mapping) or _is_unfurl(attachment):
            continue
        _Reader(slots, f"att[{index}].", index).attachment(attachment)
        index += 1
    slots.attachments = index
    return slots


def _is_unfurl(attachment: Mapping[str, Any]) -> bool:
    """Tell whether Slack added the attachment, as the preview of a link."""
    return bool(attachment.get("from_url") or attachment.get("original_url"))


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _HUGE:
        return str(value)
    return ""


class _Reader:
    """Reads one message, or one of its attachments, into slots."""

    def __init__(self, slots: Slots, prefix: str, attachment: int) -> None:
        self._slots = slots
        self._prefix = prefix
        self._family = "att." if prefix else ""
        self._attachment = attachment

    def put(
        self, name: str, value: Any, *, family: str | None = None, is_plain: bool = False
    ) -> None:
        text = value if type(value) is str else _string(value)
        if not text or self._slots.full:
            return
        slot = Slot(
            self._prefix + name,
            self._family + (family or name),
            text,
            attachment=self._attachment,
            is_plain=is_plain,
        )
        self._slots.add(slot, len(text))

    def put_link(self, name: str, url: Any, shown: str) -> None:
        address = _string(url)
        if not address or self._slots.full:
            return
        slot = Slot(
            self._prefix + name,
            self._family + name,
            address,
            attachment=self._attachment,
            is_plain=True,
            shown=shown,
        )
        self._slots.add(slot, len(address))

    def attachment(self, attachment: Mapping[str, Any]) -> None:
        for part, is_plain in _PARTS.items():
            if part in attachment:
                self.put(part, attachment[part], is_plain=is_plain)
        for part, shown in _SHOWN_AS.items():
            if part in attachment:
                self.put_link(
                    part, attachment[part], clean(_string(attachment.get(shown))[:LONGEST])
                )
        self._fields(_items(attachment.get("fields")))
        for action in _items(attachment.get("actions")):
            if isinstance(action, Mapping):
                self._button(action)
        self.blocks(attachment.get("blocks"))

    def _fields(self, fields: list[Any]) -> None:
        label: str | None = None
        for number, field in enumerate(fields):
            if not isinstance(field, Mapping) or self._slots.full:
                continue
            title = title_of(_string(field.get("title"))[:LONGEST])
            value = _string(field.get("value"))
            if title and value:
                self.put(f"field[{title}]", value)
                label = None
            elif title:
                self.put("field_title", title, is_plain=True)
            elif label is None and names_the_next(value, fields[number + 1 : number + 2]):
                label = clean(value)
            else:
                label = self._labelled("", number, value, label)

    def _labelled(
        self, block: str, number: int, value: str, label: str | None, *, is_plain: bool = False
    ) -> str | None:
        """Put a field that may show its own label; give the label that the next field belongs to.

        `block` is the name of the field's block, or empty.
        """
        prefix = block and "block."
        title: str | None = label
        if "*" in value:
            own, rest = split_label(value[:LONGEST])
            # A label with nothing behind it does not take the next one for its value.
            if label is None or (own and (rest or value.rstrip(" *").endswith(":"))):
                title, value = own, rest
                if title and not value:
                    return title
        shown = f"{block}field[{title or number}]"
        self.put(shown, value, family=f"{prefix}field[{title or ''}]", is_plain=is_plain)
        return None

    def blocks(self, value: Any, depth: int = 0) -> None:
        """Read a list of blocks: https://docs.slack.dev/reference/block-kit/blocks."""
        for number, block in enumerate(_items(value)):
            if self._slots.full:
                return
            if isinstance(block, Mapping):
                self._block(block, number, depth)

    def _block(self, block: Mapping[str, Any], number: int, depth: int) -> None:
        kind = block.get("type")
        name = f"block[{number}]"
        if kind == "header":
            self._text("header", "header", block.get("text"))
        elif kind == "rich_text":
            self.put(name, mrkdwn_of(block.get("elements")), family="block")
        elif kind == "context":
            for element in _items(block.get("elements")):
                self._text(f"context[{number}]", "context", element)
        elif kind == "actions":
            for element in _items(block.get("elements")):
                if isinstance(element, Mapping):
                    self._button(element)
        elif isinstance(block.get("blocks"), list) and depth < DEEPEST:
            self.blocks(block["blocks"], depth + 1)
        else:
            self._section(block, name)

    def _section(self, block: Mapping[str, Any], name: str) -> None:
        self._text(name, "block", block.get("text"))
        label: str | None = None
        for number, field in enumerate(_items(block.get("fields"))):
            if isinstance(field, Mapping):
                plain = field.get("type") == "plain_text"
                label = self._labelled(
                    f"{name}.", number, _string(field.get("text")), label, is_plain=plain
                )
        accessory = block.get("accessory")
        if isinstance(accessory, Mapping):
            self._button(accessory)

    def _text(self, name: str, family: str, text: Any) -> None:
        if isinstance(text, Mapping):
            plain = text.get("type") == "plain_text"
            self.put(name, text.get("text"), family=family, is_plain=plain)
        else:
            self.put(name, text, family=family)

    def _button(self, element: Mapping[str, Any]) -> None:
        text = element.get("text")
        label = _string(text.get("text") if isinstance(text, Mapping) else text)
        label = clean(label[:LONGEST])
        self.put_link(f"button[{label}].url", element.get("url"), label)
