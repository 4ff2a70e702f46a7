"""What is kept about a verification, readable only by who has its address.

An id is 192 random bits. The shelf, be it memory, a file or Redis, gets a digest of it for a name
and the content encrypted with a key made from it: who copies the shelf reads nothing.

Standard: NIST SP 800-38D (AES-GCM), RFC 5869 (HKDF).
"""

import base64
import re
import zlib
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from licence.ports import Entropy
from verifier.service.shelf import Shelf

ID_BYTES: Final = 24
NONCE_BYTES: Final = 12
MAX_PART_BYTES: Final = 256 * 1024 * 1024

_ID: Final = re.compile(r"[A-Za-z0-9_-]{32}", re.ASCII)


def new_id(entropy: Entropy) -> str:
    """Return an id that nobody can guess."""
    return base64.urlsafe_b64encode(entropy.bytes(ID_BYTES)).decode()


def is_id(text: str) -> bool:
    """Say whether a text has the form of an id."""
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Vault:
    """Keeps parts of results by id.

    Args:
        shelf: Where they lie, encrypted.
        entropy: For nonces.
    """

    shelf: Shelf
    entropy: Entropy

    async def put(self, secret: str, part: str, data: bytes, *, until: datetime) -> None:
        """Keep one part of a result.

        Args:
            secret: The id, or another text that only its owner knows.
            part: Which part, such as `report`.
            data: What to keep.
            until: When it is forgotten.
        """
        await self.shelf.put(_place(secret, part), self._sealed(secret, part, data), until=until)

    async def put_new(
        self, secret: str, part: str, data: bytes, *, until: datetime
    ) -> bytes | None:
        """Keep a part unless there is one; return the one that is there."""
        sealed = self._sealed(secret, part, data)
        found = await self.shelf.put_new(_place(secret, part), sealed, until=until)
        return None if found is None else _open(secret, part, found)

    async def get(self, secret: str, part: str) -> bytes | None:
        """Return a part, or None where there is none any more."""
        found = await self.shelf.get(_place(secret, part))
        return None if found is None else _open(secret, part, found)

    async def remove(self, secret: str, part: str) -> None:
        """Forget a part."""
        await self.shelf.remove(_place(secret, part))

    def _sealed(self, secret: str, part: str, data: bytes) -> bytes:
        nonce = self.entropy.bytes(NONCE_BYTES)
        packed = zlib.compress(data, 1)
        return nonce + AESGCM(_key(secret)).encrypt(nonce, packed, part.encode())


def _place(secret: str, part: str) -> bytes:
    return sha256(f"anzheng-kept-place/v1\0{part}\0{secret}".encode()).digest()


def _key(secret: str) -> bytes:
    derive = HKDF(SHA256(), 32, salt=None, info=b"anzheng-kept-key/v1")
    return derive.derive(secret.encode())


def _open(secret: str, part: str, sealed: bytes) -> bytes | None:
    """Decrypt; what was damaged or is another's is not there."""
    nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        packed = AESGCM(_key(secret)).decrypt(nonce, body, part.encode())
        # What we packed ourselves; the bound is for a shelf that somebody else can write to.
        return zlib.decompressobj().decompress(packed, MAX_PART_BYTES)
    except (InvalidTag, ValueError, zlib.error):
        return None
