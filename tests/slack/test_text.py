"""Rich text in mrkdwn: it says what it should, and pings nobody."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Bold, Code, Line, Link, Mention, Piece, Struck, When, line
from bot.slack import text
from bot.slack.text import BoldLink, cut, escape, fallback, plain, render

AT = datetime(2026, 11, 23, 2, 14, 30, tzinfo=UTC)
URL = "https://rundeck.example.com/execution/4812"


@pytest.mark.parametrize(
    ("piece", "expected"),
    [
        pytest.param("<!channel>", "&lt;!channel&gt;", id="broadcast"),
        pytest.param("<@U0ANN>", "&lt;@U0ANN&gt;", id="mention in text"),
        pytest.param("a & b &amp; c", "a &amp; b &amp;amp; c", id="ampersands"),
        pytest.param("one\r\ntwo\u2028three", "one\ntwo\nthree", id="line breaks"),
        pytest.param("a\x00b\x1b[31mc\x07\td", "ab[31mc d", id="control characters"),
        pytest.param("\u202eevil\u2066", "evil", id="bidirectional controls"),
        pytest.param("שלום 🔥", "שלום 🔥", id="right to left and emoji"),
        pytest.param("half \ud83d", "half \ufffd", id="lone surrogate"),
        pytest.param("rm *.log _x", "rm *.log _x", id="marks without a partner stay"),
        pytest.param("*** CRIT ***", "∗∗∗ CRIT ∗∗∗", id="a pair of marks"),
        pytest.param("~a~ `b`", "∼a∼ ˋbˋ", id="pairs of other marks"),
        pytest.param("nightly_billing_export", "nightly_billing_export", id="inside a word"),
        pytest.param("*one\ntwo*", "*one\ntwo*", id="marks on two lines are no pair"),
        pytest.param(f"see {URL}.", f"see <{URL}>.", id="bare address"),
        pytest.param(
            "(https://a.example/?x=1&y=2)", "(<https://a.example/?x=1&amp;y=2>)", id="address query"
        ),
        pytest.param("https://@evil", "https://@evil", id="not an address"),
        pytest.param("xhttps://a.example", "xhttps://a.example", id="address inside a word"),
        pytest.param(Bold("a*b"), "*a∗b*", id="bold with its mark"),
        pytest.param(Bold("one\n two"), "*one two*", id="bold on two lines"),
        pytest.param(Bold("nightly_export"), "*nightly_export*", id="bold with another mark"),
        pytest.param(Bold(" \n"), "", id="bold nothing"),
        pytest.param(Bold("<!here>"), "*&lt;!here&gt;*", id="bold broadcast"),
        pytest.param(Struck("~Alice~"), "~∼Alice∼~", id="struck with its mark"),
        pytest.param(Code("a`b *c*"), "`aˋb *c*`", id="code with a backtick"),
        pytest.param(Code("/pd <x>\n"), "`/pd &lt;x&gt;`", id="code with brackets"),
        pytest.param(Code("a  b\nc ` <d>"), "```a  b\nc ˋ &lt;d&gt;```", id="code of two lines"),
        pytest.param(Link("4812", URL), f"<{URL}|4812>", id="link"),
        pytest.param(Link("a|b>c<d", URL), f"<{URL}|a¦b&gt;c&lt;d>", id="link text with brackets"),
        pytest.param(Link("", URL), f"<{URL}>", id="link without text"),
        pytest.param(Link("x", "https://a.example/?a=1&b=<|>"),
                     "<https://a.example/?a=1&amp;b=%3C%7C%3E|x>", id="link with brackets"),
        pytest.param(Link("x", "javascript:alert(1)"), "x", id="link to a script"),
        pytest.param(Link("x", "https://a.example/" + "y" * 3000), "x", id="link too long"),
        pytest.param(Link("x", "https://a.example/a b"), "x", id="link with a space"),
        pytest.param(Link("x", "https://good.example@evil.example"), "x", id="link with a user"),
        pytest.param(Link("<!channel>", ""), "&lt;!channel&gt;", id="link to nowhere"),
        pytest.param(BoldLink("#1 *x* y", URL), f"*<{URL}|#1 ∗x∗ y>*", id="bold link"),
        pytest.param(BoldLink("#1", "ftp://x"), "*#1*", id="bold link to nowhere"),
        pytest.param(Mention("U0ANN"), "<@U0ANN>", id="mention"),
        pytest.param(Mention("!channel"), "!channel", id="mention of no user"),
        pytest.param(Mention("U1> <!here"), "U1&gt; &lt;!here", id="mention that breaks out"),
        pytest.param(When(AT), "<!date^1795400070^{time}|02:14 UTC>", id="clock"),
        pytest.param(
            When(AT.astimezone(timezone(timedelta(hours=-5))), "date"),
            "<!date^1795400070^{date_short_pretty} at {time}|2026-11-23 02:14 UTC>",
            id="date in another zone",
        ),
    ],
)  # fmt: skip
def test_render_writes_each_piece(piece: Piece, expected: str) -> None:
    assert render((piece,)) == expected


def test_render_replaces_marks_of_text_beside_the_same_mark() -> None:
    assert render(line("*urgent: ", Bold("#123"), " a*b")) == "∗urgent: *#123* a∗b"


@pytest.mark.parametrize(
    ("whole", "limit", "expected"),
    [
        pytest.param("abcdef", 6, "abcdef", id="fits"),
        pytest.param("abcdefg", 6, "abcde…", id="one too many"),
        pytest.param("ab &lt;x", 6, "ab…", id="not inside an entity"),
        pytest.param("ab <https://a.example|x> c", 10, "ab…", id="not inside a link"),
        pytest.param("ab cd", 4, "ab…", id="no space before the end"),
        pytest.param("a👩\u200d👩", 4, "a👩\u200d👩", id="joined emoji fit"),
        pytest.param("a👩\u200d👩b", 4, "a👩…", id="joined emoji are not halved"),
        pytest.param("abc", 1, "…", id="nothing fits"),
    ],
)
def test_cut_shortens_between_tokens(whole: str, limit: int, expected: str) -> None:
    assert cut(whole, limit) == expected


@pytest.mark.parametrize(
    ("rich", "limit", "expected"),
    [
        pytest.param(line("ab ", Bold("cdefgh")), 9, "ab *cde*…", id="inside bold"),
        pytest.param(line(Link("abcdef", "https://a.b")), 17, "<https://a.b|ab>…", id="in a link"),
        pytest.param(line(Link("abcdef", "https://a.b")), 5, "abcd…", id="no room for a link"),
        pytest.param(line(Link("", "https://a.b")), 5, "…", id="no room for an address"),
        pytest.param(line(BoldLink("abcdef", "https://a.b")), 19, "*<https://a.b|ab>*…", id="bold"),
        pytest.param(line("a ", Mention("U0ANN"), "b"), 9, "a…", id="no half mention"),
        pytest.param(line("abc", When(AT)), 9, "abc…", id="no half date"),
        pytest.param(line("abc", Bold("d")), 4, "abc…", id="no empty bold"),
    ],
)
def test_render_keeps_marks_in_pairs_when_cut(rich: Line, limit: int, expected: str) -> None:
    assert render(rich, limit) == expected


def test_plain_says_everything_without_markup() -> None:
    rich = line(
        Bold("#1"), " ", Link("x", URL), Mention("U1"), " ", When(AT), Code("c"), Struck("old")
    )

    assert plain(rich) == "#1 x@U1 02:14 UTCcold"


def test_fallback_is_escaped_and_keeps_mentions() -> None:
    rich = [line("<!channel> ", Mention("U0ANN"), " ", Bold("<b>")), line("second")]

    assert fallback(rich, 100) == "&lt;!channel&gt; <@U0ANN> &lt;b&gt;\nsecond"
    assert fallback(rich, 20) == "&lt;!channel&gt;…"


PIECES = st.one_of(
    st.text(),
    st.builds(Bold, st.text()),
    st.builds(Code, st.text()),
    st.builds(Struck, st.text()),
    st.builds(Link, st.text(), st.one_of(st.text(), st.just(URL))),
    st.builds(BoldLink, st.text(), st.just(URL)),
)
NASTY = st.text(alphabet="<>!@#&|*_~`Uchanel; \n/:htps.\u202e")


@given(st.lists(st.one_of(PIECES, NASTY)), st.integers(1, 200))
def test_render_never_pings_and_never_exceeds(pieces: list[Piece], limit: int) -> None:
    for rendered in (render(tuple(pieces)), cut(render(tuple(pieces)), limit)):
        assert not re.search(r"<[!@#]", rendered)
        outside = re.sub(r"<https?://[^<>|]+(\|[^<>]*)?>", "", rendered, flags=re.IGNORECASE)
        assert "<" not in outside
        assert ">" not in outside
        assert not re.search(r"&(?!amp;|lt;|gt;)", rendered)
        rendered.encode()
    short = render(tuple(pieces), limit)
    assert len(short) <= limit
    assert not re.search(r"<[!@#]", short)


@given(st.text(), st.integers(1, 50))
def test_cut_ends_in_an_ellipsis_and_keeps_entities_whole(whole: str, limit: int) -> None:
    shortened = cut(escape(whole), limit)

    assert len(shortened) <= limit
    assert not re.search(r"&(?!amp;|lt;|gt;)", shortened)
    if len(escape(whole)) > limit:
        assert shortened.endswith("…")


@given(st.text(alphabet="ab*_~` "))
def test_bold_holds_no_second_pair(inner: str) -> None:
    rendered = render((Bold(inner),))

    assert rendered == "" or rendered.count("*") == 2


def test_long_hostile_text_takes_linear_time() -> None:
    assert len(render(("*a " * 100_000,), 3000)) == 3000
    assert text.one_line("a\n\n b") == "a b"
    assert text.counted(1, "note") == "1 note"
    assert text.counted(1200, "note") == "1,200 notes"
