"""The structural gate for verification reports: the parsed objects have the shape that we write.

Like that of licences, it opens a file only after its signature was found to be that of a pinned
verifier. A report has pictures and as many attachments as reports; it has one unseen field, nothing
that acts, and validation data inside the signed revision.

Standard: ISO 32000-1 12.7, 12.8; ISO 19005-3, 6.8 (embedded files); ETSI EN 319 142-1.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import pikepdf

from licence.errors import AnzhengError, Code
from licence.formats import report_contents
from licence.formats.report import MAX_REPORT_BYTES
from verifier.pades.objects import (
    LIBRARY_ERRORS,
    allow_only,
    check_inert,
    dictionaries,
    inflate,
    keys,
    refuse,
    same,
)
from verifier.pades.structure import check_certified, validation_data

MAX_OBJECTS: Final = 1_000_000
MAX_ATTACHED_BYTES: Final = 64 << 20
"""Budget of unpacked attachments for one whole file."""

_TRAILER_KEYS: Final = keys("/Size /Root /Info /ID /Type /W /Index /Filter /DecodeParms /Length")
_CATALOG_KEYS: Final = keys(
    "/Type /Pages /Metadata /AF /AcroForm /DSS /Extensions /Lang /MarkInfo /Names /Outlines "
    "/OutputIntents /PageLabels /PageLayout /PageMode /Perms /StructTreeRoot /Version "
    "/ViewerPreferences"
)
_WIDGET_KEYS: Final = keys("/Type /Subtype /FT /T /TU /F /P /V /Rect")
_SIG_FLAGS: Final = 3


@dataclass(frozen=True, slots=True)
class ReportStructure:
    """What the checks need of the signed objects.

    Attributes:
        attachments: Bytes as they were attached, by name.
        certificates: Of the DSS inside the signed revision, DER.
        crls: Likewise.
        ocsps: Likewise.
    """

    attachments: Mapping[str, bytes]
    certificates: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    ocsps: tuple[bytes, ...]


def read_report_structure(
    pdf: bytes, byte_range: tuple[int, int, int, int], contents: bytes
) -> ReportStructure:
    """Open a signed report file and hold its objects against the one shape that we write.

    Args:
        pdf: The whole file; the caller **must** have verified its signature.
        byte_range: The four numbers that the byte gate found.
        contents: The whole hole, DER and padding, that the byte gate found.

    Raises:
        AnzhengError: CONTAINER_STRUCTURE, CONTAINER_ACTIVE_CONTENT, SIGNATURE_NOT_CERTIFIED or
            DATA_MISSING.
    """
    try:
        with pikepdf.open(io.BytesIO(pdf), attempt_recovery=False) as document:
            return _read(document, byte_range, contents)
    except AnzhengError:
        raise
    # Whatever a parser throws at foreign bytes means the same: this is not the shape we write.
    except LIBRARY_ERRORS as error:
        raise refuse("the file does not have the shape of a report") from error


def _read(
    document: pikepdf.Pdf, byte_range: tuple[int, int, int, int], contents: bytes
) -> ReportStructure:
    if document.is_encrypted or not set(document.trailer.keys()) <= _TRAILER_KEYS:
        raise refuse("encrypted, or written in several revisions")
    catalog = document.Root
    allow_only(catalog, _CATALOG_KEYS, "catalog")
    if "/Names" not in catalog or "/AF" not in catalog:
        raise AnzhengError(Code.DATA_MISSING, "the file carries no contents.json")
    embedded = _check_every_object(document)
    check_certified(catalog, _only_field(document), byte_range, contents)
    certificates, crls, ocsps = validation_data(catalog)
    return ReportStructure(_attachments(catalog, embedded), certificates, crls, ocsps)


def _check_every_object(document: pikepdf.Pdf) -> int:
    """Refuse what acts; return how many files are embedded."""
    if len(document.objects) > MAX_OBJECTS:
        raise refuse("too many objects")
    counts = {"/Sig": 0, "/SigRef": 0, "/TransformParams": 0, "/EmbeddedFile": 0}
    for top in document.objects:
        for each in dictionaries(top, 0):
            check_inert(each)
            kind = str(each.get("/Type", ""))
            if kind in counts:
                counts[kind] += 1
    embedded = counts.pop("/EmbeddedFile")
    if any(count != 1 for count in counts.values()):
        raise refuse("more, or fewer, signatures than one")
    return embedded


def _only_field(document: pikepdf.Pdf) -> pikepdf.Object:
    annotations = [
        annotation for page in document.pages for annotation in page.obj.get("/Annots", [])
    ]
    form = document.Root.AcroForm
    allow_only(form, frozenset(("/Fields", "/SigFlags")), "form")
    if len(form.Fields) != 1 or len(annotations) != 1 or int(form.SigFlags) != _SIG_FLAGS:
        raise refuse("not exactly one field and one annotation")
    widget = form.Fields[0]
    if not same(widget, annotations[0]) or widget.FT != "/Sig" or widget.Subtype != "/Widget":
        raise refuse("the one field is not a signature")
    allow_only(widget, _WIDGET_KEYS, "signature field")
    if [int(number) for number in widget.Rect] != [0, 0, 0, 0]:
        raise refuse("a signature field that is seen")
    return widget


def _attachments(catalog: pikepdf.Object, embedded: int) -> Mapping[str, bytes]:
    allow_only(catalog.Names, frozenset(("/EmbeddedFiles",)), "name tree")
    tree = pikepdf.NameTree(catalog.Names.EmbeddedFiles)
    associated = {each.objgen for each in catalog.AF}
    found: dict[str, bytes] = {}
    left = MAX_ATTACHED_BYTES
    for name, specification in tree.items():
        if len(found) > report_contents.MAX_PARTS or specification.objgen not in associated:
            raise refuse("too many attachments, or one that is not associated")
        found[str(name)] = _attached(str(name), specification, left)
        left -= len(found[str(name)])
    if not len(found) == len(associated) == len(catalog.AF) == embedded:
        raise refuse("attachments that differ from the associated files")
    return MappingProxyType(found)


def _attached(name: str, specification: pikepdf.Object, left: int) -> bytes:
    if {str(specification.F), str(specification.UF)} != {name}:
        raise refuse("an attachment with two names")
    if specification.AFRelationship != "/Data":
        raise refuse("an attachment that is not called data")
    files = specification.EF
    allow_only(files, frozenset(("/F", "/UF")), "embedded file")
    if "/UF" in files and not same(files.F, files.UF):
        raise refuse("two different attachments of one name")
    limit = report_contents.MAX_BYTES if name == report_contents.ATTACHMENT else MAX_REPORT_BYTES
    return inflate(files.F, min(limit, left))
