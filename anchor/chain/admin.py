"""Deploying the contract and administering it: what the administrator's account does by hand.

These steps are rare and watched by a person, so each waits for its receipt; a repeated step is
refused by the contract itself. Batches and statuses never go this way.
"""

import time
from dataclasses import dataclass
from typing import Any, Final

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address

from anchor.chain.account import address_of, local_account, sign_fields
from anchor.chain.artifact import Artifact
from anchor.chain.codec import authority_bytes, function
from anchor.chain.evm import Contract
from anchor.chain.fees import FeePolicy, block_fee_fields, gas_field, newest_block
from anchor.chain.node import hexed, number, octets
from anchor.chain.rpc import Rpc
from anchor.ports import Right
from licence.errors import AnzhengError, Code
from licence.ids import Address, AuthorityId, ChainId

WAIT_SECONDS: Final = 120.0
"""Longest wait for a receipt."""

POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Mined:
    """What a mined transaction did."""

    gas_used: int
    block_number: int
    created: Address | None


class Administrator:
    """The administrator's account.

    Args:
        node: The node.
        chain_id: EIP-155 id that is signed for.
        private_key: secp256k1, 32 bytes.
        fees: How much may be paid.

    Raises:
        AnzhengError: CHAIN_ACCOUNT, for bytes that are no key.
    """

    def __init__(
        self, node: Rpc, chain_id: ChainId, private_key: bytes, fees: FeePolicy | None = None
    ) -> None:
        self._node = node
        self._chain_id = chain_id
        self._account = local_account(private_key)
        self._fees = fees or FeePolicy()

    @property
    def address(self) -> Address:
        """Its address."""
        return address_of(self._account)

    def deploy(self, artifact: Artifact, *, admin_delay_seconds: int) -> Contract:
        """Deploy the contract with this account as its administrator.

        Args:
            artifact: The compiled contract.
            admin_delay_seconds: Before a new administrator can take over.

        Raises:
            AnzhengError: CHAIN_REVERTED, CHAIN_UNAVAILABLE.
        """
        arguments = encode(("uint48", "address"), (admin_delay_seconds, hexed(self.address)))
        mined = self.transact(None, artifact.bytecode + arguments)
        if mined.created is None:
            raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the receipt names no contract")
        return Contract(self._chain_id, mined.created, mined.block_number)

    def register_authority(
        self, contract: Address, authority: AuthorityId, *, daily_cap: int
    ) -> Mined:
        """Register an authority with its daily cap of final changes.

        Raises:
            AnzhengError: CHAIN_REVERTED, CHAIN_UNAVAILABLE.
        """
        data = function(
            "registerAuthority", ("bytes18", "uint32"), authority_bytes(authority), daily_cap
        )
        return self.transact(contract, data)

    def set_account(
        self, contract: Address, authority: AuthorityId, account: Address, rights: Right
    ) -> Mined:
        """Give an account exactly these rights.

        Raises:
            AnzhengError: CHAIN_REVERTED, CHAIN_UNAVAILABLE.
        """
        types = ("bytes18", "address", "uint8")
        name = authority_bytes(authority)
        data = function("setAccount", types, name, hexed(account), int(rights))
        return self.transact(contract, data)

    def delegate(
        self, contract: Address, deputy: AuthorityId, rights: Right, *, until: int
    ) -> Mined:
        """Let another authority act in the name of this account's own, or end it at once.

        Args:
            contract: Where.
            deputy: Who may.
            rights: Some of ANCHOR, PROPOSE and CONFIRM; none ends it.
            until: Last second of it (Unix time); 0 when it ends.

        Raises:
            AnzhengError: CHAIN_REVERTED, CHAIN_UNAVAILABLE.
        """
        types = ("bytes18", "uint8", "uint40")
        data = function("delegate", types, authority_bytes(deputy), int(rights), until)
        return self.transact(contract, data)

    def set_successor(self, contract: Address, successor: Address) -> Mined:
        """Freeze a contract for ever, because another takes over.

        Raises:
            AnzhengError: CHAIN_REVERTED, CHAIN_UNAVAILABLE.
        """
        return self.transact(contract, function("setSuccessor", ("address",), hexed(successor)))

    def pause_authority(self, contract: Address, authority: AuthorityId) -> Mined:
        """Stop one authority.

        Raises:
            AnzhengError: CHAIN_REVERTED, CHAIN_UNAVAILABLE.
        """
        data = function("pauseAuthority", ("bytes18",), authority_bytes(authority))
        return self.transact(contract, data)

    def transact(self, contract: Address | None, data: bytes) -> Mined:
        """Send one call (or a deployment) and wait until it is mined.

        Raises:
            AnzhengError: CHAIN_REVERTED, CHAIN_UNAVAILABLE.
        """
        found = self._node.quantity("eth_chainId")
        if found != self._chain_id:
            raise AnzhengError(Code.CHAIN_WRONG, "another chain", found=found)
        fields: dict[str, Any] = {"data": hexed(data)}
        if contract is not None:
            fields["to"] = to_checksum_address(contract)
        gas = self._node.quantity("eth_estimateGas", {"from": hexed(self.address), **fields})
        newest = newest_block(self._node)
        fields["gas"] = gas_field(newest, gas)
        fields |= block_fee_fields(self._node, newest, self._fees, 0)
        nonce = self._node.quantity("eth_getTransactionCount", hexed(self.address), "latest")
        raw = sign_fields(self._account, self._chain_id, nonce, fields)
        return self._wait(str(self._node.ask("eth_sendRawTransaction", hexed(raw))))

    def _wait(self, transaction: str) -> Mined:
        end = time.monotonic() + WAIT_SECONDS
        while True:
            receipt = self._node.ask("eth_getTransactionReceipt", transaction)
            if receipt is not None:
                break
            if time.monotonic() > end:
                raise AnzhengError(Code.CHAIN_UNAVAILABLE, "not mined in time")
            time.sleep(POLL_SECONDS)
        if number(receipt["status"]) != 1:
            raise AnzhengError(Code.CHAIN_REVERTED, "the transaction was mined and refused")
        created = receipt.get("contractAddress")
        return Mined(
            gas_used=number(receipt["gasUsed"]),
            block_number=number(receipt["blockNumber"]),
            created=Address(octets(created)) if created else None,
        )
