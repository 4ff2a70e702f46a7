"""The public registry: a process that answers everybody, holds no key and writes nothing.

It needs the database (a replica will do) for look-ups and evidence, the trust folder, and the
folder `public` with logs and certificates; all three may be copies. What it says is signed by
others, or is a word that no verifier takes for a proof.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI

from anchor import list_history
from anzheng.ocsp_relay import open_relay
from anzheng.published_pki import PublishedDesk
from anzheng.routes import health, licences, log, pki, trust
from anzheng.routes.health import Ping
from anzheng.routes.pki import CertificateDesk
from anzheng.routes.public import PublicGets
from anzheng.routes.trust import OlderList
from anzheng.settings import Settings
from anzheng.store.database import Store
from anzheng.version import VERSION
from licence.errors import AnzhengError, Code
from licence.ports import Clock
from verifier.service import problems, trust_files
from verifier.service.metrics import Measured, Metrics, Watched

LATE_SECONDS = 2 * 3600
"""Lists are made anew every hour; after two something is wrong with the publisher."""

ISSUED_AT = "x-anzheng-issued-at"


@dataclass(frozen=True, slots=True)
class RegistryParts:
    """Everything that the registry speaks to.

    Attributes:
        store: The database, opened for reading.
        clock: Tells the day, for what a status is today.
        trust_folder: The trust repository.
        log_folder: The logs of the authorities.
        certificates: What certificates point to.
        older: Finds lists of earlier days.
        pings: What must work, for `/health/ready`.
        watched: Gauges beside the requests.
    """

    store: Store
    clock: Clock
    trust_folder: Path
    log_folder: Path
    certificates: CertificateDesk
    older: OlderList
    pings: tuple[Ping, ...]
    watched: tuple[Watched, ...] = ()


def create_registry(parts: RegistryParts) -> FastAPI:
    """Make the application; it has no state but what it read from files and its own numbers."""
    app = FastAPI(
        title="anzheng 安证 · registry 登记库",
        version=VERSION,
        summary="Look up licences; fetch evidence, status lists, trust files, certificates, logs.",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    metrics = Metrics(parts.watched)
    problems.add_handlers(app)
    app.include_router(licences.router(parts.store, parts.clock))
    app.include_router(licences.pointer_router())
    app.include_router(trust.lists_router(parts.trust_folder, parts.older))
    app.include_router(trust_files.files_router(parts.trust_folder))
    app.include_router(log.router(parts.log_folder))
    app.include_router(pki.router(parts.certificates))
    app.include_router(health.router(parts.pings))
    app.include_router(metrics.router())
    app.add_middleware(PublicGets)
    app.add_middleware(Measured, metrics=metrics)
    return app


@contextmanager
def open_registry(settings: Settings, clock: Clock) -> Iterator[RegistryParts]:
    """Open what the registry reads; nothing need be there yet, and no key is looked for."""
    home = settings.data_dir
    store = Store(settings.registry_database, read_only=True)
    published = _published(home / "trust")
    with open_relay(settings.registry_ca_url) as relay:
        try:
            yield RegistryParts(
                store=store,
                clock=clock,
                trust_folder=home / "trust",
                log_folder=settings.public_folder / "log",
                certificates=PublishedDesk(settings.public_folder / "pki", relay),
                older=list_history.find,
                pings=(("database", _reads(store)), ("lists", _fresh(published, clock))),
                watched=_watched(store, published),
            )
        finally:
            store.close()


def _reads(store: Store) -> Callable[[], None]:
    def ping() -> None:
        with store.read() as unit:
            unit.licences.by_digests(())
            unit.alarms.all()

    return ping


def _published(trust_folder: Path) -> Callable[[], datetime | None]:
    """Make what tells when the trust repository was last signed; unverified, for operators."""

    def read() -> datetime | None:
        try:
            text = (trust_folder / "metadata" / "timestamp.json").read_text("utf-8")
            return datetime.fromisoformat(json.loads(text)["signed"][ISSUED_AT])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    return read


def _fresh(published: Callable[[], datetime | None], clock: Clock) -> Callable[[], None]:
    def ping() -> None:
        moment = published()
        if moment is None:
            raise AnzhengError(Code.TRUST_UNAVAILABLE, "there is no trust repository here")
        if (clock.now() - moment).total_seconds() > LATE_SECONDS:
            raise AnzhengError(Code.STATUS_AGEING, "the publisher is late")

    return ping


def _watched(store: Store, published: Callable[[], datetime | None]) -> tuple[Watched, ...]:
    def signed_at() -> float:
        return (published() or datetime.fromtimestamp(0, UTC)).timestamp()

    def database_up() -> float:
        with suppress(AnzhengError):
            _reads(store)()
            return 1.0
        return 0.0

    return (
        (
            "anzheng_registry_published_timestamp_seconds",
            "When the trust repository that is served was signed; 0: there is none.",
            signed_at,
        ),
        ("anzheng_registry_database_up", "1 while the database answers.", database_up),
    )
