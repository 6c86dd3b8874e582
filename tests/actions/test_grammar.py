"""How a command's words become an incident, a text, or a mistake with a way out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.grammar import (
    Addressed,
    Request,
    Shape,
    Target,
    addressed,
    first,
    one,
    reference,
    several,
)
from bot.actions.words import Words
from bot.errors import UsageError
from bot.model import IncidentId


def request(text: str) -> Request:
    return Request(Words(text))


@pytest.mark.parametrize(
    ("typed", "shape", "key"),
    [
        ("PT4KHLK", Shape.ID, "PT4KHLK"),
        ("pt4khlk", Shape.ID, "PT4KHLK"),
        ("Q3EGHFIL073MBJ", Shape.ID, "Q3EGHFIL073MBJ"),
        ("q3eghfil073mbj", Shape.ID, "Q3EGHFIL073MBJ"),
        ("payment", Shape.ID, "PAYMENT"),
        ("#123", Shape.HASH, "123"),
        ("＃123", Shape.HASH, "123"),
        ("#00123", Shape.HASH, "123"),
        ("123", Shape.NUMBER, "123"),
        ("<tel:123|123>", Shape.NUMBER, "123"),
        ("9999999", Shape.NUMBER, "9999999"),
        ("latest", Shape.LATEST, "latest"),
        ("LATEST", Shape.LATEST, "latest"),
        ("<https://acme.pagerduty.com/incidents/Q3EGHFIL073MBJ>", Shape.URL, "Q3EGHFIL073MBJ"),
        ("<https://acme.pagerduty.com/incidents/PT4KHLK|#123 Disk full>", Shape.URL, "PT4KHLK"),
        ("https://acme.eu.pagerduty.com/incidents/PT4KHLK/timeline?a=b#c", Shape.URL, "PT4KHLK"),
        ("HTTPS://ACME.PAGERDUTY.COM/incidents/PT4KHLK", Shape.URL, "PT4KHLK"),
        ("#\u200b123", Shape.HASH, "123"),
    ],
)
def test_a_word_of_this_shape_may_name_an_incident(typed: str, shape: Shape, key: str) -> None:
    word = Words(typed).next()
    assert word is not None

    found = reference(word)

    assert found is not None
    assert (found.shape, found.key) == (shape, key)


@pytest.mark.parametrize(
    "typed",
    [
        "disk", "P12", "PT4KHLKX", "Q3EGHFIL073MB", "12345678", "#", "#12a", "-1", "1.5", "١٢٣",
        "https://example.com/incidents/PT4KHLK", "https://acme.pagerduty.com/services/PT4KHLK",
        "https://evilpagerduty.com/incidents/PT4KHLK", "http://[::1", "<@U1|ann>", '"123"',
        "https://acme.pagerduty.com.evil.example/incidents/PT4KHLK", "<!subteam^S1|@x>", "--", "XT4KHLK",
    ],
)  # fmt: skip
def test_other_words_name_no_incident(typed: str) -> None:
    word = Words(typed).next()
    assert word is not None

    assert reference(word) is None


@pytest.mark.parametrize(
    ("typed", "certain"),
    [
        ("PT4KHLK", True), ("pt4khlk", True), ("#500", True),
        ("https://acme.pagerduty.com/incidents/PT4KHLK", True),
        ("payment", False), ("Problem", False), ("500", False), ("latest", False),
    ],
)  # fmt: skip
def test_only_what_nobody_writes_in_a_sentence_is_certain(typed: str, *, certain: bool) -> None:
    word = Words(typed).next()
    assert word is not None
    found = reference(word)
    assert found is not None

    assert found.is_certain is certain


T = "text"


@pytest.mark.parametrize(
    ("typed", "key", "text", "otherwise"),
    [
        pytest.param("#12 disk is full", "12", "disk is full", None, id="hash"),
        pytest.param("PT4KHLK disk", "PT4KHLK", "disk", None, id="id"),
        pytest.param("pt4khlk — disk", "PT4KHLK", "disk", None, id="long dash ends the references"),
        pytest.param("12 -- disk", "12", "disk", None, id="dashes make a number certain"),
        pytest.param("500 errors on api", "500", "errors on api", "500 errors on api", id="number"),
        pytest.param("payment is down", "PAYMENT", "is down", "payment is down", id="lower-case word"),
        pytest.param("payment", "PAYMENT", "", "payment", id="a single word that may be an id"),
        pytest.param("disk is full", None, "disk is full", None, id="no reference"),
        pytest.param("-- #12 is not it", None, "#12 is not it", None, id="dashes first"),
        pytest.param("disk -- rebooting", None, "disk -- rebooting", None, id="dashes inside TEXT"),
        pytest.param("latest deploy broke it", None, "latest deploy broke it", None, id="latest is a word"),
        pytest.param("latest -- it is over", "latest", "it is over", None, id="latest with dashes"),
        pytest.param("latest", "latest", "", None, id="latest alone"),
        pytest.param("#12", "12", "", None, id="no text"),
        pytest.param("", None, "", None, id="nothing"),
        pytest.param("#12 a\n\n b ", "12", "a\n\n b", None, id="line breaks stay"),
        pytest.param("#12\nline one", "12", "line one", None, id="text on the next line"),
        pytest.param("#12 “quoted” — yes…", "12", "“quoted” — yes…", None, id="TEXT keeps its characters"),
        pytest.param("#12 <@U1|ann> &amp; co", "12", "@ann & co", None, id="TEXT is decoded"),
        pytest.param("#12 #13 too", "12", "#13 too", None, id="only the first word is the incident"),
        pytest.param("#12 مرحبا 🔥", "12", "مرحبا 🔥", None, id="right to left and emoji"),
        pytest.param(
            "<https://acme.pagerduty.com/incidents/PT4KHLK> x", "PT4KHLK", "x", None, id="address"
        ),
        pytest.param(
            "<https://grafana.example.com/d/1> look",
            None, "https://grafana.example.com/d/1 look", None, id="another address is text",
        ),
    ],
)  # fmt: skip
def test_text_and_the_incident_in_front_of_it(
    typed: str, key: str | None, text: str, otherwise: str | None
) -> None:
    found = addressed(request(typed))

    assert [ref.key for ref in found.target.refs] == ([key] if key else [])
    assert (found.text, found.otherwise) == (text, otherwise)


def test_a_button_names_the_incident_so_that_all_words_are_text() -> None:
    given_one = (IncidentId("PT4KHLK"),)

    found = addressed(Request(Words("#12 is not it"), given_one))

    assert found == Addressed(Target(given=given_one), "#12 is not it")


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("#1 2 PT4KHLK", ["1", "2", "PT4KHLK"]),
        ("#1,#2, 3", ["1", "2", "3"]),
        ("#1 #1 1", ["1"]),
        ("", []),
        ("latest", ["latest"]),
        ("“123”, “#4” '#5'", ["123", "4", "5"]),
        ("#1. PT4KHLK: 2;", ["1", "PT4KHLK", "2"]),
    ],
)
def test_several_incidents(typed: str, keys: list[str]) -> None:
    assert [ref.key for ref in several(request(typed)).refs] == keys


@pytest.mark.parametrize(("typed", "scope"), [("mine", "mine"), ("ALL", "all")])
def test_a_scope_stands_for_incidents(typed: str, scope: str) -> None:
    assert several(request(typed)).scope == scope


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("#1 mine", '"mine" stands alone'),
        ("mine all", "stands alone"),
        ("#1 foo", '"foo" is not an incident'),
        ("P12", '"P12" is not an incident'),
        (" ".join(f"#{n}" for n in range(1, 102)), "At most 100 incidents at once; these are 101."),
    ],
)
def test_several_refuses(typed: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        several(request(typed))


def test_one_refuses_a_second_word() -> None:
    with pytest.raises(UsageError, match='"#2" is not an incident'):
        one(request("#1 #2"))


@pytest.mark.parametrize("typed", ["resolved", "“Pauline” bob@example.com"])
def test_first_leaves_other_words_alone(typed: str) -> None:
    asked = request(typed)

    assert first(asked).is_implied
    assert asked.words.rest() == typed


@given(st.text(max_size=120))
def test_any_text_is_addressed(text: str) -> None:
    found = addressed(request(text))

    assert len(found.target.refs) <= 1


@given(st.text(max_size=120))
def test_any_text_gives_incidents_or_a_sentence(text: str) -> None:
    try:
        several(request(text))
    except UsageError as error:
        assert str(error).endswith(".")  # noqa: PT017  # both outcomes are fine
