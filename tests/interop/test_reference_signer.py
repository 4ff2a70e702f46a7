"""Our signer and pyHanko's `PdfSigner` sign random licences alike, in every field.

pyHanko's CMS is read by asn1crypto and compared with ours element by element; then it must pass
our own strict reader, which takes one spelling only: two programs that share no code agree on every
byte that is not a digest, a signature or a time.
"""

import asyncio
import io
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import pikepdf
import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import x509
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from licence.formats import algorithms, cms, der, hole, licence_json
from licence.formats.algorithms import SignatureAlgorithm, SignaturePadding
from signer.certificates import load_certificate
from signer.pades import Prepared
from signer.press import PressJob
from signer.sign import LicenceSigner
from tests.builders import AUTHORITY, SIGNED_AT, World
from tests.fakes.algorithms import ALGORITHMS, signer_key, world_of
from tests.interop import reference_signer

NAME = st.text("大连镕犇化工矿业烟花建筑有限公司", min_size=4, max_size=40)
PERSON = st.text("王李张赵镕犇", min_size=2, max_size=4)
SCOPE = st.lists(
    st.fixed_dictionaries({"name": st.text("液氯盐酸硫黄", min_size=1, max_size=8)}),
    min_size=1,
    max_size=6,
)
STREAMS = st.lists(st.binary(max_size=3000), max_size=3)
"""Anything may stand in the signed bytes."""


@dataclass(frozen=True, slots=True)
class Both:
    """One document signed twice, and the world whose keys did it."""

    world: World
    algorithm: SignatureAlgorithm
    licence_digest: bytes
    ours: bytes
    theirs: bytes


def _varied(prepared: Prepared, streams: list[bytes]) -> Prepared:
    """Return a prepared file with more in it than a press would put there."""
    with pikepdf.open(io.BytesIO(prepared.pdf)) as pdf:
        pdf.Root.PieceInfo = pikepdf.Array([pikepdf.Stream(pdf, data) for data in streams])
        value = pdf.Root.AcroForm.Fields[0].V
        value.ByteRange = pikepdf.Array(list(hole.PLACEHOLDER_BYTE_RANGE))
        value.Contents = pikepdf.String(hole.PLACEHOLDER_CONTENTS)
        out = io.BytesIO()
        generate = pikepdf.ObjectStreamMode.generate
        pdf.save(out, min_version="1.7", object_stream_mode=generate, deterministic_id=True)
    ready, place = hole.patch(out.getvalue())
    digest = hole.byte_range_digest(ready, place)
    return replace(prepared, pdf=ready, hole=place, digest=digest)


def _both(algorithm: SignatureAlgorithm, streams: list[bytes], licence: dict[str, Any]) -> Both:
    world = world_of(algorithm)
    data = licence_json.encode(world.version(**licence))
    signer: LicenceSigner = world.pki.licence_signer(
        AUTHORITY, clock=world.clock, entropy=world.entropy
    )
    pressed = world.press.press(PressJob(data, world.clock.now(), signer.dss()))
    ours = signer.sign(signer.prepare(data, _varied(pressed, streams)))
    theirs = reference_signer.sign(
        reference_signer.emptied(ours.pdf),
        key=signer_key(algorithm),
        chain=[world.pki.issuing.certificate],
        licence_digest=sha256(data).digest(),
        tsa=world.pki.tsa(clock=world.clock, entropy=world.entropy),
    )
    return Both(world, algorithm, sha256(data).digest(), ours.pdf, theirs)


def _dictionary(pdf: bytes) -> dict[str, Any]:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        (field,) = opened.Root.AcroForm.Fields
        assert opened.Root.Perms.DocMDP.objgen == field.V.objgen
        assert field.objgen in {each.objgen for each in opened.pages[0].obj.Annots}
        found = {key: _plain(value) for key, value in field.V.items()}
    start, before, after, rest = found["/ByteRange"]
    assert start == 0
    assert after + rest == len(pdf)
    signed = pdf[:before] + pdf[after:]
    return found | {"signed": sha256(signed).digest()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a PDF holds
    if isinstance(value, pikepdf.Array):
        return [_plain(each) for each in value]
    if isinstance(value, pikepdf.Dictionary):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, pikepdf.String):
        return bytes(value)
    return value if isinstance(value, int) else str(value)


def _der(contents: bytes) -> bytes:
    assert not contents[der.read(contents).end :].strip(b"\0")
    return contents[: der.read(contents).end]


