"""Which witnesses are believed, and from which block to which: the estate's part of trust.

Evidence of a batch has cosignatures only of witnesses that are believed about the batch's block. So
a change must be in the trust bundle of every verifier before that block is mined.
"""

from dataclasses import replace
from pathlib import Path

from anzheng import estate as estates
from anzheng.estate import Estate, WitnessEntry
from licence.errors import AnzhengError, Code
from licence.formats.checkpoint import WitnessKey


def add_witness(home: Path, key: WitnessKey, from_block: int) -> WitnessEntry:
    """Believe a witness from a block on.

    Raises:
        AnzhengError: CONFLICT, when name or key is believed about that block already.
    """
    estate = estates.load(home)
    entry = WitnessEntry(key.name, key.public, max(from_block, estate.first_block))
    for known in estate.witnesses:
        same = known.name == key.name or known.public_key == key.public
        if same and (known.to_block is None or known.to_block >= from_block):
            raise AnzhengError(
                Code.CONFLICT, f"{known.name} is believed about that block already: retire it first"
            )
    _save(home, estate, (*estate.witnesses, entry))
    return entry


def retire_witness(home: Path, name: str, to_block: int) -> None:
    """Believe a witness up to a block.

    Raises:
        AnzhengError: NOT_FOUND, when nobody of that name is believed now; CONFLICT, when the
            others were too few.
    """
    estate = estates.load(home)
    seated = [each for each in estate.witnesses if each.name == name and each.to_block is None]
    if not seated:
        raise AnzhengError(Code.NOT_FOUND, f"no witness {name} is believed now")
    changed = tuple(
        replace(each, to_block=to_block) if each in seated else each for each in estate.witnesses
    )
    left = [each for each in changed if each.is_believed(to_block + 1)]
    if len(left) < estate.witness_threshold:
        raise AnzhengError(
            Code.CONFLICT,
            "too few witnesses would be left: add another one first",
            left=len(left),
            wanted=estate.witness_threshold,
        )
    _save(home, estate, changed)


def _save(home: Path, estate: Estate, witnesses: tuple[WitnessEntry, ...]) -> None:
    ordered = sorted(witnesses, key=lambda each: (each.name, each.from_block or 0))
    estates.save(replace(estate, witnesses=tuple(ordered)), home)
