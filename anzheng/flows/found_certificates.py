"""Holders' certificates that the CA issued although no row names them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from anzheng.store.claims import HolderCertificate
from licence.errors import AnzhengError
from licence.formats import oids
from licence.formats.holder_binding import LicenceBinding, decode_binding
from licence.formats.leaf import holder_certificate_leaf
from licence.ids import AuthorityId, BatchId, Digest, Leaf
from signer.certificate_register import CertificateRegister
from signer.certificates import load_certificate


@dataclass(frozen=True, slots=True)
class FoundCertificate:
    """A certificate as the CA's register has it.

    Attributes:
        leaf: Its own identity.
        binding: Its licence, and where its status is read.
        certificate: DER.
        issued_at: When it was noted.
    """

    leaf: Leaf
    binding: LicenceBinding
    certificate: bytes
    issued_at: datetime

    def row(
        self, authority: AuthorityId, batch_id: BatchId | None, place: int | None
    ) -> HolderCertificate:
        """Return the row of the certificate, with its place in a batch if it is anchored."""
        return HolderCertificate(
            leaf=self.leaf,
            licence_leaf=self.binding.leaf,
            registry=self.binding.registry,
            authority=authority,
            status_index=self.binding.index,
            certificate=self.certificate,
            batch_id=batch_id,
            batch_place=place,
            updated_at=self.issued_at,
        )


def read_certificates(
    register: CertificateRegister, cas: Sequence[bytes]
) -> tuple[FoundCertificate, ...]:
    """Return every holder's certificate that these CAs issued, oldest first.

    Raises:
        AnzhengError: STORE_FAILED, KEY_REFUSED.
    """
    found = [each for ca in cas for each in _of(register, ca)]
    return tuple(sorted(found, key=lambda each: (each.issued_at, each.binding.index)))


def _of(register: CertificateRegister, ca: bytes) -> Iterator[FoundCertificate]:
    for certificate, issued_at in register.all_of(ca):
        binding = _binding(certificate)
        if binding is not None:
            digest = Digest(sha256(certificate).digest())
            leaf = holder_certificate_leaf(certificate_digest=digest, licence_leaf=binding.leaf)
            yield FoundCertificate(leaf, binding, certificate, issued_at)


def _binding(certificate: bytes) -> LicenceBinding | None:
    for extension in load_certificate(certificate).extensions:
        if extension.oid.dotted_string == oids.EXT_LICENCE_BINDING:
            try:
                return decode_binding(extension.value.public_bytes())
            except AnzhengError:
                return None
    return None
