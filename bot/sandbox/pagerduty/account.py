"""The account: its people, policies, services, keys and incidents, and who listens to changes."""

import base64
import hashlib
import itertools
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from bot.sandbox.pagerduty.records import (
    Alert,
    Change,
    EscalationPolicy,
    Incident,
    Key,
    Priority,
    Schedule,
    Service,
    Target,
    Team,
    User,
)

ABILITIES = ("teams", "urgencies", "coordinated_responding", "read_only_users")
PRIORITIES = (
    ("P1", "Customers cannot work"),
    ("P2", "Many customers are hindered"),
    ("P3", "Needs attention today"),
    ("P4", "Minor"),
    ("P5", "Cosmetic"),
)


def utc_now() -> datetime:
    """Give the present instant."""
    return datetime.now(UTC)


class Account:
    """Hold everything. Nothing is checked here: fixtures are trusted, requests are not."""

    def __init__(
        self,
        account: str = "acme",
        region_host: str | None = None,
        api_token: str = "pd-account-key",  # noqa: S107 - opens nothing but this sandbox
        key_owner: User | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.account = account
        self.region_host = region_host or "api.pagerduty.com"
        self.now = now
        self.abilities: set[str] = set(ABILITIES)
        self.reassigning_unacknowledges = False
        """Whether a reassigned incident falls back to triggered; nobody could say for sure."""
        self._counter = itertools.count(1)
        self._numbers = itertools.count(1)
        self._listeners: list[Callable[[Change], None]] = []
        self.keys: dict[str, Key] = {}
        self.teams: dict[str, Team] = {}
        self.users: dict[str, User] = {}
        self.policies: dict[str, EscalationPolicy] = {}
        self.services: dict[str, Service] = {}
        self.schedules: dict[str, Schedule] = {}
        self.incidents: dict[str, Incident] = {}
        self.open_alerts: dict[tuple[str, str], Alert] = {}
        self.priorities = {
            priority.id: priority
            for priority in (
                Priority(self.new_id("P"), name, description) for name, description in PRIORITIES
            )
        }
        self.add_key(api_token, owner=key_owner)
        if key_owner is not None:
            self.users[key_owner.id] = key_owner

    # ------------------------------------------------------------ names and addresses

    def new_id(self, prefix: str, length: int = 7) -> str:
        """Make up an id, the same one in every run."""
        seed = f"{self.account}:{next(self._counter)}".encode()
        return prefix + base64.b32encode(hashlib.sha256(seed).digest()).decode()[: length - 1]

    def web_url(self, path: str) -> str:
        """Give an address of the account's pages."""
        return f"https://{self.account}.{self.region_host.removeprefix('api.')}{path}"

    def self_url(self, path: str) -> str:
        """Give a resource's address in the API."""
        return f"https://{self.region_host}{path}"

    # ------------------------------------------------------------ fixtures

    def add_key(self, token: str, owner: User | None = None, *, read_only: bool = False) -> Key:
        """Register a REST key: account-level, or user-level with an owner."""
        self.keys[token] = key = Key(token, owner, read_only)
        return key

    def add_team(self, name: str, *, id: str | None = None) -> Team:  # noqa: A002 - the vendor's word
        """Add a team."""
        team = Team(id or self.new_id("P"), name)
        self.teams[team.id] = team
        return team

    def add_user(
        self,
        name: str,
        email: str,
        *,
        role: str = "user",
        id: str | None = None,  # noqa: A002 - the vendor's word
        time_zone: str = "Etc/UTC",
        teams: Iterable[Team] = (),
    ) -> User:
        """Add somebody."""
        user = User(id or self.new_id("P"), name, email, role, time_zone, tuple(teams))
        self.users[user.id] = user
        return user

    def add_escalation_policy(
        self,
        name: str,
        levels: Sequence[Sequence[Target]],
        *,
        id: str | None = None,  # noqa: A002 - the vendor's word
        teams: Iterable[Team] = (),
    ) -> EscalationPolicy:
        """Add a policy; a level holds users and schedules."""
        policy = EscalationPolicy(
            id or self.new_id("P"), name, [list(level) for level in levels], tuple(teams)
        )
        self.policies[policy.id] = policy
        return policy

    def add_schedule(
        self,
        name: str,
        on_call: Sequence[User],
        *,
        id: str | None = None,  # noqa: A002 - the vendor's word
        time_zone: str = "Etc/UTC",
    ) -> Schedule:
        """Add a schedule. `/oncalls` shows it only where a policy has it on a level."""
        schedule = Schedule(id or self.new_id("P"), name, list(on_call), time_zone)
        self.schedules[schedule.id] = schedule
        return schedule

    def add_service(
        self,
        name: str,
        escalation_policy: EscalationPolicy,
        integration_key: str | None = None,
        *,
        id: str | None = None,  # noqa: A002 - the vendor's word
        teams: Iterable[Team] = (),
        urgency: str = "high",
    ) -> Service:
        """Add a service with one Events v2 integration."""
        made_up = hashlib.sha256(f"{self.account}:{name}:{next(self._counter)}".encode())
        service = Service(
            id=id or self.new_id("P"),
            name=name,
            escalation_policy=escalation_policy,
            integration_key=integration_key or made_up.hexdigest()[:32],
            integration_id=self.new_id("P"),
            created_at=self.now(),
            teams=tuple(teams),
            urgency=urgency,
        )
        self.services[service.id] = service
        return service

    def next_number(self) -> int:
        """Give the next incident's number."""
        return next(self._numbers)

    # ------------------------------------------------------------ finding

    def find_incident(self, id_or_number: str) -> Incident | None:
        """Find an incident as `GET /incidents/{id}` does: by id, or by number."""
        if id_or_number.isdecimal():
            number = int(id_or_number)
            return next((one for one in self.incidents.values() if one.number == number), None)
        return self.incidents.get(id_or_number)

    def incident(self, id_or_number: str | int) -> Incident:
        """Give an incident. Raises KeyError."""
        found = self.find_incident(str(id_or_number))
        if found is None:
            raise KeyError(id_or_number)
        return found

    def user_by_email(self, email: str) -> User | None:
        """Find somebody by login e-mail, ignoring case."""
        wanted = email.casefold()
        return next((one for one in self.users.values() if one.email.casefold() == wanted), None)

    def service_of(self, integration_key: str) -> Service | None:
        """Find the service of an integration key."""
        return next(
            (one for one in self.services.values() if one.integration_key == integration_key), None
        )

    # ------------------------------------------------------------ listening

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Call `listener` on each change, in the order of the changes."""
        self._listeners.append(listener)

    def on_change(self, callback: Callable[[str, Incident], None]) -> None:
        """Call `callback(kind, incident)` on each change; the kinds are those of `Change`."""
        self.listen(lambda change: callback(change.kind, change.incident))

    def tell(self, change: Change) -> None:
        """Tell everybody who listens."""
        for listener in self._listeners:
            listener(change)
