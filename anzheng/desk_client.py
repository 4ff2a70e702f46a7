"""Asks the signer's desk: one bounded exchange each, to one fixed address."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Final

import httpx

from licence.errors import AnzhengError, Code
from verifier.fetch import open_client

MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
"""A claim is answered with the licence's file."""

DEADLINE_SECONDS: Final = 60.0
RELEASE_SECONDS: Final = 600.0
"""The signer reads every licence of a release before it answers."""


@dataclass(frozen=True, slots=True)
class DeskAnswer:
    """What the desk said, as it said it."""

    status: int
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class DeskClient:
    """Speaks to the desk."""

    client: httpx.Client

    def release(self, statement: bytes) -> str:
        """Hand in a release statement and return the release's id.

        Raises:
            AnzhengError: What the signer refuses with; OVERLOADED when it is not reached.
        """
        answer = self.post("/v1/releases", statement, {}, seconds=RELEASE_SECONDS)
        told = _object(answer.body)
        if answer.status != httpx.codes.OK:
            raise AnzhengError(_code(told.get("code")), str(told.get("detail", "refused"))[:500])
        return str(told.get("release", ""))

    def claim(self, body: bytes, key: str | None) -> DeskAnswer:
        """Relay a claim, with its Idempotency-Key.

        Raises:
            AnzhengError: OVERLOADED when the desk is not reached.
        """
        return self.post("/v1/claims", body, {} if key is None else {"Idempotency-Key": key})

    def get(self, path: str) -> DeskAnswer:
        """Ask for what a holder may have.

        Raises:
            AnzhengError: OVERLOADED when the desk is not reached.
        """
        return self._send(self.client.build_request("GET", path))

    def ping(self) -> None:
        """Return when the desk answers.

        Raises:
            AnzhengError: OVERLOADED.
        """
        if self.get("/health/live").status != httpx.codes.OK:
            raise AnzhengError(Code.OVERLOADED, "the signer's desk is not well")

    def post(
        self, path: str, body: bytes, headers: dict[str, str], seconds: float = DEADLINE_SECONDS
    ) -> DeskAnswer:
        """Send a body and return the whole answer, whatever its status.

        Raises:
            AnzhengError: OVERLOADED when the desk is not reached, is too slow or says too much.
        """
        asked = self.client.build_request(
            "POST", path, content=body, headers=headers, timeout=seconds
        )
        return self._send(asked, seconds)

    def _send(self, asked: httpx.Request, seconds: float = DEADLINE_SECONDS) -> DeskAnswer:
        begin, body = monotonic(), bytearray()
        try:
            response = self.client.send(asked, stream=True)
            try:
                for part in response.iter_bytes():
                    body += part
                    if len(body) > MAX_ANSWER_BYTES or monotonic() - begin > seconds:
                        raise AnzhengError(Code.OVERLOADED, "the signer's desk answers too much")
            finally:
                response.close()
        except httpx.HTTPError as error:
            raise AnzhengError(Code.OVERLOADED, "the signer's desk was not reached") from error
        media_type = response.headers.get("Content-Type", "application/octet-stream")
        return DeskAnswer(response.status_code, media_type, bytes(body))


@contextmanager
def open_desk_client(url: str) -> Iterator[DeskClient]:
    """Open the way to the desk.

    Raises:
        AnzhengError: REQUEST_INVALID, for an address that is none.
    """
    client = open_client(url)
    try:
        yield DeskClient(client)
    finally:
        client.close()


def _object(body: bytes) -> dict[str, object]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _code(told: object) -> Code:
    try:
        return Code(str(told))
    except ValueError:
        return Code.INTERNAL
