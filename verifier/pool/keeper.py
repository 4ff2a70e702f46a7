"""The pool as its owner sees it: a queue, and a thread for each child that keeps it at work."""

import os
import pickle
import signal
import socket
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Lock, Thread
from time import monotonic
from types import TracebackType
from typing import Self, final

from licence.errors import AnzhengError, Code
from verifier.pool import wire
from verifier.pool.child import EXIT_MEMORY
from verifier.pool.context import Context
from verifier.pool.nursery import Nursery
from verifier.pool.types import Answer, Job, Limits, PoolState
from verifier.unchecked import Believed, bytes_of, unchecked

_Item = tuple[Job, "Future[Answer]"] | None


@dataclass(slots=True)
class _Child:
    pid: int
    channel: socket.socket
    jobs: int = 0


@final
class Pool:
    """Children that check artefacts, one each at a time.

    Args:
        workers: How many children.
        limits: What one artefact may cost.
        make_context: What the children believe, and whom they may ask.
    """

    def __init__(self, workers: int, limits: Limits, make_context: Context) -> None:
        self._limits = limits
        self._make_context = make_context
        self._waiting: SimpleQueue[_Item] = SimpleQueue()
        self._nursery: Nursery | None = None
        self._control = Lock()
        self._counts = Lock()
        self._busy = self._done = self._lost = 0
        self._closed = False
        self._believed = Believed()
        self._threads = [
            Thread(target=self._keep, name=f"verifier-pool-{number}", daemon=True)
            for number in range(max(1, workers))
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, job: Job) -> "Future[Answer]":
        """Hand in a job; the future holds an answer whatever happens to the child.

        Raises:
            AnzhengError: INTERNAL, when the pool is closed.
        """
        if self._closed:
            raise AnzhengError(Code.INTERNAL, "the pool is closed")
        future: Future[Answer] = Future()
        self._waiting.put((job, future))
        return future

    @property
    def state(self) -> PoolState:
        """How the pool is doing."""
        with self._counts:
            counts = self._busy, self._waiting.qsize(), self._done, self._lost
        return PoolState(len(self._threads), *counts)

    def close(self) -> None:
        """Finish what was handed in, then end all children."""
        self._closed = True
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()
        with self._control:
            if self._nursery is not None:
                self._nursery.close()
                self._nursery = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._drop_waiting()
        self.close()

    def _drop_waiting(self) -> None:
        """Cancel what nobody will look at any more."""
        while not self._waiting.empty():
            item = self._waiting.get()
            if item is not None:
                item[1].cancel()

    # ------------------------------------------------------------ one thread for each child

    def _keep(self) -> None:
        child: _Child | None = self._new_child()
        while (item := self._waiting.get()) is not None:
            job, future = item
            if not future.set_running_or_notify_cancel():
                continue
            self._count(busy=1)
            try:
                answer, child = self._answer(job, child)
            except Exception as error:  # noqa: BLE001 - a fault of ours is no verdict either
                answer = self._without(job, Code.INTERNAL, ("reason", repr(error)[:200]))
                if child is not None:
                    self._end(child, kill=True)
                child = None
            self._count(busy=-1, done=1)
            future.set_result(answer)
        if child is not None:
            self._end(child)

    def _answer(self, job: Job, child: _Child | None) -> tuple[Answer, _Child | None]:
        if len(bytes_of(job.artefact)) > self._limits.max_bytes:
            return self._without(job, Code.TOO_LARGE, ("limit", self._limits.max_bytes)), child
        child, until = self._handed(job, child)
        if child is None:
            return self._without(job, Code.CHECK_CRASHED, ("reason", "no process")), None
        try:
            answer = self._heard(child, until)
        except (EOFError, OSError, AnzhengError) as error:
            return self._without(job, self._why(child, error)), None
        self._believed = Believed(answer.report.environment, answer.report.bundle_version)
        child.jobs += 1
        # A child that was short of memory, or has worked long, makes room for a fresh one.
        if child.jobs >= self._limits.jobs or answer.report.code is Code.CHECK_OUT_OF_MEMORY:
            self._end(child)
            return answer, self._new_child()
        return answer, child

    def _handed(self, job: Job, child: _Child | None) -> tuple[_Child | None, float]:
        """Hand a job to the child, or to a new one if the child was ended in its sleep.

        Returns:
            The child, and until when it may answer; that a new one has to start first is not the
            file's fault.
        """
        data = pickle.dumps(job, pickle.HIGHEST_PROTOCOL)
        for _ in range(2):
            child = child or self._new_child()
            if child is None:
                break
            until = monotonic() + self._limits.wall_seconds
            try:
                wire.send(child.channel, data, until=until)
            except OSError:
                # It reads a job whole before it looks at it: this was not the file's doing.
                self._end(child, kill=True)
                child = None
            else:
                return child, until
        return None, 0.0

    def _heard(self, child: _Child, until: float) -> Answer:
        answer = wire.read_values(wire.receive(child.channel, until=until))
        if not isinstance(answer, Answer):
            raise AnzhengError(Code.INTERNAL, "a child answered something else")
        return answer

    def _why(self, child: _Child, error: Exception) -> Code:
        """End a child that gave no answer, and say why it did not."""
        self._count(lost=1)
        status = self._end(child, kill=not isinstance(error, EOFError))
        if isinstance(error, TimeoutError):
            return Code.CHECK_TIMED_OUT
        # What answers nonsense was taken over, whatever it died of afterwards.
        return Code.CHECK_CRASHED if isinstance(error, AnzhengError) else code_of(status)

    def _without(self, job: Job, code: Code, *facts: tuple[str, str | int]) -> Answer:
        report = unchecked(job.artefact, job.ask, code, self._believed, *facts)
        return Answer(report, job.ask.memory)

    def _count(self, *, busy: int = 0, done: int = 0, lost: int = 0) -> None:
        with self._counts:
            self._busy += busy
            self._done += done
            self._lost += lost

    # ------------------------------------------------------------ children come and go

    def _new_child(self) -> _Child | None:
        with self._control:
            # Twice: a nursery that somebody killed is replaced by a new one.
            for _ in range(2):
                try:
                    if self._nursery is None:
                        self._nursery = Nursery(self._make_context, self._limits)
                    return _Child(*self._nursery.fork())
                except (OSError, EOFError):
                    self._drop_nursery()
        return None

    def _end(self, child: _Child, *, kill: bool = False) -> int | None:
        """End a child and return its wait status, if somebody knows it."""
        with self._control:
            if kill:
                _kill(child.pid)
            child.channel.close()
            if self._nursery is None:
                return None
            try:
                return self._nursery.reap(child.pid)
            except (OSError, EOFError):
                self._drop_nursery()
                return None

    def _drop_nursery(self) -> None:
        if self._nursery is not None:
            self._nursery.close()
            self._nursery = None


def code_of(status: int | None) -> Code:
    """Return what the wait status of a child that died over a file says."""
    if status is None:
        return Code.CHECK_CRASHED
    if os.WIFEXITED(status):
        memory = os.WEXITSTATUS(status) == EXIT_MEMORY
        return Code.CHECK_OUT_OF_MEMORY if memory else Code.CHECK_CRASHED
    ended_by: dict[int, Code] = {
        signal.SIGXCPU: Code.CHECK_TIMED_OUT,
        # Not ours: the system ends so whoever takes too much memory.
        signal.SIGKILL: Code.CHECK_OUT_OF_MEMORY,
    }
    return ended_by.get(os.WTERMSIG(status), Code.CHECK_CRASHED)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        # Not reaped yet, so the number is still this child's.
        os.kill(pid, signal.SIGKILL)
