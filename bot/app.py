"""The composition root: settings become a running bot. The only place where concrete parts meet."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.card_desk import Cards, after_answers, keep_cards
from bot.clock import Clock, SystemClock
from bot.config import Settings
from bot.conversation import Conversation
from bot.errors import ConfigError, KeyRejected, PagerDutyError, PdbotError, StoreError
from bot.identity import Identity
from bot.model import Choice, PagerDutyUser
from bot.ops.gauges import measure
from bot.ops.heartbeat import Heartbeat
from bot.ops.metrics import Metrics
from bot.ops.parts import DryParts, Parts
from bot.pagerduty.events import Events
from bot.pagerduty.rest import TIMEOUT_SECONDS, Rest
from bot.rights import Office
from bot.slack import views
from bot.slack.channels import Channels
from bot.slack.client import SlackWeb, build_app, identify
from bot.slack.desk import Desk as SlackDesk
from bot.slack.home import HomeTab
from bot.slack.http import Health, HttpServer
from bot.slack.listeners import Listeners
from bot.slack.measured import Measured
from bot.slack.people import People
from bot.slack.replies import Replies
from bot.slack.socket import SocketMode
from bot.slack.threads import Threads
from bot.stopping import for_long, until_stopped
from bot.store import Store, open_store
from bot.tasks import TaskSet
from bot.watch import Environ, Watch, build_watch

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 20.0  # what was acknowledged is finished first; a PagerDuty call may take that long
POLICIES_SECONDS = 300.0  # how old the escalation policies offered in forms may be
FIRST_LOOK_SECONDS = 5.0  # at the key, before Slack is connected
LEARN_SECONDS = 30.0  # between two questions for the kind of key, while PagerDuty does not answer


@dataclass
class Bot:
    """A bot that runs."""

    settings: Settings
    store: Store
    rest: Rest
    web: SlackWeb
    http: HttpServer
    tasks: TaskSet
    watch: Watch
    cards: Cards
    socket: SocketMode | None = None
    policies: list[Choice] = field(default_factory=list)

    @property
    def port(self) -> int:
        """The port of `/healthz`; differs from the setting when that was 0."""
        return self.http.port


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    clock: Clock | None = None,
    environ: Environ | None = None,
    answer_seconds: float = TIMEOUT_SECONDS,
    parts: Parts | None = None,
) -> AsyncIterator[Bot]:
    """Start a bot, and stop it at the end: take nothing new, finish what was acknowledged, close.

    `environ` is where integration keys are found; None means the process's own environment.
    `answer_seconds` is how long PagerDuty may take to answer one request. `parts` are the real
    ones unless a dry run's are given.

    Raises:
        ConfigError: Slack or PagerDuty refuse the tokens, the database or the port cannot be used.
    """
    clock, parts, metrics = clock or SystemClock(), parts or Parts(), Metrics()
    async with AsyncExitStack() as stack:
        settings = await stack.enter_async_context(parts.settings(settings))
        store = await open_store(settings.database_url.reveal(), clock=clock)
        stack.push_async_callback(store.close)
        rest = await stack.enter_async_context(
            Rest(
                base_url=settings.pagerduty_api_url,
                token=settings.pagerduty_api_token.reveal(),
                clock=clock,
                timeout_seconds=answer_seconds,
                observe=metrics.rest,
            )
        )
        web = await stack.enter_async_context(
            SlackWeb(
                settings.slack_bot_token.reveal(), settings.slack_api_url, observe=metrics.slack
            )
        )
        bot = await _build(
            settings,
            clock,
            stack,
            store=store,
            rest=rest,
            web=web,
            environ=environ,
            parts=parts,
            metrics=metrics,
        )
        log.info("pdbot is running", port=bot.port, socket_mode=settings.is_socket_mode)
        try:
            yield bot
        finally:
            log.info("pdbot is stopping", in_work=len(bot.tasks))


async def _build(
    settings: Settings,
    clock: Clock,
    stack: AsyncExitStack,
    *,
    store: Store,
    rest: Rest,
    web: SlackWeb,
    environ: Environ | None,
    parts: Parts,
    metrics: Metrics,
) -> Bot:
    who, is_key_known = await asyncio.gather(
        identify(web, clock=clock), _is_key_known(settings, rest)
    )
    identity = Identity(
        people=(people := People(web.patient, team_id=who.team_id, clock=clock)),
        directory=rest.directory,
        team_id=who.team_id,
        overrides=settings.people,
        from_email=settings.pagerduty_from_email if settings.unmapped == "from_email" else None,
    )
    events = await stack.enter_async_context(
        Events(base_url=settings.pagerduty_events_url, observe=metrics.events)
    )
    watch = build_watch(
        settings,
        clock,
        store=store,
        web=web,
        who=who,
        incidents=rest.incidents,
        events=parts.events(events),
        environ=environ,
        read_rules=parts.read_rules,
        meter=metrics,
    )
    cards = keep_cards(
        settings, clock, store=store, incidents=rest.incidents, web=web, identity=identity
    )
    conversation = Conversation(
        Office(
            incidents=parts.incidents(cards.incidents, rest.directory, clock),
            directory=rest.directory,
            identity=identity,
            people=people,
            channels=Channels(web.patient, clock=clock),
            threads=Threads(web.patient, bot_id=who.bot_id),
            audit=store.audit,
            clock=clock,
            policy=settings.policy,
            command=settings.command,
            team_ids=settings.pagerduty_teams,
            jobs=watch.jobs,
            pager=parts.pager(watch.pager) if settings.trigger_key else None,
        )
    )
    speaker = parts.conversation(conversation)
    tasks, notices = TaskSet(), TaskSet()
    replies = Replies(web)
    home = HomeTab(conversation=speaker, web=web, tasks=notices, jobs=watch.jobs.overview)
    desk = SlackDesk(
        conversation=speaker,
        replies=replies,
        tasks=tasks,
        notices=notices,
        answered=parts.follower(after_answers(cards, home)),
        publish=parts.follower(cards.publish),
    )
    policies: list[Choice] = []
    listeners = Listeners(
        identity=who,
        desk=desk,
        ingest=watch.pipeline,
        options=lambda typed: _matching(policies, typed),
        home=home.opened,
    )
    secret = settings.slack_signing_secret
    app = build_app(web, who, signing_secret=secret.reveal() if secret else None)
    app.use(Measured(listeners, metrics.envelope))
    is_http = not settings.is_socket_mode
    socket = _socket(settings, app, web, clock)

    async def health() -> Health:
        connected = is_http or (socket is not None and socket.connected)
        parts = {"slack": "connected" if connected else "not connected", "database": "ok"}
        try:
            await store.ping()
        except StoreError as error:
            return Health(ok=False, parts={**parts, "database": str(error)})
        return Health(ok=connected, parts=parts)

    async def is_well() -> bool:
        return (await health()).ok

    http = HttpServer(
        host=settings.host,
        port=settings.port,
        health=health,
        metrics=metrics.text,
        app=app if is_http else None,
        signing_secret=secret.reveal() if secret and is_http else None,
        routes=cards.routes,
    )
    measure(metrics, store=store, watch=watch, tasks=tasks, socket=socket)
    background = TaskSet()
    # The stack unwinds in reverse: first nothing new is taken, then what was taken is finished.
    await stack.enter_async_context(cards.running())
    stack.push_async_callback(background.drain, 0)
    stack.push_async_callback(notices.drain, DRAIN_SECONDS)
    stack.push_async_callback(tasks.drain, DRAIN_SECONDS)
    stack.push_async_callback(watch.stop)
    await watch.prepare()
    await http.start()
    stack.push_async_callback(http.stop)
    if socket is not None:
        stack.push_async_callback(socket.close)
        await socket.connect()
    watch.start(connected=None if socket is None else lambda: socket.connected)
    if not is_key_known:
        background.spawn(_learn_key(settings, rest, clock), name="kind of key")
    if settings.pdbot_heartbeat_url is not None:
        beat = Heartbeat(settings.pdbot_heartbeat_url, is_well=is_well, clock=clock)
        background.spawn(beat.run(), name="heartbeat")
    background.spawn(_keep_policies(rest, policies, clock), name="escalation policies")
    background.spawn(_report_unfinished(conversation, replies), name="unfinished commands")
    return Bot(settings, store, rest, web, http, tasks, watch, cards, socket, policies)


def _socket(settings: Settings, app: Any, web: SlackWeb, clock: Clock) -> SocketMode | None:
    if settings.slack_app_token is None:
        return None
    token = settings.slack_app_token.reveal()
    return SocketMode(app, client=web.prompt, app_token=token, clock=clock)


async def _is_key_known(settings: Settings, rest: Rest) -> bool:
    """Look at the key; False while PagerDuty does not answer, for which no start waits long.

    Raises:
        ConfigError: PagerDuty refuses the key, or it needs an address to act as.
    """
    try:
        async with asyncio.timeout(FIRST_LOOK_SECONDS):
            _judge_key(settings, await rest.directory.me())
    except KeyRejected as error:
        problem = f"PAGERDUTY_API_TOKEN: {error.for_operator} `pdbot check` says more."
        raise ConfigError([problem]) from error
    except PagerDutyError as error:
        reason = error.for_operator
    except TimeoutError:
        reason = f"there was no answer within {FIRST_LOOK_SECONDS:g} s"
    else:
        return True
    log.warning("PagerDuty does not answer yet; the bot starts all the same", reason=reason)
    return False


async def _learn_key(settings: Settings, rest: Rest, clock: Clock) -> None:
    """Look at the key later, when PagerDuty answers: what is wrong with it is said then."""
    while True:
        try:
            _judge_key(settings, await rest.directory.me())
        except ConfigError as error:
            log.error("the settings are wrong", problems=error.problems)  # noqa: TRY400  # its text is all
            return
        except PagerDutyError as error:
            log.debug("PagerDuty does not tell about the key yet", reason=error.for_operator)
        else:
            return
        await clock.sleep(LEARN_SECONDS)


def _judge_key(settings: Settings, owner: PagerDutyUser | None) -> None:
    if owner is not None:
        log.warning(
            "this is a personal PagerDuty key: everything the bot writes appears as its owner, "
            "with a note that names the Slack user; take, me and mine are switched off",
            owner=owner.name,
        )
    elif settings.pagerduty_from_email is None:
        raise ConfigError(
            [
                "PAGERDUTY_FROM_EMAIL is missing: the key is an account-level one, with which the "
                "bot needs somebody to act as when it acts by itself. "
                "Example: PAGERDUTY_FROM_EMAIL=ops@example.com"
            ]
        )


def _matching(policies: Sequence[Choice], typed: str) -> list[Choice]:
    return [one for one in policies if typed.lower() in one.label.lower()]


async def _keep_policies(rest: Rest, policies: list[Choice], clock: Clock) -> None:
    """Keep the options of the policy select, so that no acknowledgement waits for them."""
    is_told = False
    while True:
        try:
            found = await rest.directory.all_escalation_policies()
        except PdbotError as error:
            (log.debug if is_told else log.warning)(
                "escalation policies could not be read", reason=error.for_operator
            )
            is_told = True
            await clock.sleep(LEARN_SECONDS)
            continue
        is_told = False
        policies[:] = [Choice(one.name, one.id) for one in found]
        await clock.sleep(POLICIES_SECONDS)


async def _report_unfinished(conversation: Conversation, replies: Replies) -> None:
    for invocation, outcome, reference in await conversation.unfinished():
        await replies.send(invocation, views.answer(outcome), reference=reference)


async def run(settings: Settings, *, dry_run: bool = False) -> None:
    """Run until SIGTERM or SIGINT, then stop in order."""
    await until_stopped(for_long(running(settings, parts=DryParts() if dry_run else Parts())))
