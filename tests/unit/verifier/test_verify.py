"""The verdict of whole files: good ones, altered ones, and what somebody would try."""

from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256

import pytest

from licence.domain.model import Environment
from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats import cbor, cms, hole
from licence.formats.checks import CheckName, CheckState
from licence.formats.report import Report, decode, encode
from licence.formats.trust_types import Withdrawn
from licence.formats.verdict import Verdict
from licence.ids import AuthorityId, ChainId, Digest, RegistryId
from signer.certificates import Subject
from signer.test_pki import ORGANISATION
from tests.builders import (
    AUTHORITY,
    OTHER_AUTHORITY,
    SIGNED_AT,
    WITNESSES,
    FakeTrust,
    Issued,
    World,
    fill,
    make_evidence,
    make_world,
    parts_of,
    replace_cms,
    side_row,
)
from verifier.chain_of_trust import load_certificate
from verifier.checks.register import unregistered
from verifier.policy import BATCH, INSPECTOR, STRICT, Policy
from verifier.verify import verify, verify_many


@pytest.fixture(scope="module")
def issued() -> Issued:
    """One licence for all tests that do not need their own."""
    world = make_world()
    return world.issue(world.version())


@pytest.fixture
def world() -> World:
    """A world with its own lists."""
    return make_world()


def check(
    world: World, pdf: bytes, trust: FakeTrust | None = None, policy: Policy = BATCH, **more: object
) -> Report:
    """Verify with the usual settings."""
    settings = {"policy": policy, "now": world.now, **more}
    return verify(pdf, trust or world.trust(), **settings)  # type: ignore[arg-type]


def said(report: Report) -> tuple[Verdict, Code]:
    """Return verdict and deciding code; no check may say what the register does not know."""
    assert unregistered(report.checks) == ()
    return report.verdict, report.code


def test_an_issued_licence_is_valid_and_the_referee_agrees(world: World, issued: Issued) -> None:
    report = check(world, issued.pdf, policy=STRICT)
    assert said(report) == (Verdict.VALID, Code.OK)
    assert report.leaf == issued.leaf
    assert report.licence == issued.version
    states = {result.name: result.state for result in report.checks}
    assert states.pop(CheckName.HOLDER) is states.pop(CheckName.COPY) is CheckState.SKIPPED
    assert set(states.values()) == {CheckState.PASSED}
    assert decode(encode(report)).verdict is Verdict.VALID
    assert report.notice is not None


def test_every_kind_of_page_is_valid(world: World) -> None:
    versions = [
        world.version(1, legal_representative="王镕"),
        world.version(2, kind="EMERGENCY_TEMPORARY", valid_to="2024-04-10"),
        world.version(3, scope=[{"name": f"硫酸{n}号", "risk": "NORMAL"} for n in range(90)]),
    ]
    first, emergency, long = world.issue_all(versions)
    assert said(check(world, first.pdf)) == (Verdict.VALID, Code.OK)
    assert said(check(world, long.pdf)) == (Verdict.VALID, Code.OK)
    report = check(world, emergency.pdf, on=date(2024, 4, 10))
    assert said(report) == (Verdict.VALID, Code.OK)


def test_many_files_keep_their_order_and_ask_the_referee_about_a_sample(
    world: World, issued: Issued
) -> None:
    policy = replace(STRICT, sample_every=2)
    files = [issued.pdf, b"%PDF-1.7\n", issued.pdf, issued.pdf]
    reports = list(verify_many(files, world.trust(), policy=policy, now=world.now))
    assert [report.verdict for report in reports] == [
        Verdict.VALID,
        Verdict.FOREIGN,
        Verdict.VALID,
        Verdict.VALID,
    ]
    asked = [report.check(CheckName.REFEREE) for report in reports]
    assert [result.state for result in asked if result] == [
        CheckState.PASSED,
        CheckState.SKIPPED,
        CheckState.PASSED,
        CheckState.SKIPPED,
    ]


