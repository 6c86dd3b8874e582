"""The tables, for both engines.

A change here needs a new VERSION and a script in `migrations/versions` that leads to it.
Instants are microseconds since 1970. JSON is ASCII text: no engine's own JSON is needed.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

VERSION = "0005"

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# SQLite takes a partial index only where the query repeats its condition word for word.
OPEN = "state IN ('pending', 'leased', 'blocked')"
LEASED = "state = 'leased'"
BLOCKED = "state = 'blocked'"
DOUBTFUL = "doubts > 0"
SHELVED = "state IN ('held', 'abandoned')"
GOING = "started IS NOT NULL AND (ended IS NULL OR ended < started)"
SETTLED = "settled IS NOT NULL"
UNFINISHED = "finished IS NULL"
MENTIONED = "message IS NOT NULL"
DIRTY = "dirty"
WATCHED = "open"


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    return Index(
        name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where)
    )


messages = Table(
    "messages",
    metadata,
    Column("ts", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("team", String, primary_key=True),
    Column("condition", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("producer", String, nullable=False),
    Column("job", String, nullable=False),
    Column("status", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("received", BigInteger, nullable=False, index=True),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("lane", String, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("due", BigInteger),  # visibility, lease and back-off; NULL: not until somebody acts
    Column("attempts", Integer, nullable=False),
    Column("doubts", Integer, nullable=False),  # attempts perhaps taken; 0 when settled
    Column("action", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("job", String, nullable=False),
    Column("key_ref", String, nullable=False),
    Column("dedup_key", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("error", Text),
    Column("hold", String),
    Column("was_open", Boolean, nullable=False),
    Column("team", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("ts", String, nullable=False),
    Column("condition", String, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("settled", BigInteger),
    UniqueConstraint("lane", "seq", "ordinal"),
    _partial("ix_outbox_open", "lane", "seq", "ordinal", where=OPEN),
    _partial("ix_outbox_leased", "lane", "due", where=LEASED),
    _partial("ix_outbox_blocked", "key_ref", where=BLOCKED),
    _partial("ix_outbox_doubtful", "lane", where=DOUBTFUL),
    _partial("ix_outbox_shelved", "state", "hold", "id", where=SHELVED),
    _partial("ix_outbox_settled", "settled", where=SETTLED),
    Index("ix_outbox_seq", "seq"),
    Index("ix_outbox_message", "ts", "channel"),
)

lanes = Table(
    "lanes",
    metadata,
    Column("lane", String, primary_key=True),
    Column("key_ref", String, nullable=False),
    Column("due", BigInteger),  # derived from the lane's head; NULL: nothing to send
    Column("retrying", Integer, nullable=False),
    Column("sent_seq", BigInteger, nullable=False),
    Column("sent_ordinal", Integer, nullable=False),
    Column("newest_seq", BigInteger, nullable=False),
    Index("ix_lanes_due", "retrying", "due"),
)

pauses = Table(
    "pauses",
    metadata,
    Column("key_ref", String, primary_key=True),
    Column("until", BigInteger, nullable=False),
)

open_alerts = Table(
    "open_alerts",
    metadata,
    Column("job", String, primary_key=True),
    Column("rule", String, primary_key=True),
    Column("lane", String, primary_key=True, index=True),
    Column("key_ref", String, nullable=False),
    Column("dedup_key", String, nullable=False),
    Column("opened", BigInteger, nullable=False),
)

recoveries = Table(
    "recoveries",
    metadata,
    Column("job", String, primary_key=True),
    Column("rule", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),  # of the newest resolve
)

runs = Table(
    "runs",
    metadata,
    Column("job", String, primary_key=True),
    Column("execution", String, primary_key=True),  # '' where the producer gives none
    Column("started", BigInteger),
    Column("ended", BigInteger),  # without `started`: a tombstone
    Column("channel", String, nullable=False),
    Column("ts", String, nullable=False),
    Column("touched", BigInteger, nullable=False, index=True),
    _partial("ix_runs_going", "started", where=GOING),
)

durations = Table(
    "durations",
    metadata,
    Column("job", String, primary_key=True),
    Column("ended", BigInteger, primary_key=True),
    Column("duration", BigInteger, nullable=False),
)

timers = Table(
    "timers",
    metadata,
    Column("name", String, primary_key=True),
    Column("job", String, nullable=False),
    Column("execution", String, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("lease", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_timers_run", "job", "execution"),
    Index("ix_timers_due", "due"),
)

unrecognized = Table(
    "unrecognized",
    metadata,
    Column("channel", String, primary_key=True),
    Column("reason", String, primary_key=True),
    Column("sample_ts", String, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
)

cursors = Table(
    "cursors",
    metadata,
    Column("channel", String, primary_key=True),
    Column("ts", String, nullable=False),
)

# What a card should show and what it shows stand apart; `revision` counts changes of `wanted`.
cards = Table(
    "cards",
    metadata,
    Column("channel", String, primary_key=True),
    Column("thread", String, primary_key=True),  # '' outside a thread
    Column("incident", String, primary_key=True, index=True),
    Column("ts", String, nullable=False),
    Column("wanted", Text, nullable=False),
    Column("shown", Text, nullable=False),
    Column("state", Text, nullable=False),  # what is known of the incident and never drawn
    Column("revision", BigInteger, nullable=False),
    Column("dirty", Boolean, nullable=False),  # something is to be done in Slack
    Column("open", Boolean, nullable=False),  # it may change by itself
    Column("reposts", Integer, nullable=False),
    Column("lease", BigInteger, nullable=False),
    Column("touched", BigInteger, nullable=False),
    Index("ix_cards_ts", "channel", "ts"),
    _partial("ix_cards_dirty", "lease", where=DIRTY),
    _partial("ix_cards_open", "incident", where=WATCHED),
)

card_lines = Table(
    "card_lines",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("channel", String, nullable=False),
    Column("thread", String, nullable=False),
    Column("incident", String, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_card_lines_card", "incident", "channel", "thread"),
)

audit = Table(
    "audit",
    metadata,
    Column("reference", String, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("owner", Integer, nullable=False),  # the process that took the intent
    Column("slack_user_id", String, nullable=False),
    Column("channel", String),
    Column("thread", String),
    Column("message", String),  # of a mention: its ts, which decides who carries it out
    Column("via", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("finished", BigInteger),
    Column("reported", Boolean, nullable=False),
    Column("responder", String),
    Column("email", String),
    Column("pagerduty_user_id", String),
    Column("outcome", Text),
    Column("incidents", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    _partial("ix_audit_unfinished", "at", where=UNFINISHED),
    _partial("ix_audit_message", "message", "channel", where=MENTIONED, unique=True),
)

# Instants of Slack, as `messages.seq`: a message of that time is muted, whenever it is read.
mutes = Table(
    "mutes",
    metadata,
    Column("job", String, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("muted_by", String, nullable=False),
)

meta = Table(
    "meta",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)
