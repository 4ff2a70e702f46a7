"""The structural gate: the parsed objects of a PDF have exactly the shape that our signer writes.

The gate opens a file only after its signature was found to be that of a pinned authority, so the
PDF parser never meets bytes that an authority has not signed. What it refuses was signed all the
same: active content, a second attachment, a second field, validation data of another shape.

Standard: ISO 32000-1 12.7, 12.8; ETSI EN 319 142-1; research pdf_judges 3, pdfsign 4.2.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pikepdf

from licence.errors import AnzhengError, Code
from licence.pages import MAX_PAGES
from verifier.pades.beside import MAX_METADATA_BYTES, Beside
from verifier.pades.objects import (
    FORBIDDEN_KEYS,
    FORBIDDEN_TYPES,
    LIBRARY_ERRORS,
    active,
    allow_only,
    inflate,
    keys,
    refuse,
    same,
)
from verifier.pades.seal import check_seal
from verifier.pades.shape import Value, dictionaries_in, is_reference, read_values
from verifier.pades.shape_kinds import Shape, check_shape

MAX_OBJECTS: Final = 20_000
"""Indirect objects of one file; a licence of twenty pages has about five hundred."""
MAX_VALIDATION_OBJECTS: Final = 16
"""Certificates, CRLs and OCSP answers in each list of the DSS."""
MAX_VALIDATION_OBJECT_BYTES: Final = 1 << 20
MAX_LICENCE_JSON_BYTES: Final = 256 << 10
MAX_UNPACKED_BYTES: Final = 32 << 20
"""All streams of one file together; a licence of twenty pages has less than one megabyte."""
ATTACHMENT: Final = "licence.json"


_TRAILER_KEYS: Final = keys("/Size /Root /Info /ID /Type /W /Index /Filter /DecodeParms /Length")
_CATALOG_KEYS: Final = keys(
    "/Type /Pages /Metadata /AF /AcroForm /DSS /Extensions /Lang /MarkInfo /Names /Outlines "
    "/OutputIntents /PageLabels /PageLayout /PageMode /Perms /StructTreeRoot /Version "
    "/ViewerPreferences"
)
_WIDGET_KEYS: Final = keys("/Type /Subtype /FT /T /TU /F /P /V /Rect /AP /StructParent")
_SIGNATURE_KEYS: Final = keys(
    "/Type /Filter /SubFilter /ByteRange /Contents /Reference /M /Name /Reason /Location"
)


@dataclass(frozen=True, slots=True)
class Structure:
    """What the checks need of the signed objects, bytes as they were attached.

    `certificates`, `crls` and `ocsps` come from the DSS inside the signed revision; `beside` is
    what a licence file says beside its pages.
    """

    licence_json: bytes
    certificates: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    ocsps: tuple[bytes, ...]
    beside: Beside | None = None


def read_structure(pdf: bytes, byte_range: tuple[int, int, int, int], contents: bytes) -> Structure:
    """Open a signed licence and hold its objects against the one shape that we write.

    Args:
        pdf: The whole file; the caller **must** have verified its signature.
        byte_range: The four numbers that the byte gate found.
        contents: The whole hole, DER and padding, that the byte gate found.

    Returns:
        The attachment and the validation data.

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
        raise refuse("the file does not have the shape of a licence") from error


def _read(
    document: pikepdf.Pdf, byte_range: tuple[int, int, int, int], contents: bytes
) -> Structure:
    if document.is_encrypted or not set(document.trailer.keys()) <= _TRAILER_KEYS:
        raise refuse("encrypted, or written in several revisions")
    catalog = document.Root
    allow_only(catalog, _CATALOG_KEYS, "catalog")
    if "/Names" not in catalog and "/AF" not in catalog:
        raise AnzhengError(Code.DATA_MISSING, "the file carries no licence.json")
    if len(document.objects) > MAX_OBJECTS:
        raise refuse("too many objects")
    # Before anybody asks for the pages: the parser mends a page tree when it is asked.
    values = read_values(document)
    _check_every_object(*values)
    widget = _only_field(document)
    check_certified(catalog, widget, byte_range, contents)
    certificates, crls, ocsps = validation_data(catalog)
    data = _attachment(catalog)
    shape = check_shape(*values)
    _check_sizes(document, shape)
    check_seal(widget.AP.N)
    packet = inflate(catalog.Metadata, MAX_METADATA_BYTES)
    return Structure(data, certificates, crls, ocsps, Beside(shape.words, packet))


def _check_sizes(document: pikepdf.Pdf, shape: Shape) -> None:
    """Refuse streams that unpack to more than any of ours, before anybody unpacks them whole."""
    left = MAX_UNPACKED_BYTES
    for reference, limit in shape.limits:
        number, generation, _ = reference.split()
        stream = document.get_object(int(number), int(generation))
        left -= len(inflate(stream, min(limit, left)))


# ---------------------------------------------------------------- every object


def _check_every_object(objects: Mapping[str, Value], streams: frozenset[str]) -> None:
    counts = {"/Sig": 0, "/EmbeddedFile": 0, "/Filespec": 0, "/SigRef": 0, "/TransformParams": 0}
    for reference, top in objects.items():
        if reference in streams and "/F" in top:
            raise active("a stream kept in another file")
        for each in dictionaries_in(top):
            kind = each.get("/Type")
            if isinstance(kind, str) and kind in counts:
                counts[kind] += 1
            if kind in FORBIDDEN_TYPES or not FORBIDDEN_KEYS.isdisjoint(each):
                raise active("an object that our files never have")
            if "/A" in each:
                _check_no_action(each["/A"], objects)
    if any(count != 1 for count in counts.values()):
        raise refuse("more, or fewer, signatures or attachments than one")


