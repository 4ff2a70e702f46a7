"""A world with an issued licence, a desk that hands it out, and an empty wallet."""

from pathlib import Path

import pytest

from tests.builders import Issued, World, make_world
from tests.fakes.claim_desk import FakeClaimDesk
from tests.fakes.wallets import CODE
from wallet.keep import WalletFolder


@pytest.fixture(scope="session")
def world() -> World:
    return make_world()


@pytest.fixture(scope="session")
def issued(world: World) -> Issued:
    return world.issue(world.version())


@pytest.fixture
def desk(world: World, issued: Issued) -> FakeClaimDesk:
    """Return a desk that knows one code, for a licence that is anchored."""
    made = FakeClaimDesk(world, world.now)
    made.codes[CODE] = issued
    made.proofs[issued.leaf] = issued.evidence
    return made


@pytest.fixture
def folder(tmp_path: Path) -> WalletFolder:
    return WalletFolder(tmp_path / "wallet")
