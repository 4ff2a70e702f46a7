"""Sign a prepared licence: CMS over its digest, timestamp over the signature, both into the hole.

In two steps, so that nothing is signed that was not checked: `prepare` checks everything and
returns a token that works once; `sign` takes the token and has no other input. A batch does what
`sign` does in three parts, so that it can ask for many timestamps at once.

Standard: ETSI EN 319 142-1 (PAdES-B-T); RFC 5652; RFC 3161.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple

from licence.domain.model import Environment, LicenceVersion
from licence.errors import AnzhengError, Code
from licence.formats import algorithms, cms, licence_json
from licence.formats.entitlement import entitlement_of, what_does_not_fit
from licence.formats.hole import byte_range_digest, fill
from licence.formats.leaf import leaf_of_cms
from licence.formats.timestamp import read_token
from licence.ids import AuthorityId, Digest, Leaf
from licence.ports import Clock
from signer.certificates import ORGANISATION_IDENTIFIER, is_test_certificate, load_certificate
from signer.keys.ports import SigningKey
from signer.pades import DssMaterial, Prepared
from signer.tsa import Timestamper


@dataclass(frozen=True, slots=True)
class RevocationData:
    """Fresh CRLs and OCSP answers, DER, for signer, CAs and timestamp authority."""

    crls: tuple[bytes, ...]
    ocsps: tuple[bytes, ...]


class SignerChain(NamedTuple):
    """The CAs above the signer, DER: from the issuing CA up, and the root."""

    intermediates: tuple[bytes, ...]
    root: bytes


@dataclass(frozen=True, slots=True)
class SignedLicence:
    """A signed licence, not yet anchored.

    Attributes:
        pdf: The whole file; no byte outside its hole will ever change.
        cms: What is in the hole, DER.
        leaf: Its identity.
        licence_digest: SHA-256 of its `licence.json`.
        gen_time: When it was signed, from the timestamp.
    """

    pdf: bytes
    cms: bytes
    leaf: Leaf
    licence_digest: Digest
    gen_time: datetime


@dataclass(frozen=True, slots=True)
class Unstamped:
    """A signature that waits for its trusted time. It stays in memory: without time, no licence.

    Attributes:
        prepared: The file.
        licence_digest: SHA-256 of its `licence.json`.
        signature: By the authority's key, verified.
    """

    prepared: Prepared
    licence_digest: Digest
    signature: bytes

    @property
    def imprint(self) -> Digest:
        """What is timestamped: SHA-256 of the signature value."""
        return Digest(sha256(self.signature).digest())


class SigningToken:
    """Permission to sign one checked file, once. Only `LicenceSigner.prepare` makes it."""

    __slots__ = ("_licence_digest", "_prepared", "_signer")

    def __init__(self, signer: "LicenceSigner", prepared: Prepared, licence_digest: Digest) -> None:
        self._signer: LicenceSigner | None = signer
        self._prepared = prepared
        self._licence_digest = licence_digest

    def spend(self, signer: "LicenceSigner") -> tuple[Prepared, Digest]:
        """Give up what is to be signed; the second time there is nothing.

        Raises:
            AnzhengError: CONFLICT, when it was spent before or belongs to another signer.
        """
        if self._signer is not signer:
            raise AnzhengError(Code.CONFLICT, "a signing token works once, for its own signer")
        self._signer = None
        return self._prepared, self._licence_digest


class LicenceSigner:
    """Signs the licences of one authority.

    Args:
        key: The authority's licence-signing key.
        chain: The CAs above it.
        timestamper: Trusted time.
        revocation: For everything in the chain and for the timestamp authority.
        clock: For the certificate's own dates.
        environment: `production` refuses test keys and a test timestamp authority.

    Raises:
        AnzhengError: SETTINGS_UNSAFE; KEY_REFUSED, when the certificate names no authority;
            ALGORITHM_UNSUPPORTED, when it is not for the key's algorithm.
    """

    def __init__(
        self,
        key: SigningKey,
        *,
        chain: SignerChain,
        timestamper: Timestamper,
        revocation: RevocationData,
        clock: Clock,
        environment: Environment,
    ) -> None:
        certificate = load_certificate(key.certificate)
        names = certificate.subject.get_attributes_for_oid(ORGANISATION_IDENTIFIER)
        if len(names) != 1:
            raise AnzhengError(Code.KEY_REFUSED, "not the certificate of a licence signer")
        if environment is Environment.PRODUCTION:
            _refuse_test_material((key.certificate, *chain.intermediates, chain.root), timestamper)
        self.authority: Final = AuthorityId(str(names[0].value))
        self.environment: Final = environment
        self._key = key
        self._public_key = algorithms.rsa_key(certificate, key.algorithm)
        self._entitlement = entitlement_of(certificate)
        self._valid = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
        self._certificates = tuple(sorted((key.certificate, *chain.intermediates)))
        self._root = chain.root
        self._timestamper = timestamper
        self._revocation = revocation
        self._clock = clock

    def dss(self) -> DssMaterial:
        """Return the validation data that goes into the files of this signer.

        It covers every timestamp authority that may answer while these files are signed.

        Raises:
            AnzhengError: TSA_UNAVAILABLE, when no authority has fresh revocation lists.
        """
        certificates = (*self._certificates, self._root, *self._timestamper.certificates)
        crls = (*self._revocation.crls, *self._timestamper.crls())
        return DssMaterial(
            tuple(dict.fromkeys(certificates)), tuple(dict.fromkeys(crls)), self._revocation.ocsps
        )

    def prepare(
        self, data: bytes, prepared: Prepared, *, version: LicenceVersion | None = None
    ) -> SigningToken:
        """Check that this signer may sign this file, and return the permission to do so.

        Args:
            data: The exact `licence.json`, from the release.
            prepared: From the press, whose page text was compared with the same data.
            version: What the data says, from a caller that has decoded it.

        Raises:
            AnzhengError: RELEASE_AUTHORITY, KEY_NOT_ENTITLED, ENVIRONMENT_MISMATCH, KEY_LOCKED
                when the certificate is not valid now, CONTAINER_STRUCTURE when file and digest
                differ, or as `licence_json.decode`.
        """
        self._check_right(version or licence_json.decode(data))
        if byte_range_digest(prepared.pdf, prepared.hole) != prepared.digest:
            raise AnzhengError(Code.CONTAINER_STRUCTURE, "the file is not the one prepared")
        return SigningToken(self, prepared, licence_json.digest(data))

    def sign(self, token: SigningToken) -> SignedLicence:
        """Sign what the token permits.

        Raises:
            AnzhengError: As `begin` and `finish`, and TSA_UNAVAILABLE.
        """
        unstamped = self.begin(token)
        return self.finish(unstamped, self._timestamper.timestamp(unstamped.imprint))

    def begin(self, token: SigningToken) -> Unstamped:
        """Make the signature that the token permits.

        Raises:
            AnzhengError: CONFLICT for a spent token, KEY_LOCKED, SIGNATURE_BROKEN when the key
                made a wrong signature.
        """
        # 1. Spend the permission: whatever happens now, it does not work again.
        prepared, licence_digest = token.spend(self)
        # 2. What is signed: the file, its data, and whose certificate speaks for it.
        attributes = cms.signed_attributes(
            message_digest=prepared.digest,
            signer_certificate=self._key.certificate,
            licence_digest=licence_digest,
        )
        # 3. Sign it, and verify at once.
        signature = self._key.sign(attributes)
        self._check_signature(signature, attributes)
        return Unstamped(prepared, licence_digest, signature)

    def timestamps(self, unstamped: Sequence[Unstamped]) -> Iterator[bytes]:
        """Yield trusted time for each signature, in their order.

        Raises:
            AnzhengError: TSA_UNAVAILABLE, TSA_ANSWER, at the first that got none.
        """
        return self._timestamper.timestamp_many([each.imprint for each in unstamped])

    def finish(self, unstamped: Unstamped, timestamp: bytes) -> SignedLicence:
        """Put signature and time into the file.

        Args:
            unstamped: From `begin` of this signer.
            timestamp: RFC 3161 token for it.

        Raises:
            AnzhengError: TSA_ANSWER for a token that is about something else, CMS_TOO_LARGE.
        """
        # 4. The time must be of this very signature.
        info = read_token(timestamp).info
        if info.imprint != unstamped.imprint:
            raise AnzhengError(Code.TSA_ANSWER, "the timestamp is of another signature")
        # 5. One CMS of it all, into the hole of the file.
        parts = cms.CmsParts(
            certificates=self._certificates,
            signer_certificate=self._key.certificate,
            message_digest=unstamped.prepared.digest,
            licence_digest=unstamped.licence_digest,
            signature=unstamped.signature,
            timestamp_token=self._with_revocation(timestamp),
            evidence=None,
            algorithm=self._key.algorithm,
        )
        return assemble(unstamped.prepared, parts, info.gen_time)

    def _check_right(self, version: LicenceVersion) -> None:
        draft = version.draft
        if draft.issuer_code != self.authority:
            raise AnzhengError(Code.RELEASE_AUTHORITY, "the licence is another authority's")
        part = None if self._entitlement is None else what_does_not_fit(self._entitlement, draft)
        if part is not None:
            raise AnzhengError(
                Code.KEY_NOT_ENTITLED, f"the key may not sign a licence of this {part}", part=part
            )
        if draft.environment is not self.environment:
            raise AnzhengError(
                Code.ENVIRONMENT_MISMATCH, "test and production licences have different signers"
            )
        start, end = self._valid
        if not start <= self._clock.now() <= end:
            raise AnzhengError(Code.KEY_LOCKED, "the signer's certificate is not valid now")

    def _check_signature(self, signature: bytes, data: bytes) -> None:
        """Verify at once: a fault in the key store must not become a licence (RFC 8017 faults)."""
        if not algorithms.holds(self._public_key, signature, data, self._key.algorithm):
            raise AnzhengError(Code.SIGNATURE_BROKEN, "the key made a wrong signature")

    def _with_revocation(self, timestamp: bytes) -> bytes:
        """EU DSS reads no revocation data from a signed DSS; the token carries the same again."""
        crls = dict.fromkeys((*self._revocation.crls, *self._timestamper.crls_of(timestamp)))
        return cms.with_revocation_values(timestamp, tuple(crls), self._revocation.ocsps)


def assemble(prepared: Prepared, parts: cms.CmsParts, gen_time: datetime) -> SignedLicence:
    """Return the signed file of a prepared one and its CMS parts.

    Args:
        prepared: The file.
        parts: Made for it, without evidence.
        gen_time: From the timestamp among the parts.

    Raises:
        AnzhengError: CONTAINER_STRUCTURE, when the CMS was made for another file; CMS_TOO_LARGE;
            TIMESTAMP_MISSING.
    """
    if parts.message_digest != prepared.digest:
        raise AnzhengError(Code.CONTAINER_STRUCTURE, "the signature belongs to another file")
    built = cms.build(parts)
    return SignedLicence(
        pdf=fill(prepared.pdf, prepared.hole, built),
        cms=built,
        leaf=leaf_of_cms(prepared.digest, parts),
        licence_digest=parts.licence_digest,
        gen_time=gen_time,
    )


def _refuse_test_material(certificates: tuple[bytes, ...], timestamper: Timestamper) -> None:
    if timestamper.test_only:
        raise AnzhengError(Code.SETTINGS_UNSAFE, "a test timestamp authority in production")
    if any(map(is_test_certificate, (*certificates, *timestamper.certificates))):
        raise AnzhengError(Code.SETTINGS_UNSAFE, "keys of a test PKI in production")
