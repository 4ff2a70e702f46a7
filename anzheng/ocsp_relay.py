"""Hands OCSP requests that nobody answered ahead to the process that has the CA's key.

One bounded exchange each, to one fixed address; what does not look like an answer is none.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from anzheng.published_pki import Relay, nobody
from licence.errors import AnzhengError

MAX_ANSWER_BYTES = 64 * 1024
REQUEST_TYPE = "application/ocsp-request"


@contextmanager
def open_relay(url: str) -> Iterator[Relay]:
    """Open the way to the CA's process, or to nobody for an empty address.

    Raises:
        AnzhengError: REQUEST_INVALID, for an address that is none.
    """
    if not url:
        yield nobody
        return
    # Here, for the verifier brings its PDF libraries along, which have no business in the registry.
    from verifier.fetch import fetch, open_client  # noqa: PLC0415

    client = open_client(url)

    def relay(name: str, request: bytes) -> bytes | None:
        # The name is that of a CA whose certificate lies here.
        asked = client.build_request(
            "POST", f"/pki/{name}/ocsp", content=request, headers={"Content-Type": REQUEST_TYPE}
        )
        try:
            return fetch(client, asked, max_bytes=MAX_ANSWER_BYTES).body_or_none
        except AnzhengError:
            return None

    try:
        yield relay
    finally:
        client.close()
