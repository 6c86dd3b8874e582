"""What is asked of the running bot at each scrape."""

from bot.ops.metrics import Metrics
from bot.slack.socket import SocketMode
from bot.store import Store
from bot.tasks import TaskSet
from bot.watch import Watch


def measure(
    metrics: Metrics, *, store: Store, watch: Watch, tasks: TaskSet, socket: SocketMode | None
) -> None:
    """Let the gauges look at the parts of a bot."""
    metrics.ask_store(store)
    metrics.ask(
        "pdbot_commands_in_work", "Commands, clicks and forms being worked on.", lambda: len(tasks)
    )
    metrics.ask("pdbot_rules", "Rules in force.", lambda: len(watch.book.rules or ()))
    metrics.ask(
        "pdbot_rules_problems",
        "Mistakes in the rules file that keep it from being used; the old rules stay in force.",
        lambda: len(watch.book.problems),
    )
    metrics.ask(
        "pdbot_unrecognized_uncounted",
        "Unrecognized messages that were too many to be counted.",
        lambda: watch.pipeline.uncounted,
    )
    metrics.ask("pdbot_muted_jobs", "Jobs that are muted.", lambda: len(watch.jobs.mutes.now()))
    if socket is not None:
        metrics.ask(
            "pdbot_slack_connections",
            "Open Socket Mode connections.",
            lambda: socket.connections,
        )
