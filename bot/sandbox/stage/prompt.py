"""A plain prompt: type slash commands and see what Slack answers and what PagerDuty does."""

from collections.abc import AsyncIterator, Awaitable, Callable

from bot.sandbox.slack import Ack, NotPossibleError, View
from bot.sandbox.slack.inputs import elements
from bot.sandbox.stage import plain
from bot.sandbox.stage.jobs import JOBS
from bot.sandbox.stage.screen import Screen
from bot.sandbox.stage.stage import Stage
from bot.sandbox.stage.weather import WEATHER

ANSWER_SECONDS = 5.0
HELP = """\
  /pd …            a slash command; /pd help, /pd list and /pd note #3 disk is full are good ones
  press N          press the button [N] of the newest answer
  as NAME          be somebody else: ann, bob, cleo, or gus (who has no PagerDuty user)
  job NAME         let a job happen; job alone lists them
  weather A B      turn a switch; weather alone lists them
  kill, start      kill the bot, and start it again: what waits in its outbox is sent then
  incidents        what PagerDuty holds
  quit             end the demo
  anything else    is said in #incidents; @pdbot list works there as well"""


class Prompt:
    """Carry out what is typed. `lines` are the answers to what a form asks, too."""

    def __init__(self, stage: Stage, screen: Screen, lines: AsyncIterator[str]) -> None:
        self._stage = stage
        self._screen = screen
        self._lines = lines
        self._who = stage.cast.ann
        self._verbs: dict[str, Callable[[str], Awaitable[None]]] = {
            "press": self._press,
            "as": self._be,
            "job": self._job,
            "weather": self._weather,
            "kill": self._kill,
            "start": self._start,
            "incidents": self._incidents,
            "help": self._help,
            "?": self._help,
        }

    async def run(self) -> None:
        """Read until `quit`, or until the input ends."""
        self._screen.say(HELP)
        async for line in self._lines:
            typed = line.strip()
            if typed in {"quit", "exit"}:
                return
            if typed:
                await self._carry_out(typed)

    async def _carry_out(self, typed: str) -> None:
        word, _, rest = typed.partition(" ")
        try:
            if typed.startswith("/"):
                await self._command(typed)
            elif word in self._verbs:
                await self._verbs[word](rest.strip())
            else:
                place = self._stage.cast.incidents
                await self._stage.slack.post(self._who, place, typed, wait=False)
        except NotPossibleError as error:
            self._screen.say(f"  {error}", "red")

    async def _command(self, typed: str) -> None:
        place = self._stage.cast.incidents
        await self._answered(await self._stage.slack.command(self._who, typed, channel=place))

    async def _press(self, number: str) -> None:
        shown = self._screen.last
        offered = plain.buttons(shown) if shown is not None else []
        if shown is None or not number.isdigit() or not 0 < int(number) <= len(offered):
            self._screen.say("  There is no such button. The numbers are below the answers.", "red")
            return
        _, action_id, value = offered[int(number) - 1]
        version, slack = shown.version, self._stage.slack
        ack = await slack.click(self._who, shown, action_id, value or None)
        await self._answered(ack, lambda: shown.version > version or self._who.id in slack.views)
        stack = slack.views.get(self._who.id)
        if stack:
            await self._fill_in(stack[-1])

    async def _fill_in(self, view: View) -> None:
        self._screen.say(f"  {view['title']['text']}: a form. An empty line leaves a field empty.")
        values: dict[str, object] = {}
        for block, element in elements(view["blocks"]):
            self._screen.say(f"  {block.get('label', {}).get('text', element['action_id'])}:")
            typed = (await anext(self._lines, "")).strip()
            if typed:
                is_people = element["type"] == "multi_users_select"
                values[block["block_id"]] = self._people(typed) if is_people else typed
        slack = self._stage.slack
        try:
            ack = await slack.submit(self._who, view, values)
        except NotPossibleError:
            await slack.close(self._who, view)
            raise
        if isinstance(ack.body, dict) and "errors" in ack.body:
            for said in ack.body["errors"].values():
                self._screen.say(f"  {said}", "red")
            await slack.close(self._who, view)

    def _people(self, typed: str) -> list[str]:
        known = {one.name: one.id for one in self._stage.cast.players}
        names = typed.replace(",", " ").split()
        return [known.get(name.lstrip("@"), name) for name in names]

    async def _be(self, name: str) -> None:
        found = next((one for one in self._stage.cast.players if one.name == name), None)
        if found is None:
            names = ", ".join(one.name for one in self._stage.cast.players)
            self._screen.say(f"  Nobody is called {name!r} here; there are {names}.", "red")
            return
        self._who = found
        self._screen.say(f"  You are {found.real_name} now.")

    async def _job(self, name: str) -> None:
        if name not in {one.name for one in JOBS}:
            for job in JOBS:
                self._screen.say(f"  {job.name:<18} {job.tool}: {job.label}. {job.tells}")
            return
        await self._stage.jobs.happen(name)

    async def _weather(self, words: str) -> None:
        about, _, name = words.partition(" ")
        try:
            self._stage.weather.change(about, name.strip())
        except KeyError:
            for switch, positions in WEATHER.items():
                for one in positions:
                    self._screen.say(f"  {switch} {one.name:<8} {one.tells}")

    async def _kill(self, _: str) -> None:
        await self._stage.machine.kill()
        self._screen.say("  The bot is dead. `start` starts it again.")

    async def _start(self, _: str) -> None:
        await self._stage.machine.start()
        self._screen.say(f"  The bot is {self._stage.machine.state}.")

    async def _incidents(self, _: str) -> None:
        for one in sorted(self._stage.pagerduty.incidents.values(), key=lambda one: -one.number):
            who = ", ".join(user.name for user in one.assignees) or "nobody"
            self._screen.say(f"  #{one.number} {one.status:<12} {one.title} ({who})")

    async def _help(self, _: str) -> None:
        self._screen.say(HELP)

    async def _answered(self, ack: Ack, also: Callable[[], bool] = lambda: False) -> None:
        """Wait for the answer, so that what is typed next comes after it, in a pipe as well."""
        if not ack.ok:
            why = ack.reason or ack.status
            self._screen.say(f"  Slack: the app did not answer ({why}). Is the bot running?", "red")
            return
        changes = self._stage.slack.changes
        await changes.until(lambda: True if ack.replies or also() else None, ANSWER_SECONDS)
