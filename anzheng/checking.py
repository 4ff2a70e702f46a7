"""Verification inside the application: our verifier with our own registry and chain at hand."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final

from anzheng import alarms
from anzheng.flows.look_up import Key, described, find
from anzheng.store.database import Store
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats.report import Report
from licence.ids import AuthorityId, ChainId, Digest, Leaf, RegistryId
from licence.ports import Clock
from verifier import past_lists
from verifier.artefacts import Ask, recognise
from verifier.checks.c01_container import check_container
from verifier.pades.structure import read_structure
from verifier.policy import STRICT, Policy
from verifier.ports import ChainReader, LookUpKey
from verifier.trust import load_trust
from verifier.verify import verify, verify_artefact

_KEYS: Final[Mapping[LookUpKey, Key]] = MappingProxyType(
    {
        LookUpKey.NUMBER: Key.NUMBER,
        LookUpKey.IDENTIFIER: Key.IDENTIFIER,
        LookUpKey.SHORT_CODE: Key.SHORT_CODE,
    }
)


@dataclass(frozen=True, slots=True)
class OwnRegistry:
    """The registry without the way over HTTP; conforms to `verifier.ports.Online`.

    Args:
        store: The database.
        trust_folder: Where the published lists lie.
        reader: Reads the chain.
        chain_id: Which chain that is.
        clock: Tells which day it is.
    """

    store: Store
    trust_folder: Path
    reader: ChainReader
    chain_id: ChainId
    clock: Clock

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

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can change an answer: there is no way."""
        return True

    def look_up(self, by: LookUpKey, value: str) -> bytes | None:
        """Return the answer to a search, as the public registry would give it."""
        with self.store.read() as unit:
            found = described(find(unit, _KEYS[by], value), shanghai_date(self.clock.now()))
        return json.dumps(found, ensure_ascii=False).encode()

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


def certificates_of(pdf: bytes) -> tuple[bytes, ...]:
    """Return the certificates in the signed validation data of a licence file.

    Raises:
        AnzhengError: CONTAINER_STRUCTURE and what else the gate says of a broken file.
    """
    result, container = check_container(pdf)
    if container is None:
        raise AnzhengError(result.code, "the file has not the shape of a licence")
    return read_structure(pdf, container.byte_range, container.contents).certificates
