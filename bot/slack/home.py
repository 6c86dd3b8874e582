"""The Home tab: my open incidents with their buttons, who I am, what the notifier does."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from bot.errors import Busy, PdbotError
from bot.model import Invocation, Line, Outcome, SlackUserId, Via
from bot.ports import Conversation
from bot.slack import views
from bot.slack.client import FAILURES, SlackWeb, reason_of
from bot.slack.desk import new_reference
from bot.tasks import TaskSet

log = structlog.get_logger(__name__)

MOST_OPEN = 1000  # people whose tab is kept fresh after what they do

Jobs = Callable[[], Awaitable[Sequence[Line]]]


class HomeTab:
    """Publish Home tabs; `jobs` tells the notifier's state."""

    def __init__(
        self,
        *,
        conversation: Conversation,
        web: SlackWeb,
        tasks: TaskSet,
        jobs: Jobs | None = None,
        most: int = MOST_OPEN,
    ) -> None:
        self._conversation = conversation
        self._web = web
        self._tasks = tasks
        self._jobs = jobs
        self._most = most
        self._opened: dict[str, None] = {}
        self._running: set[str] = set()
        self._again: set[str] = set()

    def opened(self, slack_user_id: str) -> None:
        """Fill the tab that somebody looks at."""
        self._opened.pop(slack_user_id, None)
        self._opened[slack_user_id] = None
        if len(self._opened) > self._most:
            del self._opened[next(iter(self._opened))]
        self._refresh(slack_user_id)

    def acted(self, invocation: Invocation) -> None:
        """Fill the tab anew of somebody who has looked at it and then did something."""
        if invocation.slack_user_id in self._opened:
            self._refresh(invocation.slack_user_id)

    def _refresh(self, slack_user_id: str) -> None:
        if slack_user_id in self._running:
            self._again.add(slack_user_id)
            return
        try:
            self._tasks.spawn(self._publish(slack_user_id), name="home tab")
        except Busy:
            log.warning("too much is going on to fill a Home tab", slack_user_id=slack_user_id)
            return
        self._running.add(slack_user_id)

    async def _publish(self, slack_user_id: str) -> None:
        try:
            while True:
                self._again.discard(slack_user_id)
                await self._send(slack_user_id, await self._view(slack_user_id))
                if slack_user_id not in self._again:
                    return
        finally:
            self._running.discard(slack_user_id)

    async def _view(self, slack_user_id: str) -> views.View:
        me, mine, jobs = await asyncio.gather(
            self._ask(slack_user_id, "whoami"), self._ask(slack_user_id, "list mine"), self._told()
        )
        return views.home(
            mine.cards,
            identity=me.lines,
            notifier=jobs,
            problem=None if mine.ok or not mine.lines else mine.lines[0],
        )

    async def _ask(self, slack_user_id: str, text: str) -> Outcome:
        asked = Invocation(via=Via.SHORTCUT, slack_user_id=SlackUserId(slack_user_id), text=text)
        return await self._conversation.answer(asked, new_reference())

    async def _told(self) -> Sequence[Line]:
        if self._jobs is None:
            return ()
        try:
            return await self._jobs()
        except PdbotError as error:
            return (error.line,)

    async def _send(self, slack_user_id: str, view: views.View) -> None:
        try:
            await self._web.patient.views_publish(user_id=slack_user_id, view=view)
        except FAILURES as error:
            log.warning(
                "a Home tab was not filled", slack_user_id=slack_user_id, reason=reason_of(error)
            )
