"""An authority's claim desk in memory, with the real holder CA; conforms to `wallet.ports`."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from licence.domain.model import StatusRef
from licence.errors import AnzhengError, Code
from licence.formats.claim import ClaimAnswer, check_claim
from licence.formats.holder import ClaimRequest
from licence.ids import Leaf, StatusIndex
from tests.builders import REGISTRY, Issued, World

FIRST_INDEX = 500
"""Status index of the first certificate."""


@dataclass(slots=True)
class FakeClaimDesk:
    """Redeems codes for licences of a world.

    Attributes:
        world: Whose CA certifies.
        now: When certificates begin.
        codes: Licence by code, in the normal form of codes.
        proofs: Evidence by leaf; what is not here is not anchored.
        data_codes: Text of the data code by leaf.
        sent: Claims as they came.
        changes: Fields of the answer to replace, for desks that hand over something else.
    """

    world: World
    now: datetime
    codes: dict[str, Issued] = field(default_factory=dict)
    proofs: dict[Leaf, bytes] = field(default_factory=dict)
    data_codes: dict[Leaf, str] = field(default_factory=dict)
    sent: list[ClaimRequest] = field(default_factory=list)
    changes: dict[str, object] = field(default_factory=dict)
    redeemed: dict[str, tuple[bytes, ClaimAnswer]] = field(default_factory=dict)

    def claim(self, request: ClaimRequest) -> ClaimAnswer:
        """Redeem a claim code."""
        self.sent.append(request)
        check_claim(request)
        issued = self.codes.get(request.code)
        if issued is None:
            raise AnzhengError(Code.CLAIM_CODE, "unknown code")
        asked = sha256(request.csr).digest()
        if request.code not in self.redeemed:
            self.redeemed[request.code] = (asked, self._issue(request, issued))
        used_by, answer = self.redeemed[request.code]
        if used_by != asked:
            raise AnzhengError(Code.CLAIM_USED, "used with another key")
        return replace(answer, **self.changes)  # type: ignore[arg-type]

    def evidence(self, leaf: Leaf) -> bytes | None:
        """Return the evidence of a leaf."""
        return self.proofs.get(leaf)

    def data_code(self, leaf: Leaf) -> str | None:
        """Return the data code of a licence."""
        return self.data_codes.get(leaf)

    def _issue(self, request: ClaimRequest, issued: Issued) -> ClaimAnswer:
        ca = self.world.pki.holder_ca
        index = StatusIndex(FIRST_INDEX + len(self.redeemed))
        certificate = ca.issue_holder_certificate(
            request.csr, issued.version, issued.leaf, StatusRef(REGISTRY, index), now=self.now
        )
        proof = self.proofs.get(issued.leaf)
        return ClaimAnswer(
            licence_json=issued.data,
            pdf=issued.pdf if proof is not None else issued.bare,
            certificates=(certificate, ca.certificate),
            evidence=proof,
        )
