"""Slack's mrkdwn, read into plain text and links."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.notifier.mrkdwn import SlotLink, clean, read, without_marks


@pytest.mark.parametrize(
    ("raw", "text", "links"),
    [
        pytest.param("a &lt;b&gt; &amp;amp;", "a <b> &amp;", [], id="entities, once"),
        pytest.param("<https://x/?a=1&amp;b|y>", "y", [("https://x/?a=1&b", "y")], id="link"),
        pytest.param("<https://x | y >", "y", [("https://x", "y")], id="blanks in a link"),
        pytest.param("<https://x| *Log URL*>", "*Log URL*", [("https://x", "Log URL")], id="bold"),
        pytest.param("<https://x>", "https://x", [("https://x", "https://x")], id="bare link"),
        pytest.param("<https://x|a|b>", "a|b", [("https://x", "a|b")], id="pipe in a label"),
        pytest.param("<https://x|&lt;b&gt;>", "<b>", [("https://x", "<b>")], id="escaped label"),
        pytest.param("<mailto:a@b.c|a@b.c>", "a@b.c", [("mailto:a@b.c", "a@b.c")], id="mail"),
        pytest.param("<@U1> <@U2|ann> <#C1|jobs>", "@U1 @ann #jobs", [], id="mentions"),
        pytest.param("<!here> <!channel|channel>", "@here @channel", [], id="broadcasts"),
        pytest.param("<!subteam^S1> <!subteam^S1|@ops>", "@S1 @ops", [], id="groups"),
        pytest.param("<!date^1^{date}|Monday>", "Monday", [], id="date"),
        pytest.param("ann<ann@example.com>", "ann<ann@example.com>", [], id="no link at all"),
        pytest.param("a < b > c <https://x", "a < b > c <https://x", [], id="broken link"),
        pytest.param("<https://x|<https://y|z>", "<https://x|z", [("https://y", "z")], id="nested"),
    ],
)
def test_raw_text_is_read(raw: str, text: str, links: list[tuple[str, str]]) -> None:
    assert read(raw) == (text, [SlotLink(url, shown) for url, shown in links])


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("*bold* _italic_ ~gone~ `code`", "bold italic gone code"),
        ("*Task*: x", "Task: x"),
        ("*Task:* x", "Task: x"),
        ("**Frequency:** daily", "Frequency: daily"),
        ('Job *"db-backup"* finished', 'Job "db-backup" finished'),
        ("(*bold*), *bold*.", "(bold), bold."),
        ("*_both_*", "both"),
        ("load_orders_daily", "load_orders_daily"),
        ("__init__", "__init__"),
        ("a*b*c", "a*b*c"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("* not bold *", "* not bold *"),
        ("*open", "*open"),
        ("*not\nbold*", "*not\nbold*"),
        ("`a *b* c`", "a *b* c"),
        ("```x\n_y_\n``` *z*", "x\n_y_\nz"),
        ("`open *bold*", "`open bold"),
        ("``two`` `one`", "``two`` one"),
        ("*a* `*b*` *c*", "a *b* c"),
        ("***", "***"),
        ("~~~ x ~~~", "~~~ x ~~~"),
    ],
)
def test_marks_that_slack_would_not_show_are_removed(text: str, plain: str) -> None:
    assert without_marks(text) == plain


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  a   b\t c  ", "a b c"),
        ("\n   a  \n   b\r\n c\rd\u2028e", "a\nb\nc\nd\ne"),
        ("0 3 \u034f* \u034f*", "0 3 * *"),
        ("a\u200bb\ufeffc\u00add\x00e", "abcde"),
        ("a\u00a0\u2009b", "a b"),
        ("\U0001f469\u200d\U0001f4bb a\u200db", "\U0001f469\u200d\U0001f4bb ab"),
        ("⏹️ stop", "⏹️ stop"),
        ("a\ud800b", "a\ufffdb"),
        ("Ärger » größer", "Ärger » größer"),
    ],
)
def test_text_is_cleaned_of_what_nobody_sees(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(st.text(alphabet=st.sampled_from("ab *_~`<>|&;\n:/@!#^\u200d\ud800é")))
def test_any_text_is_read_without_an_error(raw: str) -> None:
    text, links = read(raw)
    plain = without_marks(text)

    assert clean(plain) == plain
    assert len(plain) <= len(raw) + 2
    assert all(isinstance(link, SlotLink) for link in links)
    plain.encode()
