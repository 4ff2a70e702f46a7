"""Puts the parts of the service together: one desk, and everything that stands around it."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from math import isfinite
from typing import Final

from licence.errors import AnzhengError
from licence.ports import Clock, Entropy
from verifier.service import app as service_app
from verifier.service.app import ServiceParts, Step
from verifier.service.batch_routes import BatchParts
from verifier.service.batches import Batches
from verifier.service.callers import Callers
from verifier.service.desk import Desk
from verifier.service.door import Door
from verifier.service.engine import Engine
from verifier.service.gate import Gate
from verifier.service.health import About, HealthParts
from verifier.service.idempotency import Answers
from verifier.service.limits import Limiter
from verifier.service.logs import Log
from verifier.service.numbers import Numbers
from verifier.service.page_desk import open_pages
from verifier.service.reports import ReportDesk
from verifier.service.requests import MAX_UPLOAD_BYTES
from verifier.service.settings import MIB, ServiceSettings
from verifier.service.shelf import LocalShelf
from verifier.service.stores import Stores
from verifier.service.tracing import Tracing
from verifier.service.trust_keeper import TrustKeeper
from verifier.service.uploads import Room, Uploads
from verifier.service.vault import Vault
from verifier.service.verifications import VerificationParts

SWEEP_SECONDS: Final = 60.0
STOP_SHARE: Final = 0.7
"""Of the time to stop, what batches may take; the rest is for answers under way."""


@dataclass(frozen=True, slots=True)
class Base:
    """What the service is made of: everything that was opened.

    Attributes:
        settings: The settings.
        clock: Tells the time.
        entropy: For ids and nonces.
        log: Where lines go.
        trust: What is believed.
        tracing: Spans.
        stores: Where results and counters are.
        engine: Where checks are made.
        callers: Finds out who asks.
        reports: Makes verification reports.
        reporters: Whose reports are believed.
        numbers: What is counted.
    """

    settings: ServiceSettings
    clock: Clock
    entropy: Entropy
    log: Log
    trust: TrustKeeper
    tracing: Tracing
    stores: Stores
    engine: Engine
    callers: Callers
    reports: ReportDesk
    reporters: tuple[bytes, ...]
    numbers: Numbers = field(default_factory=Numbers)

    @property
    def life(self) -> timedelta:
        """How long results are kept."""
        return timedelta(hours=self.settings.result_hours)


def assemble(base: Base) -> ServiceParts:
    """Return the parts of the application."""
    settings, desk = base.settings, _desk(base)
    limiter = Limiter(base.clock, base.stores.counters, settings.replicas)
    door = Door(base.callers, limiter)
    uploads = Uploads(Room(settings.upload_memory_mb * MIB), settings.upload_seconds)
    answers = Answers(desk.vault, base.clock, base.life)
    batches = Batches(
        desk, desk.vault, base.clock, base.entropy, base.log, settings.batches, base.life
    )
    _watch(base, desk.gate, limiter, uploads)
    background = _Background(settings, base.trust, base.stores.local)
    return ServiceParts(
        verifications=VerificationParts(desk, door, uploads, answers, base.reports),
        batches=BatchParts(
            batches=batches,
            door=door,
            uploads=uploads,
            answers=answers,
            reports=base.reports,
            spool_folder=settings.state_dir,
            max_files=settings.batch_files,
            max_bytes=settings.batch_mb * MIB,
            room=Room(settings.batches * settings.batch_mb * MIB),
        ),
        health=HealthParts(_about(base), base.trust, desk.gate, limiter, base.stores.is_degraded),
        trust_folder=settings.trust_folder,
        pages=open_pages(
            desk,
            reports=base.reports.is_open,
            forgery_url=settings.forgery_url,
            registry=bool(base.settings.registry_url),
            built=settings.pages,
        ),
        numbers=base.numbers,
        log=base.log,
        entropy=base.entropy,
        limiter=limiter,
        tracing=base.tracing,
        connections=settings.connections,
        begin=(background.begin,),
        end=(_end(base, desk.gate, batches, background),),
    )


def _desk(base: Base) -> Desk:
    return Desk(
        engine=base.engine,
        gate=Gate(base.engine.workers, base.settings.waiting),
        trust=base.trust,
        vault=Vault(base.stores.shelf, base.entropy),
        clock=base.clock,
        entropy=base.entropy,
        log=base.log,
        numbers=base.numbers,
        tracing=base.tracing,
        life=base.life,
        reporters=base.reporters,
    )


def _about(base: Base) -> About:
    return About(
        version=service_app.VERSION,
        max_bytes=MAX_UPLOAD_BYTES,
        batch_files=base.settings.batch_files,
        result_hours=base.settings.result_hours,
        registry=base.settings.registry_url,
        reports=base.reports.is_open,
    )


def _end(base: Base, gate: Gate, batches: Batches, background: "_Background") -> Step:
    """Return what ends the service: batches first, the stores that they write to last."""

    async def end() -> None:
        gate.stop_asked.set()
        await batches.stop(base.settings.stop_seconds * STOP_SHARE)
        await background.end()
        await base.engine.close()
        await base.stores.close()
        base.reports.close()

    return end


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


def _watch(base: Base, gate: Gate, limiter: Limiter, uploads: Uploads) -> None:
    """Show what an operator sets alarms on."""
    numbers, trust, stores, engine = base.numbers, base.trust, base.stores, base.engine

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
