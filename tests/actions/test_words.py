"""What chat clients make of what people type, and what the bot makes of it again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.words import Kind, Words, decode, normalize


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        pytest.param("a &amp; b &lt;c&gt;", "a & b <c>", id="entities"),
        pytest.param("&amp;lt;", "&lt;", id="entities are decoded once"),
        pytest.param("<http://foo.com|foo.com> down", "foo.com down", id="autolink"),
        pytest.param("<https://foo.com/x>", "https://foo.com/x", id="bare link"),
        pytest.param("<https://foo.com/x|the page>", "the page (https://foo.com/x)", id="label"),
        pytest.param("<https://foo.com/?a=1&amp;b=2>", "https://foo.com/?a=1&b=2", id="query"),
        pytest.param("<mailto:a@b.c|a@b.c>", "a@b.c", id="mail"),
        pytest.param("<tel:+4930123|+49 30 123>", "+49 30 123", id="telephone"),
        pytest.param("<@U1|ann> and <@U2>", "@ann and @U2", id="mentions"),
        pytest.param("<#C1|prod>, <#C2>", "#prod, #C2", id="channels"),
        pytest.param("<!subteam^S1|@oncall>", "@oncall", id="user group"),
        pytest.param("<!here> <!channel|channel>", "@here @channel", id="everybody"),
        pytest.param("<!date^1^{date}|yesterday>", "yesterday", id="date"),
        pytest.param("1 < 2 <b> x", "1 < 2 <b> x", id="no markup"),
        pytest.param("“smart” — quotes…", "“smart” — quotes…", id="TEXT keeps its characters"),
        pytest.param("one\ntwo\r\n three", "one\ntwo\r\n three", id="line breaks stay"),
    ],
)
def test_decode_changes_entities_and_links_only(raw: str, text: str) -> None:
    assert decode(raw) == text


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        ("“me”", '"me"'),
        ("—status", "--status"),
        ("–status", "--status"),
        ("a\u200bck", "ack"),
        ("it’s", "it's"),
        ("wait…", "wait..."),
        ("\ufeffack", "ack"),
        ("a&amp;b", "a&b"),
    ],
)
def test_normalize_undoes_autocorrection(raw: str, word: str) -> None:
    assert normalize(raw) == word


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  ack\u00a0#12 ", [("ack", Kind.PLAIN), ("#12", Kind.PLAIN)]),
        ("\u200back\u2003x", [("ack", Kind.PLAIN), ("x", Kind.PLAIN)]),
        ("to <@U1|ann>,<@U2>", [
            ("to", Kind.PLAIN), ("U1", Kind.MENTION), (",", Kind.PLAIN), ("U2", Kind.MENTION),
        ]),
        ("“Bob Smith” x", [("Bob Smith", Kind.QUOTED), ("x", Kind.PLAIN)]),
        ("<mailto:a@b.c|a@b.c>", [("a@b.c", Kind.PLAIN)]),
        ("<tel:123|#123>", [("123", Kind.PLAIN)]),
        ("<!subteam^S1|@x>", [("subteam^S1", Kind.GROUP)]),
        ("<https://a.b/c|d>", [("https://a.b/c", Kind.LINK)]),
        ("to:<@U1>", [("to:", Kind.PLAIN), ("U1", Kind.MENTION)]),
        ("a <b", [("a", Kind.PLAIN), ("<b", Kind.PLAIN)]),
        ('un"quoted', [('un"quoted', Kind.PLAIN)]),
        ("", []),
        ("\u200b \n", []),
    ],
)  # fmt: skip
def test_words_are_taken_apart(text: str, words: list[tuple[str, Kind]]) -> None:
    assert [(word.value, word.kind) for word in Words(text).all()] == words


def test_rest_is_the_text_behind_the_words_read() -> None:
    words = Words("note  “x”\n two &amp; three \u200b")
    words.next()

    assert words.rest() == "“x”\n two & three"


def test_skip_moves_only_over_its_own_word() -> None:
    words = Words("— then")

    assert words.skip("--")
    assert not words.skip("--")
    assert words.copy().rest() == "then"


@given(st.text(alphabet=st.sampled_from('<>|@!#&;abU1 “”"-—:\n\u200b'), max_size=60))
def test_any_text_is_read_to_its_end(text: str) -> None:
    words = Words(text)

    for word in words.all():
        assert text[word.start : word.end]
    assert not words
    assert words.rest() == ""


@given(st.text(max_size=200))
def test_escaped_text_is_decoded_to_itself(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    assert decode(escaped) == text
