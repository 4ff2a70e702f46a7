"""The command `anzheng`. Commands are thin: they parse, call a flow and print.

Exit codes: 0 good, 1 failed or invalid, 2 undetermined (`verify`), 3 wrong usage, 4 foreign.
"""

import sys
from pathlib import Path
from typing import Annotated

import structlog
import typer

from anzheng.clock import SystemClock, SystemEntropy
from anzheng.commands import (
    anchor,
    authority,
    chain,
    monitor,
    processes,
    qr,
    registry,
    release,
    service,
    status,
    trust,
    witness,
)
from anzheng.commands.alarms import alarms
from anzheng.commands.common import EXIT_FAILED, Globals
from anzheng.commands.demo import demo
from anzheng.commands.export import export
from anzheng.commands.issue import issue
from anzheng.commands.nodes import nodes
from anzheng.commands.preview import preview
from anzheng.commands.roster import import_
from anzheng.commands.worker import worker
from licence.errors import AnzhengError, Code
from licence.formats.verdict import EXIT_USAGE
from verifier.cli import tell, verify_command
from verifier.report_file.cli import report_key_app
from wallet.cli import WalletParts, wallet_app
from wallet.ports import Checker

CLOCK = SystemClock()
EXIT_INTERRUPTED = 130
LOG_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}

app = typer.Typer(
    help="安证 anzheng: issue licences as signed PDFs, anchor them, hold them, verify them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option(help="Settings file (TOML).")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Data folder.")] = None,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "warning",
) -> None:
    """Remember the options that stand before the command."""
    context.obj = Globals(config, data_dir)
    if log_level not in LOG_LEVELS:
        raise typer.BadParameter("debug, info, warning or error", param_hint="--log-level")
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(LOG_LEVELS[log_level]),
        # Asked for each line: standard error may be another one by then.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def open_checker(folder: Path) -> Checker:
    """Return the verifier that the wallet asks about a file; `verify` itself needs no database."""
    from anzheng.checking import TrustChecker

    return TrustChecker(folder, CLOCK)


def read_certificates(pdf: bytes) -> tuple[bytes, ...]:
    """Return the certificates of a licence file's signed validation data, for a limited copy."""
    from anzheng.checking import certificates_of

    return certificates_of(pdf)


app.add_typer(authority.app, name="authority")
app.command("preview")(preview)
app.command("import")(import_)
app.add_typer(release.app, name="release")
app.command("issue")(issue)
app.add_typer(status.app, name="status")
app.command("export")(export)
app.add_typer(qr.app, name="qr")
app.command("verify")(verify_command(CLOCK, SystemEntropy()))
app.add_typer(trust.app, name="trust")
app.add_typer(report_key_app(CLOCK, SystemEntropy()), name="report-key")
app.add_typer(
    wallet_app(WalletParts(CLOCK, open_checker=open_checker, read_certificates=read_certificates)),
    name="wallet",
)
app.add_typer(anchor.app, name="anchor")
app.add_typer(chain.app, name="chain")
app.add_typer(witness.app, name="witness")
processes.add_to(service.app)
app.add_typer(service.app, name="serve")
app.add_typer(registry.app, name="registry")
app.add_typer(monitor.app, name="monitor")
app.command("nodes")(nodes)
app.command("alarms")(alarms)
app.command("worker")(worker)
app.command("demo")(demo)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; wrong usage is 3, not the library's 2."""
    try:
        result = app(arguments, prog_name="anzheng", standalone_mode=False)
    except typer.TyperException as exc:
        message = exc.format_message()
        words = sys.argv[1:] if arguments is None else arguments
        if message and "--json" in words:
            tell(Code.REQUEST_INVALID, f"{message} See --help.", as_json=True)
        elif message:
            sys.stderr.write(f"USAGE: 命令的写法不对,请看 --help。 {message} See --help.\n")
        return EXIT_USAGE
    except AnzhengError as exc:
        # Settings that are refused before a command begins.
        words = sys.argv[1:] if arguments is None else arguments
        tell(exc.code, exc.message, as_json="--json" in words)
        return EXIT_FAILED
    except (typer.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    return result if isinstance(result, int) else 0
