"""The certificates of an installation, published from a folder, with the test PKI's keys."""

from pathlib import Path

from anzheng.keyring import KeyRing
from anzheng.pki import CertificateDesk
from signer.authority_ca import CertificateAuthority
from signer.certificate_register import CertificateRegister
from tests.fakes.clock import FakeClock
from tests.fakes.signing import AUTHORITY, FakeEntropy, pki


def make_desk(folder: Path, clock: FakeClock) -> CertificateDesk:
    """Keep the test PKI in a folder, record what it issued, and publish for it."""
    ring = KeyRing(folder / "keys", b"password")
    register = CertificateRegister(folder / "certificates.sqlite3")
    made = pki()
    authorities = dict(
        zip(
            ("root", "issuing", "holder-ca"), (made.root, made.issuing, made.holder_ca), strict=True
        )
    )
    for name, authority in authorities.items():
        ring.keep_rsa(name, made.private_keys[name], authority.certificate)
        register.record(authority.certificate, now=clock.now())
    for certificate in (signer_certificate(), made.tsa_key.certificate):
        register.record(certificate, now=clock.now())

    def open_ca(name: str) -> CertificateAuthority:
        return CertificateAuthority(
            ring.private_key(name), ring.certificate(name), entropy=FakeEntropy()
        )

    return CertificateDesk(ring, register, clock, open_ca)


def signer_certificate() -> bytes:
    """Return a certificate that the issuing CA made."""
    return pki().signer_keys[AUTHORITY].certificate
