"""What certificates point to: the CA's certificate, its revocation list, its OCSP responder.

A list is signed anew when it has grown or is an hour old, so that nobody makes a CA sign a list by
asking for one. Where the installation does not have a CA's key (an offline root), the list that
was put beside its certificate is served as it lies.

Standard: RFC 5280, 4.2.1.13 and 4.2.2.1; RFC 6960.
"""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.x509 import ocsp

from anzheng.keyring import KeyRing
from licence.errors import AnzhengError, Code
from licence.ports import Clock
from signer.authority_ca import CertificateAuthority
from signer.certificate_register import CertificateRegister
from signer.ocsp_responder import OcspResponder, refusal
from signer.revocation import Revoked

_NAME = re.compile(r"(?:root|issuing|holder-ca)(?:-[1-9][0-9]{0,3})?")
"""The CAs of an installation and those that followed them, as URLs and key files name them."""

LIST_AGE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _List:
    made_at: datetime
    revoked: tuple[Revoked, ...]
    crl: bytes


@dataclass(slots=True)
class CertificateDesk:
    """Publishes for the CAs of an installation; conforms to `routes.pki.CertificateDesk`.

    Args:
        ring: Where keys and certificates lie.
        register: What was issued and revoked; a handle that nobody else uses.
        clock: Tells the time.
        open_ca: Opens a CA whose key is here.
    """

    ring: KeyRing
    register: CertificateRegister
    clock: Clock
    open_ca: Callable[[str], CertificateAuthority]
    _lists: dict[str, _List] = field(default_factory=dict)
    _responders: dict[str, OcspResponder] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def names(self) -> tuple[str, ...]:
        """Return the CAs whose certificates are here."""
        found = (place.stem for place in self.ring.folder.glob("*.der"))
        return tuple(sorted(name for name in found if _NAME.fullmatch(name)))

    def signs(self, name: str) -> bool:
        """Say whether the key of a CA is here."""
        return self.ring.has(name)

    def serials(self, name: str, *, limit: int) -> tuple[int, ...]:
        """Return the serial numbers that a CA gave, as many as `limit` at most."""
        return self.register.serials(self.certificate(name), limit=limit)

    def certificate(self, name: str) -> bytes:
        """Return the certificate of a CA, DER.

        Raises:
            AnzhengError: NOT_FOUND.
        """
        if not _NAME.fullmatch(name) or not self.ring.has_certificate(name):
            raise AnzhengError(Code.NOT_FOUND, "there is no such CA here")
        return self.ring.certificate(name)

    def crl(self, name: str) -> bytes:
        """Return the newest revocation list of a CA, DER.

        Raises:
            AnzhengError: NOT_FOUND, STORE_FAILED.
        """
        certificate = self.certificate(name)
        if not self.ring.has(name):
            return self._laid_down(name)
        with self._lock:
            now = self.clock.now()
            revoked = self.register.revoked(certificate)
            known = self._lists.get(name)
            if known is None or known.revoked != revoked or now - known.made_at > LIST_AGE:
                known = self._sign(name, certificate, now)
                self._lists[name] = known
            return known.crl

    def ocsp(self, name: str, request: bytes) -> bytes:
        """Return the answer of a CA to an OCSP request, DER.

        Raises:
            AnzhengError: NOT_FOUND, TOO_LARGE, STORE_FAILED.
        """
        certificate = self.certificate(name)
        if not self.ring.has(name):
            return refusal(ocsp.OCSPResponseStatus.UNAUTHORIZED)
        with self._lock:
            responder = self._responders.get(name)
            if responder is None:
                responder = OcspResponder(self.ring.private_key(name), certificate, self.register)
                self._responders[name] = responder
            return responder.answer(request, now=self.clock.now())

    def _sign(self, name: str, certificate: bytes, now: datetime) -> _List:
        listed = self.register.next_list(certificate)
        crl = self.open_ca(name).crl(listed.revoked, now=now, number=listed.number)
        return _List(now, listed.revoked, crl)

    def _laid_down(self, name: str) -> bytes:
        place = self.ring.folder / f"{name}.crl"
        if not place.is_file():
            raise AnzhengError(Code.NOT_FOUND, "there is no revocation list of this CA here")
        return place.read_bytes()
