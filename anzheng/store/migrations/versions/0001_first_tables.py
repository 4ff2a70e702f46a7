"""First tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table of the first release."""
    op.create_table(
        "anchor_batch",
        sa.Column("place", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("registry", sa.String(length=64), nullable=False),
        sa.Column("authority", sa.String(length=18), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("manifest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("manifest_bytes", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=True),
        sa.Column("log_index", sa.Integer(), nullable=True),
        sa.Column("checkpoint", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_anchor_batch")),
        sa.UniqueConstraint("id", name=op.f("uq_anchor_batch_id")),
        sa.UniqueConstraint(
            "registry",
            "authority",
            "root",
            "size",
            "manifest",
            name=op.f("uq_anchor_batch_registry_authority_root_size_manifest"),
        ),
    )
    op.create_index(
        op.f("ix_anchor_batch_registry_authority_state"),
        "anchor_batch",
        ["registry", "authority", "state"],
        unique=False,
    )
    op.create_table(
        "chain_transaction",
        sa.Column("purpose", sa.String(length=160), nullable=False),
        sa.Column("account", sa.LargeBinary(length=20), nullable=False),
        sa.Column("nonce", sa.Integer(), nullable=True),
        sa.Column("raws", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("sent_at", sa.String(length=32), nullable=True),
        sa.Column("block_number", sa.Integer(), nullable=True),
        sa.Column("block_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", name=op.f("pk_chain_transaction")),
        sa.UniqueConstraint("account", "nonce", name=op.f("uq_chain_transaction_account_nonce")),
    )
    op.create_table(
        "claim",
        sa.Column("code_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("leaf", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.String(length=32), nullable=False),
        sa.Column("used_at", sa.String(length=32), nullable=True),
        sa.Column("request_sha256", sa.LargeBinary(length=32), nullable=True),
        sa.Column("certificate", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("code_sha256", name=op.f("pk_claim")),
    )
    op.create_index(op.f("ix_claim_leaf"), "claim", ["leaf"], unique=False)
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("registry", sa.String(length=64), nullable=False),
        sa.Column("authority", sa.String(length=18), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("effective_from", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("digest", name=op.f("uq_decision_digest")),
    )
    op.create_index(
        op.f("ix_decision_authority_state"), "decision", ["authority", "state"], unique=False
    )
    op.create_table(
        "evidence",
        sa.Column("leaf", sa.LargeBinary(length=32), nullable=False),
        sa.Column("batch_id", sa.String(length=64), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("leaf", name=op.f("pk_evidence")),
    )
    op.create_index(op.f("ix_evidence_batch_id"), "evidence", ["batch_id"], unique=False)
    op.create_table(
        "holder_certificate",
        sa.Column("leaf", sa.LargeBinary(length=32), nullable=False),
        sa.Column("licence_leaf", sa.LargeBinary(length=32), nullable=False),
        sa.Column("registry", sa.String(length=64), nullable=False),
        sa.Column("authority", sa.String(length=18), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("batch_id", sa.String(length=64), nullable=True),
        sa.Column("batch_place", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("leaf", name=op.f("pk_holder_certificate")),
        sa.UniqueConstraint(
            "registry",
            "authority",
            "status_index",
            name=op.f("uq_holder_certificate_registry_authority_status_index"),
        ),
    )
    op.create_index(
        op.f("ix_holder_certificate_licence_leaf"),
        "holder_certificate",
        ["licence_leaf"],
        unique=False,
    )
    op.create_table(
        "idempotency",
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_idempotency")),
    )
    op.create_table(
        "log_record",
        sa.Column("registry", sa.String(length=64), nullable=False),
        sa.Column("authority", sa.String(length=18), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("registry", "authority", "place", name=op.f("pk_log_record")),
        sa.UniqueConstraint(
            "registry", "authority", "record", name=op.f("uq_log_record_registry_authority_record")
        ),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("available_at", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", sa.String(length=32), nullable=True),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("asked", sa.Integer(), server_default="1", nullable=False),
        sa.Column("last_error", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("topic", "key", name=op.f("uq_outbox_topic_key")),
    )
    op.create_index(
        op.f("ix_outbox_topic_available_at"), "outbox", ["topic", "available_at"], unique=False
    )
    op.create_table(
        "release",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("authority", sa.String(length=18), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
    )
    op.create_table(
        "status_counter",
        sa.Column("registry", sa.String(length=64), nullable=False),
        sa.Column("authority", sa.String(length=18), nullable=False),
        sa.Column("next_index", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("registry", "authority", name=op.f("pk_status_counter")),
    )
    op.create_table(
        "licence",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("registry", sa.String(length=64), nullable=False),
        sa.Column("authority", sa.String(length=18), nullable=False),
        sa.Column("licence_no", sa.String(length=64), nullable=False),
        sa.Column("folded_no", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("elicence_id", sa.String(length=160), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("valid_to", sa.String(length=10), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("short_code", sa.String(length=32), nullable=False),
        sa.Column("licence_json", sa.LargeBinary(), nullable=False),
        sa.Column("licence_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("parked_from", sa.String(length=16), nullable=True),
        sa.Column("parked_code", sa.String(length=64), nullable=True),
        sa.Column("parked_message", sa.Text(), nullable=True),
        sa.Column("release_id", sa.String(length=64), nullable=True),
        sa.Column("leaf", sa.LargeBinary(length=32), nullable=True),
        sa.Column("signed_pdf", sa.LargeBinary(length=32), nullable=True),
        sa.Column("signed_at", sa.String(length=32), nullable=True),
        sa.Column("batch_id", sa.String(length=64), nullable=True),
        sa.Column("batch_place", sa.Integer(), nullable=True),
        sa.Column("final_pdf", sa.LargeBinary(length=32), nullable=True),
        sa.Column("updated_at", sa.String(length=32), nullable=False),
        sa.CheckConstraint(
            "(state = 'parked') = (parked_code IS NOT NULL)",
            name=op.f("ck_licence_parked_says_why"),
        ),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_licence_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence")),
        sa.UniqueConstraint(
            "authority",
            "licence_no",
            "version",
            name=op.f("uq_licence_authority_licence_no_version"),
        ),
        sa.UniqueConstraint(
            "batch_id", "batch_place", name=op.f("uq_licence_batch_id_batch_place")
        ),
        sa.UniqueConstraint("leaf", name=op.f("uq_licence_leaf")),
        sa.UniqueConstraint("licence_digest", name=op.f("uq_licence_licence_digest")),
        sa.UniqueConstraint(
            "registry",
            "authority",
            "status_index",
            name=op.f("uq_licence_registry_authority_status_index"),
        ),
    )
    op.create_index(op.f("ix_licence_elicence_id"), "licence", ["elicence_id"], unique=False)
    op.create_index(op.f("ix_licence_folded_no"), "licence", ["folded_no"], unique=False)
    op.create_index(op.f("ix_licence_short_code"), "licence", ["short_code"], unique=False)
    op.create_index(
        op.f("ix_licence_state_authority_id"), "licence", ["state", "authority", "id"], unique=False
    )
    op.create_index(op.f("ix_licence_uscc"), "licence", ["uscc"], unique=False)
    op.create_table(
        "status_event",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("registry", sa.String(length=64), nullable=False),
        sa.Column("authority", sa.String(length=18), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(length=32), nullable=False),
        sa.Column("old", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.String(length=32), nullable=False),
        sa.Column("effective_from", sa.String(length=10), nullable=False),
        sa.Column("until", sa.String(length=10), nullable=True),
        sa.Column("document_no", sa.String(length=80), nullable=False),
        sa.Column("ground", sa.String(length=400), nullable=False),
        sa.Column("successor", sa.LargeBinary(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_status_event_decision_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_event")),
        sa.UniqueConstraint(
            "decision_id", "status_index", name=op.f("uq_status_event_decision_id_status_index")
        ),
    )
    op.create_index(
        op.f("ix_status_event_registry_authority_status_index"),
        "status_event",
        ["registry", "authority", "status_index"],
        unique=False,
    )
