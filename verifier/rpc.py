"""Read-only Ethereum JSON-RPC: two view functions of the registry contract, and no more.

Own code on purpose: a verifier needs no web3, no account and no transaction. A node is not
believed; see `verifier.ports`.

Standard: Ethereum JSON-RPC (`eth_chainId`, `eth_getCode`, `eth_call`); Solidity contract ABI.
"""

import json
from typing import Final, final

import httpx
from typing_extensions import override

from licence.errors import AnzhengError, Code
from licence.formats.keccak import keccak256, selector
from licence.formats.trust_types import Contract
from licence.ids import AuthorityId, ChainId, Digest, MerkleRoot
from verifier.fetch import fetch, open_client
from verifier.ports import AnchorSlot

MAX_ANSWER_BYTES: Final = 256 << 10
"""Twice the hex of the largest contract that EIP-170 allows, with room."""

_WORD: Final = 32
_BATCH: Final = "batch(bytes18,bytes32)"
_STATUS_OF: Final = "statusOf(bytes18,uint32)"
_HIGHEST_STATUS: Final = 15


@final
class RpcChain:
    """One node of one chain.

    Args:
        url: Where the node answers; it may carry a path.
        chain_id: The chain that it must say it serves.
        transport: For tests.
    """

    def __init__(
        self, url: str, chain_id: ChainId, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._client = open_client(url, transport)
        self._transport = transport
        self._url = url
        self._chain_id = chain_id
        self._checked: set[Contract] = set()
        self._sequence = 0

    @override
    def __reduce__(self) -> tuple[type["RpcChain"], tuple[object, ...]]:
        """Travel to another process by address: it opens a connection of its own."""
        return RpcChain, (self._url, self._chain_id, self._transport)

    def anchor_slot(
        self,
        contract: Contract,
        authority: AuthorityId,
        root: MerkleRoot,
        size: int,
        manifest: Digest,
    ) -> AnchorSlot | None:
        """Return when the authority anchored this batch, or None if it never did.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE, or CHAIN_WRONG for another chain or contract.
        """
        key = keccak256(root + _word(size) + manifest)
        answer = self._view(contract, _BATCH, _authority_word(authority) + key, words=2)
        slot = AnchorSlot(_number(answer[:_WORD]), _number(answer[_WORD:]))
        return slot if slot.time > 0 else None

    def status_of(self, contract: Contract, authority: AuthorityId, index: int) -> int:
        """Return the four status bits of one licence version.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE, or CHAIN_WRONG for another chain or contract.
        """
        call = _authority_word(authority) + _word(index)
        status = _number(self._view(contract, _STATUS_OF, call, words=1))
        if status > _HIGHEST_STATUS:
            raise _unavailable("a status of more than four bits")
        return status

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _view(self, contract: Contract, function: str, arguments: bytes, *, words: int) -> bytes:
        self._check_contract(contract)
        call = {
            "to": "0x" + contract.address.hex(),
            "data": "0x" + (selector(function) + arguments).hex(),
        }
        answer = self._bytes("eth_call", [call, "latest"])
        if len(answer) != words * _WORD:
            raise _unavailable("an answer of another length")
        return answer

    def _check_contract(self, contract: Contract) -> None:
        """Compare chain id and code with the trust bundle, once for each contract."""
        if contract in self._checked:
            return
        chain_id = self._ask("eth_chainId", [])
        if chain_id != hex(self._chain_id) or contract.chain_id != self._chain_id:
            raise AnzhengError(Code.CHAIN_WRONG, "the node serves another chain")
        code = self._bytes("eth_getCode", ["0x" + contract.address.hex(), "latest"])
        if keccak256(code) != contract.code_hash:
            raise AnzhengError(Code.CHAIN_WRONG, "another contract stands at the address")
        self._checked.add(contract)

    def _bytes(self, method: str, parameters: list[object]) -> bytes:
        answer = self._ask(method, parameters)
        try:
            if not answer.startswith("0x"):
                raise ValueError(answer[:20])
            return bytes.fromhex(answer[2:])
        except ValueError as error:
            raise _unavailable("the node's answer is not hexadecimal") from error

    def _ask(self, method: str, parameters: list[object]) -> str:
        self._sequence += 1
        question = {
            "jsonrpc": "2.0",
            "id": self._sequence,
            "method": method,
            "params": parameters,
        }
        try:
            request = self._client.build_request("POST", self._url, json=question)
            answer = json.loads(fetch(self._client, request, max_bytes=MAX_ANSWER_BYTES).body)
        except (AnzhengError, ValueError, RecursionError) as error:
            raise _unavailable("the node does not answer") from error
        if not isinstance(answer, dict) or answer.get("id") != self._sequence:
            raise _unavailable("the node answers something else")
        result = answer.get("result")
        if not isinstance(result, str) or "error" in answer:
            raise _unavailable("the node refuses the question")
        return result


def _authority_word(authority: AuthorityId) -> bytes:
    return authority.encode("ascii").ljust(_WORD, b"\0")


def _word(number: int) -> bytes:
    return number.to_bytes(_WORD, "big")


def _number(word: bytes) -> int:
    return int.from_bytes(word, "big")


def _unavailable(message: str) -> AnzhengError:
    return AnzhengError(Code.CHAIN_UNAVAILABLE, message)
