"""Evidence that came later is filled in, once it is the evidence of this licence."""

import pytest

from licence.errors import Code
from licence.ids import Leaf
from tests.builders import Issued, World, make_evidence
from tests.fakes.claim_desk import FakeClaimDesk
from tests.fakes.refusal import refuses
from tests.fakes.wallets import CODE, WorldChecker, claim_one
from wallet.entry import Kept
from wallet.keep import WalletFolder
from wallet.refresh import is_complete, refresh


@pytest.fixture
def pending_desk(world: World, issued: Issued) -> FakeClaimDesk:
    return FakeClaimDesk(world, world.now, codes={CODE: issued})


@pytest.fixture
def pending(world: World, pending_desk: FakeClaimDesk, folder: WalletFolder) -> Kept:
    return claim_one(pending_desk, folder, world.now).kept


def test_nothing_new_changes_nothing(
    pending_desk: FakeClaimDesk, pending: Kept, folder: WalletFolder
) -> None:
    assert not is_complete(pending)
    assert refresh(pending, pending_desk, folder) == pending
    assert folder.contents().kept == (pending,)


def test_evidence_is_filled_into_the_file(
    world: World,
    issued: Issued,
    pending_desk: FakeClaimDesk,
    pending: Kept,
    folder: WalletFolder,
) -> None:
    assert pending.pdf == issued.bare
    pending_desk.proofs[issued.leaf] = issued.evidence
    changed = refresh(pending, pending_desk, folder)
    assert (changed.pdf, changed.evidence) == (issued.pdf, issued.evidence)
    assert folder.contents().kept == (changed,)
    WorldChecker(world).check(changed.pdf, None).require()


def test_evidence_of_the_certificate_is_kept(
    issued: Issued, pending_desk: FakeClaimDesk, pending: Kept, folder: WalletFolder
) -> None:
    own = make_evidence([pending.certificate_leaf])[0]
    pending_desk.proofs |= {issued.leaf: issued.evidence, pending.certificate_leaf: own}
    changed = refresh(pending, pending_desk, folder)
    assert changed.certificate_evidence == own
    assert is_complete(changed)
    assert folder.contents().kept == (changed,)
    pending_desk.proofs.clear()
    assert refresh(changed, pending_desk, folder) == changed


def test_evidence_of_something_else_is_refused(
    pending_desk: FakeClaimDesk, pending: Kept, folder: WalletFolder
) -> None:
    another = make_evidence([Leaf(bytes(32))])[0]
    for leaf in (pending.leaf, pending.certificate_leaf):
        for proof in (another, b"no evidence"):
            pending_desk.proofs = {leaf: proof}
            with refuses(Code.CLAIM_ANSWER):
                refresh(pending, pending_desk, folder)
    assert folder.contents().kept == (pending,)
