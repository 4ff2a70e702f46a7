"""Where the checks of the service are made: behind one small interface, in child processes."""

import asyncio
from typing import Protocol

from verifier.artefacts import Artefact, Ask
from verifier.pool import Answer, Context, Job, Limits, Pool, Want


class Engine(Protocol):
    """Verifies; never raises for what is wrong with an artefact."""

    @property
    def workers(self) -> int:
        """How many verifications are made at once."""
        ...

    @property
    def lost(self) -> int:
        """How many children died over an artefact."""
        ...

    async def check(self, artefact: Artefact, ask: Ask, *, picture: bool) -> Answer:
        """Verify one artefact, and draw its first page where that is wanted and safe."""
        ...

    async def close(self) -> None:
        """End, after what is under way."""
        ...


class PoolEngine:
    """Verifies in child processes.

    Args:
        workers: How many.
        limits: What one artefact may cost.
        context: What they believe, and whom they ask.
    """

    def __init__(self, workers: int, limits: Limits, context: Context) -> None:
        self._pool = Pool(workers, limits, context)
        self._workers = workers

    @property
    def workers(self) -> int:
        """How many verifications are made at once."""
        return self._workers

    @property
    def lost(self) -> int:
        """How many children died over an artefact."""
        return self._pool.state.lost

    async def check(self, artefact: Artefact, ask: Ask, *, picture: bool) -> Answer:
        """Verify one artefact, and draw its first page where that is wanted and safe."""
        want = frozenset({Want.PICTURE}) if picture else frozenset[Want]()
        return await asyncio.wrap_future(self._pool.submit(Job(artefact, ask, want)))

    async def close(self) -> None:
        """End, after what is under way."""
        await asyncio.to_thread(self._pool.close)
