"""Batches at work: beside single requests, and never in their way.

All batches together have one file more under way than there are workers, which keeps each of them
busy, and a single request waits for two files of a batch at most. A batch is kept when it ends, and
once a second before, so that every process that shares the store can answer for it.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from time import perf_counter
from typing import Final

from licence.errors import AnzhengError, Code
from licence.ports import Clock, Entropy
from verifier.artefacts import recognise
from verifier.many import sampled
from verifier.service import batch as batches
from verifier.service.batch import Batch, BatchState, Row, row_of
from verifier.service.desk import Desk
from verifier.service.logs import Log
from verifier.service.requests import Wish
from verifier.service.spool import Spool, Waiting
from verifier.service.vault import Vault, is_id, new_id

PART: Final = "batch"
SAVE_SECONDS: Final = 1.0
LARGE_BYTES: Final = 1024 * 1024
"""What is smaller is unpacked faster than a thread is woken."""
LINGER_SECONDS: Final = 30.0
"""So long an ended batch stays at hand for those who follow it."""
RETRY_SECONDS: Final = 30
LOST_SECONDS: Final = 60.0
"""After so long without a word of its process, a batch has none any more."""


@dataclass(slots=True)
class Batches:
    """Runs batches and finds them again.

    Args:
        desk: Judges.
        vault: Where they are kept.
        clock: Tells the time.
        entropy: For ids.
        log: Where a line goes for each batch.
        most: How many may be at work at once.
        life: How long results are kept.
    """

    desk: Desk
    vault: Vault
    clock: Clock
    entropy: Entropy
    log: Log
    most: int
    life: timedelta = timedelta(hours=24)
    _here: dict[str, Batch] = field(default_factory=dict)
    _anonymous: set[str] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _turns: asyncio.Semaphore | None = None

    def refuse_more(self, *, anonymous: bool = False) -> None:
        """Refuse a batch before its files are sent.

        Args:
            anonymous: Whether nobody's key came with it; all such together have half the places,
                so that institutions find one.

        Raises:
            AnzhengError: OVERLOADED.
        """
        running = [each.id for each in self._here.values() if each.state is BatchState.RUNNING]
        nobodys = sum(each in self._anonymous for each in running)
        full = anonymous and nobodys >= max(1, self.most // 2)
        if full or len(running) >= self.most or self.desk.gate.stopping:
            raise AnzhengError(
                Code.OVERLOADED, "as many batches are at work as may be", retry_after=RETRY_SECONDS
            )

    async def begin(self, spool: Spool, wish: Wish, *, anonymous: bool = False) -> Batch:
        """Begin with a batch; the spool is closed when it ends.

        Raises:
            AnzhengError: OVERLOADED.
        """
        self.refuse_more(anonymous=anonymous)
        batch = Batch(new_id(self.entropy), tuple(each.name for each in spool.files))
        self._here[batch.id] = batch
        if anonymous:
            self._anonymous.add(batch.id)
        task = asyncio.create_task(self._run(batch, spool, wish))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return batch

    async def find(self, secret: str) -> Batch | None:
        """Return a batch of this process, or one that is kept."""
        here = self._here.get(secret)
        if here is not None or not is_id(secret):
            return here
        data = await self.vault.get(secret, PART)
        if data is None:
            return None
        found = batches.decode(data)
        silent = self.clock.now().timestamp() - found.saved_at
        if found.state is BatchState.RUNNING and silent > LOST_SECONDS:
            # Its process ended without a word.
            found.state = BatchState.STOPPED
        return found

    def is_here(self, secret: str) -> bool:
        """Whether this process works on it, and can say at once what is new."""
        return secret in self._here

    async def stop(self, seconds: float) -> None:
        """Give batches some time to end; then what is left is not checked, and says so."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)

    async def _run(self, batch: Batch, spool: Spool, wish: Wish) -> None:
        begin, state = perf_counter(), BatchState.STOPPED
        saving = asyncio.create_task(self._save_often(batch))
        try:
            await self._all(batch, spool, wish)
            state = BatchState.DONE
        except AnzhengError as error:
            self.log.warning("batch_failed", code=error.code.value)
        finally:
            spool.close()
            saving.cancel()
            with suppress(asyncio.CancelledError):
                await saving
            await batch.end(state)
            self._anonymous.discard(batch.id)
            await self._save(batch)
            self.log.info(
                "batch", state=state.value, files=batch.total, seconds=perf_counter() - begin
            )
            self._forget_later(batch)

    async def _all(self, batch: Batch, spool: Spool, wish: Wish) -> None:
        if self._turns is None:
            self._turns = asyncio.Semaphore(self.desk.engine.workers + 1)
        under_way: set[asyncio.Task[None]] = set()
        try:
            for number, waiting in enumerate(spool.files):
                # Before the file is read: only as many are in memory as are under way.
                await self._turns.acquire()
                task = asyncio.create_task(self._one(batch, spool, number, waiting, wish))
                under_way.add(task)
                task.add_done_callback(self._turn_over)
                task.add_done_callback(under_way.discard)
            if under_way:
                await asyncio.gather(*under_way)
        except asyncio.CancelledError:
            for task in tuple(under_way):
                task.cancel()
            raise

    def _turn_over(self, _task: "asyncio.Task[None]") -> None:
        if self._turns is not None:
            self._turns.release()

    async def _one(
        self, batch: Batch, spool: Spool, number: int, waiting: Waiting, wish: Wish
    ) -> None:
        """Judge one file; a bad one never stops the rest."""
        try:
            data = await _read(spool, waiting)
            artefact = recognise(data, spool.sidecar(waiting))
            submission = replace(wish.submission(artefact), policy=sampled(wish.policy, number))
            judged = await self.desk.judge_one_of_many(submission)
        except AnzhengError as error:
            await batch.add(Row(number, waiting.name, None, error.code))
            return
        except Exception as error:  # noqa: BLE001 - a fault of ours about one file
            self.log.warning("batch_file_failed", error=type(error).__name__)
            await batch.add(Row(number, waiting.name, None, Code.INTERNAL))
            return
        await batch.add(row_of(number, waiting.name, judged.report, judged.body, judged.id))

    async def _save_often(self, batch: Batch) -> None:
        while True:
            await self._save(batch)
            await asyncio.sleep(SAVE_SECONDS)

    async def _save(self, batch: Batch) -> None:
        # What is kept while it runs has no results: they would be written again every second.
        shown = batch if batch.state is not BatchState.RUNNING else _without_reports(batch)
        try:
            now = self.clock.now()
            shown.saved_at = now.timestamp()
            data = batches.encode(shown)
            await self.vault.put(batch.id, PART, data, until=now + self.life)
        except AnzhengError as error:
            self.log.warning("batch_not_kept", code=error.code.value)

    def _forget_later(self, batch: Batch) -> None:
        """Leave it to the vault, once those who follow it have seen the end."""
        loop = asyncio.get_running_loop()
        loop.call_later(LINGER_SECONDS, self._here.pop, batch.id, None)


async def _read(spool: Spool, waiting: Waiting) -> bytes:
    """Read a file; to unpack a large one takes longer than others should wait."""
    if waiting.size < LARGE_BYTES:
        return spool.read(waiting)
    return await asyncio.to_thread(spool.read, waiting)


def _without_reports(batch: Batch) -> Batch:
    came = [replace(row, report="") for row in batch.came]
    return Batch(batch.id, batch.names, batch.state, came)
