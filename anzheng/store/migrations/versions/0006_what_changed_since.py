"""Indexes for whoever asks what changed since: the export of the public registry."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the indexes."""
    op.create_index(op.f("ix_licence_updated_at"), "licence", ["updated_at"], unique=False)
    op.create_index(
        op.f("ix_holder_certificate_updated_at"), "holder_certificate", ["updated_at"], unique=False
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_index(op.f("ix_holder_certificate_updated_at"), table_name="holder_certificate")
    op.drop_index(op.f("ix_licence_updated_at"), table_name="licence")
