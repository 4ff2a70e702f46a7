"""`python -m verifier FILE…`: the verifier alone, without the rest of anzheng.

`python -m verifier trust …` and `… report-key …` are there too; a file of such a name is `./trust`.
"""

import sys
from typing import Final

import typer

from licence.errors import Code
from licence.formats.verdict import EXIT_USAGE
from verifier.cli import tell, verify_command
from verifier.cli_trust import trust_app
from verifier.clock import SystemClock, SystemEntropy
from verifier.report_file.cli import report_key_app

COMMANDS: Final = ("verify", "trust", "report-key")
EXIT_INTERRUPTED: Final = 130


def app(*, completion: bool = False) -> typer.Typer:
    """Return the commands of the plain install: verify, trust, report-key.

    Args:
        completion: Whether the shell may be taught to complete them.
    """
    clock, entropy = SystemClock(), SystemEntropy()
    made = typer.Typer(
        help="安证 anzheng: verify licences. 核验许可证。",
        no_args_is_help=True,
        add_completion=completion,
        pretty_exceptions_enable=False,
    )
    made.command("verify")(verify_command(clock, entropy))
    made.add_typer(trust_app(clock), name="trust")
    made.add_typer(report_key_app(clock, entropy), name="report-key")
    return made


def main(arguments: list[str] | None = None, *, name: str | None = None) -> int:
    """Run a command and return its exit code; a wrong call is 3, not the library's 2.

    Args:
        arguments: Of the program; those it was called with if absent.
        name: What the program is called, for completion; `python -m verifier` has none, and takes
            files where `verify` is left out.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if name is None and (not words or words[0] not in COMMANDS):
        words.insert(0, "verify")
    try:
        code = app(completion=name is not None)(words, prog_name=name, standalone_mode=False)
    except typer.TyperException as error:
        tell(Code.REQUEST_INVALID, error.format_message(), as_json="--json" in words)
        return EXIT_USAGE
    except (typer.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