# ---------------------------------------------------------------- foreign or forged


@pytest.mark.parametrize("data", [b"", b"hello", b"%PDF-1.7\nnothing\n%%EOF\n", bytes(5000)])
def test_what_never_was_a_licence_is_foreign(world: World, data: bytes) -> None:
    assert said(check(world, data)) == (Verdict.FOREIGN, Code.NOT_A_LICENCE)


def test_a_licence_of_an_unknown_registry_is_foreign(world: World, issued: Issued) -> None:
    registry = replace(world.bundle.registries[0], id=RegistryId("another"))
    trust = world.trust(replace(world.bundle, registries=(registry,)))
    assert said(check(world, issued.pdf, trust)) == (Verdict.FOREIGN, Code.REGISTRY_UNKNOWN)


def test_a_forger_with_a_pki_of_the_same_names_is_refused(world: World) -> None:
    stranger = make_world("stranger")
    forged = stranger.issue(stranger.version())
    report = check(world, forged.pdf)
    assert said(report) == (Verdict.INVALID, Code.SIGNER_UNTRUSTED)
    assert report.licence is None


def test_an_unsigned_page_with_our_data_is_a_forgery(world: World, issued: Issued) -> None:
    place = hole.find(issued.pdf)
    empty = b"0" * (place.end - place.start - 2)
    unsigned = issued.pdf[: place.start + 1] + empty + issued.pdf[place.end - 1 :]
    assert said(check(world, unsigned)) == (Verdict.INVALID, Code.SIGNATURE_MISSING)
    loose = b"%PDF-1.7\nstream\n" + issued.data + b"\nendstream\n"
    assert check(world, loose).verdict is Verdict.INVALID


def test_a_production_bundle_refuses_everything_that_is_for_tests(
    world: World, issued: Issued
) -> None:
    trust = world.trust(replace(world.bundle, environment=Environment.PRODUCTION))
    report = check(world, issued.pdf, trust)
    assert said(report) == (Verdict.INVALID, Code.ENVIRONMENT_MISMATCH)


# ---------------------------------------------------------------- container


def test_bytes_after_the_end_are_refused_and_the_original_is_named(
    world: World, issued: Issued
) -> None:
    report = check(world, issued.pdf + b"1 0 obj\nendobj\n%%EOF\n")
    assert said(report) == (Verdict.INVALID, Code.CONTAINER_APPENDED)
    result = report.check(CheckName.CONTAINER)
    assert result is not None
    assert result.fact("original_sha256") == sha256(issued.pdf).hexdigest()


def _other_spellings(pdf: bytes) -> dict[str, bytes]:
    """Return files whose signed bytes are the same, or that show the same, spelled otherwise."""
    place = hole.find(pdf)
    before, digits, after = pdf[: place.start], pdf[place.start : place.end], pdf[place.end :]
    injected = b"> /Name (FORGED) /Location <" + b"0" * 11
    return {
        "capital digits": before + digits.upper() + after,
        "junk after the DER": before + digits[:-3] + b"01>" + after,
        "blanks in the gap": before + digits[:-9] + b">" + b" " * 8 + after,
        "a key in the gap": before + digits[: -len(injected) - 1] + injected + b">" + after,
        "header": pdf.replace(b"%PDF-1.7", b"%PDF-1.6", 1),
        "byte range": pdf.replace(b"/ByteRange [0 ", b"/ByteRange [1 ", 1),
        "cut": pdf[:-1],
        "newline after": pdf + b"\n",
        "newline before": b"\n" + pdf,
        "no hole": before + after,
    }


@pytest.mark.parametrize(
    "name",
    [
        "capital digits",
        "junk after the DER",
        "blanks in the gap",
        "a key in the gap",
        "header",
        "byte range",
        "cut",
        "newline after",
        "newline before",
        "no hole",
    ],
)
def test_no_other_spelling_of_the_container_is_taken(
    world: World, issued: Issued, name: str
) -> None:
    altered = _other_spellings(issued.pdf)[name]
    assert altered != issued.pdf
    assert check(world, altered).verdict is Verdict.INVALID


