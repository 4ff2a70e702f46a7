"""A key signs what its certificate allows, and a verifier holds the licence against it again."""

from dataclasses import replace

import pytest

from licence.errors import AnzhengError, Code
from licence.formats import licence_json
from licence.formats.checks import CheckName
from licence.formats.entitlement import Entitlement, make_entitlement
from licence.formats.verdict import Verdict
from signer import sign as signing
from signer.keys import FileKey
from signer.press import PressJob
from signer.sign import LicenceSigner, RevocationData, SignerChain
from signer.test_pki import TestPki
from tests.builders import (
    AUTHORITY,
    NAMES,
    OTHER_AUTHORITY,
    SIGNED_AT,
    Issued,
    World,
    fill,
    make_evidence,
    make_world,
)
from verifier.policy import BATCH
from verifier.verify import verify

REGION = {"type": "REGISTERED", "text": "辽宁省大连市", "region": "210213"}
FITS = make_entitlement(AUTHORITY, ["safety-production"], ["WH"], ["21"])
UNFIT = [
    ({"authority": OTHER_AUTHORITY}, "authority"),
    ({"types": ("hazchem-trading",)}, "licence_type"),
    ({"industries": ("MK",)}, "industry"),
    ({"regions": ("11",)}, "region"),
]


def signer_of(world: World, entitlement: Entitlement | None) -> LicenceSigner:
    """Return a signer of the first authority whose certificate says this."""
    pki: TestPki = world.pki
    key = pki.private_keys[f"signer-{AUTHORITY}"]
    certificate = pki.issuing.certify_signer(
        AUTHORITY, NAMES[AUTHORITY], key.public_key(), now=SIGNED_AT, entitlement=entitlement
    )
    answer = pki.issuing.ocsp_answer(certificate, (), now=SIGNED_AT)
    return LicenceSigner(
        FileKey(key, certificate),
        chain=SignerChain((pki.issuing.certificate,), pki.root.certificate),
        timestamper=pki.tsa(clock=world.clock, entropy=world.entropy),
        revocation=RevocationData((pki.root.crl((), now=SIGNED_AT, number=1),), (answer,)),
        clock=world.clock,
        environment=world.bundle.environment,
    )


def issue(world: World, signer: LicenceSigner) -> Issued:
    """Sign and anchor one licence with that signer."""
    version = world.version(addresses=[REGION])
    data = licence_json.encode(version)
    prepared = world.press.press(PressJob(data, SIGNED_AT, signer.dss()))
    signed = signer.sign(signer.prepare(data, prepared))
    (proof,) = make_evidence([signed.leaf])
    return Issued(version, data, signed, proof, fill(signed.pdf, proof))


@pytest.mark.parametrize("entitlement", [FITS, None])
def test_what_fits_is_signed_and_valid(entitlement: Entitlement | None) -> None:
    """A certificate of the first release says nothing: then the trust bundle alone limits it."""
    world = make_world()
    issued = issue(world, signer_of(world, entitlement))
    assert verify(issued.pdf, world.trust(), policy=BATCH, now=world.now).verdict is Verdict.VALID


@pytest.mark.parametrize(("change", "part"), UNFIT)
def test_what_does_not_fit_is_not_signed(change: dict[str, object], part: str) -> None:
    world = make_world()
    strict = signer_of(world, replace(FITS, **change))  # type: ignore[arg-type]
    with pytest.raises(AnzhengError) as caught:
        issue(world, strict)
    assert (caught.value.code, caught.value.facts) == (Code.KEY_NOT_ENTITLED, {"part": part})


@pytest.mark.parametrize(("change", "part"), UNFIT)
def test_what_does_not_fit_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, object], part: str
) -> None:
    """The key is in somebody else's hands: nothing of ours refused to sign."""
    monkeypatch.setattr(signing, "what_does_not_fit", lambda *_: None)
    world = make_world()
    issued = issue(world, signer_of(world, replace(FITS, **change)))  # type: ignore[arg-type]
    report = verify(issued.pdf, world.trust(), policy=BATCH, now=world.now)
    assert (report.verdict, report.code) == (Verdict.INVALID, Code.SIGNER_NOT_ENTITLED)
    result = report.check(CheckName.SIGNER)
    assert result is not None
    assert str(result.fact("reason")).endswith(part)
