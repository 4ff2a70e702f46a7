"""Signed decisions of two officers with known keys."""

from dataclasses import replace
from datetime import UTC, date, datetime

from cryptography.hazmat.primitives.asymmetric import ec

from licence.domain.status import StatusWord
from licence.formats import decision as decisions
from licence.formats import es256
from licence.formats.decision import Decision, DecisionSubject
from licence.formats.officers import OfficerAlgorithm, OfficerSignature, PinnedOfficer
from licence.ids import OfficerId, StatusIndex
from tests.fakes.anchoring import AUTHORITY, REGISTRY, leaf

OFFICERS = ("officer-1", "officer-2", "officer-3")
REVOKED = Decision(
    registry=REGISTRY,
    authority=AUTHORITY,
    word=StatusWord.REVOKED,
    subjects=(DecisionSubject(StatusIndex(7), leaf(7)), DecisionSubject(StatusIndex(70), leaf(70))),
    decided_at=datetime(2026, 11, 20, 8, 0, tzinfo=UTC),
    effective_from=date(2026, 11, 21),
    until=None,
    document_no="辽应急罚〔2026〕12号",
    ground="违反安全生产法",
)


def key(officer: str) -> ec.EllipticCurvePrivateKey:
    """Return the key of an officer."""
    return ec.derive_private_key(int.from_bytes(officer.encode()), ec.SECP256R1())


def pinned(*officers: str) -> tuple[PinnedOfficer, ...]:
    """Return what a confirmer has pinned."""
    return tuple(
        PinnedOfficer(
            OfficerId(officer), AUTHORITY, es256.public_key_bytes(key(officer).public_key())
        )
        for officer in officers
    )


def signed(decision: Decision, *officers: str) -> Decision:
    """Return the decision with the signatures of these officers."""
    data = decisions.statement_bytes(decision)
    return replace(
        decision,
        signatures=tuple(
            OfficerSignature(
                OfficerId(officer), OfficerAlgorithm.ES256, es256.signer(key(officer))(data)
            )
            for officer in officers
        ),
    )
