"""What an account can ask of the contract, as values; the chain gate turns them into bytes.

Standard: contracts/src/LicenceRegistry.sol; DESIGN 3.2, 3.3.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats.limits import MAX_STATUS_INDEX
from licence.formats.manifest import ManifestDigest
from licence.ids import Address, Digest, Leaf, MerkleRoot, StatusIndex

LICENCES_IN_WORD: Final = 64
"""Licences whose statuses share one storage word."""

MAX_CHANGES: Final = 256
"""Most words, or successions, in one call; the same limit stands in the contract."""

PROPOSAL_LIFETIME: Final = timedelta(days=7)
"""A proposal that nobody confirmed in this time is void; the same limit stands in the contract."""

LANES: Final = 256
"""Lanes in which an authority's proposals wait."""

PROBES: Final = 8
"""In how many lanes, from the one that its id names, a proposal can stand."""

_NIBBLE: Final = 0xF
_NIBBLE_BITS: Final = 4


@dataclass(frozen=True, slots=True)
class Change:
    """Licences `64 * word + i` for each nibble `i` that is 0xF in the mask."""

    word: int
    mask: int


@dataclass(frozen=True, slots=True)
class Succession:
    """Licence `index` is replaced by `leaf`, with the proof that this leaf is anchored.

    Attributes:
        index: Status index of the licence that is replaced.
        leaf: Leaf of its successor.
        leaf_index: Place of that leaf in its batch.
        size: Size of the batch.
        root: Its root.
        manifest: Digest of its manifest.
        path: From the leaf to the root.
    """

    index: StatusIndex
    leaf: Leaf
    leaf_index: int
    size: int
    root: MerkleRoot
    manifest: ManifestDigest
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class AnchorCall:
    """Anchor one batch."""

    root: MerkleRoot
    size: int
    manifest: ManifestDigest


@dataclass(frozen=True, slots=True)
class SuspendCall:
    """Suspend licences."""

    changes: tuple[Change, ...]
    decision: Digest


@dataclass(frozen=True, slots=True)
class ReinstateCall:
    """Give suspended licences back."""

    changes: tuple[Change, ...]
    decision: Digest


@dataclass(frozen=True, slots=True)
class ProposeCall:
    """Propose a final status."""

    status: StatusWord
    changes: tuple[Change, ...]
    decision: Digest


@dataclass(frozen=True, slots=True)
class ConfirmCall:
    """Confirm what another account, `proposer`, proposed."""

    status: StatusWord
    changes: tuple[Change, ...]
    decision: Digest
    proposer: Address


@dataclass(frozen=True, slots=True)
class SupersedeCall:
    """Mark licences as superseded."""

    successions: tuple[Succession, ...]
    decision: Digest


Call = AnchorCall | SuspendCall | ReinstateCall | ProposeCall | ConfirmCall | SupersedeCall


def changes_of(indices: Iterable[StatusIndex]) -> tuple[Change, ...]:
    """Return the words and masks that name these licences, in the contract's order.

    Raises:
        AnzhengError: STATUS_TRANSITION, for no index, one that the contract cannot name, or more
            words than one call takes.
    """
    masks: dict[int, int] = {}
    for index in indices:
        if not 0 <= index <= MAX_STATUS_INDEX:
            raise AnzhengError(Code.STATUS_TRANSITION, "no such status index", index=index)
        word, place = divmod(index, LICENCES_IN_WORD)
        masks[word] = masks.get(word, 0) | _NIBBLE << (_NIBBLE_BITS * place)
    if not 1 <= len(masks) <= MAX_CHANGES:
        raise AnzhengError(
            Code.STATUS_TRANSITION, "not that many words in one call", words=len(masks)
        )
    return tuple(Change(word, masks[word]) for word in sorted(masks))


def status_in(word: int, place: int) -> StatusWord:
    """Return the status of the licence at `place` of a storage word.

    Raises:
        AnzhengError: STATUS_UNKNOWN_VALUE, for a nibble without meaning.
    """
    nibble = word >> (_NIBBLE_BITS * place) & _NIBBLE
    try:
        return StatusWord(nibble)
    except ValueError as error:
        raise AnzhengError(
            Code.STATUS_UNKNOWN_VALUE, "the chain has a status of a later release", value=nibble
        ) from error
