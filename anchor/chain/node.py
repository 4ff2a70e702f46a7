"""Talking JSON-RPC to one node: bounded, never retried here, every fault one of our errors.

A library that retries `eth_sendRawTransaction` by itself would blur what the write-ahead store
knows; the sender above decides when to ask again.
"""

from typing import Any, Final

import requests
from web3 import HTTPProvider
from web3.exceptions import Web3Exception
from web3.types import RPCEndpoint

from licence.errors import AnzhengError, Code

TIMEOUT_SECONDS: Final = 10.0
"""Longest wait for one answer."""

_REVERTED: Final = (3, -32000, -32003)
"""Error codes under which nodes report that a call would revert (geth and anvil: 3)."""


class Node:
    """One node.

    Args:
        url: Its HTTP address.
        timeout_seconds: Longest wait for one answer.
    """

    def __init__(self, url: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._session = requests.Session()
        self._provider = HTTPProvider(
            url,
            session=self._session,
            request_kwargs={"timeout": timeout_seconds},
            exception_retry_configuration=None,
        )

    def close(self) -> None:
        """Close the connections; asking again opens new ones."""
        self._session.close()

    def ask(self, method: str, *params: Any) -> Any:  # noqa: ANN401 - JSON
        """Return the result of one request.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE, also when the node answers with an error;
                CHAIN_REVERTED, when it says that a call would revert.
        """
        try:
            answer: Any = self._provider.make_request(RPCEndpoint(method), list(params))
        except (Web3Exception, OSError, ValueError, TypeError) as error:
            raise AnzhengError(
                Code.CHAIN_UNAVAILABLE, "the node does not answer", method=method
            ) from error
        if not isinstance(answer, dict):
            raise AnzhengError(Code.CHAIN_UNAVAILABLE, "no JSON-RPC answer", method=method)
        fault = answer.get("error")
        if fault is not None:
            raise _fault(method, fault)
        return answer.get("result")

    def each(self, method: str, *params: Any) -> tuple[Any, ...]:  # noqa: ANN401 - JSON
        """Return the one answer.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE, CHAIN_REVERTED.
        """
        return (self.ask(method, *params),)

    def quantity(self, method: str, *params: Any) -> int:  # noqa: ANN401 - JSON
        """Return a number.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE, CHAIN_REVERTED.
        """
        return number(self.ask(method, *params))

    def octets(self, method: str, *params: Any) -> bytes:  # noqa: ANN401 - JSON
        """Return bytes.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE, CHAIN_REVERTED.
        """
        return octets(self.ask(method, *params))


def number(value: object) -> int:
    """Return the number that a node wrote as `0x…`.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE, for anything else.
    """
    try:
        return int(str(value), 16)
    except ValueError as error:
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node's number is none") from error


def octets(value: object) -> bytes:
    """Return the bytes that a node wrote as `0x…`.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE, for anything else.
    """
    try:
        return bytes.fromhex(str(value).removeprefix("0x"))
    except ValueError as error:
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node's bytes are none") from error


def hexed(data: bytes) -> str:
    """Return bytes as nodes want them."""
    return "0x" + data.hex()


def _fault(method: str, fault: object) -> AnzhengError:
    """Return the error for an error object; `revert` has the first four bytes of the reason."""
    if not isinstance(fault, dict):
        return AnzhengError(Code.CHAIN_UNAVAILABLE, "no JSON-RPC error", method=method)
    message, data = str(fault.get("message", "")), fault.get("data")
    reverted = fault.get("code") in _REVERTED and "revert" in message.lower()
    if reverted:
        reason = data if isinstance(data, str) else ""
        return AnzhengError(
            Code.CHAIN_REVERTED, "the contract refuses the call", method=method, revert=reason[:10]
        )
    code = fault.get("code")
    return AnzhengError(
        Code.CHAIN_UNAVAILABLE,
        "the node answers with an error",
        method=method,
        rpc_code=code if isinstance(code, int) else None,
        rpc_message=message[:200],
    )
