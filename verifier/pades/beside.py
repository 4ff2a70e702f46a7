"""What a licence file says beside its pages: title, bookmarks, metadata, words for those who hear.

Catalogues, screen readers and the edges of a viewer's window show these. A file whose page says
2027 and whose metadata say 2099 is no licence of ours, whoever signed it.

Standard: ISO 14289-1, 7.1; ISO 19005-3, 6.6.2; XMP (ISO 16684-1); GB/T 36903-2018.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from licence.domain.licence_types import LICENCE_TYPES
from licence.domain.model import LicenceVersion
from licence.errors import AnzhengError, Code
from licence.formats.oids import XMP_LICENCE_FIELDS
from licence.pages import make_plan
from licence.pages.short_code import printed_short_code
from licence.pages.templates import CN_A4P_1

MAX_METADATA_BYTES: Final = 64 << 10
FIELDS: Final = f"urn:oid:{XMP_LICENCE_FIELDS}"
FIRST_SUBJECT: Final = "{title}电子证照"
"""Subject in files of the first template."""

_DATED: Final = frozenset(("CreateDate", "ModifyDate", "when"))
_MEANINGS: Final = frozenset(
    {
        *("证照编号", "电子证照标识", "证照名称", "证照颁发机构", "证照颁发机构代码"),
        *("证照颁发日期", "持证主体", "持证主体代码", "证照有效期起始日期", "证照有效期截止日期"),
    }
)
_CONTAINERS: Final = frozenset(("Alt", "Seq", "Bag", "li"))
_TECHNICAL: Final = re.compile(r"[ -~]{0,80}")
"""What else an XMP packet has: names of schemas, identifiers, versions; never a day or a number."""
_IDENTIFIERS: Final = frozenset(("InstanceID", "DocumentID", "instanceID"))
_DIGEST: Final = re.compile(r"[A-Za-z0-9+/]{22}==(?:_source)?")
"""What Typst writes there: 128 bits, which may happen to have eight decimal digits in a row."""
_TELLING: Final = re.compile(r"\d{4}-\d\d|\d{8}|valid|expire|licen[cs]e", re.IGNORECASE)
_PICTURES: Final = (
    "查验二维码",
    "查验二维码，查验码{code}",
    "扫码查验，查验码{code}",
    "发证机关电子印章：{issuer}",
)


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the pages: where and what, and the XMP packet."""

    words: tuple[tuple[str, str], ...]
    metadata: bytes


def check_beside(beside: Beside, licence: LicenceVersion, short_code: str) -> None:
    """Refuse a word beside the pages that the data does not say.

    Raises:
        AnzhengError: DATA_PAGE_MISMATCH with the fact `place`; as `make_plan`.
    """
    allowed = _allowed(licence, short_code)
    for place, text in beside.words:
        if text not in allowed[place]:
            raise _differs(place)
    _check_metadata(beside.metadata, licence, allowed)


def _allowed(licence: LicenceVersion, code: str) -> Mapping[str, frozenset[str]]:
    draft = licence.draft
    title = LICENCE_TYPES[draft.licence_type].title
    if draft.template == CN_A4P_1:
        sections, headings = frozenset((title,)), frozenset((title,))
    else:
        plan = make_plan(licence, code)
        blocks = [each for one in plan.sections for each in (*one.blocks, *one.pinned)]
        sections = frozenset(section.name for section in plan.sections)
        headings = frozenset(text for block in blocks for _key, text in block.said())
    keywords = f"{draft.licence_no}, {draft.elicence_id}, {draft.uscc}"
    return {
        "title": frozenset((f"{title} {draft.licence_no}",)),
        "author": frozenset((draft.issuer,)),
        "keywords": frozenset((keywords,)),
        "subject": frozenset((FIRST_SUBJECT.format(title=title),)),
        "reason": frozenset((f"核发{title}",)),
        "bookmark": headings | sections,
        "heading": headings | sections,
        "picture": frozenset(
            each.format(code=printed_short_code(code), issuer=draft.issuer) for each in _PICTURES
        ),
    }


def _check_metadata(
    packet: bytes, licence: LicenceVersion, allowed: Mapping[str, frozenset[str]]
) -> None:
    # Entities are how an XML text becomes larger, or another one, than it looks.
    if len(packet) > MAX_METADATA_BYTES or b"<!" in packet:
        raise _differs("metadata")
    try:
        root = ET.fromstring(packet.decode("utf-8"))  # noqa: S314 (no entities, bounded)
    except (ET.ParseError, ValueError) as error:
        raise _differs("metadata") from error
    fields, first_day = _fields(licence), f"{licence.draft.issued_on.isoformat()}T00:00:00Z"
    places = {"title": "title", "creator": "author", "Keywords": "keywords"}
    for name, owner, text in _texts(root):
        if name in fields:
            known = text == fields[name]
        elif name in _DATED:
            known = text == first_day
        elif owner in places:
            known = text in allowed[places[owner]] or text == "x-default"
        else:
            named = text in {*_MEANINGS, FIELDS} or text in allowed["subject"]
            is_digest = name in _IDENTIFIERS and _DIGEST.fullmatch(text) is not None
            known = named or is_digest or _is_technical(text)
        if not known:
            raise _differs("metadata")


def _is_technical(text: str) -> bool:
    return _TECHNICAL.fullmatch(text) is not None and _TELLING.search(text) is None


def _texts(root: ET.Element) -> Iterator[tuple[str, str, str]]:
    """Yield each text of a packet: its own name, the property that it belongs to, and the text."""
    stack = [(root, "")]
    while stack:
        element, owner = stack.pop()
        name = _local(element.tag)
        below = owner if name in _CONTAINERS and owner else name
        for key, value in element.attrib.items():
            yield (key if key.startswith(f"{{{FIELDS}}}") else _local(key)), below, value
        for text in (element.text, element.tail):
            if text and text.strip():
                yield name, below, text.strip()
        stack += ((child, below) for child in element)


def _fields(licence: LicenceVersion) -> dict[str, str]:
    """Return the values of the licence's own fields in XMP."""
    draft = licence.draft
    values = {
        "ZZBH": str(draft.licence_no),
        "ZZBS": draft.elicence_id,
        "ZZMC": LICENCE_TYPES[draft.licence_type].title,
        "ZZBFJG": draft.issuer,
        "ZZBFJGDM": str(draft.issuer_code),
        "ZZBFRQ": draft.issued_on.isoformat(),
        "CZZT": draft.enterprise_name,
        "CZZTDM": draft.uscc,
        "ZZYXQQSRQ": draft.valid_from.isoformat(),
        "ZZYXQJZRQ": draft.valid_to.isoformat(),
    }
    return {f"{{{FIELDS}}}{name}": value for name, value in values.items()}


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _differs(place: str) -> AnzhengError:
    return AnzhengError(
        Code.DATA_PAGE_MISMATCH, "words beside the page that the data does not say", place=place
    )
