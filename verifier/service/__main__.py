"""`python -m verifier.service`: the service alone, without the rest of anzheng."""

import sys

import typer

from licence.errors import Code
from licence.formats.verdict import EXIT_USAGE
from verifier.clock import SystemClock, SystemEntropy
from verifier.service.commands import add_run, keys_app


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code; a wrong call is 3, not the library's 2."""
    clock, entropy = SystemClock(), SystemEntropy()
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
