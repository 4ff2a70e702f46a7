"""The licence's metadata in XMP, with the names that GB/T 36903 gives them.

Typst writes the packet with title, author and the identification of PDF/A and PDF/UA; the fields of
the licence are added to it as text, with the extension schema that PDF/A asks for, so that any
reader of XMP can list them without opening `licence.json`. What counts is `licence.json`.

Standard: ISO 19005-3, 6.6.2.3; GB/T 36903-2018 (electronic licence metadata).
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

from licence.domain.model import Draft
from licence.errors import AnzhengError, Code
from licence.formats.oids import XMP_LICENCE_FIELDS

NAMESPACE: Final = f"urn:oid:{XMP_LICENCE_FIELDS}"
PREFIX: Final = "zz"

_SCHEMAS_END: Final = re.compile(r"</rdf:Bag>\s*</pdfaExtension:schemas>")
_END: Final = re.compile(r"</rdf:RDF>")


class _Field(NamedTuple):
    name: str
    type: str
    description: str


FIELDS: Final = (
    _Field("ZZBH", "Text", "Number of the licence (证照编号)"),
    _Field("ZZBS", "Text", "Identifier of the electronic licence (电子证照标识)"),
    _Field("ZZMC", "Text", "Name of the licence (证照名称)"),
    _Field("ZZBFJG", "Text", "Issuing authority (证照颁发机构)"),
    _Field("ZZBFJGDM", "Text", "Code of the issuing authority (证照颁发机构代码)"),
    _Field("ZZBFRQ", "Text", "Date of issue (证照颁发日期)"),
    _Field("CZZT", "Text", "Holder (持证主体)"),
    _Field("CZZTDM", "Text", "Code of the holder (持证主体代码)"),
    _Field("ZZYXQQSRQ", "Text", "First day of validity (证照有效期起始日期)"),
    _Field("ZZYXQJZRQ", "Text", "Last day of validity (证照有效期截止日期)"),
)


def with_licence(packet: bytes, draft: Draft, licence_name: str) -> bytes:
    """Return an XMP packet with the fields of a licence added.

    Args:
        packet: As Typst wrote it.
        draft: The licence.
        licence_name: Such as `安全生产许可证`.

    Raises:
        AnzhengError: RENDER_FAILED, when the packet is not shaped as Typst shapes it.
    """
    text = packet.decode("utf-8")
    description = _description(draft, licence_name)
    text, schemas = _SCHEMAS_END.subn(lambda end: _SCHEMA + end[0], text)
    text, ends = _END.subn(lambda end: description + end[0], text)
    if (schemas, ends) != (1, 1):
        raise AnzhengError(Code.RENDER_FAILED, "the metadata of the page are not Typst's")
    return text.encode("utf-8")


def _description(draft: Draft, licence_name: str) -> str:
    values = zip(FIELDS, _values(draft, licence_name), strict=True)
    lines = "".join(
        f"<{PREFIX}:{field.name}>{escape(value)}</{PREFIX}:{field.name}>\n"
        for field, value in values
    )
    head = f'<rdf:Description xmlns:{PREFIX}="{NAMESPACE}" rdf:about="">'
    return f"{head}\n{lines}</rdf:Description>\n"


def _values(draft: Draft, licence_name: str) -> Iterator[str]:
    yield from (draft.licence_no, draft.elicence_id, licence_name)
    yield from (draft.issuer, draft.issuer_code, draft.issued_on.isoformat())
    yield from (draft.enterprise_name, draft.uscc)
    yield from (draft.valid_from.isoformat(), draft.valid_to.isoformat())


def _schema() -> str:
    properties = "".join(
        '<rdf:li rdf:parseType="Resource"><pdfaProperty:category>external</pdfaProperty:category>'
        f"<pdfaProperty:description>{field.description}</pdfaProperty:description>"
        f"<pdfaProperty:name>{field.name}</pdfaProperty:name>"
        f"<pdfaProperty:valueType>{field.type}</pdfaProperty:valueType></rdf:li>\n"
        for field in FIELDS
    )
    return (
        '<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>GB/T 36903 electronic licence'
        f"</pdfaSchema:schema><pdfaSchema:namespaceURI>{NAMESPACE}</pdfaSchema:namespaceURI>"
        f"<pdfaSchema:prefix>{PREFIX}</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>\n"
        f"{properties}</rdf:Seq></pdfaSchema:property></rdf:li>\n"
    )


_SCHEMA: Final = _schema()
