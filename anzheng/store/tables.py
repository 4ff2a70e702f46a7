"""The tables. A change here needs a migration; a test compares the two.

Times are ISO 8601 text in UTC with microseconds: they sort as text, and SQLite keeps them exactly.
Digests, leaves and keys are raw bytes. Big files lie in the file store; rows hold their SHA-256.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING)

counters = Table(
    "status_counter",
    metadata,
    Column("registry", String(64), primary_key=True),
    Column("authority", String(18), primary_key=True),
    Column("next_index", Integer, nullable=False),
)
"""Next free status index of a (registry, authority); only ever grows."""

releases = Table(
    "release",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("authority", String(18), nullable=False),
    Column("statement", LargeBinary, nullable=False),
    Column("created_at", String(32), nullable=False),
)

licences = Table(
    "licence",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("registry", String(64), nullable=False),
    Column("authority", String(18), nullable=False),
    Column("licence_no", String(64), nullable=False),
    Column("folded_no", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("elicence_id", String(160), nullable=False),
    Column("uscc", String(18), nullable=False),
    Column("valid_to", String(10), nullable=False),
    Column("status_index", Integer, nullable=False),
    Column("short_code", String(32), nullable=False),
    Column("licence_json", LargeBinary, nullable=False),
    Column("licence_digest", LargeBinary(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("parked_from", String(16)),
    Column("parked_code", String(64)),
    Column("parked_message", Text),
    Column("release_id", String(64), ForeignKey("release.id")),
    Column("leaf", LargeBinary(32)),
    Column("signed_pdf", LargeBinary(32)),
    Column("signed_at", String(32)),
    Column("batch_id", String(64)),
    Column("batch_place", Integer),
    Column("final_pdf", LargeBinary(32)),
    Column("updated_at", String(32), nullable=False),
    UniqueConstraint("authority", "licence_no", "version"),
    UniqueConstraint("registry", "authority", "status_index"),
    UniqueConstraint("licence_digest"),
    UniqueConstraint("leaf"),
    UniqueConstraint("batch_id", "batch_place"),
    CheckConstraint("(state = 'parked') = (parked_code IS NOT NULL)", name="parked_says_why"),
    Index(None, "state", "authority", "id"),
    Index(None, "folded_no"),
    Index(None, "elicence_id"),
    Index(None, "short_code"),
    Index(None, "uscc"),
    Index(None, "updated_at"),
)

batches = Table(
    "anchor_batch",
    metadata,
    Column("place", Integer, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False),
    Column("registry", String(64), nullable=False),
    Column("authority", String(18), nullable=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("size", Integer, nullable=False),
    Column("manifest", LargeBinary(32), nullable=False),
    Column("manifest_bytes", LargeBinary, nullable=False),
    Column("state", String(16), nullable=False),
    Column("record", LargeBinary),
    Column("log_index", Integer),
    Column("checkpoint", LargeBinary),
    Column("reason", String(64)),
    Column("revision", Integer, nullable=False),
    UniqueConstraint("id"),
    UniqueConstraint("registry", "authority", "root", "size", "manifest"),
    Index(None, "registry", "authority", "state"),
)
"""Frozen anchor batches and how far the anchorer is with each."""

log_records = Table(
    "log_record",
    metadata,
    Column("registry", String(64), primary_key=True),
    Column("authority", String(18), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("record", LargeBinary, nullable=False),
    UniqueConstraint("registry", "authority", "record"),
)
"""The growing log of an authority: batch records in order."""

evidence = Table(
    "evidence",
    metadata,
    Column("leaf", LargeBinary(32), primary_key=True),
    Column("batch_id", String(64), nullable=False),
    Column("evidence", LargeBinary, nullable=False),
    Index(None, "batch_id"),
)
"""Anchor evidence by leaf; it counts once its batch is done."""

transactions = Table(
    "chain_transaction",
    metadata,
    Column("purpose", String(160), primary_key=True),
    Column("account", LargeBinary(20), nullable=False),
    Column("nonce", Integer),
    Column("raws", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("sent_at", String(32)),
    Column("block_number", Integer),
    Column("block_hash", LargeBinary(32)),
    Column("reason", String(64)),
    Column("revision", Integer, nullable=False),
    UniqueConstraint("account", "nonce"),
)
"""Transactions of our accounts, stored before they are sent; `raws` is a JSON list of hex."""

leases = Table(
    "lease",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("holder", String(80), nullable=False),
    Column("fence", Integer, nullable=False),
    Column("until", String(32), nullable=False),
)
"""Who alone may write for something, such as an account of the chain; `fence` grows with every
holder, so that one who lost it is told from the next."""

alarms = Table(
    "alarm",
    metadata,
    Column("key", String(160), primary_key=True),
    Column("code", String(64), nullable=False),
    Column("message", Text, nullable=False),
    Column("since", String(32), nullable=False),
)
"""What must be looked into and is not over yet; a row is deleted when it is."""

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("topic", String(32), nullable=False),
    Column("key", String(128), nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("available_at", String(32), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("lease_owner", String(64)),
    Column("lease_until", String(32)),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("asked", Integer, nullable=False, server_default="1"),
    Column("last_error", String(64)),
    UniqueConstraint("topic", "key"),
    Index(None, "topic", "available_at"),
)
"""Work to be done; a row is deleted when it is.

