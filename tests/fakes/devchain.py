"""The real contract on a real anvil, with one authority and its accounts."""

import time
from hashlib import sha256
from pathlib import Path

from anchor.chain.account import EvmAccount, address_of_key
from anchor.chain.admin import Administrator
from anchor.chain.artifact import Artifact, load_artifact
from anchor.chain.devnet import Devnet
from anchor.chain.evm import Contract, EvmChain
from anchor.chain.fees import FeePolicy
from anchor.chain.node import Node
from anchor.chain.rpc import Rpc
from anchor.ports import Right
from licence.ids import ChainId
from tests.fakes.anchoring import AUTHORITY

ANVIL = Path(__file__).parents[2] / "contracts" / "node_modules" / ".bin" / "anvil"
CHAIN_ID = ChainId(20260)
DAILY_CAP = 1_000
MINED_SECONDS = 60.0
POLL_SECONDS = 0.005


def private_key(name: str) -> bytes:
    """Return the chain key of this name."""
    return sha256(f"chain key {name}".encode()).digest()


class DevChain:
    """A deployed contract; each account has one right."""

    def __init__(self, devnet: Devnet, *, legacy: bool = False) -> None:
        self.devnet = devnet
        self.node: Node = devnet.node
        self.fees = FeePolicy(legacy=legacy)
        self.artifact: Artifact = load_artifact()
        self.admin = Administrator(self.node, CHAIN_ID, private_key("admin"), self.fees)
        for name in ("admin", "anchor", "propose", "confirm", "pause"):
            devnet.fund(address_of_key(private_key(name)))
        self.contract: Contract = self.admin.deploy(self.artifact, admin_delay_seconds=3_600)
        self.admin.register_authority(self.contract.address, AUTHORITY, daily_cap=DAILY_CAP)
        for right in Right:
            account = address_of_key(private_key(str(right.name).lower()))
            self.admin.set_account(self.contract.address, AUTHORITY, account, right)

    def chain(self, node: Rpc | None = None) -> EvmChain:
        """Return the chain through a node."""
        return EvmChain(node or self.node, self.contract, self.artifact)

    def wait_for(self, raw: bytes) -> None:
        """Wait until a transaction is mined: anvil answers before it mines."""
        chain, end = self.chain(), time.monotonic() + MINED_SECONDS
        while chain.receipt(raw) is None:
            assert time.monotonic() < end, "not mined"
            time.sleep(POLL_SECONDS)

    def account(self, right: Right, node: Rpc | None = None) -> EvmAccount:
        """Return the account that has this right."""
        name = str(right.name).lower()
        return EvmAccount(self.chain(node), private_key(name), self.fees)
