"""Headlines: what a form's incident is called, from what was shown last."""

from bot.slack.headlines import Headlines
from tests.slack.incidents import incident


def test_headline_of_what_was_shown_is_known() -> None:
    shown = incident(title="Disk\nfull " + "x" * 500)
    headlines = Headlines()
    headlines.learn([shown])

    known = headlines.of([shown.id, "P1"])
    assert known is not None
    assert known.startswith(f"#{shown.number} Disk full xxx")
    assert len(known) == 160
    assert headlines.of(["P1"]) is None
    assert headlines.of([]) is None


def test_oldest_are_forgotten() -> None:
    headlines = Headlines(limit=2)
    for name in ("P1", "P2", "P1", "P3"):
        headlines.learn([incident(id=name)])

    assert [bool(headlines.of([name])) for name in ("P1", "P2", "P3")] == [True, False, True]
