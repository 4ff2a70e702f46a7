"""How the demo tells its story: plain sentences, a progress bar, a table of what was expected.

Nothing here knows what the story is about. Chinese first, then English.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Scene:
    """One thing that was to happen, and what did."""

    chapter: int
    zh: str
    en: str
    expected: str
    found: str
    seconds: float

    @property
    def as_expected(self) -> bool:
        """Whether it went as the story says."""
        return self.expected == self.found


class Bar:
    """Counts what is done, visibly."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def done(self, count: int = 1) -> None:
        """Count some more as done."""
        self._progress.advance(self._task, count)


class Story:
    """Tells and remembers."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._chapter = 0
        self._since = perf_counter()
        self._scenes: list[Scene] = []

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """Everything that happened so far."""
        return tuple(self._scenes)

    @property
    def as_expected(self) -> bool:
        """Whether everything went as the story says."""
        return bool(self._scenes) and all(scene.as_expected for scene in self._scenes)

    def chapter(self, zh: str, en: str) -> None:
        """Begin the next chapter."""
        self._chapter += 1
        self._since = perf_counter()
        self.console.print()
        self.console.print(f"[bold cyan]{self._chapter}. {zh}[/]  [cyan]{en}[/]")

    def say(self, zh: str, en: str) -> None:
        """Say a sentence in both languages."""
        self.console.print(f"   {zh}", markup=False, highlight=False)
        self.console.print(f"   {en}", markup=False, highlight=False, style="dim")

    def show(self, line: str) -> None:
        """Show a line as it is, such as a fact of a check."""
        self.console.print(f"     {line}", markup=False, highlight=False)

    def expect(self, zh: str, en: str, *, expected: str, found: str) -> None:
        """Remember how something ended, and say it."""
        now = perf_counter()
        scene = Scene(self._chapter, zh, en, expected, found, now - self._since)
        self._since = now
        self._scenes.append(scene)
        mark = "[green]✓[/]" if scene.as_expected else "[bold red]✗[/]"
        self.console.print(f"   {mark} {zh} · {en}: [bold]{found}[/]", highlight=False)
        if not scene.as_expected:
            self.console.print(f"     应为 expected: {expected}", highlight=False)

    @contextmanager
    def bar(self, zh: str, en: str, total: int) -> Iterator[Bar]:
        """Show a progress bar while something takes long."""
        columns = (
            TextColumn("   {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.console, transient=True) as progress:
            yield Bar(progress, progress.add_task(f"{zh} {en}", total=total))

    def table(self) -> None:
        """Print every scene with its verdict and time."""
        table = Table(title="演示结果 What happened", title_justify="left")
        table.add_column("#", justify="right")
        table.add_column("步骤 step")
        table.add_column("应为 expected")
        table.add_column("结果 result")
        table.add_column("秒 s", justify="right")
        for scene in self._scenes:
            style = "green" if scene.as_expected else "bold red"
            table.add_row(
                str(scene.chapter),
                f"{scene.zh}\n[dim]{scene.en}[/]",
                scene.expected,
                f"[{style}]{scene.found}[/]",
                f"{scene.seconds:.2f}",
            )
        self.console.print()
        self.console.print(table)