def _fields(found: dict[str, Any]) -> dict[str, object]:
    """Return every element of a CMS as asn1crypto reads it; digests and values are checked here."""
    info = asn1_cms.ContentInfo.load(_der(found["/Contents"]), strict=True)
    content = info["content"]
    (signer,) = content["signer_infos"]
    signed = {each["type"].dotted: each["values"] for each in signer["signed_attrs"]}
    unsigned = {each["type"].dotted: each["values"] for each in signer["unsigned_attrs"]}
    assert len(signed) == len(signer["signed_attrs"])
    (digest,) = signed.pop("1.2.840.113549.1.9.4")
    assert digest.native == found["signed"]
    (token,) = unsigned.pop("1.2.840.113549.1.9.16.2.14")
    return {
        "type": info["content_type"].native,
        "version": content["version"].native,
        "digest algorithms": content["digest_algorithms"].dump(),
        "content": content["encap_content_info"].dump(),
        "certificates": [each.dump() for each in content["certificates"]],
        "crls": content["crls"].native,
        "signer version": signer["version"].native,
        "signer": signer["sid"].dump(),
        "digest algorithm": signer["digest_algorithm"].dump(),
        "signed": {kind: values.dump() for kind, values in signed.items()},
        "signature algorithm": signer["signature_algorithm"].dump(),
        "length": len(signer["signature"].native),
        "unsigned": {kind: values.dump() for kind, values in unsigned.items()},
        "token": _token_fields(token, signer["signature"].native),
    }


def _token_fields(token: asn1_cms.ContentInfo, signature: bytes) -> dict[str, object]:
    content = token["content"]
    info = content["encap_content_info"]["content"].parsed
    assert info["message_imprint"]["hashed_message"].native == sha256(signature).digest()
    return {
        "policy": info["policy"].native,
        "imprint": info["message_imprint"]["hash_algorithm"].dump(),
        "accuracy": info["accuracy"].native,
        "authority": info["tsa"].dump(),
        "certificates": [each.dump() for each in content["certificates"]],
    }


def _compare(both: Both) -> None:
    ours, theirs = _dictionary(both.ours), _dictionary(both.theirs)
    assert _fields(ours) == _fields(theirs)
    # Each its own time and place; everything else of the dictionary is the same.
    own = ("/ByteRange", "/Contents", "/M", "signed")
    assert {key for key in ours if key not in own} == {key for key in theirs if key not in own}
    assert all(ours[key] == theirs[key] for key in ours if key not in own)
    _compare_parts(both, cms.parse(_der(ours["/Contents"])), cms.parse(_der(theirs["/Contents"])))


def _compare_parts(both: Both, ours: cms.CmsParts, theirs: cms.CmsParts) -> None:
    own = replace(
        theirs,
        message_digest=ours.message_digest,
        signature=ours.signature,
        timestamp_token=ours.timestamp_token,
    )
    assert own == ours
    assert ours.licence_digest == both.licence_digest
    attributes = cms.signed_attributes(
        message_digest=theirs.message_digest,
        signer_certificate=theirs.signer_certificate,
        licence_digest=theirs.licence_digest,
    )
    key = signer_key(both.algorithm)
    public = algorithms.rsa_key(load_certificate(key.certificate), both.algorithm)
    assert algorithms.holds(public, theirs.signature, attributes, both.algorithm)
    if algorithms.scheme(both.algorithm).padding is SignaturePadding.PKCS1:
        assert key.sign(attributes) == theirs.signature


def _validate(both: Both) -> None:
    for pdf in (both.ours, both.theirs):
        status = asyncio.run(_status(both.world, pdf))
        assert status.bottom_line
        assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
        assert status.docmdp_ok
        assert status.timestamp_validity is not None
        assert status.timestamp_validity.trusted


async def _status(world: World, pdf: bytes) -> PdfSignatureStatus:
    (embedded,) = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
    root = x509.Certificate.load(world.pki.root.certificate)
    context = ValidationContext(trust_roots=[root], allow_fetching=False, moment=SIGNED_AT)
    return await async_validate_pdf_signature(embedded, context)


@given(
    algorithm=st.sampled_from(ALGORITHMS),
    name=NAME,
    principal=PERSON,
    scope=SCOPE,
    streams=STREAMS,
)
@settings(max_examples=8)
def test_pyhanko_signs_a_licence_as_we_do(
    algorithm: SignatureAlgorithm,
    name: str,
    principal: str,
    scope: list[dict[str, str]],
    streams: list[bytes],
) -> None:
    licence: dict[str, Any] = {"enterprise_name": name, "principal": principal, "scope": scope}
    both = _both(algorithm, streams, licence)
    _compare(both)
    _validate(both)


@pytest.mark.slow
@given(algorithm=st.sampled_from(ALGORITHMS), name=NAME, streams=STREAMS)
@settings(max_examples=200)
def test_pyhanko_signs_many_licences_as_we_do(
    algorithm: SignatureAlgorithm, name: str, streams: list[bytes]
) -> None:
    both = _both(algorithm, streams, {"enterprise_name": name})
    _compare(both)
    _validate(both)


def test_the_comparison_notices_a_difference() -> None:
    both = _both(SignatureAlgorithm.RSA2048_PSS_SHA256, [], {})
    other = _both(SignatureAlgorithm.RSA2048_PKCS1_SHA256, [], {})
    for theirs in (other.theirs, other.ours, both.theirs.replace(b"/P 1", b"/P 2")):
        assert theirs != both.theirs
        with pytest.raises(AssertionError):
            _compare(replace(both, theirs=theirs))
