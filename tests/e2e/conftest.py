"""One telling of the demo for all tests of what it leaves behind, whichever worker runs them."""

import fcntl
import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from rich.console import Console

from anzheng.demo.run import tell
from anzheng.demo.story import Scene

RESULT = "told.json"


@dataclass(frozen=True, slots=True)
class Told:
    """A telling: what happened, what was printed, what it left behind."""

    scenes: tuple[Scene, ...]
    as_expected: bool
    text: str
    folder: Path

    @property
    def licences(self) -> tuple[Path, ...]:
        """Every licence file that was handed out."""
        return tuple(sorted((self.folder / "licences").glob("*.pdf")))


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Told:
    """Tell the demo once for all workers: the first that comes tells it, the others wait."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "demo"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / RESULT).exists():
            _tell(shared)
    result = json.loads((shared / RESULT).read_text())
    return Told(
        scenes=tuple(Scene(**scene) for scene in result["scenes"]),
        as_expected=result["as_expected"],
        text=result["text"],
        folder=shared / "out",
    )


def _tell(shared: Path) -> None:
    printed = io.StringIO()
    story = tell(shared / "out", Console(file=printed, width=200))
    result = {
        "scenes": [asdict(scene) for scene in story.scenes],
        "as_expected": story.as_expected,
        "text": printed.getvalue(),
    }
    (shared / RESULT).write_text(json.dumps(result))
