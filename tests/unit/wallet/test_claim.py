"""Claiming: the key first, the same claim again after a failure, and nothing that does not fit."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from licence.domain.model import Environment, StatusRef
from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats.checks import CheckName, failed
from licence.formats.claim import ClaimAnswer, check_claim
from licence.formats.holder import ClaimRequest
from licence.formats.report import Report, make_report
from licence.formats.verdict import REQUIRED, Assurance, Verdict
from licence.ids import Leaf, RegistryId, StatusIndex
from signer.authority_ca import CertificateAuthority
from tests.builders import REGISTRY, SIGNED_AT, Issued, World, make_world, side_row
from tests.fakes.claim_desk import FIRST_INDEX, FakeClaimDesk
from tests.fakes.refusal import refuses
from tests.fakes.wallets import CODE, DESK, PASSWORD, WorldChecker, claim_one
from wallet.claim import claim
from wallet.keep import WalletFolder
from wallet.keys import HolderKey

Desk = FakeClaimDesk


def claims_under_way(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "wallet" / "claims").iterdir())


def test_claim_brings_licence_certificate_and_evidence(
    world: World, issued: Issued, desk: Desk, folder: WalletFolder, tmp_path: Path
) -> None:
    claimed = claim_one(desk, folder, world.now, checker=WorldChecker(world))
    kept = claimed.kept
    assert (kept.leaf, kept.version, kept.pdf) == (issued.leaf, issued.version, issued.pdf)
    assert kept.evidence == issued.evidence
    assert kept.own.binding.index == FIRST_INDEX
    assert kept.desk == DESK
    assert claimed.report is not None
    assert claimed.report.verdict is Verdict.VALID
    assert folder.find(None) == kept
    assert claims_under_way(tmp_path) == []


def test_the_desk_sees_no_more_than_code_and_public_key(
    world: World, desk: Desk, folder: WalletFolder
) -> None:
    kept = claim_one(desk, folder, world.now).kept
    assert [check_claim(sent) for sent in desk.sent] == [kept.own.public_key]
    assert desk.sent[0].code == CODE


@pytest.mark.parametrize("typed", ["", "K7Q2", "K7Q2-5XMD-44TB-M3F中", "A" * 65, "K7Q25XM/"])
def test_what_is_no_code_is_not_sent(
    typed: str, world: World, desk: Desk, folder: WalletFolder
) -> None:
    with refuses(Code.CLAIM_CODE):
        claim_one(desk, folder, world.now, code=typed)
    assert desk.sent == []


def test_a_code_may_be_typed_another_way_when_it_is_typed_again(
    world: World, desk: Desk, folder: WalletFolder
) -> None:
    losing = LosesTheFirstAnswer(desk)
    with refuses(Code.CLAIM_UNAVAILABLE):
        claim_one(losing, folder, world.now, code="k7q2-5xmd 44tb-m3fa\n")
    claim_one(losing, folder, world.now)
    assert desk.sent[0] == desk.sent[1]


def test_wrong_password_for_a_claim_under_way_is_refused(
    world: World, desk: Desk, folder: WalletFolder
) -> None:
    folder.claim_key(CODE, b"another password")
    with refuses(Code.KEY_LOCKED):
        claim_one(desk, folder, world.now)
    assert desk.sent == []


class LosesTheFirstAnswer:
    """Redeems, and the answer is lost on the way, once."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lost = False

    def claim(self, request: ClaimRequest) -> ClaimAnswer:
        """Redeem."""
        answer = self._desk.claim(request)
        if not self._lost:
            self._lost = True
            raise AnzhengError(Code.CLAIM_UNAVAILABLE, "cable cut")
        return answer

    def evidence(self, leaf: Leaf) -> bytes | None:
        """Return the evidence of a leaf."""
        return self._desk.evidence(leaf)

    def data_code(self, leaf: Leaf) -> str | None:
        """Return the data code of a leaf."""
        return self._desk.data_code(leaf)


def test_a_lost_answer_is_asked_for_again_with_the_same_key(
    world: World, desk: Desk, folder: WalletFolder, tmp_path: Path
) -> None:
    losing = LosesTheFirstAnswer(desk)
    with refuses(Code.CLAIM_UNAVAILABLE):
        claim_one(losing, folder, world.now)
    assert len(claims_under_way(tmp_path)) == 1
    kept = claim_one(losing, folder, world.now).kept
    assert desk.sent[0] == desk.sent[1]
    assert folder.open_key(kept, PASSWORD).public_key == kept.own.public_key
    assert claims_under_way(tmp_path) == []


