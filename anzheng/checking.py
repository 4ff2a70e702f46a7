"""Verification inside the application: our verifier with our own registry and chain at hand."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from anzheng import alarms
from anzheng.store.database import Store
from licence.errors import AnzhengError, Code
from licence.formats.report import Report
from licence.ids import AuthorityId, ChainId, Digest, Leaf, RegistryId
from licence.ports import Clock
from verifier import past_lists
from verifier.artefacts import Ask, recognise
from verifier.policy import STRICT, Policy
from verifier.ports import ChainReader
from verifier.trust import load_trust
from verifier.verify import verify, verify_artefact


@dataclass(frozen=True, slots=True)
class OwnRegistry:
    """The registry without the way over HTTP; conforms to `verifier.ports.Online`.

    Args:
        store: The database.
        trust_folder: Where the published lists lie.
        reader: Reads the chain.
        chain_id: Which chain that is.
    """

    store: Store
    trust_folder: Path
    reader: ChainReader
    chain_id: ChainId

    def evidence(self, leaf: Leaf) -> bytes | None:
        """Return the anchor evidence of a leaf.

        Raises:
            AnzhengError: ANCHOR_PENDING for a licence that is not anchored yet.
        """
        with self.store.read() as unit:
            found = unit.anchors.evidence(leaf)
            known = unit.licences.by_leaf(leaf)
        if found is None and known is not None:
            raise AnzhengError(Code.ANCHOR_PENDING, "this leaf is not anchored yet")
        return found

    def status_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        """Return the newest status list token."""
        return self._list(registry, authority, f"{shard}.cwt")

    def side_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        """Return the side list of the newest status list token."""
        return self._list(registry, authority, f"{shard}.side")

    def side_page(
        self, registry: RegistryId, authority: AuthorityId, digest: Digest
    ) -> bytes | None:
        """Return a page that a side list names."""
        return past_lists.side_page(self.trust_folder, registry, authority, digest)

    def past_list(
        self, registry: RegistryId, authority: AuthorityId, shard: int, on: date
    ) -> bytes | None:
        """Return the last status list token of a day in the past."""
        return past_lists.list_of_day(self.trust_folder, registry, authority, shard, on)

    def chain(self, chain_id: ChainId) -> ChainReader | None:
        """Return the reader of our chain."""
        return self.reader if chain_id == self.chain_id else None

    def _list(self, registry: RegistryId, authority: AuthorityId, name: str) -> bytes | None:
        place = self.trust_folder / "targets" / "lists" / registry / authority / name
        try:
            return place.read_bytes()
        except OSError:
            return None


@dataclass(frozen=True, slots=True)
class OwnChecker:
    """Verifies whatever is handed over with everything that this installation knows.

    Args:
        registry: Our registry and chain.
        clock: Tells the time.
        policy: What is demanded.
    """

    registry: OwnRegistry
    clock: Clock
    policy: Policy = STRICT

    def verify(self, data: bytes, on: date | None = None) -> Report:
        """Verify a file, a code or a number; what the authority must look into is logged.

        Raises:
            AnzhengError: TRUST_BUNDLE_REFUSED when our own trust folder is damaged.
        """
        now = self.clock.now()
        try:
            trust = load_trust(self.registry.trust_folder, now=now)
        except AnzhengError as error:
            alarms.sound([error.code], None)
            raise
        ask = Ask(self.policy, now, on, online=self.registry)
        report, _ = verify_artefact(recognise(data), trust, ask)
        alarms.sound_report(report)
        return report


@dataclass(frozen=True, slots=True)
class TrustChecker:
    """Verifies files with a trust folder only; conforms to `wallet.ports.Checker`.

    Args:
        folder: The trust folder.
        clock: Tells the time.
    """

    folder: Path
    clock: Clock

    def check(self, pdf: bytes, evidence: bytes | None) -> Report:
        """Return the report about a file and the evidence that came beside it."""
        now = self.clock.now()
        trust = load_trust(self.folder, now=now)
        return verify(pdf, trust, policy=STRICT, now=now, sidecar=evidence)
