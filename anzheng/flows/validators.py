"""Which validators verifiers believe about the blocks of the chain: pinned by a person.

Nothing is taken from a node without being compared: a node that is lied to, or lies, would pin
validators of its own making. What it says is shown beside what was given, and must be the same.

Standard: DESIGN 3.4; Besu JSON-RPC (`qbft_getValidatorsByBlockNumber`).
"""

from collections.abc import Sequence
from dataclasses import replace

from anzheng.estate import Estate
from anzheng.flows.trust import registry_of
from licence.errors import AnzhengError, Code
from licence.formats.trust_bundle import check_validators
from licence.formats.trust_types import ValidatorSet
from licence.ids import Address


def pin(estate: Estate, from_block: int, addresses: Sequence[Address]) -> Estate:
    """Return the estate with a set that seals all blocks from this one on; the one before ends.

    Args:
        estate: As it is.
        from_block: First block of the set.
        addresses: All its validators, in any order; none = no set from there on.

    Raises:
        AnzhengError: REQUEST_INVALID, when it would change what was said about older blocks.
    """
    chain = estate.chain_id
    before = tuple(
        _ended(one, from_block) if one.chain_id == chain else one for one in estate.validators
    )
    added = (ValidatorSet(chain, from_block, tuple(sorted(addresses))),) if addresses else ()
    sets = tuple(sorted((*before, *added), key=lambda one: (one.chain_id, one.from_block)))
    changed = replace(estate, validators=sets)
    try:
        check_validators(registry_of(changed))
    except AnzhengError as error:
        raise AnzhengError(Code.REQUEST_INVALID, error.message) from error
    return changed


def compare(given: Sequence[Address], node_says: object) -> None:
    """Refuse a set that is not the one that the node names.

    Raises:
        AnzhengError: CONFLICT.
    """
    said = node_says if isinstance(node_says, list) else []
    if sorted(str(each).lower() for each in said) != sorted("0x" + one.hex() for one in given):
        raise AnzhengError(
            Code.CONFLICT,
            "the node names other validators; compare with those who run them",
            node=", ".join(map(str, said))[:1_000],
        )


def _ended(one: ValidatorSet, from_block: int) -> ValidatorSet:
    if one.from_block >= from_block:
        raise AnzhengError(
            Code.REQUEST_INVALID,
            "a set that begins there or later is pinned already",
            from_block=one.from_block,
        )
    return one if one.to_block is not None else replace(one, to_block=from_block - 1)