def test_a_cms_of_another_licence_is_refused(world: World, issued: Issued) -> None:
    other = world.issue(world.version(5))
    moved = replace_cms(issued.pdf, hole.contents(other.pdf, hole.find(other.pdf)))
    assert said(check(world, moved)) == (Verdict.INVALID, Code.SIGNATURE_BROKEN)


def test_another_digest_of_the_data_breaks_the_signature(world: World, issued: Issued) -> None:
    parts = replace(parts_of(issued.pdf), licence_digest=Digest(bytes(32)))
    forged = replace_cms(issued.pdf, cms.build(parts))
    assert said(check(world, forged)) == (Verdict.INVALID, Code.SIGNATURE_BROKEN)


def test_certificates_of_the_cms_are_those_of_the_signed_data(world: World, issued: Issued) -> None:
    parts = parts_of(issued.pdf)
    root = world.pki.root.certificate
    more = replace(parts, certificates=tuple(sorted((*parts.certificates, root))))
    fewer = replace(parts, certificates=(parts.signer_certificate,))
    for changed in (more, fewer):
        forged = replace_cms(issued.pdf, cms.build(changed))
        assert said(check(world, forged)) == (Verdict.INVALID, Code.SIGNER_UNTRUSTED)


def test_a_ca_certificate_of_the_same_key_but_other_bytes_is_refused(
    world: World, issued: Issued
) -> None:
    """A genuine certificate of the CA, only not the one that was signed into the file."""
    parts = parts_of(issued.pdf)
    issuing = load_certificate(world.pki.issuing.certificate)
    key = world.pki.private_keys["issuing"].public_key()
    subject = Subject(f"{ORGANISATION} 签发 CA", ORGANISATION)
    twin = world.pki.root.certify_ca(subject, key, now=SIGNED_AT - timedelta(hours=1))
    assert load_certificate(twin).subject == issuing.subject
    swapped = tuple(sorted((parts.signer_certificate, twin)))
    forged = replace_cms(issued.pdf, cms.build(replace(parts, certificates=swapped)))
    assert said(check(world, forged)) == (Verdict.INVALID, Code.SIGNER_UNTRUSTED)


def test_a_missing_timestamp_is_refused(world: World, issued: Issued) -> None:
    parts = replace(parts_of(issued.pdf), timestamp_token=None)
    forged = replace_cms(issued.pdf, cms.build(parts))
    assert said(check(world, forged)) == (Verdict.INVALID, Code.TIMESTAMP_MISSING)


def test_a_timestamp_of_another_licence_is_refused(world: World, issued: Issued) -> None:
    other = world.issue(world.version(5))
    token = parts_of(other.pdf).timestamp_token
    forged = replace_cms(
        issued.pdf, cms.build(replace(parts_of(issued.pdf), timestamp_token=token))
    )
    assert said(check(world, forged)) == (Verdict.INVALID, Code.TIMESTAMP_BROKEN)


def test_a_timestamp_of_a_stranger_is_refused(world: World, issued: Issued) -> None:
    stranger = make_world("stranger")
    tsa = stranger.pki.tsa(clock=stranger.clock, entropy=stranger.entropy)
    parts = parts_of(issued.pdf)
    token = tsa.timestamp(Digest(sha256(parts.signature).digest()))
    forged = replace_cms(issued.pdf, cms.build(replace(parts, timestamp_token=token)))
    assert said(check(world, forged)) == (Verdict.INVALID, Code.TIMESTAMP_UNTRUSTED)