def test_a_crash_while_keeping_leaves_no_half_licence(
    world: World,
    desk: Desk,
    folder: WalletFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = Path.rename

    def crash(*_paths: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "rename", crash)
    with pytest.raises(KeyboardInterrupt):
        claim_one(desk, folder, world.now)
    monkeypatch.setattr(Path, "rename", real)
    assert folder.contents().kept == ()
    assert folder.contents().damaged == ()
    assert len(claims_under_way(tmp_path)) == 1
    kept = claim_one(desk, folder, world.now).kept
    assert folder.contents().kept == (kept,)


def test_a_crash_after_keeping_is_harmless(
    world: World, desk: Desk, folder: WalletFolder, tmp_path: Path
) -> None:
    """The licence is kept, and the key of the claim is still where it was."""
    folder.claim_key(CODE, PASSWORD)
    (path,) = claims_under_way(tmp_path)
    key_file = path.read_bytes()
    kept = claim_one(desk, folder, world.now).kept
    path.write_bytes(key_file)
    again = claim_one(desk, folder, world.now + timedelta(minutes=1)).kept
    assert again.name == kept.name
    assert folder.contents().kept == (kept,)
    assert claims_under_way(tmp_path) == []


def test_two_wallets_cannot_use_one_code(world: World, desk: Desk, tmp_path: Path) -> None:
    claim_one(desk, WalletFolder(tmp_path / "first"), world.now)
    with refuses(Code.CLAIM_USED):
        claim_one(desk, WalletFolder(tmp_path / "second"), world.now)


def test_unknown_code_is_the_desks_word(world: World, desk: Desk, folder: WalletFolder) -> None:
    with refuses(Code.CLAIM_CODE):
        claim_one(desk, folder, world.now, code="AAAABBBBCCCCDDDD")
    assert folder.contents().kept == ()


def test_desk_name_must_be_one_line(world: World, desk: Desk, folder: WalletFolder) -> None:
    with refuses(Code.TEXT_CONTROL_CHARACTER):
        claim(
            CODE,
            desk=desk,
            desk_name="https://registry.example\n",
            folder=folder,
            password=PASSWORD,
            checker=None,
            now=world.now,
        )
    assert desk.sent == []


# ---------------------------------------------------------------- what does not fit


def refused(
    world: World, desk: Desk, folder: WalletFolder, reason: Code, *, checked: bool = False
) -> None:
    """Expect that the answer is refused for this reason, and that the key is still there."""
    checker = WorldChecker(world) if checked else None
    with pytest.raises(AnzhengError) as caught:
        claim_one(desk, folder, world.now, checker=checker)
    assert (caught.value.code, caught.value.facts["reason"]) == (Code.CLAIM_ANSWER, reason)
    assert folder.contents().kept == ()
    assert check_claim(desk.sent[-1]) == folder.claim_key(CODE, PASSWORD).public_key


def certificate_of(
    issued: Issued,
    csr: bytes,
    ca: CertificateAuthority,
    *,
    leaf: Leaf | None = None,
    registry: RegistryId = REGISTRY,
    uscc: str | None = None,
) -> bytes:
    draft = issued.version.draft
    version = replace(issued.version, draft=replace(draft, uscc=uscc or draft.uscc))
    status = StatusRef(registry, StatusIndex(FIRST_INDEX))
    return ca.issue_holder_certificate(csr, version, leaf or issued.leaf, status, now=SIGNED_AT)


def test_a_certificate_that_does_not_fit_is_refused(
    world: World, issued: Issued, desk: Desk, folder: WalletFolder
) -> None:
    csr = folder.claim_key(CODE, PASSWORD).claim(CODE).csr
    stolen = HolderKey(ec.derive_private_key(77, ec.SECP256R1())).claim(CODE).csr
    ca, stranger = world.pki.holder_ca, make_world("stranger").pki.holder_ca
    fitting = certificate_of(issued, csr, ca)
    for certificates in (
        (certificate_of(issued, stolen, ca), ca.certificate),
        (certificate_of(issued, csr, ca, leaf=Leaf(bytes(32))), ca.certificate),
        (certificate_of(issued, csr, ca, registry=RegistryId("another")), ca.certificate),
        (certificate_of(issued, csr, ca, uscc="91210200MA0QEX6W0B"), ca.certificate),
        (fitting, stranger.certificate),
        (ca.certificate, world.pki.root.certificate),
        (b"no certificate", ca.certificate),
        (fitting, b"no certificate"),
        (),
    ):
        desk.changes = {"certificates": certificates}
        refused(world, desk, folder, Code.HOLDER_CERTIFICATE)


def test_a_file_that_does_not_fit_is_refused(
    world: World, issued: Issued, desk: Desk, folder: WalletFolder
) -> None:
    other = world.issue(world.version(5))
    altered = bytearray(issued.pdf)
    altered[100] ^= 1
    for changes, reason in (
        ({"pdf": b"no file"}, Code.CONTAINER_STRUCTURE),
        ({"pdf": bytes(altered)}, Code.SIGNATURE_BROKEN),
        ({"licence_json": other.data}, Code.DATA_DIGEST_MISMATCH),
        ({"licence_json": b"{}"}, Code.SCHEMA_UNKNOWN),
        ({"pdf": other.pdf, "licence_json": other.data}, Code.HOLDER_CERTIFICATE),
        ({"evidence": other.evidence}, Code.ANCHOR_PROOF_MISMATCH),
        ({"evidence": b"no evidence"}, Code.EVIDENCE_SYNTAX),
    ):
        desk.changes = dict(changes)
        refused(world, desk, folder, reason)


def test_a_file_of_a_strangers_authority_is_refused_by_the_checker(
    world: World, folder: WalletFolder
) -> None:
    """All parts fit together, and the authority is one that nobody pinned."""
    stranger = make_world("stranger")
    issued = stranger.issue(stranger.version())
    desk = FakeClaimDesk(stranger, stranger.now, codes={CODE: issued})
    refused(world, desk, folder, Code.SIGNER_UNTRUSTED, checked=True)
    assert claim_one(desk, folder, world.now).report is None


class SaysForeign:
    """A checker that does not know the file."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def check(self, _pdf: bytes, _evidence: bytes | None) -> Report:
        """Return the report that it was given."""
        return self._report


@pytest.mark.parametrize("code", [Code.NOT_A_LICENCE, Code.REGISTRY_UNKNOWN])
def test_what_the_checker_does_not_know_is_refused(
    world: World, desk: Desk, folder: WalletFolder, code: Code
) -> None:
    report = make_report(
        [failed(CheckName.CONTAINER, code)],
        assurance=Assurance.FULL,
        required=REQUIRED[Assurance.FULL],
        checked_at=world.now,
        on=world.now.date(),
        environment=Environment.TEST,
    )
    with refuses(Code.CLAIM_ANSWER):
        claim_one(desk, folder, world.now, checker=SaysForeign(report))


def test_a_checker_must_have_seen_this_very_file(
    world: World, issued: Issued, desk: Desk, folder: WalletFolder
) -> None:
    report = WorldChecker(world).check(issued.pdf, None)
    about_another = replace(report, leaf=Leaf(bytes(32)))
    with refuses(Code.CLAIM_ANSWER):
        claim_one(desk, folder, world.now, checker=SaysForeign(about_another))


def test_a_suspended_or_pending_licence_is_still_its_holders(
    issued: Issued, folder: WalletFolder
) -> None:
    fresh = make_world()
    fresh.publish({0: StatusWord.SUSPENDED}, [side_row(0, StatusWord.SUSPENDED, date(2026, 11, 1))])
    desk = FakeClaimDesk(fresh, fresh.now, codes={CODE: issued})
    claimed = claim_one(desk, folder, fresh.now, checker=WorldChecker(fresh))
    assert claimed.report is not None
    assert claimed.report.code is Code.STATUS_SUSPENDED
    assert claimed.kept.evidence is None
    assert claimed.kept.pdf == issued.bare


def test_evidence_that_comes_beside_the_file_is_filled_in(
    world: World, issued: Issued, desk: Desk, folder: WalletFolder
) -> None:
    desk.changes = {"pdf": issued.bare}
    assert claim_one(desk, folder, world.now).kept.pdf == issued.pdf


def test_evidence_in_the_file_alone_is_kept_beside_it_too(
    world: World, issued: Issued, desk: Desk, folder: WalletFolder
) -> None:
    desk.changes = {"evidence": None}
    kept = claim_one(desk, folder, world.now).kept
    assert kept.evidence == issued.evidence
    assert (folder.folder(kept) / "licence.pdf.evidence").read_bytes() == issued.evidence
