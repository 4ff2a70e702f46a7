"""Blocks of a QBFT chain (Hyperledger Besu), sealed by validators that the trust bundle pins.

    extraData   = RLP [vanity (32 bytes), validators, vote, round, seals]
    commit hash = keccak(header with extraData [vanity, validators, vote, round, []])
    block hash  = keccak(header with extraData [vanity, validators, vote, 0, []])

A validator seals the commit hash. The header's own list of validators is compared with the pinned
one and never believed: anybody can write a header with a list of his own and seal it. Seals are in
no hash, so each must be right and of a pinned validator (`check_sealed`). Nodes keep them in the
order in which they came; where a proof shows a header it has one spelling, with the seals ascending
by who made them: `normalise` makes it so, `check_shown` demands it.

IBFT 2.0 (round of four bytes, other hashes), validators kept in a contract (an empty list) and keys
on secp256r1 are other formats and do not pass.

Standard: Besu, QbftExtraDataCodec, BftBlockHashing, BftCommitSealsValidationRule; EIP-650.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import block_header, rlp, secp256k1
from licence.formats.block_header import DIFFICULTY, MIX, NONCE, UNCLES, BlockHeader
from licence.formats.keccak import keccak256
from licence.formats.rlp import Limits, RlpValue
from licence.ids import Address, BlockHash

MIX_HASH: Final = bytes.fromhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365")
"""What every block of a BFT chain has as mixHash."""

MAX_VALIDATORS: Final = 64
"""Most validators of a set; evidence with so many seals would not fit into a licence."""

_EMPTY_UNCLES: Final = keccak256(rlp.dumps(()))
_DIFFICULTY: Final = b"\x01"
_NONCE: Final = bytes(8)
_ITEMS: Final = 5
_VANITY_BYTES: Final = 32
_ADDRESS_BYTES: Final = 20
_ROUND_BYTES: Final = 4
_VOTES: Final = (b"\xff", b"")
"""To add a validator, to drop one."""
_LIMITS: Final = Limits(
    size=block_header.MAX_HEADER_BYTES, depth=2, items=2 * MAX_VALIDATORS + _ITEMS + 3
)


@dataclass(frozen=True, slots=True)
class Extra:
    """What QBFT keeps in extraData."""

    vanity: bytes
    validators: tuple[Address, ...]
    vote: tuple[bytes, ...]
    round: int
    seals: tuple[bytes, ...]

    def encode(self) -> bytes:
        """Return the RLP."""
        number = rlp.from_scalar(self.round)
        return rlp.dumps((self.vanity, self.validators, self.vote, number, self.seals))


@dataclass(frozen=True, slots=True)
class SealedBlock:
    """A block that enough pinned validators sealed."""

    number: int
    hash: BlockHash
    time: datetime
    state_root: bytes
    signers: tuple[Address, ...]


def quorum(validators: int) -> int:
    """Return how many of so many validators must have sealed: two thirds, rounded up."""
    return (2 * validators + 2) // 3


def decode_extra(data: bytes) -> Extra:
    """Read extraData.

    Raises:
        AnzhengError: BLOCK_HEADER, for what is not QBFT's or not in its one spelling.
    """
    try:
        value = rlp.loads(data, _LIMITS)
        if isinstance(value, bytes) or len(value) != _ITEMS:
            raise _refused("extraData is no list of five")
        vanity, number = value[0], value[3]
        if not isinstance(vanity, bytes) or not isinstance(number, bytes):
            raise _refused("vanity and round are strings")
        validators = tuple(Address(each) for each in rlp.strings(value[1]))
        extra = Extra(
            vanity=vanity,
            validators=validators,
            vote=_vote(value[2]),
            round=rlp.scalar(number, most=_ROUND_BYTES),
            seals=rlp.strings(value[4]),
        )
    except AnzhengError as error:
        raise AnzhengError(Code.BLOCK_HEADER, "not the extraData of a QBFT block") from error
    if len(vanity) != _VANITY_BYTES or {len(each) for each in validators} - {_ADDRESS_BYTES}:
        raise _refused("vanity or an address of another length")
    return extra


def _vote(value: RlpValue) -> tuple[bytes, ...]:
    vote = rlp.strings(value)
    if vote and (len(vote) != len(_VOTES) or len(vote[0]) != _ADDRESS_BYTES):
        raise _refused("a vote names one validator")
    if vote and vote[1] not in _VOTES:
        raise _refused("a vote adds or drops")
    return vote


def decode(data: bytes) -> BlockHeader:
    """Read a header and check all that every QBFT block has alike.

    Raises:
        AnzhengError: BLOCK_HEADER.
    """
    header = block_header.decode(data)
    fields = header.fields
    alike = (fields[UNCLES], fields[DIFFICULTY], fields[MIX], fields[NONCE])
    if alike != (_EMPTY_UNCLES, _DIFFICULTY, MIX_HASH, _NONCE):
        raise _refused("uncles, difficulty, mixHash or nonce are not those of a QBFT block")
    return header


def commit_hash(header: BlockHeader, extra: Extra) -> bytes:
    """Return what the validators sealed."""
    sealed = Extra(extra.vanity, extra.validators, extra.vote, extra.round, ())
    return header.with_extra(sealed.encode()).digest()


def hashed_form(header: BlockHeader, extra: Extra) -> BlockHeader:
    """Return the header whose digest is the block hash: round 0 and no seals."""
    return header.with_extra(Extra(extra.vanity, extra.validators, extra.vote, 0, ()).encode())


def check_shown(data: bytes, pinned: Sequence[Address]) -> SealedBlock:
    """Read a header as proofs show it: sealed as `check_sealed` says, the seals in order.

    Args:
        data: The header with its seals, RLP.
        pinned: The validators of that chain at that block, from the trust bundle.

    Raises:
        AnzhengError: BLOCK_HEADER; BLOCK_SEALS.
    """
    block = check_sealed(data, pinned)
    if any(first >= second for first, second in pairwise(block.signers)):
        raise AnzhengError(Code.BLOCK_SEALS, "seals do not ascend by who made them")
    return block


def check_sealed(data: bytes, pinned: Sequence[Address]) -> SealedBlock:
    """Read a header that the pinned validators, and nobody else, sealed.

    Args:
        data: The header with its seals in any order, RLP.
        pinned: The validators of that chain at that block, from the trust bundle.

    Raises:
        AnzhengError: BLOCK_HEADER; BLOCK_SEALS.
    """
    # 1. a QBFT header in its one spelling
    header = decode(data)
    extra = decode_extra(header.extra)
    # 2. its own list is the pinned one, and who made the block is in it
    known = set(pinned)
    if not known or len(known) != len(pinned) or len(known) > MAX_VALIDATORS:
        raise AnzhengError(Code.BLOCK_SEALS, "no validators are pinned, or one twice")
    if len(extra.validators) != len(known) or set(extra.validators) != known:
        raise AnzhengError(Code.BLOCK_SEALS, "the header has another list of validators")
    if header.coinbase not in known:
        raise AnzhengError(Code.BLOCK_SEALS, "no pinned validator made the block")
    # 3. every seal, and enough of them
    signers = _signers(commit_hash(header, extra), extra.seals, known)
    return SealedBlock(
        number=header.number,
        hash=hashed_form(header, extra).digest(),
        time=header.time,
        state_root=header.state_root,
        signers=signers,
    )


def _signers(
    digest: bytes, seals: Sequence[bytes], known: Collection[Address]
) -> tuple[Address, ...]:
    if not quorum(len(known)) <= len(seals) <= len(known):
        raise AnzhengError(
            Code.BLOCK_SEALS, "too few seals", found=len(seals), wanted=quorum(len(known))
        )
    signers = tuple(secp256k1.recover(digest, seal) for seal in seals)
    if set(signers) - set(known):
        raise AnzhengError(Code.BLOCK_SEALS, "a seal of somebody who is not pinned")
    if len(set(signers)) != len(signers):
        raise AnzhengError(Code.BLOCK_SEALS, "two seals of one validator")
    return signers


def normalise(data: bytes, *, most_seals: int = MAX_VALIDATORS) -> bytes:
    """Return a header of a node with its seals in the order that we read.

    Args:
        data: The header with its seals in any order.
        most_seals: How many to keep; more than a quorum only takes room.

    Raises:
        AnzhengError: BLOCK_HEADER; BLOCK_SEALS, for a seal that is none.
    """
    header = decode(data)
    extra = decode_extra(header.extra)
    digest = commit_hash(header, extra)
    made_by = {secp256k1.recover(digest, seal): seal for seal in extra.seals}
    kept = tuple(seal for _, seal in sorted(made_by.items())[:most_seals])
    sealed = Extra(extra.vanity, extra.validators, extra.vote, extra.round, kept)
    return header.with_extra(sealed.encode()).encode()


def _refused(message: str) -> AnzhengError:
    return AnzhengError(Code.BLOCK_HEADER, message)