def test_a_timestamp_policy_that_is_not_pinned_is_refused(world: World, issued: Issued) -> None:
    root = replace(world.bundle.tsa_roots[0], policies=("2.25.1",))
    report = check(world, issued.pdf, world.trust(replace(world.bundle, tsa_roots=(root,))))
    assert said(report) == (Verdict.INVALID, Code.TIMESTAMP_UNTRUSTED)


def test_a_timestamp_authority_closed_before_the_block_is_refused(
    world: World, issued: Issued
) -> None:
    """Whoever has its key can write any time into a token: the block's time counts."""
    digest = Digest(sha256(world.pki.tsa_key.certificate).digest())
    closed = Withdrawn(digest, SIGNED_AT + timedelta(seconds=20))
    report = check(world, issued.pdf, world.trust(replace(world.bundle, withdrawn=(closed,))))
    assert said(report) == (Verdict.INVALID, Code.TIMESTAMP_UNTRUSTED)


def test_a_timestamp_that_waited_long_for_its_block_is_noted(world: World, issued: Issued) -> None:
    later = SIGNED_AT + timedelta(hours=25)
    proof = make_evidence([issued.leaf], block_time=later)[0]
    world.publish(issued_at=later)
    report = check(world, fill(issued.bare, proof), now=later + timedelta(minutes=1))
    assert said(report) == (Verdict.VALID, Code.OK)
    timestamp = report.check(CheckName.TIMESTAMP)
    assert timestamp is not None
    assert timestamp.notes == (Code.TIMESTAMP_GAP,)


# ---------------------------------------------------------------- signer


def test_an_authority_signs_for_itself_only(world: World) -> None:
    """The key of one authority cannot make a licence of another, though both are pinned."""
    signer = world.pki.licence_signer(AUTHORITY, clock=world.clock, entropy=world.entropy)
    signer.authority = OTHER_AUTHORITY  # type: ignore[misc]
    signer._entitlement = None
    other = world.version(authority=OTHER_AUTHORITY)
    object.__setattr__(world, "pki", _LendsItsKey(world, signer))
    forged = world.sign(other)
    pdf = fill(forged.pdf, make_evidence([forged.leaf], OTHER_AUTHORITY)[0])
    assert said(check(world, pdf)) == (Verdict.INVALID, Code.SIGNER_AUTHORITY)


class _LendsItsKey:
    """A PKI whose every authority signs with one and the same key."""

    def __init__(self, world: World, signer: object) -> None:
        self._pki, self._signer = world.pki, signer

    def licence_signer(self, _authority: AuthorityId, **_more: object) -> object:
        return self._signer


@pytest.mark.parametrize(
    "change",
    [
        {"licence_types": ("construction",)},
        {"industries": ("MK",)},
        {"valid_to": date(2025, 12, 31)},
        {"valid_from": date(2026, 11, 22)},
    ],
)
def test_an_authority_issues_only_what_where_and_when_it_may(
    world: World, issued: Issued, change: dict[str, object]
) -> None:
    entitled = replace(world.bundle.authorities[0], **change)  # type: ignore[arg-type]
    bundle = replace(world.bundle, authorities=(entitled, world.bundle.authorities[1]))
    report = check(world, issued.pdf, world.trust(bundle))
    assert said(report) == (Verdict.INVALID, Code.SIGNER_NOT_ENTITLED)


def test_a_region_outside_the_authority_is_refused(world: World) -> None:
    address = {"type": "REGISTERED", "text": "北京市东城区", "region": "110101"}
    issued = world.issue(world.version(addresses=[address]))
    assert said(check(world, issued.pdf)) == (Verdict.INVALID, Code.SIGNER_NOT_ENTITLED)


def test_another_policy_than_the_pinned_one_is_refused(world: World, issued: Issued) -> None:
    trust = world.trust(replace(world.bundle, policies=("2.25.1",)))
    assert said(check(world, issued.pdf, trust)) == (Verdict.INVALID, Code.SIGNER_POLICY)


