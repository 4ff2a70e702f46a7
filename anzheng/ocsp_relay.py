"""Hands OCSP requests that nobody answered ahead to the process that has the CA's key.

One bounded exchange each, a few at a time, to one fixed address; what does not look like an answer
is none.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from anzheng.published_pki import Relay, nobody
from licence.errors import AnzhengError

MAX_ANSWER_BYTES = 64 * 1024
REQUEST_TYPE = "application/ocsp-request"

AT_ONCE = 2
"""A CA's process that hangs must not hold the threads that everything else is read with."""


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

    client, free = open_client(url), threading.BoundedSemaphore(AT_ONCE)

    def relay(name: str, request: bytes) -> bytes | None:
        # The name is that of a CA whose certificate lies here.
        asked = client.build_request(
            "POST", f"/pki/{name}/ocsp", content=request, headers={"Content-Type": REQUEST_TYPE}
        )
        if not free.acquire(blocking=False):
            return None
        try:
            return fetch(client, asked, max_bytes=MAX_ANSWER_BYTES).body_or_none
        except AnzhengError:
            return None
        finally:
            free.release()

    try:
        yield relay
    finally:
        client.close()
