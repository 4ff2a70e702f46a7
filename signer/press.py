"""The press: from released data to a file that lacks only its signature. It holds no key.

It takes most of the time of an issue (render, read back, prepare), so it may run in processes of
its own while the signing key stays in one.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import islice
from multiprocessing import get_context
from types import TracebackType
from typing import Final, Protocol, Self

from licence.errors import AnzhengError, Code, Fact
from licence.formats import licence_json
from licence.formats.short_code import short_code
from licence.ids import Digest
from licence.pages import make_plan
from signer.layout import read_layout
from signer.pades import DssMaterial, Prepared, prepare
from signer.page_text import check_page
from signer.render import Renderer, template_folder

JOBS_PER_TASK: Final = 4
"""Jobs that go to a process at once: each task wakes threads of this process, which has to sign."""

TASKS_AHEAD: Final = 4
"""Tasks in flight for each process: enough to keep it busy while this process waits for its disk,
few enough to stay small in memory."""


@dataclass(frozen=True, slots=True)
class PressJob:
    """One licence to be pressed.

    Attributes:
        licence_json: The exact bytes that were released.
        signing_time: The claimed time of signing.
        dss: Validation data of the signer.
    """

    licence_json: bytes
    signing_time: datetime
    dss: DssMaterial


@dataclass(frozen=True, slots=True)
class PressFailure:
    """Why a licence could not be pressed; others go on."""

    code: Code
    message: str
    facts: tuple[tuple[str, Fact], ...]

    def error(self) -> AnzhengError:
        """Return the failure as the error that it was."""
        return AnzhengError(self.code, self.message, **dict(self.facts))


class Presses(Protocol):
    """One press or many."""

    def press_all(self, jobs: Iterable[PressJob]) -> Iterator[Prepared | PressFailure]:
        """Yield one result for each job, in the order of the jobs."""
        ...


class Press:
    """A press in this process.

    Args:
        verify_base: Where the printed code points, such as `HTTPS://V.EXAMPLE/L/`.
    """

    def __init__(self, *, verify_base: str) -> None:
        self._renderer = Renderer(verify_base=verify_base)

    def press(self, job: PressJob) -> Prepared:
        """Render, prepare, and read the very file that is to be signed back against the data.

        Raises:
            AnzhengError: As `licence_json.decode`, `Renderer.render`, `prepare`, `check_page`.
        """
        version = licence_json.decode(job.licence_json)
        plan = make_plan(version, short_code(job.licence_json))
        prepared = prepare(
            self._renderer.render(plan, job.licence_json, version.draft.glyphs),
            version=version,
            plan=plan,
            licence_json=Digest(sha256(job.licence_json).digest()),
            layout=read_layout(template_folder(plan.template)),
            signing_time=job.signing_time,
            dss=job.dss,
        )
        check_page(prepared.pdf, version, job.licence_json)
        return prepared

    def try_press(self, job: PressJob) -> Prepared | PressFailure:
        """Press, and return what went wrong instead of raising it."""
        try:
            return self.press(job)
        except AnzhengError as error:
            return PressFailure(error.code, error.message, tuple(error.facts.items()))

    def press_all(self, jobs: Iterable[PressJob]) -> Iterator[Prepared | PressFailure]:
        """Yield one result for each job, in the order of the jobs."""
        return map(self.try_press, jobs)


class PressPool:
    """Presses in processes of their own; to be used with `with`.

    Args:
        verify_base: As for `Press`.
        workers: How many processes.
    """

    def __init__(self, *, verify_base: str, workers: int) -> None:
        # Spawned, not forked: a child must not inherit the signing key of its parent.
        self._pool = ProcessPoolExecutor(
            max_workers=workers,
            mp_context=get_context("spawn"),
            initializer=_start,
            initargs=(verify_base,),
        )
        self._ahead = TASKS_AHEAD * workers

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the processes."""
        self._pool.shutdown(cancel_futures=True)

    def press_all(self, jobs: Iterable[PressJob]) -> Iterator[Prepared | PressFailure]:
        """Yield one result for each job, in the order of the jobs.

        Raises:
            AnzhengError: RENDER_FAILED, when a process died.
        """
        running: deque[Future[list[Prepared | PressFailure]]] = deque()
        waiting = iter(jobs)
        try:
            while task := list(islice(waiting, JOBS_PER_TASK)):
                running.append(self._pool.submit(_press, task))
                if len(running) >= self._ahead:
                    yield from running.popleft().result()
            while running:
                yield from running.popleft().result()
        except BrokenProcessPool as error:
            raise AnzhengError(Code.RENDER_FAILED, "a press process died; run it again") from error
        finally:
            for future in running:
                future.cancel()


_PRESSES: Final[list[Press]] = []
"""The one press of a pool's child process, made by its initializer."""


def _start(verify_base: str) -> None:
    _PRESSES[:] = [Press(verify_base=verify_base)]


def _press(task: list[PressJob]) -> list[Prepared | PressFailure]:
    return [_PRESSES[0].try_press(job) for job in task]
