"""µs a message through recognition and the rules: 100 of them and 1,000.

The goals of DESIGN 6: at most 100 µs with all shipped producers and 100 rules, and 1,000 rules
within 1.5 x of that. Job names come back every night, or never came before; `worst` are rules that
tell nothing but a part of the job's name, so that no index helps.
"""

import json
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.model import ChannelMessage
from bot.notifier.plan import plan
from bot.notifier.rules import Rules
from bot.notifier.rules_load import load
from bot.notifier.templates import Place

MESSAGES = 1_000
ROUNDS = 7
SIZES = (100, 1_000)
SAMPLE = Path(__file__).parents[1] / (
    "tests/samples/job-messages/rundeck-slack-incoming-failure-nodes.json"
)
PLACE = Place("C0JOBS", "jobs", "https://acme.slack.com/archives/C0JOBS/p1763870705574488")


def usual_rules(count: int) -> Rules:
    """Give rules as teams write them: another project each, jobs by globs of several kinds."""
    tables: list[str] = []
    for at in range(count):
        jobs = (f'"nightly/{at}-*"', f'["*-{at}", "load {at}?"]', f'"*team{at}*"', '"[a-m]*"')
        tables.append(
            f'[[rule]]\nname = "rule {at}"\nbots = ["B0RUNDECK", "A0JENKINS"]\n'
            f'channels = ["C0JOBS", "#team-{at % 40}"]\nproducer = "rundeck-*"\n'
            f'project = "project-{at}"\njob = {jobs[at % 4]}\n'
            '[rule.on.failure]\nseverity = "critical"\n'
        )
    return load("".join(tables), path="bench")


def worst_rules(count: int) -> Rules:
    """Give rules that each want another part of the job's name, and of nothing else."""
    tables = (f'[[rule]]\nname = "{at}"\njob = "*part-{at}-*"\n' for at in range(count))
    return load("".join(tables), path="bench")


def make_messages(rules: int, *, fresh: bool) -> list[ChannelMessage]:
    """Give messages over all projects; `fresh` ones name jobs that never came before."""
    text = json.dumps(json.loads(SAMPLE.read_text("utf-8"))["event"])
    messages: list[ChannelMessage] = []
    for at in range(MESSAGES):
        number = time.perf_counter_ns() if fresh else at % 50
        content = json.loads(text)
        for field in content["attachments"][0]["fields"]:
            if field["title"] == "Job Name":
                field["value"] = f"<https://x.example.com/1|nightly/{at % rules}-{number}>"
            if field["title"] == "Project":
                field["value"] = f"project-{at % rules}"
        messages.append(
            ChannelMessage("T0", "C0JOBS", "1.0", "1.0", content, bot_id="B0RUNDECK", app_id="A0")
        )
    return messages


def judge(rules: Rules) -> Callable[[ChannelMessage], None]:
    """Recognize, match and plan."""

    def work(message: ChannelMessage) -> None:
        status = rules.producers.recognize(message).job_status
        assert status is not None
        found = rules.match(
            status,
            channel_id=message.channel_id,
            channel_name="jobs",
            bot_id=message.bot_id,
            app_id=message.app_id,
        )
        plan(found, status, PLACE)

    return work


def microseconds(
    work: Callable[[ChannelMessage], None], messages: Sequence[ChannelMessage]
) -> float:
    """Give µs a message."""
    began = time.perf_counter()
    for message in messages:
        work(message)
    return (time.perf_counter() - began) / len(messages) * 1e6


def compare(title: str, make_rules: Callable[[int], Rules], *, fresh: bool) -> None:
    """Print one line; the sizes take turns, so that a noisy machine disturbs both."""
    works = {count: judge(make_rules(count)) for count in SIZES}
    rounds: dict[int, list[float]] = {count: [] for count in SIZES}
    for _ in range(ROUNDS):
        for count, work in works.items():
            rounds[count].append(microseconds(work, make_messages(count, fresh=fresh)))
    few, many = (statistics.median(rounds[count]) for count in SIZES)
    print(
        f"{title}: {few:6.1f} µs with 100 rules, {many:6.1f} µs with 1,000 ({many / few:.2f} x; "
        "goals 100 µs and 1.5 x)"
    )


def main() -> None:
    """Print the figures."""
    compare("recognize, match, plan, known job names", usual_rules, fresh=False)
    compare("recognize, match, plan, new job names  ", usual_rules, fresh=True)
    compare("recognize, match, plan, worst rules    ", worst_rules, fresh=True)
    began = time.perf_counter()
    usual_rules(SIZES[1])
    print(f"reading 1,000 rules: {(time.perf_counter() - began) * 1000:.0f} ms")


if __name__ == "__main__":
    main()
