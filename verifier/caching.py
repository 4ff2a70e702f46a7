"""A registry that is asked once: lists and slots that many files of one batch share.

A batch of a thousand files asks for one status list a thousand times, and a registry that is down
would be waited for as often. The answers of one batch are kept, the refusals too; a verifier that
runs for long makes a new one for each batch.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeVar, final

from licence.errors import AnzhengError, Code
from licence.formats.trust_types import Contract
from licence.ids import AuthorityId, ChainId, Digest, Leaf, MerkleRoot, RegistryId
from verifier.ports import AnchorSlot, ChainReader, LookUp, LookUpKey, Online

_T = TypeVar("_T")
_Key = tuple[object, ...]
_SILENT_ENOUGH: Final = 2
"""One failure may be chance; after two in a row nobody waits for a third."""


@dataclass(slots=True)
class _Kept:
    """Answers and refusals by question."""

    answers: dict[_Key, object] = field(default_factory=dict)
    refusals: dict[_Key, AnzhengError] = field(default_factory=dict)

    def ask(self, key: _Key, question: Callable[[], _T]) -> _T:
        if key in self.refusals:
            raise self.refusals[key]
        if key not in self.answers:
            try:
                self.answers[key] = question()
            except AnzhengError as error:
                self.refusals[key] = error
                raise
        return self.answers[key]  # type: ignore[return-value]  # the key names the question


@final
class CachingOnline:
    """Asks each question once; conforms to `verifier.ports.Online`.

    Args:
        online: Who is asked.
    """

    def __init__(self, online: Online) -> None:
        self._online = online
        self._kept = _Kept()
        self._silent = 0

    def evidence(self, leaf: Leaf) -> bytes | None:
        """Return the anchor evidence of a leaf, asked each time: no two files share it.

        Raises:
            AnzhengError: As the registry does; at once, when it did not answer twice in a row.
        """
        if self._silent >= _SILENT_ENOUGH:
            raise AnzhengError(Code.NOT_CHECKED, "the registry did not answer before")
        try:
            evidence = self._online.evidence(leaf)
        except AnzhengError as error:
            self._silent = self._silent + 1 if error.code is Code.NOT_CHECKED else 0
            raise
        self._silent = 0
        return evidence

    def status_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        """Return the newest status list token."""
        key = ("list", registry, authority, shard)
        return self._kept.ask(key, lambda: self._online.status_list(registry, authority, shard))

    def side_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        """Return the side list of that token."""
        key = ("side", registry, authority, shard)
        return self._kept.ask(key, lambda: self._online.side_list(registry, authority, shard))

    def side_page(
        self, registry: RegistryId, authority: AuthorityId, digest: Digest
    ) -> bytes | None:
        """Return a page that a side list names."""
        key = ("page", registry, authority, digest)
        return self._kept.ask(key, lambda: self._online.side_page(registry, authority, digest))

    def past_list(
        self, registry: RegistryId, authority: AuthorityId, shard: int, on: date
    ) -> bytes | None:
        """Return the last status list token of a day in the past."""
        key = ("past", registry, authority, shard, on)
        return self._kept.ask(key, lambda: self._online.past_list(registry, authority, shard, on))

    @property
    def is_private(self) -> bool:
        """Whether the registry is one that can be asked for a number, and nobody listens."""
        return isinstance(self._online, LookUp) and self._online.is_private

    def look_up(self, by: LookUpKey, value: str) -> bytes | None:
        """Return the answer to a search."""
        if not isinstance(self._online, LookUp):
            raise AnzhengError(Code.NOT_CHECKED, "there is no registry to be asked for a number")
        online = self._online
        return self._kept.ask(("look-up", by, value), lambda: online.look_up(by, value))

    def chain(self, chain_id: ChainId) -> ChainReader | None:
        """Return a reader that asks each question once."""
        reader = self._online.chain(chain_id)
        return _CachingChain(chain_id, reader, self._kept) if reader is not None else None


@final
@dataclass(frozen=True, slots=True)
class _CachingChain:
    chain_id: ChainId
    reader: ChainReader
    kept: _Kept

    def anchor_slot(
        self,
        contract: Contract,
        authority: AuthorityId,
        root: MerkleRoot,
        size: int,
        manifest: Digest,
    ) -> AnchorSlot | None:
        key = ("slot", self.chain_id, contract.address, authority, root, size, manifest)
        return self.kept.ask(
            key, lambda: self.reader.anchor_slot(contract, authority, root, size, manifest)
        )

    def status_of(self, contract: Contract, authority: AuthorityId, index: int) -> int:
        key = ("status", self.chain_id, contract.address, authority, index)
        return self.kept.ask(key, lambda: self.reader.status_of(contract, authority, index))
