"""`python -m verifier.service`: the service alone, without the rest of anzheng."""

import secrets  # noqa: TID251 - the edge of the program, where the entropy is made
import sys
from datetime import UTC, datetime

import typer

from licence.errors import Code
from licence.formats.verdict import EXIT_USAGE
from verifier.service.commands import add_run, keys_app


class _SystemClock:
    """The clock of this program; the application has its own."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the edge of the program, where the clock is made


class _SystemEntropy:
    """The randomness of this program; the application has its own."""

    def bytes(self, count: int) -> bytes:
        """Return `count` unpredictable bytes."""
        return secrets.token_bytes(count)


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code; a wrong call is 3, not the library's 2."""
    clock, entropy = _SystemClock(), _SystemEntropy()
    app = typer.Typer(no_args_is_help=True, help="查验服务 The verifier's service.")
    add_run(app, "run", clock, entropy)
    app.add_typer(keys_app(clock, entropy), name="keys")
    try:
        code = app(arguments, standalone_mode=False)
    except typer.TyperException as error:
        sys.stderr.write(f"{Code.REQUEST_INVALID.value}: {error.format_message()}\n")
        return EXIT_USAGE
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
