"""Where certificates point: `.crt`, `.crl` and `/ocsp` of each CA.

Standard: RFC 5280, 4.2.1.13 and 4.2.2.1; RFC 6960, appendix A; RFC 5019, 5 and 6.
"""

import base64
import binascii
from asyncio import to_thread
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from anzheng.published_pki import MAX_REQUEST_BYTES
from licence.errors import AnzhengError, Code
from verifier.service.answers import Caching, answer, body_of
from verifier.service.bodies import limited_body
from verifier.service.problems import responses

MAX_PATH_CHARS = 512
"""Of an OCSP request in a path; RFC 5019 asks clients to keep below 256."""

CERTIFICATE_TYPE = "application/pkix-cert"
CRL_TYPE = "application/pkix-crl"
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

    @routes.get(
        "/{name}.crt", response_class=Response, responses=responses(404, types=(CERTIFICATE_TYPE,))
    )
    async def certificate(request: Request, name: str) -> Response:
        """Return the certificate of a CA (AIA caIssuers)."""
        data = await to_thread(desk.certificate, name)
        return answer(request, body_of(data, CERTIFICATE_TYPE), Caching.CERTIFICATES)

    @routes.get("/{name}.crl", response_class=Response, responses=responses(404, types=(CRL_TYPE,)))
    async def revocation_list(request: Request, name: str) -> Response:
        """Return the revocation list of a CA (CRL distribution point)."""
        data = await to_thread(desk.crl, name)
        return answer(request, body_of(data, CRL_TYPE), Caching.CERTIFICATES)

    @routes.post(
        "/{name}/ocsp",
        response_class=Response,
        responses=responses(400, 404, 413, types=(OCSP_TYPE,)),
    )
    async def ocsp_by_post(
        name: str, body: Annotated[bytes, Depends(limited_body(MAX_REQUEST_BYTES))]
    ) -> Response:
        """Answer an OCSP request in the body."""
        return Response(await to_thread(desk.ocsp, name, body), media_type=OCSP_TYPE)

    @routes.get(
        "/{name}/ocsp/{asked:path}",
        response_class=Response,
        responses=responses(400, 404, 413, types=(OCSP_TYPE,)),
    )
    async def ocsp_by_get(request: Request, name: str, asked: str) -> Response:
        """Answer an OCSP request in the path, base64."""
        data = await to_thread(desk.ocsp, name, decoded(asked))
        return answer(request, body_of(data, OCSP_TYPE), Caching.CERTIFICATES)

    return routes


def decoded(text: str) -> bytes:
    """Read an OCSP request as it stands in a path.

    Raises:
        AnzhengError: TOO_LARGE, REQUEST_INVALID.
    """
    if len(text) > MAX_PATH_CHARS:
        raise AnzhengError(
            Code.TOO_LARGE, "send a request of this length by POST", limit=MAX_PATH_CHARS
        )
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise AnzhengError(Code.REQUEST_INVALID, "the request must be base64") from exc
