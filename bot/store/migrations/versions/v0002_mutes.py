"""Jobs can be muted for a while."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table of mutes."""
    op.create_table(
        "mutes",
        sa.Column("job", sa.String(), primary_key=True),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("muted_by", sa.String(), nullable=False),
    )
