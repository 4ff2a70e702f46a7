"""Step 6, in the wallet: evidence that was not there yet when the licence was claimed.

A licence may be handed out marked *pending*, and its own certificate is anchored only after it was
issued. Both are asked for by their leaf and filled in; no signed byte moves.
"""

from dataclasses import replace

from licence.errors import AnzhengError, Code
from licence.ids import Leaf
from wallet.entry import Kept
from wallet.keep import WalletFolder
from wallet.licence_file import check_evidence_of, with_evidence
from wallet.ports import ClaimDesk


def is_complete(kept: Kept) -> bool:
    """Say whether licence and certificate both have their evidence."""
    return kept.evidence is not None and kept.certificate_evidence is not None


def refresh(kept: Kept, desk: ClaimDesk, folder: WalletFolder) -> Kept:
    """Fetch the evidence that a licence lacks, and keep it.

    Returns:
        The licence as it is now; the same, when there is nothing new.

    Raises:
        AnzhengError: CLAIM_UNAVAILABLE; CLAIM_ANSWER, when what came is the evidence of something
            else; STORE_FAILED.
    """
    changed = kept
    if kept.evidence is None and (proof := desk.evidence(kept.leaf)) is not None:
        _check(proof, kept.leaf)
        changed = replace(changed, evidence=proof, pdf=with_evidence(kept.pdf, proof))
    own = kept.certificate_leaf
    if kept.certificate_evidence is None and (proof := desk.evidence(own)) is not None:
        _check(proof, own)
        changed = replace(changed, certificate_evidence=proof)
    if changed != kept:
        folder.refill(changed)
    return changed


def _check(proof: bytes, leaf: Leaf) -> None:
    try:
        check_evidence_of(proof, leaf)
    except AnzhengError as error:
        raise AnzhengError(
            Code.CLAIM_ANSWER, f"the evidence was not taken: {error.message}; ask again later"
        ) from error
