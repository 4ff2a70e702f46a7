"""Which shapes each character may have: a table of digests, made from the fonts of the signer.

    book = GlyphBook.packaged()
    book.check("安", program)

`glyphs.bin` is made by `tools/glyph_table.py` and never by hand. A row is the low byte of a code
point and 8 bytes of SHA-256 over all that draws its glyph; rows are grouped by the other bytes.

Standard: DESIGN 4, check 5. Format: docs/formats/glyphs.md.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from itertools import accumulate
from typing import Final

from licence.errors import AnzhengError, Code

MAGIC: Final = b"anzheng-glyphs/v1\n"
DIGEST_BYTES: Final = 8
ROW_BYTES: Final = 1 + DIGEST_BYTES
BLOCK: Final = 256
"""Code points of one group of rows."""
KEPT: Final = 20_000
"""Answers that one process keeps, about 5 MB."""
BLOCKS: Final = 0x110000 // BLOCK


def row_of(text: str, program: bytes) -> bytes:
    """Return the row of a character, or of a ligature by its first one, and what draws it."""
    ligature = text.encode("utf-8", "surrogatepass") if len(text) > 1 else b""
    digest = sha256(ligature + b"\0" + program).digest()[:DIGEST_BYTES]
    return bytes([ord(text[0]) % BLOCK]) + digest


OtherShapes = Callable[[str, bytes], bool]
"""Says whether a shape was approved for a character: asked about one that is in no table."""


def _none(_text: str, _program: bytes) -> bool:
    return False


@dataclass(slots=True)
class GlyphBook:
    """Judges shapes; remembers what it has judged.

    Args:
        table: Content of `glyphs.bin`.
        approved: Asked about a shape that the table does not have.
    """

    table: bytes
    approved: OtherShapes = _none
    _known: set[tuple[str, bytes]] = field(default_factory=set)

    @classmethod
    def packaged(cls, approved: OtherShapes = _none) -> "GlyphBook":
        """Return the table that came with this verifier."""
        return cls(_packaged(), approved)

    def check(self, text: str, program: bytes) -> None:
        """Do nothing if the program draws the character.

        Raises:
            AnzhengError: DATA_PAGE_MISMATCH, when it draws another one that we know;
                GLYPH_UNKNOWN, when it draws what we do not know.
        """
        if (text, program) in self._known:
            return
        if not text or not (_has(self.table, text, program) or self.approved(text, program)):
            raise self._refusal(text, program)
        self._known.add((text, program))

    def _refusal(self, text: str, program: bytes) -> AnzhengError:
        named = " ".join(f"U+{ord(each):04X}" for each in text[:8])
        if row_of("?", program)[1:] in self.table:
            return AnzhengError(
                Code.DATA_PAGE_MISMATCH, "a character is drawn as another one", character=named
            )
        return AnzhengError(
            Code.GLYPH_UNKNOWN, "a shape is in no table of this verifier", character=named
        )


@lru_cache(maxsize=KEPT)
def _has(table: bytes, text: str, program: bytes) -> bool:
    """Say whether a table has this shape; the same characters come in file after file."""
    row, head = row_of(text, program), len(MAGIC) + 4 * (ord(text[0]) // BLOCK)
    begin, end = struct.unpack_from(">II", table, head)
    at = table.find(row, begin, end)
    while at >= 0 and (at - begin) % ROW_BYTES:
        at = table.find(row, at + 1, end)
    return at >= 0


@lru_cache(maxsize=1)
def _packaged() -> bytes:
    table = files("verifier.pades").joinpath("glyphs.bin").read_bytes()
    if not table.startswith(MAGIC):
        raise AnzhengError(Code.INTERNAL, "glyphs.bin is not the table of this verifier")
    return table


def make_table(rows: dict[int, set[bytes]]) -> bytes:
    """Return the table of rows by block.

    Args:
        rows: From the number of a block to its rows.
    """
    blocks = [b"".join(sorted(rows.get(block, ()))) for block in range(BLOCKS)]
    heads = accumulate(map(len, blocks), initial=len(MAGIC) + 4 * (BLOCKS + 1))
    return MAGIC + struct.pack(f">{BLOCKS + 1}I", *heads) + b"".join(blocks)
