"""Bad twins of one good licence: each has one fault, which one judge must find.

A judge that says yes to the twin that was made for it says yes to everything.
"""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pikepdf
from pikepdf import Dictionary, Name, Pdf
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

_PDFA_IDENTIFICATION: Final = re.compile(rb"<pdfaid:(part|conformance)>[^<]*</pdfaid:\1>")
_FONT_PROGRAMS: Final = ("/FontFile", "/FontFile2", "/FontFile3")


def make_all(good: bytes, folder: Path) -> None:
    """Write every twin of a good licence into a folder, under the name of its function."""
    folder.mkdir(exist_ok=True)
    for make in TWINS:
        (folder / f"{make.__name__}.pdf").write_bytes(make(good))


def flipped(good: bytes) -> bytes:
    """Return it with another signing time: among the signed bytes, and still a correct PDF."""
    at = good.index(b"/M (D:20") + len(b"/M (D:")
    return good[:at] + b"1999" + good[at + 4 :]


def updated(good: bytes) -> bytes:
    """Return it with another `licence.json`, by an incremental update after the signed bytes."""
    writer = IncrementalPdfFileWriter(io.BytesIO(good))
    (_, specification) = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
    attached = specification.get_object()["/EF"]["/F"]
    attached._data, attached._encoded_data = b"{}", None
    writer.update_container(attached)
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def longer(good: bytes) -> bytes:
    """Return it with one byte after its end."""
    return good + b"\n"


def truncated(good: bytes) -> bytes:
    """Return it without its end, where the table of objects is."""
    return good[:-2000]


def beginning(good: bytes) -> bytes:
    """Return hardly more than its header."""
    return good[:3000]


def unsigned(_good: bytes) -> bytes:
    """Return no licence at all, but an empty page without tags, metadata and signature."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        return _saved(pdf)


def untagged(good: bytes) -> bytes:
    """Return it without a structure tree."""
    with _open(good) as pdf:
        del pdf.Root.StructTreeRoot
        return _saved(pdf)


def fontless(good: bytes) -> bytes:
    """Return it without one of its fonts."""
    with _open(good) as pdf:
        fonts = (each for each in pdf.objects if isinstance(each, Dictionary))
        descriptor = next(each for each in fonts if each.get(Name.Type) == Name.FontDescriptor)
        for key in _FONT_PROGRAMS:
            if key in descriptor:
                del descriptor[key]
        return _saved(pdf)


def unidentified(good: bytes) -> bytes:
    """Return it with metadata that do not say which standard it keeps."""
    with _open(good) as pdf:
        metadata = pdf.Root.Metadata.read_bytes()
        pdf.Root.Metadata.write(_PDFA_IDENTIFICATION.sub(b"", metadata))
        return _saved(pdf)


def sealless(good: bytes) -> bytes:
    """Return it with a signature field that shows nothing."""
    with _open(good) as pdf:
        pdf.Root.AcroForm.Fields[0].AP.N.write(b"q Q")
        return _saved(pdf)


def layerless(good: bytes) -> bytes:
    """Return it with nothing drawn beside the words of its first page."""
    with _open(good) as pdf:
        for form in pdf.pages[0].obj.Resources.XObject.values():
            form.write(b"q Q")
        return _saved(pdf)


TWINS: Final[tuple[Callable[[bytes], bytes], ...]] = (
    *(flipped, updated, longer, truncated, beginning, unsigned),
    *(untagged, fontless, unidentified, sealless, layerless),
)


def _open(good: bytes) -> Pdf:
    return pikepdf.open(io.BytesIO(good))


def _saved(pdf: Pdf) -> bytes:
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()
