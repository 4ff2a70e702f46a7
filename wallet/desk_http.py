"""The authority's claim desk over HTTP: `POST /v1/claims`, `GET /v1/evidence/{leaf}`.

One server, so much time, so many bytes, no redirect. A code is only ever sent to the host that the
holder named. What the server says of a refusal is not repeated to the holder: the words are ours.

Standard: RFC 9110; RFC 9457 (problems).
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, final

import httpx

from licence.errors import AnzhengError, Code
from licence.formats.claim import MAX_ANSWER_BYTES, ClaimAnswer, decode_answer
from licence.formats.holder import ClaimRequest, encode_claim
from licence.formats.limits import MAX_EVIDENCE_BYTES
from licence.formats.qr_text import MAX_TEXT_CHARACTERS
from licence.ids import Leaf

TIMEOUT_SECONDS: Final = 30.0
MAX_PROBLEM_BYTES: Final = 16 * 1024
_OK: Final = 200
_NOT_FOUND: Final = 404
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

REFUSALS: Final[Mapping[Code, str]] = MappingProxyType(
    {
        Code.CLAIM_CODE: "the authority does not know this code, or it has run out; ask for one",
        Code.CLAIM_USED: "this code was used with another key; ask the authority for a new one",
        Code.CSR_INVALID: "the authority did not take the certification request",
        Code.ANCHOR_PENDING: "the licence is not finished yet; claim again later",
        Code.STATUS_FINAL: "the licence is no longer in force; there is nothing to claim",
        Code.EXPIRED: "the licence has ended; claim the renewed one",
        Code.TOO_LARGE: "the authority did not take a message of this size",
    }
)
"""What the authority may refuse a claim for, and what the holder is told."""


@final
class HttpClaimDesk:
    """One authority's desk.

    Args:
        base_url: Such as `https://registry.example`; plain http only to this machine.
        transport: For tests.

    Raises:
        AnzhengError: REQUEST_INVALID, for what is no such URL.
    """

    def __init__(self, base_url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(
            base_url=_safe_url(base_url),
            timeout=TIMEOUT_SECONDS,
            follow_redirects=False,
            trust_env=False,
            transport=transport,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def claim(self, request: ClaimRequest) -> ClaimAnswer:
        """Redeem a claim code; see `wallet.ports.ClaimDesk`."""
        sent = self._client.build_request(
            "POST",
            "/v1/claims",
            content=encode_claim(request),
            headers={"Content-Type": "application/json"},
        )
        status, body = self._exchange(sent, MAX_ANSWER_BYTES)
        if status != _OK:
            raise _refusal(status, body)
        try:
            return decode_answer(body)
        except AnzhengError as error:
            raise AnzhengError(
                Code.CLAIM_ANSWER,
                "what the authority answered cannot be read; claim again or ask the authority",
                reason=error.code.value,
            ) from error

    def evidence(self, leaf: Leaf) -> bytes | None:
        """Return the anchor evidence of a leaf; see `wallet.ports.ClaimDesk`."""
        asked = self._client.build_request("GET", f"/v1/evidence/{leaf.hex()}")
        status, body = self._exchange(asked, max(MAX_EVIDENCE_BYTES, MAX_PROBLEM_BYTES))
        if status == _NOT_FOUND:
            return None
        if status != _OK:
            raise _unavailable(f"the authority answered {status}")
        return body

    def data_code(self, leaf: Leaf) -> str | None:
        """Return the text of a licence's data code; see `wallet.ports.ClaimDesk`."""
        asked = self._client.build_request("GET", f"/v1/data-codes/{leaf.hex()}")
        status, body = self._exchange(asked, max(MAX_TEXT_CHARACTERS, MAX_PROBLEM_BYTES))
        if status == _NOT_FOUND:
            return None
        if status != _OK:
            raise _unavailable(f"the authority answered {status}")
        return body.decode("ascii", "replace")

    def _exchange(self, request: httpx.Request, max_bytes: int) -> tuple[int, bytes]:
        try:
            response = self._client.send(request, stream=True)
            try:
                return response.status_code, _body(response, max_bytes)
            finally:
                response.close()
        except httpx.HTTPError as error:
            raise _unavailable("the authority was not reached") from error


def _safe_url(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise _no_url(text) from error
    plain_here = url.scheme == "http" and url.host in _LOOPBACK
    if not url.host or not (url.scheme == "https" or plain_here):
        raise _no_url(text)
    return url


def _body(response: httpx.Response, max_bytes: int) -> bytes:
    body = bytearray()
    for part in response.iter_bytes():
        body += part
        if len(body) > max_bytes:
            raise _unavailable("the authority's answer is too large")
    return bytes(body)


def _refusal(status: int, body: bytes) -> AnzhengError:
    """Return what a problem document says, as far as it is one that a desk may give."""
    try:
        code = Code(json.loads(body[:MAX_PROBLEM_BYTES])["code"])
    except (ValueError, TypeError, KeyError, RecursionError):
        code = Code.INTERNAL
    if code in REFUSALS:
        return AnzhengError(code, REFUSALS[code])
    return _unavailable(f"the authority answered {status}")


def _unavailable(message: str) -> AnzhengError:
    return AnzhengError(Code.CLAIM_UNAVAILABLE, f"{message}; nothing is lost, try again later")


def _no_url(text: str) -> AnzhengError:
    return AnzhengError(
        Code.REQUEST_INVALID,
        "the registry must be an https URL (plain http only to this machine)",
        registry=text[:200],
    )
