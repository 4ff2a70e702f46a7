"""Numbers out of a digest: SHA-256 in counter mode, so that everybody gets the same ones.

Not a secret and not cryptography: the page looks different for each licence, the same for the same.
"""

from hashlib import sha256

from licence.ids import Digest


class DigestStream:
    """An endless row of numbers that a digest and a word decide.

    Args:
        digest: SHA-256 of the `licence.json`.
        word: What the numbers are for; other words give other numbers.
    """

    def __init__(self, digest: Digest, word: str) -> None:
        self._seed = digest + word.encode("ascii")
        self._counter = 0
        self._left = b""

    def fraction(self) -> float:
        """Return a number from 0 to less than 1."""
        if not self._left:
            self._left = sha256(self._seed + self._counter.to_bytes(4, "big")).digest()
            self._counter += 1
        taken, self._left = self._left[:4], self._left[4:]
        return int.from_bytes(taken, "big") / (1 << 32)

    def between(self, low: float, high: float) -> float:
        """Return a number from `low` to less than `high`."""
        return low + (high - low) * self.fraction()

    def choice(self, *values: int) -> int:
        """Return one of the values."""
        return values[int(self.fraction() * len(values))]
