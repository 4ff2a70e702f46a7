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
PART: Final = "answer"
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
    def secret(self) -> str:
        """Under what the answer is kept."""
        return f"{self.scope}\0{self.key}"

    @property
    def digest(self) -> bytes:
        """What must be the same when the key is."""
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
        digest = once.digest
        known = await self.vault.get(once.secret, PART)
        if known is not None:
            return _same(known, digest), True
        if once.secret in self._at_work:
            raise AnzhengError(
                Code.CONFLICT,
                "the first request with this Idempotency-Key is still at work",
                retry_after=RETRY_SECONDS,
            )
        self._at_work.add(once.secret)
        try:
            body = await work()
            until = self.clock.now() + self.life
            # Two processes may have worked at once: the first to end is right, for both.
            first = await self.vault.put_new(once.secret, PART, digest + body, until=until)
            return (body, False) if first is None else (_same(first, digest), True)
        finally:
            self._at_work.discard(once.secret)


def check_key(key: str) -> None:
    """Refuse what is no Idempotency-Key.

    Raises:
        AnzhengError: REQUEST_INVALID.
    """
    if not 1 <= len(key) <= MAX_KEY_CHARS or not key.isascii() or not key.isprintable():
        raise AnzhengError(
            Code.REQUEST_INVALID, f"Idempotency-Key must have 1 to {MAX_KEY_CHARS} ASCII characters"
        )


def _same(known: bytes, digest: bytes) -> bytes:
    if known[:32] != digest:
        raise AnzhengError(
            Code.IDEMPOTENCY_MISMATCH,
            "this Idempotency-Key was used for another request; take a new key",
        )
    return known[32:]
