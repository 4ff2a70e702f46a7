"""Opens the service: settings in, an application out, and everything closed in the end."""

import asyncio
import os
import secrets  # noqa: TID251 - a salt that outlives nobody, where none is shared
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Final

from licence.errors import AnzhengError
from licence.ports import Clock, Entropy
from verifier.memory import Memory
from verifier.pool import FolderContext, Limits
from verifier.report_file.reporters import load_reporters
from verifier.report_file.seal import CERTIFICATE_FILE
from verifier.service import app as service_app
from verifier.service.api_keys import KeyBook
from verifier.service.app import ServiceParts
from verifier.service.batch_routes import BatchParts
from verifier.service.batches import Batches
from verifier.service.callers import Callers
from verifier.service.desk import Desk
from verifier.service.door import Door
from verifier.service.engine import Engine, PoolEngine
from verifier.service.gate import Gate
from verifier.service.health import About, HealthParts
from verifier.service.idempotency import Answers
from verifier.service.limits import Limiter, Rule
from verifier.service.logs import Log, open_log
from verifier.service.numbers import Numbers
from verifier.service.page_desk import open_pages
from verifier.service.report_making import open_reports
from verifier.service.requests import MAX_UPLOAD_BYTES
from verifier.service.settings import MIB, ServiceSettings
from verifier.service.shelf import MEMORY, LocalShelf
from verifier.service.stores import Stores, open_stores
from verifier.service.tracing import Tracing, open_tracing
from verifier.service.trust_keeper import TrustKeeper, Update
from verifier.service.uploads import Room, Uploads
from verifier.service.vault import Vault
from verifier.service.verifications import VerificationParts
from verifier.trust import TrustStore
from verifier.trust_update import Source, update_trust, verifiers_lists

RESULTS: Final = "results.sqlite3"
KEYS: Final = "api-keys.json"
SWEEP_SECONDS: Final = 60.0
STOP_SHARE: Final = 0.7
"""Of the time to stop, what batches may take; the rest is for answers under way."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A service that is ready to serve."""

    parts: ServiceParts
    gate: Gate
    settings: ServiceSettings
    log: Log


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
    engine = engine or _engine(settings)
    try:
        yield _assemble(settings, (clock, entropy, log), trust, tracing, stores, engine)
    finally:
        trust.save()
        stores.local.close()
        tracing.close()


def _assemble(
    settings: ServiceSettings,
    edge: tuple[Clock, Entropy, Log],
    trust: TrustKeeper,
    tracing: Tracing,
    stores: Stores,
    engine: Engine,
) -> Opened:
    clock, entropy, log = edge
    numbers = Numbers()
    gate = Gate(engine.workers, settings.waiting)
    vault = Vault(stores.shelf, entropy)
    life = timedelta(hours=settings.result_hours)
    desk = Desk(
        engine,
        gate,
        trust,
        vault,
        clock,
        entropy,
        log,
        numbers,
        tracing,
        life,
        _reporters(settings),
    )
    limiter = Limiter(clock, stores.counters, settings.replicas)
    door = Door(_callers(settings, clock), limiter)
    uploads = Uploads(Room(settings.upload_memory_mb * MIB), settings.upload_seconds)
    answers = Answers(vault, clock, life)
    reports = open_reports(settings, trust, clock, entropy)
    batches = Batches(desk, vault, clock, entropy, log, settings.batches, life)
    about = About(
        version=service_app.VERSION,
        max_bytes=MAX_UPLOAD_BYTES,
        batch_files=settings.batch_files,
        result_hours=settings.result_hours,
        registry=settings.registry_url,
        reports=reports.is_open,
    )
    pages = open_pages(
        desk,
        reports=reports.is_open,
        forgery_url=settings.forgery_url,
        built=settings.pages,
    )
    _watch(numbers, gate, trust, limiter, uploads, stores, engine)
    background = _Background(settings, trust, stores.local)

    async def end() -> None:
        gate.stop_asked.set()
        await batches.stop(settings.stop_seconds * STOP_SHARE)
        await background.end()
        await engine.close()
        await stores.close()
        reports.close()

    parts = ServiceParts(
        verifications=VerificationParts(desk, door, uploads, answers, reports),
        batches=BatchParts(
            batches, door, uploads, answers, reports,
            settings.state_dir, settings.batch_files, settings.batch_mb * MIB,
        ),
        health=HealthParts(about, trust, gate, limiter, stores.is_degraded),
        trust_folder=settings.trust_folder,
        pages=pages,
        numbers=numbers,
        log=log,
        entropy=entropy,
        limiter=limiter,
        tracing=tracing,
        connections=settings.connections,
        begin=(background.begin,),
        end=(end,),
    )  # fmt: skip
    return Opened(parts, gate, settings, log)


class _Background:
    """What goes on beside the requests: fresh trust, and forgetting what is over."""

    def __init__(self, settings: ServiceSettings, trust: TrustKeeper, shelf: LocalShelf) -> None:
        self._settings = settings
        self._trust = trust
        self._shelf = shelf
        self._tasks: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """Begin."""
        fresh = self._trust.keep_fresh(self._settings.trust_refresh_seconds)
        self._tasks = [asyncio.create_task(fresh), asyncio.create_task(self._sweep())]

    async def end(self) -> None:
        """End."""
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            with suppress(AnzhengError):
                self._shelf.sweep()


def _update(settings: ServiceSettings) -> Update | None:
    if not settings.registry_url:
        return None
    source = Source(f"{settings.registry_url.rstrip('/')}/trust")

    def fetch(memory: Memory, now: datetime) -> TrustStore:
        return update_trust(
            settings.trust_folder, source, now=now, memory=memory, wanted=verifiers_lists
        )

    return fetch


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


def _watch(
    numbers: Numbers,
    gate: Gate,
    trust: TrustKeeper,
    limiter: Limiter,
    uploads: Uploads,
    stores: Stores,
    engine: Engine,
) -> None:
    """Show what an operator sets alarms on."""

    def age() -> float:
        seconds = trust.age_seconds
        return seconds if isfinite(seconds) else -1.0

    numbers.watch(
        "anzheng_verifier_inside", "Verifications under way or waiting.", lambda: gate.inside
    )
    numbers.watch(
        "anzheng_verifier_trust_age_seconds", "Since the trust folder was signed; -1: none.", age
    )
    numbers.watch(
        "anzheng_verifier_trust_trouble",
        "1 while the trust folder cannot be refreshed.",
        lambda: float(trust.trouble is not None),
    )
    numbers.watch(
        "anzheng_verifier_redis_lost",
        "1 while this process counts alone although it should not.",
        lambda: float(limiter.is_degraded or stores.is_degraded()),
    )
    numbers.watch("anzheng_verifier_children_lost", "Over a file.", lambda: float(engine.lost))
    numbers.watch("anzheng_verifier_upload_bytes", "Held by uploads.", lambda: uploads.room.used)
    numbers.watch("anzheng_verifier_kept_bytes", "Kept results.", lambda: stores.local.kept_bytes)
