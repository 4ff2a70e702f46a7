"""Step 7, claim: a one-time code becomes the licence's own certificate, for a key that stays away.

The code is shown once and stored as a digest only. Redeeming is one transaction: the code is used,
the certificate has its status index and waits for its anchor, or nothing happened at all. Whoever
lost the key asks for another code: with the new certificate the old one is closed.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from anzheng.files import FileStore
from anzheng.flows import publish as publishing
from anzheng.flows.reconcile_guard import IssueGuard
from anzheng.flows.sign import ANCHOR_TOPIC
from anzheng.flows.withheld import lost_word
from anzheng.store.claims import HolderCertificate, StoredClaim
from anzheng.store.database import Store, Unit
from anzheng.store.licences import FlowState, StoredLicence
from licence.domain.model import Environment, StatusRef
from licence.domain.status import is_final, word_on
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats import licence_json
from licence.formats.claim import ClaimAnswer, check_claim, normal_code
from licence.formats.holder import ClaimRequest
from licence.formats.leaf import holder_certificate_leaf
from licence.ids import Digest, Leaf
from licence.ports import Clock, Entropy
from signer.authority_ca import CertificateAuthority
from signer.certificate_register import CertificateRegister

CODE_BYTES = 10
GROUP = 4

HANDED_OUT = (FlowState.FILLED, FlowState.PUBLISHED)


@dataclass(frozen=True, slots=True)
class ClaimDesk:
    """Hands out and redeems claim codes; conforms to `wallet.ports.ClaimDesk`.

    Args:
        store: The database.
        files: The finished licences.
        clock: Tells the time.
        entropy: For the codes.
        holder_ca: Issues the licences' own certificates.
        register: Where the CA notes what it issued.
        code_hours: How long a code lives.
        allow_rsa: Whether a holder may have an RSA-2048 key, as U-keys have.
        guard: Refuses to give out an index while the database is older than what left it.
    """

    store: Store
    files: FileStore
    clock: Clock
    entropy: Entropy
    holder_ca: CertificateAuthority
    register: CertificateRegister
    code_hours: int
    allow_rsa: bool = False
    guard: IssueGuard | None = None

    def make_code(self, leaf: Leaf) -> str:
        """Make a one-time code for a finished licence; it is not stored, only its digest.

        Raises:
            AnzhengError: NOT_FOUND, or ANCHOR_PENDING while the licence is not finished.
        """
        return make_code(self.store, self.clock, self.entropy, leaf, self.code_hours)

    def claim(self, request: ClaimRequest) -> ClaimAnswer:
        """Give a certificate for a code; the same request again gets the same certificate.

        Raises:
            AnzhengError: CLAIM_CODE for an unknown or expired code, CLAIM_USED for one that another
                key has used, CSR_INVALID, EXPIRED, or STATUS_FINAL for a licence that is over.
        """
        check_claim(request, allow_rsa=self.allow_rsa)
        now = self.clock.now()
        code, asked = _digest(request.code), Digest(hashlib.sha256(request.csr).digest())
        self._check_chain(code)
        with self.store.write() as unit:
            claim = _usable(unit.claims.get(code), asked, now)
            row = _finished(unit, claim.leaf)
            certificate = claim.certificate
            if certificate is None:
                if self.guard is not None:
                    self.guard.demand(unit, row.authority)
                certificate = self._issue(unit, row, request.csr, now)
                unit.claims.use(code, asked, certificate, now)
            evidence = unit.anchors.evidence(claim.leaf)
        if row.final_pdf is None:
            raise AnzhengError(Code.STORE_FAILED, "a finished licence without its file")
        return ClaimAnswer(
            licence_json=row.licence_json,
            pdf=self.files.get(row.final_pdf),
            certificates=(certificate, self.holder_ca.certificate),
            evidence=evidence,
        )

    def evidence(self, leaf: Leaf) -> bytes | None:
        """Return the anchor evidence of a licence or certificate, or None while there is none."""
        with self.store.read() as unit:
            return unit.anchors.evidence(leaf)

    def _check_chain(self, code: Digest) -> None:
        """Ask the chain, before anything is locked, whether the database was put back."""
        with self.store.read() as unit:
            claim = unit.claims.get(code)
            row = None if claim is None else unit.licences.by_leaf(claim.leaf)
        if row is not None and self.guard is not None:
            self.guard.demand_chain(row.authority)

    def _issue(self, unit: Unit, row: StoredLicence, csr: bytes, now: datetime) -> bytes:
        events = unit.status.of_index(row.registry, row.authority, row.status_index)
        words = (word_on(events, shanghai_date(now)), lost_word(unit, row, events))
        if any(map(is_final, words)):
            raise AnzhengError(Code.STATUS_FINAL, "this licence is over; it has no certificate")
        leaf = _leaf(row)
        index = unit.licences.allocate_index(row.registry, row.authority)
        version = licence_json.decode(row.licence_json)
        certificate = self.holder_ca.issue_holder_certificate(
            csr,
            version,
            leaf,
            StatusRef(row.registry, index),
            now=now,
            is_test=version.draft.environment is Environment.TEST,
        )
        # Before our own commit: a certificate that is noted but was never handed out is harmless.
        self.register.record(certificate, now=now)
        self._close(unit, unit.claims.of_licence(leaf), now)
        digest = Digest(hashlib.sha256(certificate).digest())
        unit.claims.add_certificate(
            HolderCertificate(
                leaf=holder_certificate_leaf(certificate_digest=digest, licence_leaf=leaf),
                licence_leaf=leaf,
                registry=row.registry,
                authority=row.authority,
                status_index=index,
                certificate=certificate,
                batch_id=None,
                batch_place=None,
                updated_at=now,
            )
        )
        unit.outbox.add(ANCHOR_TOPIC, row.authority, now)
        return certificate

    def _close(self, unit: Unit, before: Sequence[HolderCertificate], now: datetime) -> None:
        """Close the certificates of keys that were lost; the lists tell of it from the next on."""
        for each in before:
            self.register.record(each.certificate, now=now)
            self.register.revoke(each.certificate, at=now, reason=x509.ReasonFlags.superseded)
        if before:
            unit.outbox.add(publishing.TOPIC, publishing.KEY, now)


def make_code(store: Store, clock: Clock, entropy: Entropy, leaf: Leaf, hours: int) -> str:
    """Make a one-time code for a finished licence; it is not stored, only its digest.

    Args:
        store: The database.
        clock: Tells the time.
        entropy: For the code.
        leaf: The licence.
        hours: How long the code lives.

    Raises:
        AnzhengError: NOT_FOUND, or ANCHOR_PENDING while the licence is not finished.
    """
    # 80 bits: nobody guesses that within the life of a code, whatever the rate limit.
    text = base64.b32encode(entropy.bytes(CODE_BYTES)).decode("ascii")
    now = clock.now()
    with store.write() as unit:
        _finished(unit, leaf)
        unit.claims.add(_digest(text), leaf, now, expires_at=now + timedelta(hours=hours))
    return "-".join(text[at : at + GROUP] for at in range(0, len(text), GROUP))


def _usable(claim: StoredClaim | None, asked: Digest, now: datetime) -> StoredClaim:
    if claim is None or (claim.certificate is None and claim.expires_at <= now):
        raise AnzhengError(Code.CLAIM_CODE, "this code is unknown or no longer good")
    if claim.certificate is not None and claim.request_sha256 != asked:
        raise AnzhengError(Code.CLAIM_USED, "this code was used for another key; ask for a new one")
    return claim


def _finished(unit: Unit, leaf: Leaf) -> StoredLicence:
    row = unit.licences.by_leaf(leaf)
    if row is None:
        raise AnzhengError(Code.NOT_FOUND, "this leaf is not known here")
    if row.state not in HANDED_OUT:
        raise AnzhengError(Code.ANCHOR_PENDING, "this licence is not finished yet")
    return row


def _leaf(row: StoredLicence) -> Leaf:
    if row.leaf is None:
        raise AnzhengError(Code.INTERNAL, "a finished licence without a leaf", id=row.id)
    return row.leaf


def _digest(code: str) -> Digest:
    return Digest(hashlib.sha256(normal_code(code).encode("ascii")).digest())
