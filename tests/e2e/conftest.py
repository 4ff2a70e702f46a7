"""One telling of the demo for all tests of its verdicts."""

import io
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from anzheng.demo.run import tell
from anzheng.demo.story import Story


@dataclass(frozen=True, slots=True)
class Told:
    """A telling: what happened, what was printed, what it left behind."""

    story: Story
    text: str
    folder: Path


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Tell the demo once."""
    folder = tmp_path_factory.mktemp("demo") / "out"
    printed = io.StringIO()
    story = tell(folder, Console(file=printed, width=200))
    return Told(story, printed.getvalue(), folder)