`fence` grows with every lease; `asked` with every request, so that one that comes while a worker
is at it is not lost.
"""

decisions = Table(
    "decision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("digest", LargeBinary(32), nullable=False),
    Column("registry", String(64), nullable=False),
    Column("authority", String(18), nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("effective_from", String(10), nullable=False),
    Column("state", String(16), nullable=False),
    Column("parked_code", String(64)),
    Column("created_at", String(32), nullable=False),
    UniqueConstraint("digest"),
    Index(None, "authority", "state"),
)
"""Decisions about status as the officers signed them; `state`: decided, written, on_chain.

`parked_code` says why one waits for a person."""

status_events = Table(
    "status_event",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("decision_id", Integer, ForeignKey("decision.id"), nullable=False),
    Column("registry", String(64), nullable=False),
    Column("authority", String(18), nullable=False),
    Column("status_index", Integer, nullable=False),
    Column("leaf", LargeBinary(32), nullable=False),
    Column("old", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("decided_at", String(32), nullable=False),
    Column("effective_from", String(10), nullable=False),
    Column("until", String(10)),
    Column("document_no", String(80), nullable=False),
    Column("ground", String(400), nullable=False),
    Column("successor", LargeBinary(32)),
    UniqueConstraint("decision_id", "status_index"),
    Index(None, "registry", "authority", "status_index"),
)
"""The registry's event log: one row a decision and licence version, appended to only."""

chain_words = Table(
    "chain_word",
    metadata,
    Column("registry", String(64), primary_key=True),
    Column("authority", String(18), primary_key=True),
    Column("chain_id", BigInteger, primary_key=True, autoincrement=False),
    Column("contract", LargeBinary(20), primary_key=True),
    Column("word", BigInteger, primary_key=True, autoincrement=False),
    Column("value", LargeBinary(32), nullable=False),
    Column("revision", BigInteger, nullable=False),
)
"""Status words of 64 licences as the last final block that was read has them; zero words that
never were anything else have no row. `revision` is that of the read that changed the word."""

chain_reads = Table(
    "chain_read",
    metadata,
    Column("registry", String(64), primary_key=True),
    Column("authority", String(18), primary_key=True),
    Column("chain_id", BigInteger, primary_key=True, autoincrement=False),
    Column("contract", LargeBinary(20), primary_key=True),
    Column("height", BigInteger, nullable=False),
    Column("read_at", String(32), nullable=False),
    Column("revision", BigInteger, nullable=False),
)
"""Up to which final block the words of an authority are known, and how often they changed."""

published_lists = Table(
    "published_list",
    metadata,
    Column("registry", String(64), primary_key=True),
    Column("authority", String(18), primary_key=True),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("cwt", LargeBinary(32), nullable=False),
    Column("content", LargeBinary(32), nullable=False),
    Column("issued_at", String(32), nullable=False),
    Column("day", String(10), nullable=False),
    Column("event", BigInteger, nullable=False),
    Column("certificate", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
)
"""The newest list of each shard: its SHA-256, what it says, and up to where log, holders'
certificates and chain words were read for it."""

reserved = Table(
    "reserved_index",
    metadata,
    Column("registry", String(64), primary_key=True),
    Column("authority", String(18), primary_key=True),
    Column("status_index", Integer, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary(32)),
    Column("number_hmac", LargeBinary(32)),
    Column("version", BigInteger),
    Column("manifest", LargeBinary(32)),
    Column("reserved_at", String(32), nullable=False),
    Index(None, "authority", "number_hmac", "version"),
)
"""Status indexes, numbers and versions that were used before the database was restored.

What is known of them is what manifests and the signer's ledger say: the number as its HMAC. They
are never given out again; a row goes only when its licence is found and adopted."""

recovered_words = Table(
    "recovered_word",
    metadata,
    Column("registry", String(64), primary_key=True),
    Column("authority", String(18), primary_key=True),
    Column("status_index", Integer, primary_key=True, autoincrement=False),
    Column("word", Integer, nullable=False),
    Column("decision", LargeBinary(32), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("written_at", String(32), nullable=False),
)
"""Status words that only the chain knows, each with the digest of the decision that is lost."""

chain_marks = Table(
    "chain_mark",
    metadata,
    Column("registry", String(64), primary_key=True),
    Column("authority", String(18), primary_key=True),
    Column("contract", LargeBinary(20), primary_key=True),
    Column("block_number", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("head", LargeBinary(32), nullable=False),
)
"""Up to where database and chain were seen to agree about an authority."""

claims = Table(
    "claim",
    metadata,
    Column("code_sha256", LargeBinary(32), primary_key=True),
    Column("leaf", LargeBinary(32), nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("expires_at", String(32), nullable=False),
    Column("used_at", String(32)),
    Column("request_sha256", LargeBinary(32)),
    Column("certificate", LargeBinary),
    Index(None, "leaf"),
)

holder_certificates = Table(
    "holder_certificate",
    metadata,
    Column("leaf", LargeBinary(32), primary_key=True),
    Column("licence_leaf", LargeBinary(32), nullable=False),
    Column("registry", String(64), nullable=False),
    Column("authority", String(18), nullable=False),
    Column("status_index", Integer, nullable=False),
    Column("certificate", LargeBinary, nullable=False),
    Column("batch_id", String(64)),
    Column("batch_place", Integer),
    Column("updated_at", String(32), nullable=False),
    UniqueConstraint("registry", "authority", "status_index"),
    Index(None, "licence_leaf"),
    Index(None, "updated_at"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("scope", String(64), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("request_sha256", LargeBinary(32), nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("status", Integer),
    Column("body", LargeBinary),
)
