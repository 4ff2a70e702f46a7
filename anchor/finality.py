"""When a block counts as final: a property of the chain, so it is configured, never guessed.

    qbft      at once: the validators' seals are the finality (QBFT, IBFT 2.0, a chain of one's own)
    depth:N   when N blocks are on top of it (chains that may reorganise)
    pos       when the nodes call it `finalized` (Ethereum's proof of stake)

Standard: DESIGN 2 (5); research chain 3.4, 4.2.
"""

import re
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from typing_extensions import override

from licence.errors import AnzhengError, Code

PATTERN: Final = r"qbft|pos|depth:(?:0|[1-9][0-9]{0,5})"
"""How a mode is written."""

_DEPTH: Final = "depth:"


@unique
class FinalityMode(StrEnum):
    """Who says that a block is final."""

    QBFT = "qbft"
    DEPTH = "depth"
    POS = "pos"


@dataclass(frozen=True, slots=True)
class Finality:
    """A finality mode; `depth` counts only in the mode of that name."""

    mode: FinalityMode
    depth: int = 0

    @override
    def __str__(self) -> str:
        return f"{_DEPTH}{self.depth}" if self.mode is FinalityMode.DEPTH else self.mode.value

    def below(self, height: int) -> int:
        """Return the height up to which blocks are final, -1 for none, under a newest block.

        Raises:
            AnzhengError: INTERNAL in the mode `pos`, where only the nodes know.
        """
        if self.mode is FinalityMode.POS:
            raise AnzhengError(Code.INTERNAL, "only a node knows what proof of stake made final")
        return max(height - self.depth, -1)


QBFT: Final = Finality(FinalityMode.QBFT)


def parse(text: str) -> Finality:
    """Return the mode that a setting names.

    Raises:
        AnzhengError: SETTINGS_INVALID.
    """
    if re.fullmatch(PATTERN, text) is None:
        raise AnzhengError(
            Code.SETTINGS_INVALID, f"{text!r} is no finality mode: take qbft, depth:N or pos"
        )
    if text.startswith(_DEPTH):
        return Finality(FinalityMode.DEPTH, int(text.removeprefix(_DEPTH)))
    return Finality(FinalityMode(text))
