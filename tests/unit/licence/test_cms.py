"""The CMS template: really signed, one spelling, and judged by asn1crypto and cryptography too."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import tsp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from licence.errors import AnzhengError, Code
from licence.formats import cms, der, oids
from licence.formats.algorithms import SignatureAlgorithm
from licence.formats.cms import CmsParts
from licence.formats.limits import HOLE_BYTES, MAX_CMS_BYTES, MAX_EVIDENCE_BYTES
from licence.ids import Digest
from tests.fakes import proof
from tests.fakes.refusal import refuses


def test_parts_survive_build_and_parse() -> None:
    pending = proof.cms_parts()
    without_token = replace(pending, timestamp_token=None)
    for parts in (pending, replace(pending, evidence=b"evidence"), without_token):
        assert cms.parse(cms.build(parts)) == parts


def test_evidence_may_be_there_before_a_token() -> None:
    parts = replace(proof.cms_parts(), timestamp_token=None, evidence=b"evidence")
    assert cms.parse(cms.build(parts)) == parts


def test_asn1crypto_reads_the_cms_as_standards_say() -> None:
    parts = proof.cms_parts(evidence=b"evidence")
    info = asn1_cms.ContentInfo.load(cms.build(parts), strict=True)
    signed_data = info["content"]
    assert info["content_type"].native == "signed_data"
    assert signed_data["version"].native == "v1"
    assert signed_data["encap_content_info"]["content"].native is None
    (signer,) = signed_data["signer_infos"]
    assert signer["sid"].chosen["serial_number"].native == 0x7A11
    values = {each["type"].dotted: each["values"][0] for each in signer["signed_attrs"]}
    assert set(values) == {
        oids.ATTR_CONTENT_TYPE,
        oids.ATTR_MESSAGE_DIGEST,
        oids.ATTR_SIGNING_CERTIFICATE_V2,
        oids.ATTR_LICENCE_JSON_DIGEST,
    }
    signing = tsp.SigningCertificateV2.load(values[oids.ATTR_SIGNING_CERTIFICATE_V2].dump())
    ess = signing.native["certs"][0]
    assert ess["cert_hash"] == sha256(parts.signer_certificate).digest()
    assert ess["issuer_serial"]["serial_number"] == 0x7A11
    assert values[oids.ATTR_MESSAGE_DIGEST].native == parts.message_digest
    unsigned = {each["type"].native for each in signer["unsigned_attrs"]}
    assert unsigned == {"signature_time_stamp_token", oids.ATTR_ANCHOR_EVIDENCE}


def test_signature_is_over_the_der_of_the_set_of_signed_attributes() -> None:
    parts = proof.cms_parts()
    signed = cms.signed_attributes(
        message_digest=parts.message_digest,
        signer_certificate=parts.signer_certificate,
        licence_digest=parts.licence_digest,
    )
    key = proof.rsa_key().public_key()
    key.verify(parts.signature, signed, PKCS1v15(), hashes.SHA256())
    info = asn1_cms.ContentInfo.load(cms.build(parts), strict=True)
    attributes = info["content"]["signer_infos"][0]["signed_attrs"]
    assert attributes.untag().dump() == signed


def test_with_evidence_puts_in_replaces_and_takes_out() -> None:
    bare = cms.build(proof.cms_parts())
    first = cms.with_evidence(bare, b"first")
    assert cms.parse(first).evidence == b"first"
    assert cms.parse(cms.with_evidence(first, b"second")).evidence == b"second"
    assert cms.with_evidence(first, None) == bare


def test_largest_cms_with_largest_evidence_fits_into_the_hole() -> None:
    parts = replace(proof.cms_parts(), timestamp_token=der.tlv(der.SEQUENCE, b""))
    room = MAX_CMS_BYTES - len(cms.build(parts)) - 8
    largest = replace(parts, timestamp_token=der.tlv(der.SEQUENCE, bytes(room)))
    assert len(cms.build(largest)) == MAX_CMS_BYTES
    filled = cms.with_evidence(cms.build(largest), bytes(MAX_EVIDENCE_BYTES))
    assert len(filled) <= HOLE_BYTES
    with refuses(Code.CMS_TOO_LARGE):
        cms.build(replace(parts, timestamp_token=der.tlv(der.SEQUENCE, bytes(room + 1))))


@pytest.mark.parametrize("evidence", [b"", bytes(MAX_EVIDENCE_BYTES + 1)])
def test_build_refuses_evidence_that_is_empty_or_too_large(evidence: bytes) -> None:
    with refuses(Code.CMS_TOO_LARGE):
        cms.build(proof.cms_parts(evidence=evidence))


def _wrong_parts() -> list[CmsParts]:
    parts = proof.cms_parts()
    first, second = parts.certificates
    return [
        replace(parts, certificates=(second, first)),
        replace(parts, certificates=(first, first, second)),
        replace(parts, certificates=(proof.certificate_der("issuing", 2),)),
        replace(parts, certificates=()),
        replace(parts, certificates=tuple(bytes((n,)) for n in range(8)) + parts.certificates),
        replace(parts, certificates=(b"\x04\x00", *parts.certificates)),
        replace(parts, certificates=(b"\x30\x00\x00", *parts.certificates)),
        replace(parts, certificates=(b"\x30\x00",), signer_certificate=b"\x30\x00"),
        replace(parts, message_digest=Digest(b"short")),
        replace(parts, licence_digest=Digest(b"short")),
        replace(parts, signature=parts.signature[1:]),
        replace(parts, timestamp_token=b"\x04\x00"),
        replace(parts, timestamp_token=b"\x30\x00\x00"),
    ]


@pytest.mark.parametrize("parts", _wrong_parts())
def test_build_refuses_parts_that_do_not_fit_together(parts: CmsParts) -> None:
    with refuses(Code.CMS_SYNTAX):
        cms.build(parts)


def test_signed_attributes_refuse_a_certificate_with_too_few_fields() -> None:
    short = der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, der.integer(1)))
    with refuses(Code.CMS_SYNTAX):
        cms.signed_attributes(
            message_digest=proof.digest("a"),
            signer_certificate=short,
            licence_digest=proof.digest("b"),
        )


def test_a_version_1_certificate_has_no_version_field() -> None:
    name = der.tlv(der.SEQUENCE, der.tlv(der.SET))
    body = der.tlv(der.SEQUENCE, der.integer(9), der.tlv(der.SEQUENCE), name)
    signed = cms.signed_attributes(
        message_digest=proof.digest("a"),
        signer_certificate=der.tlv(der.SEQUENCE, body),
        licence_digest=proof.digest("b"),
    )
    assert der.integer(9) in signed


def test_algorithm_of_another_number_is_refused() -> None:
    unknown: SignatureAlgorithm = 9  # type: ignore[assignment]
    for number in (SignatureAlgorithm.SM2_SM3, unknown):
        with refuses(Code.ALGORITHM_UNSUPPORTED):
            cms.build(replace(proof.cms_parts(), algorithm=number))


def test_parse_refuses_more_than_the_hole() -> None:
    with refuses(Code.CMS_TOO_LARGE):
        cms.parse(bytes(HOLE_BYTES + 1))


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x04\x00", b"\x30\x80\x00\x00"])
def test_parse_refuses_what_is_no_der(data: bytes) -> None:
    with refuses(Code.CMS_SYNTAX):
        cms.parse(data)


Nodes = list[bytes]
Change = Callable[[Nodes], None]


def _rebuilt(change: Change, *, level: str) -> bytes:
    """Take a good CMS apart, change the elements of one level, and put it together again."""
    content_type, wrapped = der.children(cms.build(proof.cms_parts(evidence=b"evidence")))
    (inner,) = der.children(wrapped, der.CONTEXT_0)
    signed_data = list(der.children(inner))
    infos = list(der.children(signed_data[4], der.SET))
    info = list(der.children(infos[0]))
    signed = list(der.children(info[3], der.CONTEXT_0))
    unsigned = list(der.children(info[6], der.CONTEXT_1))
    outer = [content_type]
    levels = {
        "outer": outer,
        "signed_data": signed_data,
        "infos": infos,
        "info": info,
        "signed": signed,
        "unsigned": unsigned,
    }
    if level in {"signed", "unsigned"}:
        change(levels[level])
    info[3] = der.tlv(der.CONTEXT_0, *signed)
    info[6] = der.tlv(der.CONTEXT_1, *unsigned)
    if level == "info":
        change(info)
    infos[0] = der.tlv(der.SEQUENCE, *info)
    if level == "infos":
        change(infos)
    signed_data[4] = der.tlv(der.SET, *infos)
    if level == "signed_data":
        change(signed_data)
    outer.append(der.tlv(der.CONTEXT_0, der.tlv(der.SEQUENCE, *signed_data)))
    if level == "outer":
        change(outer)
    return der.tlv(der.SEQUENCE, *outer)


def test_rebuilding_without_a_change_gives_the_same_bytes() -> None:
    again = _rebuilt(lambda _: None, level="info")
    assert again == cms.build(proof.cms_parts(evidence=b"evidence"))


def _attribute(kind: str, *values: bytes) -> bytes:
    return der.tlv(der.SEQUENCE, der.oid(kind), der.tlv(der.SET, *values))


def _set_item(index: int, element: bytes) -> Change:
    return lambda nodes: nodes.__setitem__(index, element)


_EXTRA = _attribute("1.2.840.113549.1.9.5", b"\x17\x0d260101000000Z")
_SECOND_EVIDENCE = _attribute(oids.ATTR_ANCHOR_EVIDENCE, der.tlv(der.OCTET_STRING, b"other"))


@pytest.mark.parametrize(
    ("level", "change"),
    [
        ("outer", _set_item(0, der.oid(oids.ID_DATA))),
        ("outer", lambda nodes: nodes.append(der.NULL)),
        ("signed_data", _set_item(0, der.integer(3))),
        ("signed_data", _set_item(1, der.tlv(der.SET))),
        ("signed_data", _set_item(2, der.tlv(der.SEQUENCE, der.oid(oids.ID_TST_INFO)))),
        ("signed_data", lambda nodes: nodes.insert(4, der.tlv(der.CONTEXT_1))),
        ("infos", lambda nodes: nodes.append(nodes[0])),
        ("info", _set_item(0, der.integer(3))),
        ("info", lambda nodes: nodes.append(der.NULL)),
        ("info", lambda nodes: nodes.__delitem__(slice(4, 7))),
        ("signed", lambda nodes: nodes.reverse()),
        ("signed", lambda nodes: nodes.append(_EXTRA)),
        ("signed", lambda nodes: nodes.append(nodes[0])),
        ("signed", lambda nodes: nodes.pop(0)),
        ("unsigned", lambda nodes: nodes.reverse()),
        ("unsigned", lambda nodes: nodes.append(_EXTRA)),
        ("unsigned", lambda nodes: nodes.append(_SECOND_EVIDENCE)),
        ("unsigned", lambda nodes: nodes.append(_attribute(oids.ATTR_ANCHOR_EVIDENCE))),
        ("unsigned", lambda nodes: nodes.clear()),
    ],
)
def test_parse_refuses_every_other_template(level: str, change: Change) -> None:
    with refuses(Code.CMS_NOT_OUR_TEMPLATE):
        cms.parse(_rebuilt(change, level=level))


@pytest.mark.parametrize(
    ("index", "element"),
    [
        (2, der.tlv(der.SEQUENCE, der.oid(oids.SHA256))),
        (4, der.tlv(der.SEQUENCE, der.oid(oids.SHA256), der.NULL)),
        (4, der.tlv(der.SEQUENCE, der.oid("1.2.156.10197.1.501"))),
    ],
)
def test_parse_refuses_other_algorithms(index: int, element: bytes) -> None:
    with refuses(Code.ALGORITHM_UNSUPPORTED):
        cms.parse(_rebuilt(_set_item(index, element), level="info"))


def test_parse_refuses_evidence_that_is_no_octet_string() -> None:
    def change(nodes: Nodes) -> None:
        nodes[:] = [_attribute(oids.ATTR_ANCHOR_EVIDENCE, der.NULL)]

    with refuses(Code.CMS_SYNTAX):
        cms.parse(_rebuilt(change, level="unsigned"))


def test_parse_refuses_a_signer_whose_certificate_is_not_there() -> None:
    other = der.tlv(der.CONTEXT_0, proof.certificate_der("issuing", 2))
    with refuses(Code.CMS_NOT_OUR_TEMPLATE):
        cms.parse(_rebuilt(_set_item(3, other), level="signed_data"))


def _token() -> bytes:
    return proof.token(sha256(b"signature").digest())


def test_revocation_values_are_read_by_asn1crypto() -> None:
    crl, answer = proof.crl(), proof.ocsp_answer()
    info = asn1_cms.ContentInfo.load(cms.with_revocation_values(_token(), [crl], [answer]))
    signer = info["content"]["signer_infos"][0]
    (attribute,) = signer["unsigned_attrs"]
    assert attribute["type"].dotted == oids.ATTR_REVOCATION_VALUES
    found = attribute["values"][0].dump()
    crls, ocsps = der.children(found)
    assert der.children(der.children(crls, der.CONTEXT_0)[0]) == (crl,)
    (basic,) = der.children(der.children(ocsps, der.CONTEXT_1)[0])
    assert basic in answer


def test_revocation_values_leave_the_rest_of_the_token_as_it_is() -> None:
    token = _token()
    changed = cms.with_revocation_values(token, [], [proof.ocsp_answer()])
    before = asn1_cms.ContentInfo.load(token)["content"]
    after = asn1_cms.ContentInfo.load(changed)["content"]
    for field in ("version", "digest_algorithms", "encap_content_info", "certificates"):
        assert before[field].dump() == after[field].dump()
    for field in ("sid", "digest_algorithm", "signed_attrs", "signature"):
        assert before["signer_infos"][0][field].dump() == after["signer_infos"][0][field].dump()


def test_other_unsigned_attributes_of_a_token_stay() -> None:
    token = _token()
    content_type, wrapped = der.children(token)
    fields = list(der.children(der.children(wrapped, der.CONTEXT_0)[0]))
    info = der.children(der.children(fields[-1], der.SET)[0])
    unsigned = der.tlv(der.CONTEXT_1, _EXTRA)
    fields[-1] = der.tlv(der.SET, der.tlv(der.SEQUENCE, *info, unsigned))
    inner = der.tlv(der.CONTEXT_0, der.tlv(der.SEQUENCE, *fields))
    changed = cms.with_revocation_values(
        der.tlv(der.SEQUENCE, content_type, inner), [proof.crl()], []
    )
    assert _EXTRA in changed


_OTHER_RESPONSE = der.tlv(
    der.SEQUENCE,
    b"\x0a\x01\x00",
    der.tlv(der.CONTEXT_0, der.tlv(der.SEQUENCE, der.oid(oids.ID_DATA), b"\x04\x00")),
)


@pytest.mark.parametrize(
    ("token", "crls", "ocsps"),
    [
        (_token(), [], []),
        (b"\x30\x00", [proof.crl()], []),
        (cms.with_revocation_values(_token(), [proof.crl()], []), [proof.crl()], []),
        (_token(), [b"junk"], []),
        (_token(), [], [b"\x30\x00"]),
        (_token(), [], [_OTHER_RESPONSE]),
    ],
)
def test_revocation_values_refuse_what_is_no_token_or_no_revocation_data(
    token: bytes, crls: list[bytes], ocsps: list[bytes]
) -> None:
    with refuses(Code.CMS_SYNTAX):
        cms.with_revocation_values(token, crls, ocsps)


def _code(data: bytes) -> Code | CmsParts:
    try:
        return cms.parse(data)
    except AnzhengError as error:
        return error.code


def test_every_byte_of_the_cms_matters() -> None:
    """No flipped byte gives the same parts: it is refused, or something that is checked differs."""
    parts = proof.cms_parts(evidence=b"evidence")
    good = cms.build(parts)
    for at in range(len(good)):
        changed = bytearray(good)
        changed[at] ^= 0x01
        assert _code(bytes(changed)) not in {parts, Code.DER_SYNTAX}
