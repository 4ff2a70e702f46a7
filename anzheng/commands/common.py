"""What every command shares: settings, output as text or JSON, errors as one line."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from anzheng.settings import Settings, load, load_public
from licence.error_words import in_both
from licence.errors import AnzhengError, Code
from licence.ids import Address, Leaf

EXIT_FAILED = 1
ADDRESS_BYTES = 20

JsonFlag = Annotated[bool, typer.Option("--json", help="Answer as JSON, for machines.")]
"""The option that every command has."""


@dataclass(frozen=True, slots=True)
class Globals:
    """Options that stand before the command."""

    config: Path | None = None
    data_dir: Path | None = None

    def settings(self) -> Settings:
        """Read the settings."""
        return load(self.config, **self._given())

    def public_settings(self) -> Settings:
        """Read the settings for a process without keys."""
        return load_public(self.config, **self._given())

    def _given(self) -> dict[str, object]:
        return {} if self.data_dir is None else {"data_dir": self.data_dir}


@dataclass(frozen=True, slots=True)
class Out:
    """Prints what a command has to say, once."""

    as_json: bool

    def say(self, value: object, lines: Sequence[str]) -> None:
        """Print `value` as JSON or `lines` as text."""
        if self.as_json:
            sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
            return
        console = Console(highlight=False, soft_wrap=True)
        for line in lines:
            console.print(line, markup=False)

    def fail(self, error: AnzhengError) -> NoReturn:
        """Print an error on one line and leave."""
        if self.as_json:
            body = {"code": error.code.value, "message": error.message, "facts": error.facts}
            sys.stdout.write(json.dumps(body, ensure_ascii=False) + "\n")
        else:
            # A node's own words ("insufficient funds") are what the operator needs.
            words = error.facts.get("rpc_message")
            message = f"{error.message}: {words}" if words else error.message
            sys.stderr.write(f"{error.code.value}: {in_both(error.code, message)}\n")
        raise typer.Exit(EXIT_FAILED)


@contextmanager
def answering(*, as_json: bool) -> Iterator[Out]:
    """Run a command's body; an error of ours becomes one line and exit code 1."""
    out = Out(as_json)
    try:
        yield out
    except AnzhengError as exc:
        out.fail(exc)


def settings_of(context: typer.Context) -> Settings:
    """Return the settings that the options before the command name."""
    found = context.find_object(Globals)
    return (found or Globals()).settings()


def public_settings_of(context: typer.Context) -> Settings:
    """Return the settings for a command that needs no key and writes nothing of ours."""
    found = context.find_object(Globals)
    return (found or Globals()).public_settings()


def read_leaf(text: str) -> Leaf:
    """Read a leaf from the command line.

    Raises:
        AnzhengError: REQUEST_INVALID.
    """
    return Leaf(read_hex(text))


def read_hex(text: str) -> bytes:
    """Read a leaf or a digest, 32 bytes, from the command line.

    Raises:
        AnzhengError: REQUEST_INVALID.
    """
    try:
        data = bytes.fromhex(text)
    except ValueError:
        data = b""
    if len(data) != 32:  # noqa: PLR2004 - SHA-256
        raise AnzhengError(
            Code.REQUEST_INVALID, "leaves and digests are 64 hex digits; see `anzheng export`"
        )
    return data


def read_address(text: str) -> Address:
    """Read an account of the chain from the command line.

    Raises:
        AnzhengError: REQUEST_INVALID.
    """
    try:
        found = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        found = b""
    if len(found) != ADDRESS_BYTES:
        raise AnzhengError(Code.REQUEST_INVALID, "an address is 0x and 40 hex digits")
    return Address(found)


def read_file(path: Path) -> bytes:
    """Read a file that the command line names.

    Raises:
        AnzhengError: NOT_FOUND.
    """
    try:
        return path.read_bytes()
    except OSError as exc:
        raise AnzhengError(Code.NOT_FOUND, f"{path} cannot be read: {exc.strerror}") from exc
