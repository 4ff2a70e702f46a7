"""Lays certificates, revocation lists and OCSP answers where a process without keys serves them.

A revocation shows at the next call: the CA's list changes, and with it every answer is looked at. A
CA that gave very many certificates, as one for all holders does, signs its answers when asked.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from cryptography.x509 import load_der_x509_certificate, load_der_x509_crl, ocsp

from anzheng.files import write_durably
from anzheng.published_pki import WAYS, request_for, url_path
from licence.errors import AnzhengError, Code
from licence.ports import Clock

MOST_AHEAD: Final = 5_000
"""Answers are signed ahead for CAs that gave no more certificates."""

RENEWED_AFTER: Final = timedelta(hours=12)
"""An answer lives seven days; so long it stays as it is."""


class Desk(Protocol):
    """The part of `anzheng.pki.CertificateDesk` that is used here."""

    def names(self) -> tuple[str, ...]:
        """Return the CAs."""
        ...

    def signs(self, name: str) -> bool:
        """Say whether the key of a CA is here."""
        ...

    def serials(self, name: str, *, limit: int) -> tuple[int, ...]:
        """Return serial numbers that a CA gave."""
        ...

    def certificate(self, name: str) -> bytes:
        """Return the certificate of a CA."""
        ...

    def crl(self, name: str) -> bytes:
        """Return the newest list of a CA."""
        ...

    def ocsp(self, name: str, request: bytes) -> bytes:
        """Answer a request."""
        ...


class CertificatePublisher:
    """Keeps the folder in step with the desk; cheap when nothing changed.

    Args:
        desk: What there is to publish.
        folder: Where it goes.
        clock: Tells how old an answer is.
    """

    def __init__(self, desk: Desk, folder: Path, clock: Clock) -> None:
        self._desk = desk
        self._folder = folder
        self._clock = clock
        self._done: dict[str, tuple[bytes, tuple[int, ...]]] = {}

    def publish(self) -> None:
        """Write what is new.

        Raises:
            AnzhengError: STORE_FAILED, KEY_LOCKED and what else opening a CA's key raises.
        """
        for name in self._desk.names():
            try:
                self._publish(name)
            except OSError as error:
                raise AnzhengError(
                    Code.STORE_FAILED, f"certificates cannot be published: {error.strerror}"
                ) from error

    def _publish(self, name: str) -> None:
        self._write(f"{name}.crt", self._desk.certificate(name))
        try:
            crl = self._desk.crl(name)
        except AnzhengError as error:
            # An offline root whose list nobody put here yet.
            if error.code is not Code.NOT_FOUND:
                raise
            return
        self._write(f"{name}.crl", crl)
        if not self._desk.signs(name):
            return
        serials = self._desk.serials(name, limit=MOST_AHEAD + 1)
        if len(serials) > MOST_AHEAD or self._done.get(name) == (crl, serials):
            return
        self._sign_ahead(name, crl, serials)
        self._done[name] = (crl, serials)

    def _sign_ahead(self, name: str, crl: bytes, serials: tuple[int, ...]) -> None:
        issuer = load_der_x509_certificate(self._desk.certificate(name))
        listed = _revoked(crl)
        for serial in serials:
            for way in WAYS:
                request = request_for(serial, issuer, way)
                place = self._folder / name / "ocsp" / url_path(request)
                if not self._still_good(place, is_revoked=serial in listed):
                    write_durably(place, self._desk.ocsp(name, request), flush_parent=False)

    def _still_good(self, place: Path, *, is_revoked: bool) -> bool:
        try:
            known = ocsp.load_der_ocsp_response(place.read_bytes())
            said = known.certificate_status is ocsp.OCSPCertStatus.REVOKED
            made: datetime | None = known.this_update_utc
        except (OSError, ValueError):
            return False
        now = self._clock.now()
        return said is is_revoked and made is not None and now - RENEWED_AFTER < made <= now

    def _write(self, name: str, data: bytes) -> None:
        place = self._folder / name
        if not place.is_file() or place.read_bytes() != data:
            write_durably(place, data)


def _revoked(crl: bytes) -> frozenset[int]:
    return frozenset(each.serial_number for each in load_der_x509_crl(crl))
