"""The chain's status words as last read, and the newest list of each shard."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_CONTRACT = ("registry", "authority", "chain_id", "contract")


def _key(table: str, *names: str) -> tuple[Any, ...]:
    kinds: dict[str, Any] = {
        "registry": sa.String(length=64),
        "authority": sa.String(length=18),
        "chain_id": sa.BigInteger(),
        "contract": sa.LargeBinary(length=20),
        "word": sa.BigInteger(),
        "shard": sa.Integer(),
    }
    columns = (sa.Column(name, kinds[name], nullable=False) for name in names)
    return (*columns, sa.PrimaryKeyConstraint(*names, name=op.f(f"pk_{table}")))


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "chain_word",
        *_key("chain_word", *_CONTRACT, "word"),
        sa.Column("value", sa.LargeBinary(length=32), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "chain_read",
        *_key("chain_read", *_CONTRACT),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "published_list",
        *_key("published_list", "registry", "authority", "shard"),
        sa.Column("cwt", sa.LargeBinary(length=32), nullable=False),
        sa.Column("content", sa.LargeBinary(length=32), nullable=False),
        sa.Column("issued_at", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.Column("certificate", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
    )