@pytest.mark.parametrize("seconds", [-1, 0, 30])
def test_what_was_made_after_a_key_was_closed_is_refused(
    world: World, issued: Issued, seconds: int
) -> None:
    """The block came 30 s after the signature: a key closed between the two is not believed."""
    moment = SIGNED_AT + timedelta(seconds=seconds)
    signer = Digest(sha256(parts_of(issued.pdf).signer_certificate).digest())
    for bundle in (
        replace(world.bundle, withdrawn=(Withdrawn(signer, moment),)),
        replace(world.bundle, roots=(replace(world.bundle.roots[0], distrust_from=moment),)),
    ):
        report = check(world, issued.pdf, world.trust(bundle))
        assert report.verdict is Verdict.INVALID


def test_what_was_made_before_a_key_was_closed_stays_valid(world: World, issued: Issued) -> None:
    signer = Digest(sha256(parts_of(issued.pdf).signer_certificate).digest())
    closed = Withdrawn(signer, SIGNED_AT + timedelta(seconds=31))
    trust = world.trust(replace(world.bundle, withdrawn=(closed,)))
    assert said(check(world, issued.pdf, trust)) == (Verdict.VALID, Code.OK)


def test_an_authority_newer_than_the_bundle_is_undetermined(world: World, issued: Issued) -> None:
    """It may be new; it may be a forgery: without a newer bundle nobody knows."""
    bundle = replace(world.bundle, authorities=(world.bundle.authorities[1],))
    report = check(world, issued.pdf, world.trust(bundle))
    assert report.verdict is Verdict.UNDETERMINED
    late = replace(bundle, issued_at=SIGNED_AT + timedelta(minutes=1))
    assert said(check(world, issued.pdf, world.trust(late))) == (
        Verdict.INVALID,
        Code.SIGNER_NOT_ENTITLED,
    )


# ---------------------------------------------------------------- anchor


def test_without_evidence_nothing_is_valid(world: World, issued: Issued) -> None:
    assert said(check(world, issued.bare)) == (Verdict.UNDETERMINED, Code.ANCHOR_PENDING)
    later = world.now + timedelta(hours=73)
    world.publish(issued_at=later - timedelta(minutes=1))
    report = check(world, issued.bare, now=later)
    assert said(report) == (Verdict.UNDETERMINED, Code.ANCHOR_ABSENT)


def test_a_sidecar_stands_in_for_evidence_that_is_gone_or_broken(
    world: World, issued: Issued
) -> None:
    assert said(check(world, issued.bare, sidecar=issued.evidence)) == (Verdict.VALID, Code.OK)
    broken = fill(issued.bare, make_evidence([world.issue(world.version(5)).leaf])[0])
    report = check(world, broken, sidecar=issued.evidence)
    assert said(report) == (Verdict.VALID, Code.OK)
    anchor = report.check(CheckName.ANCHOR)
    assert anchor is not None
    assert anchor.notes == (Code.ANCHOR_PROOF_MISMATCH,)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"authority": OTHER_AUTHORITY}, Code.ANCHOR_PROOF_MISMATCH),
        ({"registry": RegistryId("another")}, Code.ANCHOR_PROOF_MISMATCH),
        ({"chain_id": ChainId(1)}, Code.ANCHOR_CHAIN_MISMATCH),
        ({"contract": bytes(20)}, Code.ANCHOR_CHAIN_MISMATCH),
        ({"block_number": 0}, Code.ANCHOR_CHAIN_MISMATCH),
        ({"witnesses": WITNESSES[:1]}, Code.ANCHOR_WITNESS),
        ({"witnesses": (*WITNESSES, "stranger.example")}, Code.ANCHOR_WITNESS),
    ],
)
def test_evidence_of_something_else_never_makes_valid(
    world: World, issued: Issued, changes: dict[str, object], code: Code
) -> None:
    proof = make_evidence([issued.leaf], **changes)[0]  # type: ignore[arg-type]
    assert said(check(world, fill(issued.bare, proof))) == (Verdict.UNDETERMINED, code)


