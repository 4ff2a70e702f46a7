"""Opens the service: settings in, an application out, and everything closed in the end."""

import os
import secrets  # noqa: TID251 - a salt that outlives nobody, where none is shared
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from licence.errors import AnzhengError, Code
from licence.ports import Clock, Entropy
from verifier.memory import Memory
from verifier.pool import FolderContext, Limits
from verifier.report_file.reporters import load_reporters
from verifier.report_file.seal import CERTIFICATE_FILE
from verifier.service.api_keys import KeyBook
from verifier.service.app import ServiceParts
from verifier.service.assembly import Base, assemble
from verifier.service.callers import Callers
from verifier.service.engine import Engine, PoolEngine
from verifier.service.gate import Gate
from verifier.service.limits import Rule
from verifier.service.logs import Log, open_log
from verifier.service.report_making import open_reports
from verifier.service.settings import MIB, ServiceSettings
from verifier.service.shelf import MEMORY, LocalShelf
from verifier.service.stores import open_stores
from verifier.service.tracing import Tracing, open_tracing
from verifier.service.trust_keeper import TrustKeeper, Update
from verifier.trust import MAX_ROOT_BYTES, TrustStore
from verifier.trust_update import Source, update_trust, verifiers_lists

RESULTS: Final = "results.sqlite3"
KEYS: Final = "api-keys.json"


@dataclass(frozen=True, slots=True)
class Opened:
    """A service that is ready to serve."""

    parts: ServiceParts
    settings: ServiceSettings
    log: Log

    @property
    def gate(self) -> Gate:
        """How much is taken on."""
        return self.parts.health.gate


@contextmanager
def open_service(
    settings: ServiceSettings,
    clock: Clock,
    entropy: Entropy,
    *,
    log: Log | None = None,
    engine: Engine | None = None,
    tracing: Tracing | None = None,
) -> Iterator[Opened]:
    """Open everything that the settings name.

    Args:
        settings: The settings.
        clock: Tells the time.
        entropy: For ids and nonces.
        log: Where lines go; standard error unless given.
        engine: Where checks are made; child processes unless given.
        tracing: Spans; by the settings unless given.

    Raises:
        AnzhengError: TRUST_BUNDLE_REFUSED, SETTINGS_INVALID, STORE_FAILED.
    """
    log = log or open_log()
    trust = TrustKeeper.open(
        settings.trust_folder, clock, log, update=_update(settings), memory_file=_memory(settings)
    )
    tracing = tracing or open_tracing(settings.otlp_url)
    stores = open_stores(settings, clock, _local_shelf(settings, clock), log)
    try:
        base = Base(
            settings=settings,
            clock=clock,
            entropy=entropy,
            log=log,
            trust=trust,
            tracing=tracing,
            stores=stores,
            callers=_callers(settings, clock),
            reports=open_reports(settings, trust, clock, entropy),
            reporters=_reporters(settings),
            engine=engine or _engine(settings),
        )
        yield Opened(assemble(base), settings, log)
    finally:
        trust.save()
        stores.local.close()
        tracing.close()


def _update(settings: ServiceSettings) -> Update | None:
    if not settings.registry_url:
        return None
    source = Source(f"{settings.registry_url.rstrip('/')}/trust", _first_root(settings.first_root))

    def fetch(memory: Memory, now: datetime) -> TrustStore:
        return update_trust(
            settings.trust_folder, source, now=now, memory=memory, wanted=verifiers_lists
        )

    return fetch


def _first_root(path: Path | None) -> bytes | None:
    """Read the root that came from a source of its own, for a folder that has none yet."""
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            return file.read(MAX_ROOT_BYTES)
    except OSError as exc:
        raise AnzhengError(
            Code.SETTINGS_INVALID, f"setting first_root: {path} cannot be read", field="first_root"
        ) from exc


def _engine(settings: ServiceSettings) -> Engine:
    limits = Limits(wall_seconds=settings.job_seconds)
    context = FolderContext(
        settings.trust_folder, settings.registry_url or None, settings.rpc_url or None
    )
    return PoolEngine(settings.workers or os.cpu_count() or 1, limits, context)


def _reporters(settings: ServiceSettings) -> tuple[bytes, ...]:
    """Return whose reports are believed: those that are pinned, and this service's own."""
    own = () if settings.report_key is None else (settings.report_key / CERTIFICATE_FILE,)
    return load_reporters(settings.trust_folder, (*settings.report_certs, *own))


def _memory(settings: ServiceSettings) -> Path | None:
    return settings.state_dir / "memory.json" if settings.state_dir is not None else None


def _local_shelf(settings: ServiceSettings, clock: Clock) -> LocalShelf:
    folder = settings.state_dir
    path = folder / RESULTS if folder is not None else MEMORY
    return LocalShelf(clock, settings.results_mb * MIB, path)


def _callers(settings: ServiceSettings, clock: Clock) -> Callers:
    folder = settings.state_dir
    keys = settings.api_keys or (folder / KEYS if folder is not None else None)
    shared = settings.redis_url.get_secret_value()
    # Processes that share counters must call the same address the same.
    salt = sha256(shared.encode()).digest() if shared else secrets.token_bytes(32)
    return Callers(
        clock=clock,
        keys=KeyBook(keys),
        address_rule=Rule(settings.address_per_minute, settings.address_per_day),
        key_rule=Rule(settings.key_per_minute, settings.key_per_day),
        proxies=settings.proxies,
        salt=salt,
        anonymous=settings.anonymous,
    )
