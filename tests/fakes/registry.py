"""A public registry over a database that a test writes, and folders that it fills."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from fastapi import FastAPI

from anchor import list_history
from anchor.ports import AnchorBatch, BatchState, LeafEvidence
from anzheng.flows.prepare import Preparer
from anzheng.flows.roster import Row
from anzheng.published_pki import PublishedDesk
from anzheng.registry import RegistryParts, create_registry
from anzheng.store.database import Store
from anzheng.store.licences import FlowState, StoredLicence
from licence.domain.model import Environment, StatusRef
from licence.domain.status import StatusEvent, StatusWord
from licence.formats.manifest import ManifestDigest
from licence.ids import BatchId, Digest, Leaf, MerkleRoot, RegistryId
from tests.fakes.clock import FakeClock
from tests.fakes.drafts import good_row

REGISTRY = RegistryId("r-test")
EVIDENCE = b"\x82evidence"


def leaf_of(name: str) -> Leaf:
    """Return the leaf that a test calls so."""
    return Leaf(hashlib.sha256(name.encode()).digest())


@dataclass(slots=True)
class FakeRegistry:
    """What a registry serves, and ways to change it.

    Args:
        home: Its data folder.
        url: Its database.
        clock: Its clock.
    """

    home: Path
    url: str
    clock: FakeClock
    writer: Store = field(init=False)
    reader: Store = field(init=False)

    def __post_init__(self) -> None:
        """Open the database twice."""
        self.writer, self.reader = Store(self.url), Store(self.url, read_only=True)

    def close(self) -> None:
        """Close the database."""
        self.writer.close()
        self.reader.close()

    @property
    def trust(self) -> Path:
        """The trust folder."""
        return self.home / "trust"

    @property
    def log(self) -> Path:
        """The logs."""
        return self.home / "public" / "log"

    @property
    def pki(self) -> Path:
        """Certificates."""
        return self.home / "public" / "pki"

    def parts(self, **changes: object) -> RegistryParts:
        """Return what the application is made of."""
        parts = RegistryParts(
            store=self.reader,
            clock=self.clock,
            trust_folder=self.trust,
            log_folder=self.log,
            certificates=PublishedDesk(self.pki),
            older=list_history.find,
            pings=(),
        )
        return replace(parts, **changes)  # type: ignore[arg-type]

    def app(self, **changes: object) -> FastAPI:
        """Return the application."""
        return create_registry(self.parts(**changes))

    def prepare(self, *rows: Row) -> None:
        """Import a roster."""
        preparer = Preparer(self.writer, self.clock, REGISTRY, Environment.TEST, lambda _: ())
        preparer.import_roster(list(rows) or [good_row()])

    def sign(self, names: Sequence[str] = ("leaf",)) -> tuple[StoredLicence, ...]:
        """Let every prepared version be signed; its leaf is that of a name."""
        with self.writer.write() as unit:
            rows = unit.licences.in_state(FlowState.PREPARED)
            for row, name in zip(rows, names, strict=True):
                unit.licences.move(
                    [row.id],
                    FlowState.PREPARED,
                    FlowState.SIGNED,
                    self.clock.now(),
                    leaf=bytes(leaf_of(name)),
                )
        return rows

    def anchor(self, name: str = "leaf", evidence: bytes = EVIDENCE) -> None:
        """Let a signed version be anchored."""
        leaf, batch = leaf_of(name), BatchId(f"batch-{name}")
        with self.writer.write() as unit:
            row = unit.licences.by_leaf(leaf)
            assert row is not None
            made = AnchorBatch(
                id=batch,
                registry=REGISTRY,
                authority=row.authority,
                root=MerkleRoot(leaf),
                size=1,
                manifest=ManifestDigest(leaf),
                state=BatchState.BATCHED,
            )
            stored = unit.anchors.add_batch(made, b"manifest")
            unit.licences.place(batch, [row.id], self.clock.now())
            unit.anchors.save_evidence(batch, [LeafEvidence(leaf, evidence)])
            unit.anchors.save_batch(replace(stored, state=BatchState.DONE))

    def decide(
        self, word: StatusWord, name: str = "leaf", effective_from: date = date(2026, 11, 21)
    ) -> StatusEvent:
        """Decide about a version."""
        leaf = leaf_of(name)
        with self.writer.write() as unit:
            row = unit.licences.by_leaf(leaf)
            assert row is not None
            event = StatusEvent(
                leaf=leaf,
                ref=StatusRef(row.registry, row.status_index),
                authority=row.authority,
                old=StatusWord.NONE,
                new=word,
                decided_at=self.clock.now(),
                effective_from=effective_from,
                until=None,
                document_no="文〔2026〕1号",
                ground="示例",
                successor=None,
            )
            digest = Digest(hashlib.sha256(leaf + word.name.encode()).digest())
            unit.status.add(digest, b"", (event,), self.clock.now())
        return event
