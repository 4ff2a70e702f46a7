"""Programs that are asked about one licence file each time, and what some of them need."""

import asyncio
import io
import logging
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from asn1crypto import pem as asn1_pem
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.status import PdfSignatureStatus

from licence.formats import cms, hole

SECONDS = 300

Answer = subprocess.CompletedProcess[str]


@dataclass(frozen=True, slots=True)
class Cut:
    """Parts of a licence as files: CMS, what it signs, timestamp token, signature value."""

    cms: Path
    content: Path
    token: Path
    value: Path


def run(*command: object, seconds: int = SECONDS) -> Answer:
    """Run a program and return what it said."""
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )


def pem(certificate: bytes) -> str:
    """Return a certificate as the programs want it."""
    armoured: bytes = asn1_pem.armor("CERTIFICATE", certificate)
    return armoured.decode("ascii")


def cut(pdf: Path, folder: Path) -> Cut:
    """Write the parts of a licence into a folder."""
    data = pdf.read_bytes()
    place = hole.find(data)
    container = hole.contents(data, place)
    parts = cms.parse(container)
    assert parts.timestamp_token is not None
    made = Cut(*(folder / name for name in ("cms", "content", "token", "value")))
    made.cms.write_bytes(container)
    made.content.write_bytes(data[: place.start] + data[place.end :])
    made.token.write_bytes(parts.timestamp_token)
    made.value.write_bytes(parts.signature)
    return made


def openssl_cms(parts: Cut, root: Path, *, at: datetime | None = None) -> Answer:
    """Ask openssl about the signature, by the root alone; exit code 0: verified."""
    return run(
        *("openssl", "cms", "-verify", "-binary", "-cades", "-inform", "DER"),
        *("-in", parts.cms, "-content", parts.content, "-CAfile", root, "-purpose", "any"),
        *(*_at(at), "-out", parts.cms.with_name("out")),
    )


def openssl_timestamp(
    parts: Cut, root: Path, *, data: Path | None = None, at: datetime | None = None
) -> Answer:
    """Ask openssl whether the token is about the signature value, or about other data."""
    return run(
        *("openssl", "ts", "-verify", "-token_in", "-in", parts.token, "-CAfile", root),
        *(*_at(at), "-data", data or parts.value),
    )


def pyhanko(pdf: Path, root: Path, *, at: datetime) -> PdfSignatureStatus:
    """Ask pyHanko, with nothing but the file and the root (PEM)."""
    logging.disable(logging.CRITICAL)
    try:
        reader = PdfFileReader(io.BytesIO(pdf.read_bytes()))
        store = DocumentSecurityStore.read_dss(reader)
        _, _, der = asn1_pem.unarmor(root.read_bytes())
        context = store.as_validation_context(
            {
                "trust_roots": [asn1_x509.Certificate.load(der)],
                "allow_fetching": False,
                "revocation_mode": "hard-fail",
                "moment": at,
            }
        )
        (embedded,) = reader.embedded_regular_signatures
        return asyncio.run(async_validate_pdf_signature(embedded, context))
    finally:
        logging.disable(logging.NOTSET)


def _at(moment: datetime | None) -> tuple[str, ...]:
    return () if moment is None else ("-attime", str(int(moment.timestamp())))
