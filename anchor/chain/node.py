"""Talking JSON-RPC to one node: bounded, never retried here, every fault one of our errors.

A library that retries `eth_sendRawTransaction` by itself would blur what the write-ahead store
knows; the sender above decides when to ask again.

Standard: JSON-RPC 2.0; Ethereum JSON-RPC.
"""

import http.client
import json
import re
import threading
from itertools import count
from pathlib import Path
from typing import Any, Final, NoReturn

from anchor.chain.http import Poster, TooLargeError
from licence.errors import AnzhengError, Code

TIMEOUT_SECONDS: Final = 10.0
"""Longest wait for one whole answer."""

MAX_ANSWER_BYTES: Final = 16 * 1024 * 1024
"""Largest answer: a full block of events, and no more."""

MAX_DEPTH: Final = 16
"""Deepest nesting of an answer; a block with its transactions has 6."""

MAX_MESSAGE: Final = 200
"""Characters kept of what a node says."""

HASH_BYTES: Final = 32

_REVERTED: Final = (3, -32000, -32003)
"""Error codes under which nodes report that a call would revert (geth and anvil: 3)."""

_NUMBER: Final = re.compile("0x[0-9a-fA-F]{1,64}")
_OCTETS: Final = re.compile("0x(?:[0-9a-fA-F]{2})*")
_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]', re.DOTALL)


class Node:
    """One node; any thread may ask, one after the other.

    Args:
        url: Its HTTP address.
        name: How reports call it; host and port unless given.
        timeout_seconds: Longest wait for one whole answer.
        ca: Certificate authority of its TLS certificate; none = those of the system.
        token: Bearer token, where it asks for one.

    Raises:
        AnzhengError: SETTINGS_INVALID, for an address that is none.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str = "",
        timeout_seconds: float = TIMEOUT_SECONDS,
        ca: Path | None = None,
        token: str = "",
    ) -> None:
        self._poster = Poster(
            url,
            timeout_seconds=timeout_seconds,
            max_bytes=MAX_ANSWER_BYTES,
            ca=ca,
            token=token,
        )
        self._lock = threading.Lock()
        self._numbers = count(1)
        self.name: Final = name or self._poster.host

    def close(self) -> None:
        """Close the connection; asking again opens a new one."""
        self._poster.close()

    def ask(self, method: str, *params: Any) -> Any:  # noqa: ANN401 - JSON
        """Return the result of one request.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE, also when the node answers with an error;
                CHAIN_REVERTED, when it says that a call would revert.
        """
        try:
            with self._lock:
                number = next(self._numbers)
                question = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
                answer = parse(self._poster.post(json.dumps(question).encode()))
        except TooLargeError as error:
            raise AnzhengError(
                Code.CHAIN_UNAVAILABLE,
                "the node's answer is too large",
                method=method,
                node=self.name,
                too_large=True,
            ) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise AnzhengError(
                Code.CHAIN_UNAVAILABLE,
                "the node does not answer",
                method=method,
                node=self.name,
                cause=_printable(f"{type(error).__name__}: {error}"),
                timed_out=isinstance(error, TimeoutError),
            ) from error
        if not isinstance(answer, dict) or answer.get("id") != number:
            raise AnzhengError(
                Code.CHAIN_UNAVAILABLE, "no answer to what was asked", method=method, node=self.name
            )
        fault = answer.get("error")
        if fault is not None or "result" not in answer:
            raise self._fault(method, fault)
        return answer["result"]

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

    def _fault(self, method: str, fault: object) -> AnzhengError:
        """Return the error for an error object; `revert` has the first bytes of the reason."""
        if not isinstance(fault, dict):
            return AnzhengError(
                Code.CHAIN_UNAVAILABLE, "no JSON-RPC error", method=method, node=self.name
            )
        message, data, code = str(fault.get("message", "")), fault.get("data"), fault.get("code")
        if code in _REVERTED and "revert" in message.lower():
            reason = data[:10] if isinstance(data, str) else ""
            return AnzhengError(
                Code.CHAIN_REVERTED,
                "the contract refuses the call",
                method=method,
                revert=reason if _OCTETS.fullmatch(reason) else "",
            )
        return AnzhengError(
            Code.CHAIN_UNAVAILABLE,
            "the node answers with an error",
            method=method,
            node=self.name,
            rpc_code=code if isinstance(code, int) else None,
            rpc_message=_printable(message),
        )


def parse(data: bytes) -> Any:  # noqa: ANN401 - JSON
    """Return the value of a JSON text that is not nested too deep.

    Raises:
        ValueError: For anything else.
    """
    # Counted before it is parsed: a parser would follow the nesting into the stack.
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH and _depth(data) > MAX_DEPTH:
        raise ValueError("the answer is nested too deep")
    return json.loads(data.decode(), parse_constant=_refuse)


def number(value: object) -> int:
    """Return the number that a node wrote as `0x…`.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE, for anything else.
    """
    if not isinstance(value, str) or _NUMBER.fullmatch(value) is None:
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node's number is none")
    return int(value, 16)


def octets(value: object) -> bytes:
    """Return the bytes that a node wrote as `0x…`.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE, for anything else.
    """
    if not isinstance(value, str) or _OCTETS.fullmatch(value) is None:
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node's bytes are none")
    return bytes.fromhex(value[2:])


def hashed(value: object) -> bytes:
    """Return the 32 bytes that a node wrote.

    Raises:
        AnzhengError: CHAIN_UNAVAILABLE, for anything else.
    """
    found = octets(value)
    if len(found) != HASH_BYTES:
        raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node's hash is none")
    return found


def hexed(data: bytes) -> str:
    """Return bytes as nodes want them."""
    return "0x" + data.hex()


def _depth(data: bytes) -> int:
    deepest = depth = 0
    for found in _TOKEN.finditer(data):
        first = found.group()[:1]
        if first in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif first in b"]}":
            depth -= 1
    return deepest


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _printable(text: str) -> str:
    """Return what a node said, fit for a log or a terminal."""
    return "".join(char if char.isprintable() else "?" for char in text[:MAX_MESSAGE])
