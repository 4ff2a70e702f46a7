"""Answering a repeated request the same: by Idempotency-Key, for each caller apart.

Standard: draft-ietf-httpapi-idempotency-key-header.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from licence.errors import AnzhengError, Code
from licence.ports import Clock
from verifier.service.vault import Vault

MAX_KEY_CHARS: Final = 255
CLAIM: Final = "claim"
"""Kept under the key alone: a digest of the digest of the request."""

PART: Final = "answer"
"""Kept under key and request: a key may be easy to guess, the file that was sent is not."""

RETRY_SECONDS: Final = 2


@dataclass(frozen=True, slots=True)
class Once:
    """What one repeated request is known by.

    Attributes:
        scope: Route and caller.
        key: The client's Idempotency-Key.
        request: The request, in bytes; the same key with another one is refused.
    """

    scope: str
    key: str
    request: tuple[bytes, ...]

    @property
    def name(self) -> str:
        """Under what it is kept for which request the key was used."""
        return f"{self.scope}\0{self.key}"

    @property
    def secret(self) -> str:
        """Under what the answer is kept."""
        return f"{self.name}\0{self._digest().hex()}"

    @property
    def claim(self) -> bytes:
        """What must be the same when the key is."""
        return hashlib.sha256(b"anzheng-idempotency/v1\0" + self._digest()).digest()

    def _digest(self) -> bytes:
        whole = hashlib.sha256()
        for part in self.request:
            whole.update(len(part).to_bytes(8, "big") + part)
        return whole.digest()


@dataclass(slots=True)
class Answers:
    """Remembers answers.

    Args:
        vault: Where they are kept.
        clock: Tells their age.
        life: How long they are kept.
    """

    vault: Vault
    clock: Clock
    life: timedelta = timedelta(hours=24)
    _at_work: set[str] = field(default_factory=set)

    async def once(self, once: Once, work: Callable[[], Awaitable[bytes]]) -> tuple[bytes, bool]:
        """Do the work, or return what came of it the first time and True.

        Raises:
            AnzhengError: REQUEST_INVALID, for a key that is none; IDEMPOTENCY_MISMATCH; CONFLICT
                while the first request is at work; what `work` raises, which frees the key.
        """
        check_key(once.key)
        name, secret, claim = once.name, once.secret, once.claim
        _check(await self.vault.get(name, CLAIM), claim)
        known = await self.vault.get(secret, PART)
        if known is not None:
            return known, True
        if name in self._at_work:
            raise AnzhengError(
                Code.CONFLICT,
                "the first request with this Idempotency-Key is still at work",
                retry_after=RETRY_SECONDS,
            )
        self._at_work.add(name)
        try:
            body = await work()
            until = self.clock.now() + self.life
            # Two processes may have worked at once: the first to end is right, for both.
            first = await self.vault.put_new(secret, PART, body, until=until)
            _check(await self.vault.put_new(name, CLAIM, claim, until=until), claim)
            return (body, False) if first is None else (first, True)
        finally:
            self._at_work.discard(name)


def check_key(key: str) -> None:
    """Refuse what is no Idempotency-Key.

    Raises:
        AnzhengError: REQUEST_INVALID.
    """
    if not 1 <= len(key) <= MAX_KEY_CHARS or not key.isascii() or not key.isprintable():
        raise AnzhengError(
            Code.REQUEST_INVALID, f"Idempotency-Key must have 1 to {MAX_KEY_CHARS} ASCII characters"
        )


def _check(known: bytes | None, claim: bytes) -> None:
    if known is not None and known != claim:
        raise AnzhengError(
            Code.IDEMPOTENCY_MISMATCH,
            "this Idempotency-Key was used for another request; take a new key",
        )
