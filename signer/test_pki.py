"""A throw-away PKI 示例: root, issuing CAs, timestamp authority and licence signers, made at once.

For the demonstration and the tests. Every name in it says that it is a test; production refuses it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from licence.domain.model import Environment
from licence.errors import AnzhengError, Code
from licence.formats.entitlement import Entitlement
from licence.ids import AuthorityId
from licence.ports import Clock, Entropy
from signer.authority_ca import CertificateAuthority, create_root
from signer.certificates import Profile, Subject
from signer.keys.file import FileKey, new_rsa_key
from signer.sign import LicenceSigner, RevocationData, SignerChain
from signer.tsa import TestTsa, Timestamper

ORGANISATION: Final = "安证示例"
CA_BITS: Final = 3072
SIGNER_BITS: Final = 2048
BASE_URL: Final = "http://pki.example"
"""Where CRLs and OCSP answers of the test PKI would be; nobody needs to fetch them."""


@dataclass(frozen=True, slots=True)
class TestPki:
    """All certificates and keys of one throw-away PKI.

    Attributes:
        root: Certifies the two issuing CAs and the timestamp authority.
        issuing: Certifies licence signers.
        holder_ca: Certifies the licences' own keys.
        tsa_key: Key of the timestamp authority.
        signer_keys: Licence-signing key by authority.
        private_keys: Every private key by name, to be written to encrypted files.
    """

    __test__ = False

    root: CertificateAuthority
    issuing: CertificateAuthority
    holder_ca: CertificateAuthority
    tsa_key: FileKey
    signer_keys: Mapping[AuthorityId, FileKey]
    private_keys: Mapping[str, rsa.RSAPrivateKey]

    def revocation(self, authority: AuthorityId, *, now: datetime) -> RevocationData:
        """Return fresh revocation data for one signer: nothing is revoked.

        The root's list covers both CAs and the timestamp authority, the answer the signer.
        """
        certificate = self._key(authority).certificate
        return RevocationData(
            crls=(self.root.crl((), now=now, number=1),),
            ocsps=(self.issuing.ocsp_answer(certificate, (), now=now),),
        )

    def tsa(self, *, clock: Clock, entropy: Entropy) -> TestTsa:
        """Return the timestamp authority."""
        chain = (self.root.certificate,)
        return TestTsa(self.tsa_key, chain=chain, clock=clock, entropy=entropy)

    def licence_signer(
        self,
        authority: AuthorityId,
        *,
        clock: Clock,
        entropy: Entropy,
        timestamper: Timestamper | None = None,
    ) -> LicenceSigner:
        """Return the signer of one authority, ready to sign test licences.

        Args:
            authority: Its code.
            clock: For the certificate's dates and the timestamps.
            entropy: For the timestamps.
            timestamper: Another timestamp authority than that of the PKI.

        Raises:
            AnzhengError: NOT_FOUND, for an authority that this PKI was not made for.
        """
        return LicenceSigner(
            self._key(authority),
            chain=SignerChain((self.issuing.certificate,), self.root.certificate),
            timestamper=timestamper or self.tsa(clock=clock, entropy=entropy),
            revocation=self.revocation(authority, now=clock.now()),
            clock=clock,
            environment=Environment.TEST,
        )

    def _key(self, authority: AuthorityId) -> FileKey:
        key = self.signer_keys.get(authority)
        if key is None:
            raise AnzhengError(Code.NOT_FOUND, "the test PKI has no such authority")
        return key


def create_test_pki(
    authorities: Sequence[tuple[AuthorityId, str]],
    *,
    now: datetime,
    entropy: Entropy,
    ca_bits: int = CA_BITS,
    base_url: str = BASE_URL,
    entitlements: Mapping[AuthorityId, Entitlement] = MappingProxyType({}),
) -> TestPki:
    """Make a throw-away PKI; the keys take a second or more.

    Args:
        authorities: Code and full name of each issuing authority.
        now: When the certificates begin.
        entropy: For serial numbers.
        ca_bits: Size of the CA keys; tests take smaller ones, for speed.
        base_url: Under which CRLs and OCSP answers are published.
        entitlements: What the key of an authority may sign; without one, anything of its own.

    Raises:
        AnzhengError: FIELD_LENGTH, FIELD_VALUE.
    """
    keys = {name: new_rsa_key(ca_bits) for name in ("root", "issuing", "holder-ca")}
    keys["tsa"] = new_rsa_key(SIGNER_BITS)
    keys |= {f"signer-{code}": new_rsa_key(SIGNER_BITS) for code, _ in authorities}
    urls = {name: f"{base_url}/{name}" for name in keys}
    root = create_root(
        _subject("根证书"), keys["root"], now=now, entropy=entropy, base_url=urls["root"]
    )

    def under_root(name: str, title: str, profile: Profile) -> CertificateAuthority:
        public = keys[name].public_key()
        certificate = root.certify_ca(_subject(title), public, now=now, profile=profile)
        return CertificateAuthority(keys[name], certificate, entropy=entropy, base_url=urls[name])

    issuing = under_root("issuing", "签发 CA", Profile.ISSUING_CA)
    holder_ca = under_root("holder-ca", "持证 CA", Profile.HOLDER_CA)
    tsa = root.certify_tsa(_subject("时间戳"), keys["tsa"].public_key(), now=now)
    signers: dict[AuthorityId, FileKey] = {}
    for code, name in authorities:
        key = keys[f"signer-{code}"]
        certificate = issuing.certify_signer(
            code, name, key.public_key(), now=now, entitlement=entitlements.get(code)
        )
        signers[code] = FileKey(key, certificate)
    return TestPki(
        root=root,
        issuing=issuing,
        holder_ca=holder_ca,
        tsa_key=FileKey(keys["tsa"], tsa),
        signer_keys=MappingProxyType(signers),
        private_keys=MappingProxyType(keys),
    )


def _subject(title: str) -> Subject:
    return Subject(f"{ORGANISATION} {title}", ORGANISATION)
