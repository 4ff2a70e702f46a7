"""Random bytes that come out the same in every run."""

from hashlib import sha256


class SeededEntropy:
    """Gives bytes that follow from a seed.

    Args:
        seed: Any text.
    """

    def __init__(self, seed: str = "entropy") -> None:
        self._seed = seed.encode()
        self._count = 0

    def bytes(self, count: int) -> bytes:
        """Return the next bytes."""
        out = b""
        while len(out) < count:
            out += sha256(self._seed + self._count.to_bytes(8, "big")).digest()
            self._count += 1
        return out[:count]
