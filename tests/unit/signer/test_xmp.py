"""The licence's fields in XMP."""

import xml.etree.ElementTree as ET
from dataclasses import replace

from licence.errors import Code
from signer.xmp import FIELDS, NAMESPACE, with_licence
from tests.fakes.drafts import good_draft
from tests.fakes.refusal import refuses

PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"'
    ' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"'
    ' xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">'
    "<pdfaExtension:schemas><rdf:Bag></rdf:Bag>\n</pdfaExtension:schemas>"
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)
NAME = "{http://www.aiim.org/pdfa/ns/property#}name"


def test_every_field_has_a_value_and_a_place_in_the_schema() -> None:
    draft = replace(good_draft(), enterprise_name="A & <B>")
    root = ET.fromstring(with_licence(PACKET.encode(), draft, "安全生产许可证"))  # noqa: S314
    values = root[0][1].attrib
    assert {name: values[f"{{{NAMESPACE}}}{name}"] for name in FIELDS} == {
        "ZZBH": str(draft.licence_no),
        "ZZBS": draft.elicence_id,
        "ZZMC": "安全生产许可证",
        "ZZBFJG": draft.issuer,
        "ZZBFJGDM": draft.issuer_code,
        "ZZBFRQ": "2024-03-18",
        "CZZT": "A & <B>",
        "CZZTDM": draft.uscc,
        "ZZYXQQSRQ": "2024-03-18",
        "ZZYXQJZRQ": "2027-03-17",
    }
    named = [each.attrib[NAME] for each in root.iter() if NAME in each.attrib]
    assert named == list(FIELDS)


def test_the_history_of_the_tool_is_left_out() -> None:
    history = "<xmpMM:History>saved</xmpMM:History>"
    packet = PACKET.replace("</rdf:Description>", f"{history}</rdf:Description>", 1)
    made = [with_licence(each.encode(), good_draft(), "证") for each in (PACKET, packet)]
    assert made[0] == made[1]


def test_a_backslash_in_a_name_is_only_text() -> None:
    draft = replace(good_draft(), enterprise_name="A\\1 \\g<0>")
    assert "A\\1 \\g&lt;0&gt;" in with_licence(PACKET.encode(), draft, "证").decode()


def test_a_packet_of_another_shape_is_refused() -> None:
    for packet in ("", "<rdf:RDF></rdf:RDF>", PACKET + PACKET):
        with refuses(Code.RENDER_FAILED):
            with_licence(packet.encode(), good_draft(), "安全生产许可证")
