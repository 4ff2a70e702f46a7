"""What every command shares: settings, output as text or JSON, errors as one line."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from licence.errors import AnzhengError

EXIT_FAILED = 1
EXIT_USAGE = 3

JsonFlag = Annotated[bool, typer.Option("--json", help="Answer as JSON, for machines.")]
"""The option that every command has."""


@dataclass(frozen=True, slots=True)
class Globals:
    """Options that stand before the command."""

    config: Path | None
    data_dir: Path | None


@dataclass(frozen=True, slots=True)
class Out:
    """Prints what a command has to say, once."""

    as_json: bool

    def say(self, value: object, lines: Sequence[str]) -> None:
        """Print `value` as JSON or `lines` as text."""
        if self.as_json:
            sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
        else:
            console = Console(highlight=False, soft_wrap=True)
            for line in lines:
                console.print(line, markup=False)

    def fail(self, error: AnzhengError) -> NoReturn:
        """Print an error on one line and leave."""
        if self.as_json:
            facts = {"code": error.code.value, "message": error.message, "facts": error.facts}
            sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
        else:
            sys.stderr.write(f"{error.code.value}: {error.message}\n")
        raise typer.Exit(EXIT_FAILED)


@contextmanager
def answering(as_json: bool) -> Iterator[Out]:  # noqa: FBT001 - the flag of the command
    """Run a command's body; an error of ours becomes one line and exit code 1."""
    out = Out(as_json)
    try:
        yield out
    except AnzhengError as exc:
        out.fail(exc)


Factory = Callable[[], None]
