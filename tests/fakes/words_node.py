"""One contract, as the keeper of status words reads it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from licence.errors import AnzhengError, Code
from licence.ids import Address, AuthorityId, ChainId

CHAIN, CONTRACT = ChainId(7), Address(b"\x07" * 20)


@dataclass
class Node:
    """One contract."""

    height: int = 10
    words: dict[int, int] = field(default_factory=dict)
    moved: frozenset[int] = frozenset()
    asked: list[tuple[int, ...]] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    away: Code | None = None
    chain_id = CHAIN
    contract = CONTRACT

    def final_height(self) -> int:
        """Height."""
        if self.away is not None:
            raise AnzhengError(self.away, "the node does not answer")
        return self.height

    def touched(self, authority: AuthorityId, after: int, upto: int) -> frozenset[int]:
        """What events name."""
        assert authority
        self.spans.append((after, upto))
        return self.moved

    def status_words(
        self, authority: AuthorityId, words: Sequence[int], *, at: int | None = None
    ) -> tuple[int, ...]:
        """State."""
        assert authority
        assert at == self.height
        self.asked.append(tuple(words))
        return tuple(self.words.get(word, 0) for word in words)