def test_evidence_of_a_later_release_says_so(world: World, issued: Issued) -> None:
    report = check(world, fill(issued.bare, cbor.dumps(("qbft-v2", b""))))
    assert said(report) == (Verdict.UNDETERMINED, Code.EVIDENCE_TYPE_UNSUPPORTED)


def test_evidence_of_another_leaf_never_makes_valid(world: World, issued: Issued) -> None:
    other = make_evidence([world.issue(world.version(5)).leaf])[0]
    report = check(world, fill(issued.bare, other))
    assert said(report) == (Verdict.UNDETERMINED, Code.ANCHOR_PROOF_MISMATCH)


def test_an_anchor_before_the_timestamp_is_refused(world: World, issued: Issued) -> None:
    earlier = make_evidence([issued.leaf], block_time=SIGNED_AT - timedelta(seconds=61))[0]
    report = check(world, fill(issued.bare, earlier))
    assert said(report) == (Verdict.INVALID, Code.TIMESTAMP_AFTER_BLOCK)
    just = make_evidence([issued.leaf], block_time=SIGNED_AT - timedelta(seconds=60))[0]
    assert check(world, fill(issued.bare, just)).verdict is Verdict.VALID


def test_a_witness_is_believed_for_its_blocks_only(world: World, issued: Issued) -> None:
    registry = world.bundle.registries[0]
    closed = replace(registry.witnesses[0], to_block=999)
    registry = replace(registry, witnesses=(closed, registry.witnesses[1]))
    trust = world.trust(replace(world.bundle, registries=(registry,)))
    report = check(world, issued.pdf, trust)
    assert said(report) == (Verdict.UNDETERMINED, Code.ANCHOR_WITNESS)


def test_a_frozen_contract_takes_no_later_anchor(world: World, issued: Issued) -> None:
    registry = world.bundle.registries[0]
    frozen = replace(registry.contracts[0], frozen_at=999)
    trust = world.trust(replace(world.bundle, registries=(replace(registry, contracts=(frozen,)),)))
    report = check(world, issued.pdf, trust)
    assert said(report) == (Verdict.UNDETERMINED, Code.ANCHOR_CHAIN_MISMATCH)


# ---------------------------------------------------------------- in force


@pytest.mark.parametrize(
    ("on", "code"),
    [
        (date(2024, 3, 17), Code.NOT_YET_VALID),
        (date(2024, 3, 18), Code.OK),
        (date(2027, 3, 17), Code.OK),
        (date(2027, 3, 18), Code.EXPIRED),
    ],
)
def test_both_ends_of_the_period_are_inclusive(
    world: World, issued: Issued, on: date, code: Code
) -> None:
    assert check(world, issued.pdf, on=on).code is code


def test_a_sample_is_never_valid(world: World) -> None:
    issued = world.issue(world.version(9, kind="SAMPLE"))
    assert said(check(world, issued.pdf)) == (Verdict.INVALID, Code.SAMPLE_LICENCE)


def test_a_forgery_that_points_at_a_revoked_licence_reads_forged(
    world: World, issued: Issued
) -> None:
    world.publish({0: StatusWord.REVOKED}, [side_row(0, StatusWord.REVOKED, date(2026, 11, 1))])
    place = hole.find(issued.pdf)
    altered = bytearray(issued.pdf)
    altered[place.start // 2] ^= 1
    assert said(check(world, bytes(altered))) == (Verdict.INVALID, Code.SIGNATURE_BROKEN)
    assert said(check(world, issued.pdf)) == (Verdict.INVALID, Code.STATUS_REVOKED)


def test_the_policy_stands_in_the_report(world: World, issued: Issued) -> None:
    report = check(world, issued.pdf, policy=INSPECTOR)
    assert dict(report.policy)["accept_stale_hours"] == 72
