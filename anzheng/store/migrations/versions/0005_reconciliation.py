"""What a restored database must not forget: reserved indexes, words of the chain, the mark."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "reserved_index",
        sa.Column("registry", sa.String(length=64), nullable=False),
        sa.Column("authority", sa.String(length=18), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(length=32), nullable=True),
        sa.Column("number_hmac", sa.LargeBinary(length=32), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("manifest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("reserved_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint(
            "registry", "authority", "status_index", name=op.f("pk_reserved_index")
        ),
    )
    op.create_index(
        op.f("ix_reserved_index_authority_number_hmac_version"),
        "reserved_index",
        ["authority", "number_hmac", "version"],
        unique=False,
    )
    op.create_table(
        "recovered_word",
        sa.Column("registry", sa.String(length=64), nullable=False),
        sa.Column("authority", sa.String(length=18), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("word", sa.Integer(), nullable=False),
        sa.Column("decision", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint(
            "registry", "authority", "status_index", name=op.f("pk_recovered_word")
        ),
    )
    op.create_table(
        "chain_mark",
        sa.Column("registry", sa.String(length=64), nullable=False),
        sa.Column("authority", sa.String(length=18), nullable=False),
        sa.Column("contract", sa.LargeBinary(length=20), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("registry", "authority", "contract", name=op.f("pk_chain_mark")),
    )
