"""The curves of a guilloche: families of one wave, each a little later than the one before.

A strand swings between two edges; its neighbours are the same strand shifted by a part of a wave.
What shows is not the lines but the mesh between them, which nobody draws by hand and no copier
resolves. The second harmonic gives each licence a mesh of its own.
"""

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Final

from signer.printing.digest_stream import DigestStream
from signer.printing.drawing import smooth, turned

STEPS: Final = 6
"""Cubics for one wave."""

_TURN: Final = 2 * pi / STEPS


@dataclass(frozen=True, slots=True)
class Wave:
    """cos(u) with its second harmonic, swinging between -1 and 1.

    Attributes:
        share: How much of the swing is the harmonic's.
        phase: How far that is shifted, in radians.
    """

    share: float
    phase: float

    def at(self, turn: float) -> float:
        """Return the swing at an angle."""
        return (1 - self.share) * cos(turn) + self.share * cos(2 * turn + self.phase)


def wave_of(numbers: DigestStream, *, most: float = 0.34) -> Wave:
    """Return the wave that the digest chooses; at `most` that share is the harmonic's."""
    return Wave(numbers.between(0.08, most), numbers.between(0, 2 * pi))


def strand(wave: Wave, length: float, swing: float, waves: int) -> str:
    """Return one strand along the x axis, from 0 to `length`, all in units.

    Args:
        wave: Its form.
        length: Of the whole strand.
        swing: Half of its height.
        waves: How many fit the length.
    """
    steps = range(-1, STEPS * waves + 2)
    xs = [length * step / (STEPS * waves) for step in steps]
    ys = [swing * wave.at(step * _TURN) for step in range(STEPS)]
    return smooth(xs, [ys[step % STEPS] for step in steps])


@dataclass(frozen=True, slots=True)
class Ring:
    """One ring of a rosette: it comes round to itself after each of its lobes.

    Attributes:
        radius: Of its middle, in units.
        swing: Half of its breadth, in units.
        lobe: How far the middle goes out in a lobe, in units.
        breath: How much narrower the ring is between two lobes, 0 to 1.
        waves: In one lobe.
        strands: How many lines.
    """

    radius: float
    swing: float
    lobe: float
    breath: float
    waves: int
    strands: int


def ring_strands(ring: Ring, wave: Wave, lobes: int) -> str:
    """Return all strands of a ring along one lobe; the rest of it is the same, turned."""
    if not ring.lobe and not ring.breath:
        return _even_strands(ring, wave, lobes)
    steps = range(-1, STEPS * ring.waves + 2)
    angles = [2 * pi * step / (STEPS * ring.waves) for step in steps]
    opened = [0.5 - 0.5 * cos(angle) for angle in angles]
    middles = [ring.radius + ring.lobe * out for out in opened]
    swings = [ring.swing * (1 - ring.breath * (1 - out)) for out in opened]
    ways = [(cos(angle / lobes), sin(angle / lobes)) for angle in angles]
    parts = []
    for number in range(ring.strands):
        start = 2 * pi * number / ring.strands
        ys = [wave.at(step * _TURN + start) for step in range(STEPS)]
        reach = [
            middle + swing * ys[step % STEPS]
            for step, middle, swing in zip(steps, middles, swings, strict=True)
        ]
        xs = [far * right for far, (right, _) in zip(reach, ways, strict=True)]
        parts.append(smooth(xs, [far * down for far, (_, down) in zip(reach, ways, strict=True)]))
    return f"{''.join(parts)}S\n"


def _even_strands(ring: Ring, wave: Wave, lobes: int) -> str:
    """A ring whose strands are one strand, turned again and again."""
    steps = range(-1, STEPS * ring.waves + 2)
    angles = [step * _TURN / ring.waves / lobes for step in steps]
    reach = [ring.radius + ring.swing * wave.at(step * _TURN) for step in steps]
    xs = [far * cos(angle) for far, angle in zip(reach, angles, strict=True)]
    ys = [far * sin(angle) for far, angle in zip(reach, angles, strict=True)]
    turn = turned(2 * pi / lobes / ring.waves / ring.strands)
    return f"q {f'{smooth(xs, ys)}S {turn} ' * ring.strands}Q\n"
