"""Entries count the attempts that PagerDuty may have taken."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_DOUBTFUL = sa.text("doubts > 0")


def upgrade() -> None:
    """Count from none, and from one for what is in flight."""
    op.add_column("outbox", sa.Column("doubts", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE outbox SET doubts = 1 WHERE state = 'leased'")
    op.create_index(
        "ix_outbox_doubtful",
        "outbox",
        ["lane"],
        sqlite_where=_DOUBTFUL,
        postgresql_where=_DOUBTFUL,
    )
