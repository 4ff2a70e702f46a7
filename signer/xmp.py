"""The licence's metadata in XMP, with the names that GB/T 36903 gives them.

Typst writes the packet with title, author and the identification of PDF/A and PDF/UA; the fields of
the licence are added to it as text, with the extension schema that PDF/A asks for, so that any
reader of XMP can list them without opening `licence.json`. What counts is `licence.json`.

Standard: ISO 19005-3, 6.6.2.3; GB/T 36903-2018 (electronic licence metadata).
"""

import re
from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import quoteattr

from licence.domain.model import Draft
from licence.errors import AnzhengError, Code
from licence.formats.oids import XMP_LICENCE_FIELDS

NAMESPACE: Final = f"urn:oid:{XMP_LICENCE_FIELDS}"
PREFIX: Final = "zz"

_SCHEMAS_END: Final = re.compile(r"</rdf:Bag>\s*</pdfaExtension:schemas>")
_END: Final = re.compile(r"</rdf:RDF>")
_HISTORY: Final = re.compile(r"<xmpMM:History>.*?</xmpMM:History>")
"""It says once more that Typst wrote the file; a page of 120 kB has no room for that."""

FIELDS: Final = {
    "ZZBH": "证照编号",
    "ZZBS": "电子证照标识",
    "ZZMC": "证照名称",
    "ZZBFJG": "证照颁发机构",
    "ZZBFJGDM": "证照颁发机构代码",
    "ZZBFRQ": "证照颁发日期",
    "CZZT": "持证主体",
    "CZZTDM": "持证主体代码",
    "ZZYXQQSRQ": "证照有效期起始日期",
    "ZZYXQJZRQ": "证照有效期截止日期",
}
"""Name and meaning of each field; all are texts."""


def with_licence(packet: bytes, draft: Draft, licence_name: str) -> bytes:
    """Return an XMP packet with the fields of a licence added.

    Args:
        packet: As Typst wrote it.
        draft: The licence.
        licence_name: Such as `安全生产许可证`.

    Raises:
        AnzhengError: RENDER_FAILED, when the packet is not shaped as Typst shapes it.
    """
    text = _HISTORY.sub("", packet.decode("utf-8"))
    description = _description(draft, licence_name)
    text, schemas = _SCHEMAS_END.subn(lambda end: _SCHEMA + end[0], text)
    text, ends = _END.subn(lambda end: description + end[0], text)
    if (schemas, ends) != (1, 1):
        raise AnzhengError(Code.RENDER_FAILED, "the metadata of the page are not Typst's")
    return text.encode("utf-8")


def _description(draft: Draft, licence_name: str) -> str:
    values = zip(FIELDS, _values(draft, licence_name), strict=True)
    fields = "".join(f" {PREFIX}:{name}={quoteattr(value)}" for name, value in values)
    return f'<rdf:Description rdf:about="" xmlns:{PREFIX}="{NAMESPACE}"{fields}/>'


def _values(draft: Draft, licence_name: str) -> Iterator[str]:
    yield from (str(draft.licence_no), draft.elicence_id, licence_name)
    yield from (draft.issuer, draft.issuer_code, draft.issued_on.isoformat())
    yield from (draft.enterprise_name, draft.uscc)
    yield from (draft.valid_from.isoformat(), draft.valid_to.isoformat())


def _schema() -> str:
    # As attributes, which is shorter: the packet is never compressed.
    properties = "".join(
        f'<rdf:li pdfaProperty:name="{name}" pdfaProperty:valueType="Text"'
        f' pdfaProperty:category="external" pdfaProperty:description="{meaning}"/>'
        for name, meaning in FIELDS.items()
    )
    return (
        '<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>GB/T 36903</pdfaSchema:schema>'
        f"<pdfaSchema:namespaceURI>{NAMESPACE}</pdfaSchema:namespaceURI>"
        f"<pdfaSchema:prefix>{PREFIX}</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>"
        f"{properties}</rdf:Seq></pdfaSchema:property></rdf:li>"
    )


_SCHEMA: Final = _schema()
