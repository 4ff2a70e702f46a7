"""The signer's desk: the few things that others may ask of the process with the licence keys.

    POST /v1/releases        a release statement that officers signed; the console's commands
    POST /v1/claims          a claim with its one-time code; the wallet's service
    POST /pki/{ca}/ocsp      what no pre-signed answer fits; the registry
    GET  /v1/data-codes/{leaf}, /v1/evidence/{leaf}, for who claimed; the wallet's service
    GET  /health/live, /health/ready

It is for the intranet and needs no password: officers' signatures, a one-time code, or nothing
secret at all are what it goes by, whoever brings them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from anzheng.flows import release as releasing
from anzheng.flows.data_codes import code_by_leaf
from anzheng.routes import claims, data_codes, health, licences, pki, releases
from anzheng.server import serving
from anzheng.store.releases import StoredRelease
from anzheng.version import VERSION
from anzheng.wiring import Installation
from licence.formats import release as formats
from licence.formats.claim import ClaimAnswer
from licence.formats.holder import ClaimRequest
from verifier.service import problems


def create_desk(installation: Installation) -> FastAPI:
    """Make the application."""
    base = installation.base
    app = FastAPI(
        title="anzheng 安证 · signer's desk 签发台",
        version=VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    problems.add_handlers(app)
    app.include_router(health.router((("database", installation.ping_store),)))
    app.include_router(releases.router(_submit(installation)))
    app.include_router(claims.router(base.store, base.clock, _redeem(installation)))
    app.include_router(pki.router(installation.certificates))
    app.include_router(data_codes.router(code_by_leaf(base.key_office(), base.store)))
    app.include_router(licences.router(base.store, base.clock))
    return app


@contextmanager
def open_desk(installation: Installation) -> Iterator[str]:
    """Answer at the desk, in a thread, until the block ends; give the address.

    Raises:
        AnzhengError: CONFLICT when the port is taken.
    """
    settings = installation.base.settings
    with serving(create_desk(installation), settings.desk_host, settings.desk_port) as url:
        yield url


def _submit(installation: Installation) -> Callable[[bytes], StoredRelease]:
    def submit(statement: bytes) -> StoredRelease:
        # Opened anew: the lane that signs has an office, and a signer, of its own.
        offices = installation.new_offices()
        try:
            office = offices.open(formats.decode(statement).authority)
            return releasing.submit(
                installation.base.store, installation.base.clock, office, statement
            )
        finally:
            offices.close()

    return submit


def _redeem(installation: Installation) -> Callable[[ClaimRequest], ClaimAnswer]:
    def redeem(request: ClaimRequest) -> ClaimAnswer:
        # Which holder CA signs is asked each time: a ceremony may have made the next.
        return installation.claim_desk().claim(request)

    return redeem
