"""The structural gate: the parsed objects of a PDF have exactly the shape that our signer writes.

The gate opens a file only after its signature was found to be that of a pinned authority, so the
PDF parser never meets bytes that an authority has not signed. What it refuses was signed all the
same: active content, a second attachment, a second field, validation data of another shape.

Standard: ISO 32000-1 12.7, 12.8; ETSI EN 319 142-1; research pdf_judges 3, pdfsign 4.2.
"""

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pikepdf

from licence.errors import AnzhengError, Code
from licence.pages import MAX_PAGES

MAX_OBJECTS: Final = 20_000
"""Indirect objects of one file; a licence of twenty pages has about five hundred."""
MAX_DEPTH: Final = 60
"""Nesting of direct arrays and dictionaries in one object."""
MAX_VALIDATION_OBJECTS: Final = 16
"""Certificates, CRLs and OCSP answers in each list of the DSS."""
MAX_VALIDATION_OBJECT_BYTES: Final = 1 << 20
MAX_LICENCE_JSON_BYTES: Final = 256 << 10
ATTACHMENT: Final = "licence.json"


def _keys(names: str) -> frozenset[str]:
    return frozenset(names.split())


_TRAILER_KEYS: Final = _keys("/Size /Root /Info /ID /Type /W /Index /Filter /DecodeParms /Length")
_CATALOG_KEYS: Final = _keys(
    "/Type /Pages /Metadata /AF /AcroForm /DSS /Extensions /Lang /MarkInfo /Names /Outlines "
    "/OutputIntents /PageLabels /PageLayout /PageMode /Perms /StructTreeRoot /Version "
    "/ViewerPreferences"
)
_WIDGET_KEYS: Final = _keys("/Type /Subtype /FT /T /TU /F /P /V /Rect /AP /StructParent")
_SIGNATURE_KEYS: Final = _keys(
    "/Type /Filter /SubFilter /ByteRange /Contents /Reference /M /Name /Reason /Location"
)
_DRAWN_KEYS: Final = _keys("/XObject /Pattern /ExtGState")
_FORBIDDEN_KEYS: Final = _keys(
    "/JS /JavaScript /AA /OpenAction /XFA /Launch /URI /NeedAppearances /Encrypt /FFilter "
    "/Collection /RichMediaContent /RichMediaSettings /3DD /3DA /Movie /Sound /OPI /Ref "
    "/OCProperties /PS /URLS /SpiderInfo /Renditions /AlternatePresentations"
)
_FORBIDDEN_TYPES: Final = _keys(
    "/Action /RichMedia /3D /Rendition /SigFieldLock /Collection /DocTimeStamp"
)


@dataclass(frozen=True, slots=True)
class Structure:
    """What the checks need of the signed objects, bytes as they were attached.

    `certificates`, `crls` and `ocsps` come from the DSS inside the signed revision.
    """

    licence_json: bytes
    certificates: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    ocsps: tuple[bytes, ...]


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
    except (
        pikepdf.PdfError,
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        RuntimeError,
        TypeError,
        ValueError,
        zlib.error,
    ) as error:
        raise _refuse("the file does not have the shape of a licence") from error


def _read(
    document: pikepdf.Pdf, byte_range: tuple[int, int, int, int], contents: bytes
) -> Structure:
    if document.is_encrypted or not set(document.trailer.keys()) <= _TRAILER_KEYS:
        raise _refuse("encrypted, or written in several revisions")
    catalog = document.Root
    _allow_only(catalog, _CATALOG_KEYS, "catalog")
    if "/Names" not in catalog and "/AF" not in catalog:
        raise AnzhengError(Code.DATA_MISSING, "the file carries no licence.json")
    _check_every_object(document)
    widget = _only_field(document)
    _check_signature(catalog, widget, byte_range, contents)
    certificates, crls, ocsps = _validation_data(catalog)
    return Structure(
        licence_json=_attachment(catalog),
        certificates=certificates,
        crls=crls,
        ocsps=ocsps,
    )


# ---------------------------------------------------------------- every object


def _check_every_object(document: pikepdf.Pdf) -> None:
    if len(document.objects) > MAX_OBJECTS:
        raise _refuse("too many objects")
    counts = {"/Sig": 0, "/EmbeddedFile": 0, "/Filespec": 0, "/SigRef": 0, "/TransformParams": 0}
    drawn = _Drawn()
    for top in document.objects:
        drawn.add(top)
        for each in _dictionaries(top, 0):
            kind = str(each.get("/Type", ""))
            if kind in counts:
                counts[kind] += 1
            if kind in _FORBIDDEN_TYPES or not _FORBIDDEN_KEYS.isdisjoint(each.keys()):
                raise _active("an object that a licence never has")
            if _is_action(each):
                raise _active("an action")
    if any(count != 1 for count in counts.values()):
        raise _refuse("more, or fewer, signatures or attachments than one")
    drawn.check()


