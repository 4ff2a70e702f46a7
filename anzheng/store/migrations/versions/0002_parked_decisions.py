"""Decisions that wait for a person say why."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the reason."""
    op.add_column("decision", sa.Column("parked_code", sa.String(length=64), nullable=True))
