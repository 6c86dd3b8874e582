"""The first version: `create_all` makes it, this is where alembic begins to count."""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Change nothing: a database with a version has these tables."""
