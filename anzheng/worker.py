"""Works the queue: take a job, hand it to its handler, finish it or give it back."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import structlog

from anzheng.queue.ports import Handler, Queue
from anzheng.store.outbox import Job
from licence.errors import AnzhengError, Code

log = structlog.get_logger()

MAX_ROUNDS = 1_000_000
"""Bound of `drain`: no real backlog has so many rounds, a job that never ends would."""


class Worker:
    """One worker; any number of them, in any number of processes, may share a queue.

    Args:
        queue: Hands out jobs.
        handlers: Who works which topic.
        beat_seconds: How often the lease of a job is prolonged while it is worked; None: never.
    """

    def __init__(
        self, queue: Queue, handlers: Mapping[str, Handler], *, beat_seconds: float | None = None
    ) -> None:
        self._queue = queue
        self._handlers = handlers
        self._beat_seconds = beat_seconds
        self._failing: dict[tuple[str, str], Code] = {}

    def step(self) -> bool:
        """Work one job that is due; return whether there was one."""
        job = self._queue.take()
        if job is None:
            return False
        try:
            self._work(job)
        except AnzhengError as exc:
            self._note_failure(job, exc.code)
            if exc.code is not Code.LEASE_LOST:
                self._give_back(job, exc.code)
        return True

    def drain(self) -> int:
        """Work until no job is due; return how many rounds that took."""
        for rounds in range(MAX_ROUNDS):
            if not self.step():
                return rounds
        raise AnzhengError(Code.INTERNAL, "the queue does not become empty")

    def run(self, stop: threading.Event, poll_seconds: float) -> None:
        """Work until `stop` is set; an error of the store is waited out, not died of."""
        waits: Code | None = None
        while not stop.is_set():
            try:
                busy = self.step()
                waits = None
            except AnzhengError as exc:
                if exc.code is not waits:
                    log.warning("worker_waits", code=exc.code.value)
                waits, busy = exc.code, False
            if not busy:
                stop.wait(poll_seconds)

    def _work(self, job: Job) -> None:
        handler = self._handlers.get(job.topic)
        if handler is None:
            raise AnzhengError(Code.INTERNAL, f"nobody works the topic {job.topic}")
        log.debug("job_taken", topic=job.topic, key=job.key, attempt=job.attempts)
        with self._held(job):
            at = handler(job.key)
        if at is None:
            self._queue.done(job)
        else:
            self._queue.again(job, at)
        if self._failing.pop((job.topic, job.key), None):
            log.info("job_goes_on", topic=job.topic, key=job.key)

    def _note_failure(self, job: Job, code: Code) -> None:
        """Log what is new: a job that fails in the same way for days is one line."""
        known = self._failing.get((job.topic, job.key))
        self._failing[job.topic, job.key] = code
        tell = log.debug if known is code else log.warning
        tell("job_failed", topic=job.topic, key=job.key, code=code.value)

    @contextmanager
    def _held(self, job: Job) -> Iterator[None]:
        """Prolong the lease while the block runs, however long that is."""
        if self._beat_seconds is None:
            yield
            return
        done = threading.Event()
        beat = threading.Thread(
            target=self._beat, args=(job, done, self._beat_seconds), daemon=True
        )
        beat.start()
        try:
            yield
        finally:
            done.set()
            beat.join()

    def _beat(self, job: Job, done: threading.Event, seconds: float) -> None:
        while not done.wait(seconds):
            try:
                self._queue.hold(job)
            except AnzhengError as exc:
                # The work goes on: every commit of a flow checks the state it starts from, so two
                # workers cannot both succeed. `done` will refuse at the end.
                log.warning(
                    "lease_not_prolonged", topic=job.topic, key=job.key, code=exc.code.value
                )

    def _give_back(self, job: Job, code: Code) -> None:
        try:
            self._queue.failed(job, code)
        except AnzhengError as exc:
            # Somebody else has the job already: then nothing is ours to give back.
            log.info("lease_lost", topic=job.topic, key=job.key, code=exc.code.value)


def run_together(
    workers: Sequence[Worker],
    stop: threading.Event,
    poll_seconds: float,
    beat: Callable[[], None] = lambda: None,
) -> None:
    """Run workers side by side until `stop` is set; one that crashes ends them all.

    A process of which only a part is alive would look well to whoever restarts what has died.

    Args:
        workers: The workers.
        stop: Ends them.
        poll_seconds: Pause while nothing is due.
        beat: Called all the time that all of them live.
    """
    crashes: list[BaseException] = []

    def run(worker: Worker) -> None:
        try:
            worker.run(stop, poll_seconds)
        except BaseException as crash:  # noqa: BLE001 - raised again below
            crashes.append(crash)
        finally:
            stop.set()

    threads = [threading.Thread(target=run, args=(each,)) for each in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        # Signals are handled between two joins.
        while thread.is_alive():
            thread.join(poll_seconds)
            if not stop.is_set():
                beat()
    if crashes:
        raise crashes[0]
