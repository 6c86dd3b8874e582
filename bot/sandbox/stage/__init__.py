"""The demo's stage: a small cast, jobs that post in their tools' true formats, and weather.

What is on the page and in the terminal is driven from here; it speaks to the two sandboxes only,
and to the bot as a `Machine` that can be killed and started.
"""

from bot.sandbox.stage.cast import Cast, set_scene
from bot.sandbox.stage.jobs import JOBS, Job, Jobs
from bot.sandbox.stage.stage import Machine, Stage
from bot.sandbox.stage.weather import WEATHER, Weather

__all__ = ["JOBS", "WEATHER", "Cast", "Job", "Jobs", "Machine", "Stage", "Weather", "set_scene"]
