"""Accounts that sign: conforms to `anchor.ports.ChainAccount`.

The key comes as bytes from whoever keeps it; it is neither logged nor written.
"""

from typing import Any, Final

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address

from anchor.calls import Call
from anchor.chain.codec import call_data
from anchor.chain.evm import EvmChain
from anchor.chain.fees import FeePolicy, block_fee_fields, gas_field, newest_block
from anchor.chain.node import hexed
from licence.errors import AnzhengError, Code
from licence.ids import Address, AuthorityId, ChainId

KEY_BYTES: Final = 32


class EvmAccount:
    """One account, for calls of one contract.

    Args:
        chain: The contract.
        private_key: secp256k1, 32 bytes.
        fees: How much may be paid.
        principal: In whose name it acts, if another authority delegated this to its own.

    Raises:
        AnzhengError: CHAIN_ACCOUNT, for bytes that are no key.
    """

    def __init__(
        self,
        chain: EvmChain,
        private_key: bytes,
        fees: FeePolicy | None = None,
        *,
        principal: AuthorityId | None = None,
    ) -> None:
        self._chain = chain
        self._account = local_account(private_key)
        self._principal = principal
        self._fees = fees or FeePolicy()

    @property
    def address(self) -> Address:
        """Its address."""
        return address_of(self._account)

    def sign(self, call: Call, *, nonce: int, version: int) -> bytes:
        """Return the signed transaction.

        Raises:
            AnzhengError: CHAIN_REVERTED, when the contract would refuse it now, or no block has
                room for it; CHAIN_FEES, CHAIN_UNAVAILABLE.
        """
        data = call_data(call, self._principal, pairs=self._chain.takes_pairs)
        rpc = self._chain.node
        newest = newest_block(rpc)
        fields = {
            "to": to_checksum_address(self._chain.contract),
            "data": hexed(data),
            "gas": gas_field(newest, self._chain.estimate(self.address, data)),
            **block_fee_fields(rpc, newest, self._fees, version),
        }
        return sign_fields(self._account, self._chain.chain_id, nonce, fields)


def local_account(private_key: bytes) -> LocalAccount:
    """Return the library's account for a key.

    Raises:
        AnzhengError: CHAIN_ACCOUNT, for bytes that are no key.
    """
    try:
        if len(private_key) != KEY_BYTES:
            raise ValueError("length")
        account: LocalAccount = Account.from_key(private_key)
    except ValueError as error:
        # The library's message could repeat the key, so it is not chained on.
        raise AnzhengError(Code.CHAIN_ACCOUNT, "not the private key of an account") from error
    return account


def address_of(account: LocalAccount) -> Address:
    """Return the address as bytes."""
    return Address(bytes.fromhex(account.address.removeprefix("0x")))


def address_of_key(private_key: bytes) -> Address:
    """Return the address of a private key.

    Raises:
        AnzhengError: CHAIN_ACCOUNT, for bytes that are no key.
    """
    return address_of(local_account(private_key))


def sign_fields(
    account: LocalAccount, chain_id: ChainId, nonce: int, fields: dict[str, Any]
) -> bytes:
    """Return a signed transaction with these fields.

    Raises:
        AnzhengError: CHAIN_ACCOUNT, for fields that cannot be signed.
    """
    try:
        signed = account.sign_transaction(
            {**fields, "value": 0, "nonce": nonce, "chainId": chain_id}
        )
    except (ValueError, TypeError) as error:
        raise AnzhengError(Code.CHAIN_ACCOUNT, "the transaction cannot be signed") from error
    return bytes(signed.raw_transaction)
