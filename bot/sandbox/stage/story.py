"""The story of the demo, told in the terminal: from the first command to a night that went wrong.

Each scene is what one does, and what must come of it; one that does not come in time ends it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.sandbox.slack import Message
from bot.sandbox.stage.screen import Screen
from bot.sandbox.stage.stage import Stage

PATIENCE_SECONDS = 20.0

Seen = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Scene:
    """A sentence, what is done, and what must be seen afterwards."""

    says: str
    does: Callable[[], Awaitable[object]]
    seen: Seen


async def tell(stage: Stage, screen: Screen, *, patience_seconds: float = PATIENCE_SECONDS) -> bool:
    """Tell it; False when something that should have happened did not."""
    for number, scene in enumerate(_scenes(stage), start=1):
        screen.say(f"\n{number}. {scene.says}", "bold")
        await scene.does()
        if not await stage.until(scene.seen, patience_seconds):
            screen.say(f"  That should have happened within {patience_seconds:g} s.", "bold red")
            for line in stage.machine.log[-15:]:
                screen.say(f"    {line}", "dim")
            return False
    screen.say("\nThat was it. `pdbot demo` opens the page where you do all this yourself.", "bold")
    return True


def _scenes(stage: Stage) -> list[Scene]:
    return [*_by_hand(stage), *_by_jobs(stage), *_bad_night(stage)]


def _by_hand(stage: Stage) -> list[Scene]:
    slack, cast = stage.slack, stage.cast
    ann, disk = cast.ann, cast.disk

    def answer(containing: str) -> Seen:
        return lambda: any(containing in one.text for one in slack.ephemerals(ann))

    def command(typed: str) -> Callable[[], Awaitable[object]]:
        return lambda: slack.command(ann, typed, channel=cast.incidents)

    async def acknowledge() -> None:
        shown: Message = slack.ephemerals(ann)[0]
        await slack.click(ann, shown, "acknowledge", disk.id)

    note = f"/pd note #{disk.number} WAL files piled up, archiving is stuck"
    return [
        Scene("Ann is on call and types /pd list.", command("/pd list"), answer("open incident")),
        Scene(
            "She presses Acknowledge below the answer.",
            acknowledge,
            lambda: disk.status == "acknowledged" and answer("Acknowledged")(),
        ),
        Scene(
            f"She writes down what she has found: {note}",
            command(note),
            lambda: disk.notes and answer("Your note is on")(),
        ),
        Scene(
            "She hands it to Bob, who knows the database, and says why.",
            command(f"/pd reassign #{disk.number} @bob -- you know the archiver"),
            lambda: disk.assignees == [cast.pd_bob] and answer("Reassigned")(),
        ),
    ]


def _by_jobs(stage: Stage) -> list[Scene]:
    slack, jobs, cast = stage.slack, stage.jobs, stage.cast

    def card(state: str) -> bool:
        mine = [
            one for one in slack.messages(cast.jobs) if one.get("bot_id") == slack.identity.bot_id
        ]
        return any(one.is_reply and one.text.startswith(state) for one in mine)

    return [
        Scene(
            "At night the backup fails. Rundeck says so in #jobs, as it always did.",
            lambda: jobs.happen("rundeck-fail"),
            lambda: stage.alert("Database backup", "triggered") and card("Triggered"),
        ),
        Scene(
            "The next run succeeds: nobody needs to do anything.",
            lambda: jobs.happen("rundeck-success"),
            lambda: stage.alert("Database backup", "resolved") and card("Resolved"),
        ),
    ]


def _bad_night(stage: Stage) -> list[Scene]:
    jobs, machine = stage.jobs, stage.machine

    async def storm() -> None:
        stage.weather.change("pagerduty", "down")
        await jobs.happen("jenkins-fail", wait=True)

    async def outage() -> None:
        await machine.kill()
        stage.weather.change("pagerduty", "fine")

    def refused() -> bool:
        return any(one.status == 503 for one in stage.pagerduty.events)  # noqa: PLR2004 - HTTP

    return [
        Scene("PagerDuty is down, and a deployment fails: the alert must wait.", storm, refused),
        Scene(
            "Now the bot is killed as well (kill -9), while PagerDuty comes back.",
            outage,
            lambda: machine.state == "stopped",
        ),
        Scene(
            "The bot is started again. What it had promised is in its outbox, and leaves now.",
            machine.start,
            lambda: stage.alert("deploy-api", "triggered"),
        ),
        Scene(
            "And the deployment gets back to normal.",
            lambda: jobs.happen("jenkins-back"),
            lambda: stage.alert("deploy-api", "resolved"),
        ),
    ]
