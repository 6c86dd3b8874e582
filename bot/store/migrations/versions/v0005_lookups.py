"""What is blocked, in doubt, or came last is found without reading the outbox through."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_BLOCKED = sa.text("state = 'blocked'")


def upgrade() -> None:
    """Add the indexes; of what is settled there is no doubt."""
    op.create_index(
        "ix_outbox_blocked",
        "outbox",
        ["key_ref"],
        sqlite_where=_BLOCKED,
        postgresql_where=_BLOCKED,
    )
    op.create_index("ix_outbox_seq", "outbox", ["seq"])
    op.execute(
        "UPDATE outbox SET doubts = 0"
        " WHERE doubts > 0 AND state NOT IN ('pending', 'leased', 'blocked')"
    )
