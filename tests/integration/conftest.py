"""A chain of its own for each test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from anchor.chain.devnet import Devnet, running
from tests.fakes.database import clock, empty_database, store
from tests.fakes.devchain import ANVIL, CHAIN_ID, DevChain

__all__ = ["clock", "dev", "empty_database", "store"]


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[DevChain]:
    """The contract on a fresh anvil, with one authority."""
    with running(Devnet(ANVIL, tmp_path / "anvil", CHAIN_ID, keeps_state=False)) as devnet:
        yield DevChain(devnet)


@pytest.fixture
def lasting(tmp_path: Path) -> Iterator[DevChain]:
    """The same on an anvil that may be stopped and started again."""
    with running(Devnet(ANVIL, tmp_path / "anvil", CHAIN_ID)) as devnet:
        yield DevChain(devnet)
