"""The audit knows the thread, and the mention that asked."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add both, and let one mention be stored once."""
    mentioned = sa.text("message IS NOT NULL")
    op.add_column("audit", sa.Column("thread", sa.String()))
    op.add_column("audit", sa.Column("message", sa.String()))
    op.create_index(
        "ix_audit_message",
        "audit",
        ["message", "channel"],
        unique=True,
        sqlite_where=mentioned,
        postgresql_where=mentioned,
    )