class _Drawn:
    """What is drawn beside the words of a page: vectors, and no words that are seen but not read.

    A program that extracts text looks into forms, not into patterns or pictures. So there are no
    pictures, and neither a form nor a pattern has a font; a form with no resources of its own, as
    the first template had one, would take those of the page.
    """

    def __init__(self) -> None:
        self._patterns = 0
        self._bare_forms = 0

    def add(self, value: pikepdf.Object) -> None:
        """Look at one object."""
        if not isinstance(value, pikepdf.Stream):
            return
        stream = value.stream_dict
        kind = stream.get("/Subtype")
        if kind == "/Image" or "/ShadingType" in stream:
            raise _refuse("a picture")
        if "/PatternType" in stream:
            self._patterns += 1
        elif kind != "/Form":
            return
        if "/Group" in stream or "/OC" in stream:
            raise _refuse("a form of another kind than ours")
        if "/Resources" in stream:
            _allow_only(stream.Resources, _DRAWN_KEYS, "resources of a form")
        elif "/PatternType" in stream:
            raise _refuse("a pattern without resources")
        else:
            self._bare_forms += 1

    def check(self) -> None:
        """Refuse what no template has together."""
        if self._patterns and self._bare_forms:
            raise _refuse("a form without resources")


def _dictionaries(value: pikepdf.Object, depth: int) -> Iterator[pikepdf.Dictionary]:
    """Yield the dictionaries that stand directly in one object; references are not followed."""
    if depth > MAX_DEPTH:
        raise _refuse("nested too deep")
    if isinstance(value, pikepdf.Stream):
        if "/F" in value.stream_dict:
            raise _active("a stream kept in another file")
        value = value.stream_dict
    if isinstance(value, pikepdf.Dictionary):
        yield value
        children: Iterator[object] = (item for _, item in value.items())
    elif isinstance(value, pikepdf.Array):
        children = iter(value)
    else:
        return
    for child in children:
        if isinstance(child, pikepdf.Object) and not child.is_indirect:
            yield from _dictionaries(child, depth + 1)


def _is_action(each: pikepdf.Dictionary) -> bool:
    """Structure attributes are called /A too, but name an owner /O and have no /S."""
    action = each.get("/A")
    return isinstance(action, pikepdf.Dictionary) and "/S" in action


# ---------------------------------------------------------------- field and signature


def _only_field(document: pikepdf.Pdf) -> pikepdf.Object:
    if not 1 <= len(document.pages) <= MAX_PAGES:
        raise _refuse("no pages, or too many")
    annotations = [
        annotation for page in document.pages for annotation in page.obj.get("/Annots", [])
    ]
    form = document.Root.AcroForm
    _allow_only(form, frozenset(("/Fields", "/SigFlags")), "form")
    if len(form.Fields) != 1 or len(annotations) != 1 or int(form.SigFlags) != 3:  # noqa: PLR2004
        raise _refuse("not exactly one field and one annotation")
    widget = form.Fields[0]
    if not _same(widget, annotations[0]) or widget.FT != "/Sig" or widget.Subtype != "/Widget":
        raise _refuse("the one field is not a signature")
    _allow_only(widget, _WIDGET_KEYS, "signature field")
    if set(widget.AP.keys()) != {"/N"}:
        raise _refuse("a seal with several appearances")
    return widget


def _check_signature(
    catalog: pikepdf.Object,
    widget: pikepdf.Object,
    byte_range: tuple[int, int, int, int],
    contents: bytes,
) -> None:
    signature = widget.V
    _allow_only(signature, _SIGNATURE_KEYS, "signature")
    if "/Perms" not in catalog or "/Reference" not in signature:
        raise _not_certified("an approval signature, not a certification")
    if set(catalog.Perms.keys()) != {"/DocMDP"} or not _same(catalog.Perms.DocMDP, signature):
        raise _not_certified("the permissions do not belong to this signature")
    if len(signature.Reference) != 1:
        raise _not_certified("several signature references")
    reference = signature.Reference[0]
    parameters = reference.TransformParams
    _allow_only(reference, frozenset(("/Type", "/TransformMethod", "/TransformParams")), "SigRef")
    _allow_only(parameters, frozenset(("/Type", "/P", "/V")), "TransformParams")
    if reference.TransformMethod != "/DocMDP" or parameters.V != "/1.2" or int(parameters.P) != 1:
        raise _not_certified("the certification allows changes")
    if signature.SubFilter != "/ETSI.CAdES.detached" or signature.Filter != "/Adobe.PPKLite":
        raise _refuse("not a PAdES signature")
    if tuple(int(number) for number in signature.ByteRange) != byte_range:
        raise _refuse("the byte range is not that of the signature")
    if bytes(signature.Contents) != contents:
        raise _refuse("the hole is not the one of the signature")


