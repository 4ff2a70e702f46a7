"""Check 6 with everything that is asked for it: what came along, then the registry, then a node."""

from collections.abc import Sequence
from datetime import datetime

from licence.domain.model import LicenceVersion
from licence.formats.checks import CheckResult
from licence.formats.evidence import Anchored
from licence.formats.trust_types import TrustBundle
from licence.ids import Leaf
from verifier import consult
from verifier.checks.c06_anchor import Candidate, check_anchor, not_anchored
from verifier.ports import Online


def find_anchor(
    leaf: Leaf,
    licence: LicenceVersion,
    bundle: TrustBundle,
    candidates: Sequence[Candidate],
    *,
    signed_at: datetime,
    now: datetime,
    online: Online | None,
) -> tuple[CheckResult, Anchored | None]:
    """Return check 6, and what is proved.

    Args:
        leaf: Of the licence.
        licence: Its data.
        bundle: Whom we believe.
        candidates: Evidence that came along, the best first.
        signed_at: From the timestamp.
        now: The time.
        online: Is asked by leaf when nothing that came along holds.
    """
    says, tried = None, list(candidates)
    result, anchored, refused = check_anchor(leaf, licence, bundle, tried)
    if result is None and online is not None:
        answer = consult.ask_evidence(online, leaf)
        says = answer.says
        if answer.evidence is not None:
            tried.append(Candidate("registry", answer.evidence))
            result, anchored, refused = check_anchor(leaf, licence, bundle, tried)
    if result is None or anchored is None:
        return not_anchored(refused, says, signed_at, now), None
    return _confirmed(result, anchored, licence, bundle, online), anchored


def _confirmed(
    result: CheckResult,
    anchored: Anchored,
    licence: LicenceVersion,
    bundle: TrustBundle,
    online: Online | None,
) -> CheckResult:
    if online is None:
        return result
    registry = bundle.registry(licence.status.registry)
    record = anchored.record
    contract = registry.contract(record.chain_id, record.contract) if registry else None
    if contract is None:
        return result
    return consult.confirm_anchor(online, result, anchored, contract)
