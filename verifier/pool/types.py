"""What goes into the pool and what comes out of it."""

from dataclasses import dataclass
from enum import StrEnum, unique

from licence.errors import AnzhengError, Code
from licence.formats.limits import MAX_INPUT_BYTES
from licence.formats.report import Report
from verifier.artefacts import Artefact, Ask
from verifier.memory import Memory
from verifier.pictures import Mark, Picture


@unique
class Want(StrEnum):
    """What is wanted beside the report."""

    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may cost.

    Attributes:
        max_bytes: Largest input.
        memory_bytes: Address space that a child may take beside what it has when it starts.
        cpu_seconds: Processor time for one file.
        wall_seconds: Time for one file, waiting for a registry included.
        jobs: Files after which a child is replaced.
    """

    max_bytes: int = MAX_INPUT_BYTES
    memory_bytes: int = 1 << 30
    cpu_seconds: int = 20
    wall_seconds: float = 60.0
    jobs: int = 500

    def __post_init__(self) -> None:
        if min(self.max_bytes, self.memory_bytes, self.cpu_seconds, self.jobs) < 1:
            raise AnzhengError(Code.SETTINGS_INVALID, "a limit of the pool must be at least 1")
        if self.wall_seconds <= 0:
            raise AnzhengError(Code.SETTINGS_INVALID, "a limit of the pool must be more than 0")


@dataclass(frozen=True, slots=True)
class Job:
    """One artefact to verify.

    Attributes:
        artefact: What was handed over.
        ask: How; its `online` must be absent, for the child has its own from the context.
        want: What else is wanted.
        offline: Whether the registry of the context may not be asked.
    """

    artefact: Artefact
    ask: Ask
    want: frozenset[Want] = frozenset()
    offline: bool = False

    def __post_init__(self) -> None:
        if self.ask.online is not None:
            raise AnzhengError(Code.INTERNAL, "a job cannot take a connection with it")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came out.

    Attributes:
        report: The report, also when the child did not survive the file.
        learned: What to remember for the next time.
        picture: Page one, when it was wanted and the file passed the gate.
        marks: Where that page differs from the data.
    """

    report: Report
    learned: Memory
    picture: Picture | None = None
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class PoolState:
    """How a pool is doing.

    Attributes:
        workers: Children that it may have at once.
        busy: Files that are being checked.
        waiting: Files that wait for a child.
        done: Files answered so far.
        lost: Children that died or were stopped over a file.
    """

    workers: int
    busy: int
    waiting: int
    done: int
    lost: int