def _check_no_action(value: Value, objects: Mapping[str, Value]) -> None:
    """Structure attributes are called /A too, but name an owner /O and have no /S."""
    found = objects.get(value) if is_reference(value) else value
    if isinstance(found, dict) and "/S" in found:
        raise active("an action")


# ---------------------------------------------------------------- field and signature


def _only_field(document: pikepdf.Pdf) -> pikepdf.Object:
    if not 1 <= len(document.pages) <= MAX_PAGES:
        raise refuse("no pages, or too many")
    annotations = [
        annotation for page in document.pages for annotation in page.obj.get("/Annots", [])
    ]
    form = document.Root.AcroForm
    allow_only(form, frozenset(("/Fields", "/SigFlags")), "form")
    if len(form.Fields) != 1 or len(annotations) != 1 or int(form.SigFlags) != 3:  # noqa: PLR2004
        raise refuse("not exactly one field and one annotation")
    widget = form.Fields[0]
    if not same(widget, annotations[0]) or widget.FT != "/Sig" or widget.Subtype != "/Widget":
        raise refuse("the one field is not a signature")
    allow_only(widget, _WIDGET_KEYS, "signature field")
    if set(widget.AP.keys()) != {"/N"}:
        raise refuse("a seal with several appearances")
    return widget


def check_certified(
    catalog: pikepdf.Object,
    widget: pikepdf.Object,
    byte_range: tuple[int, int, int, int],
    contents: bytes,
) -> None:
    """Refuse a signature that is not the certification (P=1) that the bytes bear.

    Raises:
        AnzhengError: CONTAINER_STRUCTURE, SIGNATURE_NOT_CERTIFIED.
    """
    signature = widget.V
    allow_only(signature, _SIGNATURE_KEYS, "signature")
    if "/Perms" not in catalog or "/Reference" not in signature:
        raise _not_certified("an approval signature, not a certification")
    if set(catalog.Perms.keys()) != {"/DocMDP"} or not same(catalog.Perms.DocMDP, signature):
        raise _not_certified("the permissions do not belong to this signature")
    if len(signature.Reference) != 1:
        raise _not_certified("several signature references")
    reference = signature.Reference[0]
    parameters = reference.TransformParams
    allow_only(reference, frozenset(("/Type", "/TransformMethod", "/TransformParams")), "SigRef")
    allow_only(parameters, frozenset(("/Type", "/P", "/V")), "TransformParams")
    if reference.TransformMethod != "/DocMDP" or parameters.V != "/1.2" or int(parameters.P) != 1:
        raise _not_certified("the certification allows changes")
    if signature.SubFilter != "/ETSI.CAdES.detached" or signature.Filter != "/Adobe.PPKLite":
        raise refuse("not a PAdES signature")
    if tuple(int(number) for number in signature.ByteRange) != byte_range:
        raise refuse("the byte range is not that of the signature")
    if bytes(signature.Contents) != contents:
        raise refuse("the hole is not the one of the signature")


# ---------------------------------------------------------------- attachment and validation data


def _attachment(catalog: pikepdf.Object) -> bytes:
    allow_only(catalog.Names, frozenset(("/EmbeddedFiles",)), "name tree")
    names = catalog.Names.EmbeddedFiles
    allow_only(names, frozenset(("/Names", "/Limits")), "embedded files")
    if len(names.Names) != 2 or str(names.Names[0]) != ATTACHMENT or len(catalog.AF) != 1:  # noqa: PLR2004
        raise refuse("not exactly one attachment called licence.json")
    specification = names.Names[1]
    if not same(specification, catalog.AF[0]):
        raise refuse("two different attachments")
    if {str(specification.F), str(specification.UF)} != {ATTACHMENT}:
        raise refuse("the attachment has another name")
    if specification.AFRelationship != "/Data":
        raise refuse("the attachment is not called data")
    files = specification.EF
    allow_only(files, frozenset(("/F", "/UF")), "embedded file")
    if "/UF" in files and not same(files.F, files.UF):
        raise refuse("two different attachments")
    return inflate(files.F, MAX_LICENCE_JSON_BYTES)


def validation_data(
    catalog: pikepdf.Object,
) -> tuple[tuple[bytes, ...], tuple[bytes, ...], tuple[bytes, ...]]:
    """Return certificates, CRLs and OCSP answers of the DSS.

    Raises:
        AnzhengError: CONTAINER_STRUCTURE.
    """
    if "/DSS" not in catalog:
        raise refuse("no validation data")
    store = catalog.DSS
    allow_only(store, frozenset(("/Type", "/Certs", "/CRLs", "/OCSPs")), "DSS")
    return _streams(store, "/Certs"), _streams(store, "/CRLs"), _streams(store, "/OCSPs")


def _streams(store: pikepdf.Object, key: str) -> tuple[bytes, ...]:
    streams = list(store.get(key, []))
    if len(streams) > MAX_VALIDATION_OBJECTS:
        raise refuse("too much validation data")
    found = tuple(inflate(stream, MAX_VALIDATION_OBJECT_BYTES) for stream in streams)
    if len(set(found)) != len(found):
        raise refuse("the same validation data twice")
    return found


def _not_certified(message: str) -> AnzhengError:
    return AnzhengError(Code.SIGNATURE_NOT_CERTIFIED, message)
