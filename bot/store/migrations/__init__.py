"""Alembic's folder: one script in `versions` for each change of `schema.VERSION`."""
