"""QBFT headers as Besu makes them, sealed by test keys over the state of any chain.

There is no Besu here, but nothing of it is needed: what is proved is a header and a state root, and
anvil has a state root too. Its answer is dressed in a header of ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from hashlib import sha256

from coincurve import PrivateKey

from anchor.chain_ports import Block, RawProof
from licence.formats import block_header, qbft, rlp, secp256k1
from licence.formats.block_header import (
    COINBASE,
    DIFFICULTY,
    EXTRA,
    MIX,
    NONCE,
    NUMBER,
    STATE_ROOT,
    TIMESTAMP,
    UNCLES,
)
from licence.formats.keccak import keccak256
from licence.formats.qbft import Extra
from licence.formats.rlp import RlpValue
from licence.ids import Address

EMPTY_UNCLES = keccak256(rlp.dumps(()))
VANITY = b"besu 26.8.0".ljust(32, b"\0")
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@cache
def key(name: str) -> PrivateKey:
    """Return the validator key of this name."""
    return PrivateKey(sha256(f"validator {name}".encode()).digest())


def address(private: PrivateKey) -> Address:
    """Return the address of a key."""
    return secp256k1.address(private.public_key.format(compressed=False))


def keys(count: int, group: str = "v") -> tuple[PrivateKey, ...]:
    """Return validator keys, ascending by address."""
    return tuple(sorted((key(f"{group}{n}") for n in range(count)), key=address))


def addresses(private: Sequence[PrivateKey]) -> tuple[Address, ...]:
    """Return the addresses of keys."""
    return tuple(map(address, private))


def seal(digest: bytes, private: PrivateKey) -> bytes:
    """Return r || s || v, with the lower s and the nonce of RFC 6979."""
    return private.sign_recoverable(digest, hasher=None)


def high_s(signature: bytes) -> bytes:
    """Return the other signature that says the same."""
    other = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + other.to_bytes(32, "big") + bytes([signature[64] ^ 1])


@dataclass(frozen=True)
class Sealing:
    """How a block is made; a quorum of the validators seals unless `sealers` says who.

    With `arrival` the seals stand as they happened to come in, as a node keeps them.
    """

    validators: tuple[PrivateKey, ...]
    sealers: tuple[PrivateKey, ...] | None = None
    round: int = 0
    vote: tuple[bytes, ...] = ()
    listed: tuple[Address, ...] | None = None
    coinbase: Address | None = None
    fields: dict[int, bytes] = field(default_factory=dict)
    more: tuple[bytes, ...] | None = None
    arrival: bool = True

    @property
    def who(self) -> tuple[PrivateKey, ...]:
        """Those who seal."""
        if self.sealers is not None:
            return self.sealers
        return self.validators[: qbft.quorum(len(self.validators))]

    @property
    def extra(self) -> Extra:
        """The extraData before anybody sealed."""
        listed = addresses(self.validators) if self.listed is None else self.listed
        return Extra(VANITY, listed, self.vote, self.round, ())


def header_fields(header: Sequence[bytes], sealing: Sealing) -> tuple[bytes, ...]:
    """Return a header's fields as a QBFT chain has them, with seals as they happen to come in."""
    made = list(header)
    if sealing.more is not None:
        made[block_header.LEAST_FIELDS :] = sealing.more
    made[UNCLES] = EMPTY_UNCLES
    made[COINBASE] = sealing.coinbase or address(sealing.validators[0])
    made[DIFFICULTY], made[MIX], made[NONCE] = b"\x01", qbft.MIX_HASH, bytes(8)
    for place, value in sealing.fields.items():
        made[place] = value
    extra = sealing.extra
    made[EXTRA] = extra.encode()
    digest = keccak256(rlp.dumps(tuple(made)))
    who = reversed(sealing.who) if sealing.arrival else sealing.who
    seals = tuple(seal(digest, each) for each in who)
    made[EXTRA] = replace(extra, seals=seals).encode()
    return tuple(made)


def dressed(raw: RawProof, sealing: Sealing) -> RawProof:
    """Return what a QBFT node would have answered about the same state."""
    fields = header_fields(raw.header, sealing)
    header = block_header.decode(rlp.dumps(fields))
    extra = qbft.decode_extra(header.extra)
    made = Block(header.number, qbft.hashed_form(header, extra).digest(), header.time)
    return replace(raw, header=fields, block=made)


def plain_header(
    state_root: bytes, number: int, time: datetime, *, fields: int = 16
) -> tuple[bytes, ...]:
    """Return the fields of a header of no particular chain."""
    made = [b""] * fields
    for place in (0, UNCLES, 4, 5, MIX):
        made[place] = sha256(b"%d" % place).digest()
    made[COINBASE], made[6], made[NONCE] = bytes(20), bytes(256), bytes(8)
    made[STATE_ROOT] = state_root
    made[NUMBER] = rlp.from_scalar(number)
    made[9], made[10] = rlp.from_scalar(30_000_000), rlp.from_scalar(62_000)
    made[TIMESTAMP] = rlp.from_scalar(int(time.timestamp()))
    return tuple(made)


def with_extra_items(header: bytes, items: tuple[RlpValue, ...]) -> bytes:
    """Return a header with any items as extraData."""
    return block_header.decode(header).with_extra(rlp.dumps(items)).encode()


def extra_items(header: bytes) -> tuple[RlpValue, ...]:
    """Return the five items of a header's extraData."""
    extra = qbft.decode_extra(block_header.decode(header).extra)
    number = rlp.from_scalar(extra.round)
    return (extra.vanity, extra.validators, extra.vote, number, extra.seals)
