"""What a real authority is told to use: RSA-3072 everywhere, PSS for licences and timestamps."""

from dataclasses import replace
from types import MappingProxyType

from licence.errors import Code
from licence.formats.algorithms import SignaturePadding
from licence.formats.limits import HOLE_BYTES, MAX_CMS_BYTES, MAX_EVIDENCE_BYTES
from licence.formats.verdict import Verdict
from signer.certificates import Subject
from signer.keys import FileKey, new_rsa_key
from signer.test_pki import TestPki, create_test_pki
from tests.builders import AUTHORITY, NAMES, SIGNED_AT, World, make_bundle, make_world
from tests.fakes.entropy import SeededEntropy
from verifier.policy import STRICT
from verifier.verify import verify

BITS = 3072


def _pki() -> TestPki:
    pki = create_test_pki(
        list(NAMES.items()), now=SIGNED_AT, entropy=SeededEntropy("large"), ca_bits=BITS
    )
    signer, tsa = new_rsa_key(BITS), new_rsa_key(BITS)
    name = Subject("示例 时间戳", "安证示例")
    certificates = (
        pki.issuing.certify_signer(AUTHORITY, NAMES[AUTHORITY], signer.public_key(), now=SIGNED_AT),
        pki.root.certify_tsa(name, tsa.public_key(), now=SIGNED_AT),
    )
    pss = SignaturePadding.PSS
    return replace(
        pki,
        signer_keys=MappingProxyType({AUTHORITY: FileKey(signer, certificates[0], padding=pss)}),
        tsa_key=FileKey(tsa, certificates[1], padding=pss),
    )


def _world() -> World:
    pki = _pki()
    return replace(make_world(), pki=pki, bundle=make_bundle(pki))


def test_a_licence_by_large_keys_is_valid_and_leaves_room_for_the_evidence() -> None:
    world = _world()
    issued = world.issue(world.version())
    report = verify(issued.pdf, world.trust(), policy=STRICT, now=world.now)
    assert (report.verdict, report.code) == (Verdict.VALID, Code.OK)
    assert len(issued.signed.cms) <= MAX_CMS_BYTES
    assert len(issued.signed.cms) + MAX_EVIDENCE_BYTES < HOLE_BYTES
