"""The jobs of the demo: a button each, that lets a tool post what it would post."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.slack import Ack, Slack
from bot.sandbox.slack.talk import Shape
from bot.sandbox.stage import formats
from bot.sandbox.stage.cast import GITHUB, JENKINS, JOBS_CHANNEL, RUNDECK
from bot.sandbox.stage.formats import Json

HANGS_AFTER_SECONDS = 10
"""The threshold in the demo's rules: longer than this, and the bot itself notices."""


@dataclass(frozen=True, slots=True)
class Job:
    """One thing that can happen to a job. `run` names whose number counts on."""

    name: str
    tool: str
    label: str
    tells: str  # what a newcomer will see come of it
    bot_id: str
    shape: Shape
    run: str
    starts: bool
    build: Callable[[int], Json]


def _rundeck(name: str, label: str, tells: str, *, status: str, job: str, project: str) -> Job:
    return Job(
        name=name,
        tool="Rundeck",
        label=label,
        tells=tells,
        bot_id=RUNDECK,
        shape="legacy",
        run=f"rundeck {project} {job}",
        starts=status == "Started",
        build=lambda number: formats.rundeck(status, job, project, number),
    )


_BACKUP, _LOAD = "nightly / Database backup", "etl / Load customers"

JOBS: tuple[Job, ...] = (
    _rundeck(
        "rundeck-start",
        "Nightly backup starts",
        "Noted as a run that is going; nobody is paged.",
        status="Started",
        job=_BACKUP,
        project="billing",
    ),
    _rundeck(
        "rundeck-fail",
        "Nightly backup fails",
        "An alert: incident in PagerDuty, card in the thread.",
        status="Failed",
        job=_BACKUP,
        project="billing",
    ),
    _rundeck(
        "rundeck-retry",
        "Nightly backup fails, will retry",
        "A low-key alert: the rule says info.",
        status="Retry Failure",
        job=_BACKUP,
        project="billing",
    ),
    _rundeck(
        "rundeck-average",
        "Nightly backup is over its average",
        "Rundeck itself says so: a warning.",
        status="Average exceeded",
        job=_BACKUP,
        project="billing",
    ),
    _rundeck(
        "rundeck-success",
        "Nightly backup succeeds",
        "Every alert of this job resolves itself.",
        status="Succeeded",
        job=_BACKUP,
        project="billing",
    ),
    _rundeck(
        "rundeck-hang",
        "Load customers hangs",
        f"It started; when it takes over {HANGS_AFTER_SECONDS} s the bot notices by itself.",
        status="Started",
        job=_LOAD,
        project="etl",
    ),
    _rundeck(
        "rundeck-hang-ends",
        "Load customers ends",
        "The late alert resolves itself.",
        status="Succeeded",
        job=_LOAD,
        project="etl",
    ),
    Job(
        "jenkins-fail",
        "Jenkins",
        "deploy-api breaks",
        "An alert on the service Data platform.",
        JENKINS,
        "modern",
        "jenkins deploy-api",
        False,
        lambda number: formats.jenkins("Failure", "deploy-api", number, " after 45 sec"),
    ),
    Job(
        "jenkins-back",
        "Jenkins",
        "deploy-api is back to normal",
        "Its alert resolves itself.",
        JENKINS,
        "modern",
        "jenkins deploy-api",
        False,
        lambda number: formats.jenkins(
            "Back to normal", "deploy-api", number, " after 1 min 5 sec"
        ),
    ),
    Job(
        "github-fail",
        "GitHub Actions",
        "CI of shop fails",
        "An alert; the <!here> in it pings nobody.",
        GITHUB,
        "legacy",
        "github CI",
        False,
        lambda number: formats.github("Failed", "acme/shop", "CI", number),
    ),
    Job(
        "github-success",
        "GitHub Actions",
        "CI of shop passes",
        "Its alert resolves itself.",
        GITHUB,
        "legacy",
        "github CI",
        False,
        lambda number: formats.github("Succeeded", "acme/shop", "CI", number),
    ),
)


class Jobs:
    """Let jobs happen; a start and the end that follows have the same number."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self._numbers: dict[str, int] = {}
        self._going: set[str] = set()

    async def happen(self, name: str, *, wait: bool = False) -> Ack:
        """Post what the job's tool posts. Raises KeyError for a name that no job has."""
        job = {one.name: one for one in JOBS}[name]
        if job.starts or job.run not in self._going:
            self._numbers[job.run] = self._numbers.get(job.run, 4710) + 1
        (self._going.add if job.starts else self._going.discard)(job.run)
        content = job.build(self._numbers[job.run])
        return await self._slack.post_as_bot(
            job.bot_id, JOBS_CHANNEL, content, shape=job.shape, wait=wait
        )