# ---------------------------------------------------------------- attachment and validation data


def _attachment(catalog: pikepdf.Object) -> bytes:
    _allow_only(catalog.Names, frozenset(("/EmbeddedFiles",)), "name tree")
    names = catalog.Names.EmbeddedFiles
    _allow_only(names, frozenset(("/Names", "/Limits")), "embedded files")
    if len(names.Names) != 2 or str(names.Names[0]) != ATTACHMENT or len(catalog.AF) != 1:  # noqa: PLR2004
        raise _refuse("not exactly one attachment called licence.json")
    specification = names.Names[1]
    if not _same(specification, catalog.AF[0]):
        raise _refuse("two different attachments")
    if {str(specification.F), str(specification.UF)} != {ATTACHMENT}:
        raise _refuse("the attachment has another name")
    if specification.AFRelationship != "/Data":
        raise _refuse("the attachment is not called data")
    files = specification.EF
    _allow_only(files, frozenset(("/F", "/UF")), "embedded file")
    if "/UF" in files and not _same(files.F, files.UF):
        raise _refuse("two different attachments")
    return _inflate(files.F, MAX_LICENCE_JSON_BYTES)


def _validation_data(
    catalog: pikepdf.Object,
) -> tuple[tuple[bytes, ...], tuple[bytes, ...], tuple[bytes, ...]]:
    if "/DSS" not in catalog:
        raise _refuse("no validation data")
    store = catalog.DSS
    _allow_only(store, frozenset(("/Type", "/Certs", "/CRLs", "/OCSPs")), "DSS")
    return _streams(store, "/Certs"), _streams(store, "/CRLs"), _streams(store, "/OCSPs")


def _streams(store: pikepdf.Object, key: str) -> tuple[bytes, ...]:
    streams = list(store.get(key, []))
    if len(streams) > MAX_VALIDATION_OBJECTS:
        raise _refuse("too much validation data")
    found = tuple(_inflate(stream, MAX_VALIDATION_OBJECT_BYTES) for stream in streams)
    if len(set(found)) != len(found):
        raise _refuse("the same validation data twice")
    return found


def _inflate(stream: pikepdf.Object, limit: int) -> bytes:
    """Unpack at most `limit` bytes; qpdf itself would unpack a bomb to its end."""
    if not isinstance(stream, pikepdf.Stream):
        raise _refuse("a stream is missing")
    raw = stream.read_raw_bytes()
    if "/DecodeParms" in stream.stream_dict or len(raw) > limit:
        raise _refuse("a stream is packed in an unusual way, or too large")
    if "/Filter" not in stream.stream_dict:
        return raw
    if stream.stream_dict.Filter != "/FlateDecode":
        raise _refuse("a stream is packed in an unusual way")
    unpacker = zlib.decompressobj()
    data = unpacker.decompress(raw, limit + 1)
    if len(data) > limit or not unpacker.eof or unpacker.unused_data:
        raise _refuse("a stream is too large, cut off, or followed by other bytes")
    return data


# ---------------------------------------------------------------- small helpers


def _same(one: pikepdf.Object, other: pikepdf.Object) -> bool:
    return bool(one.is_indirect and other.is_indirect and one.objgen == other.objgen)


def _allow_only(value: pikepdf.Object, keys: frozenset[str], where: str) -> None:
    if not isinstance(value, pikepdf.Dictionary) or not set(value.keys()) <= keys:
        raise _refuse(f"unknown entries in the {where}")


def _refuse(message: str) -> AnzhengError:
    return AnzhengError(Code.CONTAINER_STRUCTURE, message)


def _active(message: str) -> AnzhengError:
    return AnzhengError(Code.CONTAINER_ACTIVE_CONTENT, f"active or foreign content: {message}")


def _not_certified(message: str) -> AnzhengError:
    return AnzhengError(Code.SIGNATURE_NOT_CERTIFIED, message)
