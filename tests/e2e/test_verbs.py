"""Each verb from Slack's wire to PagerDuty's and back, over both transports."""

from tests.e2e.world import World


async def test_note_is_written_in_the_callers_name(both: World) -> None:
    incident = both.incident()

    said = await both.pd(f"note {incident.id} disk is full & <b>")

    assert "Your note is on" in said
    assert [(note.content, note.user.name) for note in incident.notes] == [
        ("disk is full & <b>", "Ann Archer")
    ]
