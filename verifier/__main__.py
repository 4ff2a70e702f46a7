"""`python -m verifier FILE…`: the verifier alone, without the rest of anzheng."""

import secrets  # noqa: TID251 - the edge of the program, where the entropy is made
import sys
from datetime import UTC, datetime

import typer

from licence.errors import Code
from licence.formats.verdict import EXIT_USAGE
from verifier.cli import tell, verify_command


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
    """Run the command and return its exit code; a wrong call is 3, not the library's 2."""
    app = typer.Typer(add_completion=False)
    app.command()(verify_command(_SystemClock(), _SystemEntropy()))
    try:
        code = app(arguments, standalone_mode=False)
    except typer.TyperException as error:
        words = sys.argv[1:] if arguments is None else arguments
        tell(Code.REQUEST_INVALID, error.format_message(), as_json="--json" in words)
        return EXIT_USAGE
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
