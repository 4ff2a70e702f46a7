"""What the CA has issued and revoked; from it come revocation lists and answers.

Standard: RFC 5280, 5; RFC 6960.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Final

from cryptography import x509

from licence.errors import AnzhengError, Code
from signer.certificates import load_certificate
from signer.database import open_database, transaction
from signer.revocation import Revoked

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS certificates (
    digest BLOB PRIMARY KEY,
    issuer BLOB NOT NULL,
    serial TEXT NOT NULL,
    certificate BLOB NOT NULL,
    issued_at TEXT NOT NULL,
    revoked_at TEXT,
    reason TEXT,
    UNIQUE (issuer, serial)
) STRICT;
CREATE TABLE IF NOT EXISTS lists (
    issuer BLOB PRIMARY KEY,
    number INTEGER NOT NULL
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class RevocationList:
    """What the next revocation list of a CA must say."""

    number: int
    revoked: tuple[Revoked, ...]


class CertificateRegister:
    """The register in one SQLite file, opened when it is first asked: STORE_FAILED when it cannot.

    Args:
        path: The file; made when it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: sqlite3.Connection | None = None
        # Several threads may hold one register (claims, answers); a connection has one transaction.
        self._turn = Lock()
        self._opening = Lock()

    @property
    def _connection(self) -> sqlite3.Connection:
        with self._opening:
            if self._opened is None:
                self._opened = open_database(self._path, _SCHEMA)
            return self._opened

    def close(self) -> None:
        """Close the file."""
        if self._opened is not None:
            self._opened.close()

    def record(self, certificate: bytes, *, now: datetime) -> None:
        """Store a certificate before it is handed out; twice is once.

        Raises:
            AnzhengError: KEY_REFUSED, when it cannot be read; CONFLICT, when its CA gave the
                serial number to another; STORE_FAILED.
        """
        parsed = load_certificate(certificate)
        issuer = parsed.issuer.public_bytes()
        try:
            with self._turn, transaction(self._connection):
                if not self._has(certificate):
                    self._connection.execute(
                        "INSERT INTO certificates (digest, issuer, serial, certificate, issued_at)"
                        " VALUES (?, ?, ?, ?, ?)",
                        (
                            sha256(certificate).digest(),
                            issuer,
                            str(parsed.serial_number),
                            certificate,
                            now.isoformat(),
                        ),
                    )
        except AnzhengError as error:
            if isinstance(error.__cause__, sqlite3.IntegrityError):
                raise AnzhengError(Code.CONFLICT, "the serial number is taken") from error
            raise

    def revoke(self, certificate: bytes, *, at: datetime, reason: x509.ReasonFlags) -> None:
        """Revoke a certificate; the first date and reason stay.

        Raises:
            AnzhengError: NOT_FOUND, when it is not in the register; STORE_FAILED.
        """
        with self._turn, transaction(self._connection):
            if not self._has(certificate):
                raise AnzhengError(Code.NOT_FOUND, "no certificate of ours")
            self._connection.execute(
                "UPDATE certificates SET revoked_at = ?, reason = ?"
                " WHERE digest = ? AND revoked_at IS NULL",
                (at.isoformat(), reason.value, sha256(certificate).digest()),
            )

    def issued(self, ca_certificate: bytes, serial: int) -> bytes | None:
        """Return the certificate that a CA issued under a serial number, DER.

        Raises:
            AnzhengError: STORE_FAILED, KEY_REFUSED.
        """
        issuer = load_certificate(ca_certificate).subject.public_bytes()
        try:
            row = self._connection.execute(
                "SELECT certificate FROM certificates WHERE issuer = ? AND serial = ?",
                (issuer, str(serial)),
            ).fetchone()
        except sqlite3.Error as error:
            raise AnzhengError(Code.STORE_FAILED, "the register cannot be read") from error
        return None if row is None else bytes(row[0])

    def serials(self, ca_certificate: bytes, *, limit: int) -> tuple[int, ...]:
        """Return the serial numbers that a CA gave, as many as `limit` at most.

        Raises:
            AnzhengError: STORE_FAILED, KEY_REFUSED.
        """
        issuer = load_certificate(ca_certificate).subject.public_bytes()
        try:
            rows = self._connection.execute(
                "SELECT serial FROM certificates WHERE issuer = ? LIMIT ?", (issuer, limit)
            ).fetchall()
        except sqlite3.Error as error:
            raise AnzhengError(Code.STORE_FAILED, "the register cannot be read") from error
        return tuple(int(serial) for (serial,) in rows)

    def all_of(self, ca_certificate: bytes) -> tuple[tuple[bytes, datetime], ...]:
        """Return every certificate that a CA issued, DER, with the time at which it was noted.

        Raises:
            AnzhengError: STORE_FAILED, KEY_REFUSED.
        """
        issuer = load_certificate(ca_certificate).subject.public_bytes()
        try:
            rows = self._connection.execute(
                "SELECT certificate, issued_at FROM certificates WHERE issuer = ?", (issuer,)
            ).fetchall()
        except sqlite3.Error as error:
            raise AnzhengError(Code.STORE_FAILED, "the register cannot be read") from error
        return tuple((bytes(data), datetime.fromisoformat(noted)) for data, noted in rows)

    def revoked(self, ca_certificate: bytes) -> tuple[Revoked, ...]:
        """Return all that a CA ever revoked, by serial number.

        Raises:
            AnzhengError: STORE_FAILED, KEY_REFUSED.
        """
        issuer = load_certificate(ca_certificate).subject.public_bytes()
        try:
            rows = self._connection.execute(
                "SELECT serial, revoked_at, reason FROM certificates"
                " WHERE issuer = ? AND revoked_at IS NOT NULL",
                (issuer,),
            ).fetchall()
        except sqlite3.Error as error:
            raise AnzhengError(Code.STORE_FAILED, "the register cannot be read") from error
        return _sorted(
            Revoked(int(serial), datetime.fromisoformat(at), x509.ReasonFlags(reason))
            for serial, at, reason in rows
        )

    def next_list(self, ca_certificate: bytes) -> RevocationList:
        """Return what the next list of a CA says; its number is never given twice.

        Raises:
            AnzhengError: STORE_FAILED, KEY_REFUSED.
        """
        issuer = load_certificate(ca_certificate).subject.public_bytes()
        with self._turn, transaction(self._connection):
            row = self._connection.execute(
                "INSERT INTO lists (issuer, number) VALUES (?, 1)"
                " ON CONFLICT (issuer) DO UPDATE SET number = number + 1 RETURNING number",
                (issuer,),
            ).fetchone()
        return RevocationList(int(row[0]), self.revoked(ca_certificate))

    def _has(self, certificate: bytes) -> bool:
        row = self._connection.execute(
            "SELECT 1 FROM certificates WHERE digest = ?", (sha256(certificate).digest(),)
        ).fetchone()
        return row is not None


def _sorted(revoked: Iterable[Revoked]) -> tuple[Revoked, ...]:
    return tuple(sorted(revoked, key=lambda each: each.serial))
