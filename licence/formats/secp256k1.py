"""Who signed a digest on secp256k1: the gate to libsecp256k1, for the seals of blocks.

A seal is r || s || v with v 0 or 1, and s in the lower half of the order: of the two signatures
that say the same, the one that chains accept, so that no seal has a second spelling.

Standard: SEC 1, 4.1.6; EIP-2 (low s); Ethereum Yellow Paper, appendix F.
"""

from typing import Final

from coincurve import PublicKey

from licence.errors import AnzhengError, Code
from licence.formats.keccak import keccak256
from licence.ids import Address

SIGNATURE_BYTES: Final = 65

_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_HALF: Final = 32
_ADDRESS_BYTES: Final = 20


def recover(digest: bytes, signature: bytes) -> Address:
    """Return the address of the key that made this signature over this digest.

    Args:
        digest: 32 bytes.
        signature: r || s || v, 65 bytes.

    Raises:
        AnzhengError: BLOCK_SEALS, for a signature that nobody can have made, or not so spelled.
    """
    if len(signature) != SIGNATURE_BYTES or signature[-1] > 1:
        raise AnzhengError(Code.BLOCK_SEALS, "a seal is not r || s || v with v 0 or 1")
    s = int.from_bytes(signature[_HALF : 2 * _HALF], "big")
    if not 1 <= s <= _ORDER // 2:
        raise AnzhengError(Code.BLOCK_SEALS, "a seal whose s is not in the lower half")
    try:
        key = PublicKey.from_signature_and_message(signature, digest, hasher=None)
    except ValueError as error:
        raise AnzhengError(Code.BLOCK_SEALS, "a seal that no key can have made") from error
    return address(key.format(compressed=False))


def address(public_key: bytes) -> Address:
    """Return the address of an uncompressed public key (0x04 || x || y)."""
    return Address(keccak256(public_key[1:])[-_ADDRESS_BYTES:])
