"""Who is in the demo, and what is broken when the curtain rises."""

from dataclasses import dataclass, replace
from datetime import timedelta

from bot.sandbox.pagerduty import EscalationPolicy, Incident, PagerDuty, Service
from bot.sandbox.pagerduty import User as PagerDutyUser
from bot.sandbox.slack import Channel, Slack, User

GENERAL, JOBS_CHANNEL = "incidents", "jobs"
RUNDECK, JENKINS, GITHUB = "B0RUNDECK", "B0JENKINS", "B0GITHUB"


@dataclass(frozen=True, slots=True)
class Cast:
    """The people, places and things that the story needs by name."""

    ann: User
    bob: User
    cleo: User
    gus: User
    incidents: Channel
    jobs: Channel
    pd_ann: PagerDutyUser
    pd_bob: PagerDutyUser
    policy: EscalationPolicy
    billing: Service
    data: Service
    disk: Incident

    @property
    def players(self) -> tuple[User, ...]:
        """Give whom one can be on the page: responders, and one whom the bot refuses."""
        return (self.ann, self.bob, self.cleo, self.gus)


def set_scene(slack: Slack, pagerduty: PagerDuty) -> Cast:
    """Fill both workspaces: three responders, one without PagerDuty, jobs, open incidents."""
    ann = slack.add_user("ann", email="ann@example.com", real_name="Ann Archer", id="U0ANN")
    bob = slack.add_user("bob", email="bob@example.com", real_name="Bob Breuer", id="U0BOB")
    cleo = slack.add_user("cleo", email="cleo@example.com", real_name="Cleo Chen", id="U0CLEO")
    gus = slack.add_user("gus", email="gus@example.com", real_name="Gus Grant", id="U0GUS")
    people = [ann, bob, cleo, gus]
    incidents = slack.add_channel(GENERAL, id="C0INCIDENTS", members=people)
    jobs = slack.add_channel(JOBS_CHANNEL, id="C0JOBS", members=people)
    for who, said in (
        (bob, "Disk on db-1 is filling up, 98 % now. Ann, are you on call today?"),
        (cleo, "invoices-out is behind again, too. That is #2, I have it."),
    ):
        ts = slack.workspace.next_ts()
        content = {"type": "message", "user": who.id, "ts": ts, "text": said, "team": who.team_id}
        slack.workspace.add(incidents, content)
    for person in people:
        slack.workspace.direct([person.id])  # with the bot: `/pd` and plain words work there, too
    for bot_id, name in ((RUNDECK, "Rundeck"), (JENKINS, "Jenkins"), (GITHUB, "GitHub Actions")):
        key = bot_id.removeprefix("B0")
        slack.add_other_bot(name, bot_id=bot_id, app_id=f"A0{key}", user_id=f"U0{key}")

    pd_ann = pagerduty.add_user("Ann Archer", "ann@example.com")
    pd_bob = pagerduty.add_user("Bob Breuer", "bob@example.com")
    pd_cleo = pagerduty.add_user("Cleo Chen", "cleo@example.com")
    pagerduty.add_user("pdbot", "pdbot@example.com")  # in whose name the bot acts by itself
    policy = pagerduty.add_escalation_policy("Billing on-call", levels=[[pd_ann], [pd_bob]])
    platform = pagerduty.add_escalation_policy("Platform on-call", levels=[[pd_bob], [pd_cleo]])
    billing = pagerduty.add_service("Billing", escalation_policy=policy)
    data = pagerduty.add_service("Data platform", escalation_policy=platform)
    pagerduty.add_schedule("Billing primary", on_call=[pd_ann])

    now = pagerduty.now()
    top, second = list(pagerduty.priorities.values())[:2]
    pagerduty.add_incident(
        "Certificate of shop.example.com expires in 3 days",
        service=billing,
        assignees=[pd_bob],
        urgency="low",
        status="acknowledged",
        created_at=now - timedelta(hours=3, minutes=12),
    )
    queue = pagerduty.add_incident(
        "Queue invoices-out is 40 min behind",
        service=data,
        assignees=[pd_cleo],
        priority=second,
        created_at=now - timedelta(minutes=47),
    )
    pagerduty.note(queue, "Consumers restart in a loop since the deploy at noon.", by=pd_bob)
    queue.notes[0] = replace(queue.notes[0], at=now - timedelta(minutes=31))
    disk = pagerduty.add_incident(
        "Disk full on db-1: /var/lib/postgresql at 98 %",
        service=billing,
        assignees=[pd_ann],
        priority=top,
        created_at=now - timedelta(minutes=9),
    )
    return Cast(ann, bob, cleo, gus, incidents, jobs, pd_ann, pd_bob, policy, billing, data, disk)
