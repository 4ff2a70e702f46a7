"""Where certificates point: `.crt`, `.crl` and `/ocsp` of each CA.

Standard: RFC 5280, 4.2.1.13 and 4.2.2.1; RFC 6960, appendix A; RFC 5019, 5.
"""

import base64
import binascii
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from anzheng.routes.bodies import limited_body
from licence.errors import AnzhengError, Code

MAX_REQUEST_BYTES = 2 * 1024
"""Of an OCSP request in a body."""

MAX_PATH_CHARS = 512
"""Of an OCSP request in a path; RFC 5019 asks clients to keep below 256."""

MAX_AGE_SECONDS = 300
OCSP_TYPE = "application/ocsp-response"


class CertificateDesk(Protocol):
    """Publishes for the CAs of an installation; each method raises NOT_FOUND for another CA."""

    def certificate(self, name: str) -> bytes:
        """Return the certificate of a CA, DER."""
        ...

    def crl(self, name: str) -> bytes:
        """Return the newest revocation list of a CA, DER."""
        ...

    def ocsp(self, name: str, request: bytes) -> bytes:
        """Return the answer of a CA to an OCSP request, DER."""
        ...


def router(desk: CertificateDesk) -> APIRouter:
    """Make the routes below `/pki`."""
    routes = APIRouter(prefix="/pki", tags=["certificates"])

    @routes.get("/{name}.crt")
    def certificate(name: str) -> Response:
        """Return the certificate of a CA (AIA caIssuers)."""
        return _answer(desk.certificate(name), "application/pkix-cert")

    @routes.get("/{name}.crl")
    def revocation_list(name: str) -> Response:
        """Return the revocation list of a CA (CRL distribution point)."""
        return _answer(desk.crl(name), "application/pkix-crl")

    @routes.post("/{name}/ocsp")
    def ocsp_by_post(
        name: str, body: Annotated[bytes, Depends(limited_body(MAX_REQUEST_BYTES))]
    ) -> Response:
        """Answer an OCSP request in the body."""
        return Response(desk.ocsp(name, body), media_type=OCSP_TYPE)

    @routes.get("/{name}/ocsp/{request:path}")
    def ocsp_by_get(name: str, request: str) -> Response:
        """Answer an OCSP request in the path, base64."""
        return Response(desk.ocsp(name, _decoded(request)), media_type=OCSP_TYPE)

    return routes


def _decoded(text: str) -> bytes:
    if len(text) > MAX_PATH_CHARS:
        raise AnzhengError(
            Code.TOO_LARGE, "send a request of this length by POST", limit=MAX_PATH_CHARS
        )
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise AnzhengError(Code.REQUEST_INVALID, "the request must be base64") from exc


def _answer(data: bytes, media_type: str) -> Response:
    headers = {"Cache-Control": f"max-age={MAX_AGE_SECONDS}"}
    return Response(data, media_type=media_type, headers=headers)
