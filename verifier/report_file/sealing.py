"""Sign the pages of a report: one revision, a certification (P=1), validation data, a timestamp.

The recipe is that of a licence (research pdf_judges 3), with a field that is not seen: nothing is
appended, the CMS has one spelling, and no byte of the file is free. The one place here that writes
PDF objects.

Standard: ISO 32000-1, 12.8; ETSI EN 319 142-1; RFC 3161; ISO 14289-1, 7.18.
"""

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from licence.errors import AnzhengError, Code
from licence.formats import cms
from licence.formats.hole import (
    PLACEHOLDER_BYTE_RANGE,
    PLACEHOLDER_CONTENTS,
    byte_range_digest,
    fill,
    patch,
)
from licence.formats.limits import MAX_CMS_BYTES
from licence.ids import Digest
from verifier.artefacts import REPORT_MARK
from verifier.report_file.seal import ReportKey, ReportSeal
from verifier.timestamp_token import verify_token

FIELD: Final = "Verifier"
TOOLTIP: Final = "核验方签名 signature of the verifier"

_PRINT_AND_LOCKED: Final = 132
_LIBRARY_ERRORS: Final = (
    pikepdf.PdfError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class _Material:
    """What goes into the DSS, all DER."""

    certificates: tuple[bytes, ...]
    crls: tuple[bytes, ...]


def seal_pages(pages: bytes, contents: Digest, seal: ReportSeal, *, now: datetime) -> bytes:
    """Return the signed and timestamped file.

    Args:
        pages: From the typesetter.
        contents: Digest of its `contents.json`.
        seal: Key and timestamp authority.
        now: The claimed time of signing, /M.

    Raises:
        AnzhengError: RENDER_FAILED, TOO_LARGE, TSA_UNAVAILABLE, TSA_ANSWER, CMS_TOO_LARGE.
    """
    # 1. Validation data stands inside the signed bytes, so it is asked for first.
    material = _material(seal)
    # 2. One save with placeholders; then only the digits of the hole change.
    prepared, hole = patch(_prepared(pages, material, now))
    digest = byte_range_digest(prepared, hole)
    # 3. Sign what the one template says.
    key = seal.key
    attributes = cms.signed_attributes(
        message_digest=digest,
        signer_certificate=key.certificate,
        licence_digest=contents,
        kind=cms.SignedKind.REPORT,
    )
    signature = key.sign(attributes)
    # 4. Trusted time over the signature value.
    token = _stamped(seal, signature, material)
    parts = cms.CmsParts(
        certificates=tuple(sorted(set(key.certificates))),
        signer_certificate=key.certificate,
        message_digest=digest,
        licence_digest=contents,
        signature=signature,
        timestamp_token=token,
        evidence=None,
        algorithm=key.algorithm,
        kind=cms.SignedKind.REPORT,
    )
    return fill(prepared, hole, cms.build(parts))


def _material(seal: ReportSeal) -> _Material:
    if seal.stamper is None:
        return _Material(seal.key.certificates, ())
    certificates = (*seal.key.certificates, *seal.stamper.certificates)
    return _Material(tuple(dict.fromkeys(certificates)), tuple(dict.fromkeys(seal.stamper.crls())))


def _stamped(seal: ReportSeal, signature: bytes, material: _Material) -> bytes | None:
    if seal.stamper is None:
        return None
    token = seal.stamper.timestamp(Digest(sha256(signature).digest()))
    try:
        verify_token(token, signature, material.certificates)
    except AnzhengError as error:
        raise AnzhengError(Code.TSA_ANSWER, "the timestamp is not one over the report") from error
    if not material.crls:
        return token
    # EU DSS reads no revocation data from a signed DSS; where there is room the token has it too.
    fuller = cms.with_revocation_values(token, material.crls, ())
    return fuller if len(fuller) <= MAX_CMS_BYTES - _room(seal.key) else token


def _room(key: ReportKey) -> int:
    """Return about how many bytes of the CMS are not the token."""
    return sum(map(len, key.certificates)) + 1_200


def _prepared(pages: bytes, material: _Material, now: datetime) -> bytes:
    moment = now.astimezone(UTC).replace(microsecond=0)
    try:
        with pikepdf.open(io.BytesIO(pages)) as pdf:
            _add_field(pdf, moment)
            _add_validation_data(pdf, material)
            return _saved(pdf)
    except _LIBRARY_ERRORS as error:
        raise AnzhengError(Code.RENDER_FAILED, "the report cannot be prepared") from error


def _add_field(pdf: pikepdf.Pdf, moment: datetime) -> None:
    """Put an unseen signature field on page one, and certify the document with it."""
    page = pdf.pages[0].obj
    signature = pdf.make_indirect(
        Dictionary(
            Type=Name.Sig,
            Filter=Name("/Adobe.PPKLite"),
            SubFilter=Name("/ETSI.CAdES.detached"),
            M=String(moment.strftime("D:%Y%m%d%H%M%SZ")),
            Reason=String(REPORT_MARK.decode("ascii")),
            ByteRange=Array(list(PLACEHOLDER_BYTE_RANGE)),
            Contents=String(PLACEHOLDER_CONTENTS),
            Reference=Array([_certified()]),
        )
    )
    widget = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Sig,
            T=String(FIELD),
            TU=String(TOOLTIP),
            F=_PRINT_AND_LOCKED,
            P=page,
            V=signature,
            Rect=Array([0, 0, 0, 0]),
        )
    )
    page.Annots = Array([widget])
    page.Tabs = Name.S
    pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=Array([widget]), SigFlags=3))
    pdf.Root.Perms = Dictionary(DocMDP=signature)
    pdf.Root.Extensions = Dictionary(ESIC=Dictionary(BaseVersion=Name("/1.7"), ExtensionLevel=1))


def _certified() -> Dictionary:
    return Dictionary(
        Type=Name.SigRef,
        TransformMethod=Name.DocMDP,
        TransformParams=Dictionary(Type=Name.TransformParams, V=Name("/1.2"), P=1),
    )


def _add_validation_data(pdf: pikepdf.Pdf, material: _Material) -> None:
    store = Dictionary(Type=Name.DSS)
    for key, elements in (("/Certs", material.certificates), ("/CRLs", material.crls)):
        if elements:
            streams = [pdf.make_indirect(pikepdf.Stream(pdf, element)) for element in elements]
            store[key] = Array(streams)
    pdf.Root.DSS = pdf.make_indirect(store)


def _saved(pdf: pikepdf.Pdf) -> bytes:
    """Save so that libqpdf keeps the signature out of object streams, /Contents in hexadecimal."""
    out = io.BytesIO()
    pdf.save(
        out,
        min_version="1.7",
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        deterministic_id=True,
        fix_metadata_version=False,
    )
    return out.getvalue()
