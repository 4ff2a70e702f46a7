"""The HTTP API: one factory that mounts the routes it is given the parts for."""

from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

from anzheng.routes import claims, data_codes, health, licences, log, pki, trust, verifications
from anzheng.routes.claims import Redeem
from anzheng.routes.data_codes import CodeOf
from anzheng.routes.health import Ping, Waiting
from anzheng.routes.pki import CertificateDesk
from anzheng.routes.public import PublicGets
from anzheng.routes.trust import OlderList
from anzheng.routes.verifications import Verify
from anzheng.store.database import Store
from anzheng.version import VERSION
from licence.ports import Clock
from verifier.service import problems, trust_files


@dataclass(frozen=True, slots=True)
class ApiParts:
    """Everything that the API speaks to."""

    store: Store
    clock: Clock
    trust_folder: Path
    log_folder: Path
    older: OlderList
    verify: Verify
    redeem: Redeem
    data_code: CodeOf
    pings: tuple[Ping, ...]
    waiting: Waiting
    certificates: CertificateDesk


def create_app(parts: ApiParts) -> FastAPI:
    """Make the application; it has no state of its own."""
    app = FastAPI(
        title="anzheng 安证",
        version=VERSION,
        summary="Look up, verify and claim licences.",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    problems.add_handlers(app)
    app.include_router(health.router(parts.pings, parts.waiting))
    app.include_router(licences.router(parts.store, parts.clock))
    app.include_router(licences.pointer_router())
    app.include_router(trust.lists_router(parts.trust_folder, parts.older))
    app.include_router(pki.router(parts.certificates))
    app.include_router(verifications.router(parts.store, parts.clock, parts.verify))
    app.include_router(claims.router(parts.store, parts.clock, parts.redeem))
    app.include_router(data_codes.router(parts.data_code))
    app.include_router(trust_files.files_router(parts.trust_folder))
    app.include_router(log.router(parts.log_folder))
    app.add_middleware(PublicGets)
    return app
