"""A second opinion: pyHanko's three answers about a file that our own path found good.

All three must be yes, for each alone is known to say yes to altered files (research pdfsign 0.4):
AdES validation with time, the bottom line with its difference analysis, and the coverage of the
entire file. Freshness is set so that the revocation data of the day of signing counts for ever.

Standard: ETSI EN 319 102-1, 5.5 (signatures with time); research pdf_judges 4.
"""

import io
import logging
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from asn1crypto import ocsp, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.ades import ades_with_time_validation
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    LocalKnowledge,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    FreshnessReqType,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

from verifier.pades.quick import certificate, certificate_list
from verifier.pades.structure import Structure

RETENTION: Final = timedelta(days=20 * 366)
"""How old the revocation data of the day of signing may get."""

_REQUIRED: Final = RevocationCheckingRule.CRL_OR_OCSP_REQUIRED
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Opinion:
    """What pyHanko says; `trouble` names the exception where it gave up."""

    ades: str
    bottom_line: bool
    entire_file: bool
    trouble: str | None = None

    @property
    def agrees(self) -> bool:
        """Whether all three answers are yes."""
        return self.ades == "OK" and self.bottom_line and self.entire_file


def ask(
    pdf: bytes, structure: Structure, roots: Sequence[bytes], *, signed_at: datetime, now: datetime
) -> Opinion:
    """Ask pyHanko about a file.

    Args:
        pdf: The file.
        structure: Its validation data.
        roots: Pinned roots of signers and of timestamps, DER.
        signed_at: Time of the timestamp that our own path trusts.
        now: Time of the validation.
    """
    with _quiet():
        try:
            return _run(_ask(pdf, structure, roots, signed_at, now))
        except MemoryError:
            # Nothing was found out, which is not the same as a "no".
            raise
        except Exception as error:  # noqa: BLE001 - whatever a referee dies of is a "no"
            return Opinion("ERROR", bottom_line=False, entire_file=False, trouble=repr(error)[:200])


async def _ask(
    pdf: bytes,
    structure: Structure,
    roots: Sequence[bytes],
    signed_at: datetime,
    now: datetime,
) -> Opinion:
    reader = PdfFileReader(io.BytesIO(pdf), strict=True)
    (embedded,) = reader.embedded_regular_signatures
    anchors = [certificate(root) for root in roots]
    status = await async_validate_pdf_signature(
        embedded, _context(structure, anchors, signed_at), _context(structure, anchors, signed_at)
    )
    ades = await _ades(embedded, structure, anchors, now)
    return Opinion(
        ades=ades,
        bottom_line=bool(status.bottom_line),
        entire_file=status.coverage is SignatureCoverageLevel.ENTIRE_FILE,
    )


def _context(
    structure: Structure, anchors: Sequence[x509.Certificate], moment: datetime
) -> ValidationContext:
    return ValidationContext(
        trust_roots=anchors,
        other_certs=[certificate(der) for der in structure.certificates],
        crls=[certificate_list(der) for der in structure.crls],
        ocsps=list(structure.ocsps),
        moment=moment,
        allow_fetching=False,
        revinfo_policy=_revocation_policy(),
    )


async def _ades(
    embedded: EmbeddedPdfSignature,
    structure: Structure,
    anchors: Sequence[x509.Certificate],
    now: datetime,
) -> str:
    policy = CertValidationPolicySpec(SimpleTrustManager.build(list(anchors)), _revocation_policy())
    specification = SignatureValidationSpec(
        policy,
        local_knowledge=_knowledge(structure),
        revinfo_gathering_policy=RevocationInfoGatheringSpec(
            online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY,
            certificate_fetching_rule=CertificateFetchingRule.NEVER_FETCH,
        ),
    )
    result = await ades_with_time_validation(
        embedded.signed_data,
        specification,
        timing_info=ValidationTimingInfo(
            validation_time=now, best_signature_time=now, point_in_time_validation=True
        ),
        raw_digest=embedded.compute_digest(),
        extra_status_kwargs=embedded.summarise_integrity_info(),
        status_cls=PdfSignatureStatus,
    )
    return str(result.ades_subindic.standard_name)


def _revocation_policy() -> CertRevTrustPolicy:
    return CertRevTrustPolicy(
        RevocationCheckingPolicy(_REQUIRED, _REQUIRED),
        freshness=RETENTION,
        freshness_req_type=FreshnessReqType.MAX_DIFF_REVOCATION_VALIDATION,
    )


def _knowledge(structure: Structure) -> LocalKnowledge:
    return LocalKnowledge(
        known_certs=[certificate(der) for der in structure.certificates],
        known_crls=[CRLContainer(certificate_list(der)) for der in structure.crls],
        known_ocsps=[
            container
            for der in structure.ocsps
            for container in OCSPContainer.load_multi(ocsp.OCSPResponse.load(der))
        ],
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep pyHanko's warnings about foreign files out of the log; its answers say the same."""
    logger = logging.getLogger("pyhanko")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def _run(question: Coroutine[Any, Any, _T]) -> _T:
    """Drive a coroutine that waits for nothing: no event loop, and so no socket pair either."""
    try:
        question.send(None)
    except StopIteration as done:
        answer: _T = done.value
        return answer
    question.close()
    raise RuntimeError("the referee wanted to wait for the network")
