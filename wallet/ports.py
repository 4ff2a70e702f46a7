"""What the wallet needs of others: the authority's claim desk, and somebody who verifies files."""

from typing import Protocol

from licence.formats.claim import ClaimAnswer
from licence.formats.holder import ClaimRequest
from licence.formats.report import Report
from licence.ids import Leaf


class ClaimDesk(Protocol):
    """Where an authority hands out its licences."""

    def claim(self, request: ClaimRequest) -> ClaimAnswer:
        """Redeem a claim code; the same request again is given the same certificate.

        Raises:
            AnzhengError: CLAIM_CODE, CLAIM_USED, CSR_INVALID, STATUS_FINAL, EXPIRED or
                ANCHOR_PENDING, as the authority decides; CLAIM_ANSWER, when what came is no
                answer; CLAIM_UNAVAILABLE, when nothing came.
        """
        ...

    def evidence(self, leaf: Leaf) -> bytes | None:
        """Return the anchor evidence of a licence or certificate, or None while there is none.

        Raises:
            AnzhengError: CLAIM_UNAVAILABLE.
        """
        ...

    def data_code(self, leaf: Leaf) -> str | None:
        """Return the text of a licence's data code, or None while the authority makes none.

        Raises:
            AnzhengError: CLAIM_UNAVAILABLE.
        """
        ...


class Checker(Protocol):
    """Verifies a licence file; the application gives the verifier for it."""

    def check(self, pdf: bytes, evidence: bytes | None) -> Report:
        """Return the report about a file and the evidence that came beside it."""
        ...
