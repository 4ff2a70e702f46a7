"""One change of a file, by chance: a byte flipped, bytes cut, put in, or put at the end."""

import random
from typing import Final

from licence.formats import hole

DIGITS: Final = b"0123456789abcdef"


def changed(file: bytes, chosen: random.Random) -> bytes:
    """Return the file with one change; a third of the changes are in the digits of its hole."""
    kind = chosen.randrange(6)
    at = _place(file, chosen)
    if kind <= 2:
        return file[:at] + bytes((_byte(file, at, chosen),)) + file[at + 1 :]
    if kind == 3:
        return file[:at] + file[at + chosen.randrange(1, 200) :]
    if kind == 4:
        return file[:at] + chosen.randbytes(chosen.randrange(1, 60)) + file[at:]
    return file + chosen.randbytes(chosen.randrange(1, 400))


def _place(file: bytes, chosen: random.Random) -> int:
    place = hole.find(file)
    if chosen.randrange(3):
        return chosen.randrange(len(file))
    used = 2 * len(hole.contents(file, place))
    return place.start + 1 + chosen.randrange(used)


def _byte(file: bytes, at: int, chosen: random.Random) -> int:
    """Return another byte; in the hole another digit, so that more than its spelling is judged."""
    if file[at] in DIGITS:
        return chosen.choice([digit for digit in DIGITS if digit != file[at]])
    return (file[at] + chosen.randrange(1, 256)) % 256
